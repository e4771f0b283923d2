import assert from 'node:assert/strict';
import type { TableId } from '@shale/codec';
import { failsWith, fill, holds, payloadOf, payloadsFrom, type Scenario, span } from './fixture.js';

const ID = { region: 1n, table: 7n };
/** Two tables that are on different shards where there are two. */
const PAIR: readonly [TableId, TableId] = [
  { region: 1n, table: 1n },
  { region: 2n, table: 4n },
];

/** What Shale promises beyond the reference. */
export function promises(scenario: Scenario): void {
  scenario('an empty batch is allowed and returns the current sequence', async (fixture) => {
    assert.deepEqual(await fixture.log.appendBatch(ID, []), { first: 1n, last: 0n });
    assert.equal(await fixture.log.lastSequence(ID), 0n);
    await fill(fixture.log, ID, 5);
    assert.deepEqual(await fixture.log.appendBatch(ID, []), { first: 6n, last: 5n });
    await holds(await fixture.reopen(), ID, 1n, 5n);
  });

  scenario('an append with the expected sequence succeeds', async ({ log }) => {
    assert.equal(await log.append(ID, payloadOf(ID, 1n), { expect: 1n }), 1n);
    assert.deepEqual(await log.appendBatch(ID, payloadsFrom(ID, 2n, 3), { expect: 2n }), {
      first: 2n,
      last: 4n,
    });
    await holds(log, ID, 1n, 4n);
  });

  scenario('an append with another expected sequence is refused and leaves no hole', async ({ log }) => {
    await fill(log, ID, 3);
    for (const expect of [0n, 3n, 5n, 2n ** 64n - 1n]) {
      await failsWith('SHALE_SEQUENCE_MISMATCH', () => log.append(ID, payloadOf(ID, 4n), { expect }));
    }
    await failsWith('SHALE_SEQUENCE_MISMATCH', () => log.appendBatch(ID, [], { expect: 9n }));
    await fill(log, ID, 2);
    await holds(log, ID, 1n, 5n);
  });

  scenario('a retry with expect appends once and only once', async ({ log }) => {
    await fill(log, ID, 3);
    const append = () => log.append(ID, payloadOf(ID, 4n), { expect: 4n });
    assert.equal(await append(), 4n);
    await failsWith('SHALE_SEQUENCE_MISMATCH', append);
    await holds(log, ID, 1n, 4n);
  });

  scenario('an atomic write over several tables gives each its sequences', async (fixture) => {
    const [a, b] = PAIR;
    await fill(fixture.log, a, 4);
    const spans = await fixture.log.write([
      { id: a, payloads: payloadsFrom(a, 5n, 2) },
      { id: b, payloads: payloadsFrom(b, 1n, 3) },
      { id: a, payloads: payloadsFrom(a, 7n, 1) },
      { id: b, payloads: [] },
    ]);
    assert.deepEqual(spans, [
      { first: 5n, last: 6n },
      { first: 1n, last: 3n },
      { first: 7n, last: 7n },
      { first: 4n, last: 3n },
    ]);
    await fixture.nowAndReopened(async (log) => {
      await holds(log, a, 1n, 7n);
      await holds(log, b, 1n, 3n);
    });
  });

  scenario('an atomic write with one part refused writes nothing at all', async (fixture) => {
    const [a, b] = PAIR;
    await fill(fixture.log, a, 2);
    await failsWith('SHALE_SEQUENCE_MISMATCH', () =>
      fixture.log.write([
        { id: a, payloads: payloadsFrom(a, 3n, 2) },
        { id: b, payloads: payloadsFrom(b, 1n, 1), expect: 2n },
        { id: a, payloads: payloadsFrom(a, 5n, 1) },
      ]),
    );
    await fill(fixture.log, a, 1);
    await fill(fixture.log, b, 1);
    await fixture.nowAndReopened(async (log) => {
      await holds(log, a, 1n, 3n);
      await holds(log, b, 1n, 1n);
    });
  });

  scenario('expect inside an atomic write counts the parts before it', async ({ log }) => {
    await log.write([
      { id: ID, payloads: payloadsFrom(ID, 1n, 2), expect: 1n },
      { id: ID, payloads: payloadsFrom(ID, 3n, 2), expect: 3n },
    ]);
    await holds(log, ID, 1n, 4n);
  });

  scenario('ids that are no unsigned 64-bit integers are refused', async ({ log }) => {
    for (const id of [
      { region: -1n, table: 0n },
      { region: 0n, table: 2n ** 64n },
    ]) {
      await failsWith('SHALE_INVALID_ARGUMENT', () => log.append(id, new Uint8Array(1)));
      await failsWith('SHALE_INVALID_ARGUMENT', () => log.lastSequence(id));
    }
  });

  scenario(
    'appends without waiting for each other are dense and in the order they were made',
    async ({ log }) => {
      const made = Array.from({ length: 200 }, (_, i) => log.append(ID, payloadOf(ID, BigInt(i + 1))));
      const given = await Promise.all(made);
      assert.deepEqual(
        given,
        given.map((_, i) => BigInt(i + 1)),
      );
      await holds(log, ID, 1n, 200n);
    },
  );

  scenario(
    'a closed log refuses everything with SHALE_CLOSED, and closing twice is closing once',
    async ({ log }) => {
      await fill(log, ID, 3);
      await Promise.all([log.close(), log.close()]);
      await log.close();
      await failsWith('SHALE_CLOSED', () => log.append(ID, payloadOf(ID, 4n)));
      await failsWith('SHALE_CLOSED', () => log.lastSequence(ID));
      await failsWith('SHALE_CLOSED', () => log.trim(ID, 1n));
      await failsWith('SHALE_CLOSED', async () => {
        for await (const entry of log.read(ID)) void entry;
      });
    },
  );

  scenario(
    'a read under way when the log is closed fails and does not end as if it were complete',
    async ({ log }) => {
      await fill(log, ID, 400, 100);
      const reader = log.read(ID, {}, { batchSize: 4 })[Symbol.asyncIterator]();
      assert.equal((await reader.next()).value?.sequence, 1n);
      await log.close();
      const seen = [1n];
      let failure: unknown;
      try {
        for (let step = await reader.next(); step.done !== true; step = await reader.next()) {
          seen.push(step.value.sequence);
        }
      } catch (error) {
        failure = error;
      }
      // What was read ahead may still be delivered.
      if (failure === undefined) assert.deepEqual(seen, span(1n, 400n));
      else assert.equal((failure as { code?: unknown }).code, 'SHALE_CLOSED');
    },
  );
}
