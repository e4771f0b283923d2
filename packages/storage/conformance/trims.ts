import assert from 'node:assert/strict';
import { failsWith, fill, holds, payloadOf, type Scenario, sequencesOf, span } from './fixture.js';

const ID = { region: 1n, table: 7n };
const U64_MAX = 2n ** 64n - 1n;

/** Deleting prefixes. */
export function trims(scenario: Scenario): void {
  scenario('delete all: the table is empty and remembers its last sequence', async (fixture) => {
    await fill(fixture.log, ID, 100);
    assert.equal(await fixture.log.trim(ID, 100n), 101n);
    await fixture.nowAndReopened(async (log) => {
      assert.deepEqual(await sequencesOf(log, ID), []);
      assert.equal(await log.firstSequence(ID), 101n);
      assert.equal(await log.lastSequence(ID), 100n);
    });
  });

  scenario('delete half: the other half stays', async (fixture) => {
    await fill(fixture.log, ID, 100);
    assert.equal(await fixture.log.trim(ID, 50n), 51n);
    await holds(fixture.log, ID, 51n, 100n);
    await holds(await fixture.reopen(), ID, 51n, 100n);
  });

  scenario('delete in several regions: only the tables named are touched', async (fixture) => {
    const ids = [1n, 2n, 3n].flatMap((region) =>
      [1n, 2n].map((table) => ({ region, table: region * 10n + table })),
    );
    for (const id of ids) await fill(fixture.log, id, 30);
    for (const [index, id] of ids.entries()) {
      if (index % 2 === 0) await fixture.log.trim(id, BigInt(index) * 5n + 1n);
    }
    await fixture.nowAndReopened(async (log) => {
      for (const [index, id] of ids.entries()) {
        await holds(log, id, index % 2 === 0 ? BigInt(index) * 5n + 2n : 1n, 30n);
      }
    });
  });

  scenario(
    'a trim beyond the last entry is clamped to it: nothing later is trimmed in advance',
    async (fixture) => {
      for (const upTo of [11n, 1000n, U64_MAX - 1n, U64_MAX]) {
        const id = { region: 1n, table: upTo };
        await fill(fixture.log, id, 10);
        assert.equal(await fixture.log.trim(id, upTo), 11n);
        await fill(fixture.log, id, 3);
        await holds(fixture.log, id, 11n, 13n);
      }
      const log = await fixture.reopen();
      for (const table of [11n, 1000n, U64_MAX - 1n, U64_MAX])
        await holds(log, { region: 1n, table }, 11n, 13n);
    },
  );

  scenario('a trim of nothing changes nothing', async (fixture) => {
    await fill(fixture.log, ID, 10);
    assert.equal(await fixture.log.trim(ID, 0n), 1n);
    assert.equal(await fixture.log.trim(ID, 4n), 5n);
    assert.equal(await fixture.log.trim(ID, 4n), 5n);
    assert.equal(await fixture.log.trim(ID, 1n), 5n);
    await holds(fixture.log, ID, 5n, 10n);
    await holds(await fixture.reopen(), ID, 5n, 10n);
  });

  scenario('a trim of a table never written leaves it never written', async (fixture) => {
    await fixture.log.trim(ID, U64_MAX);
    await fixture.nowAndReopened(async (log) => {
      assert.equal(await log.lastSequence(ID), 0n);
      assert.equal(await log.firstSequence(ID), 0n);
    });
    assert.equal(await fixture.log.append(ID, payloadOf(ID, 1n)), 1n);
  });

  scenario('trims and writes by turns keep the table dense', async (fixture) => {
    for (let round = 1n; round <= 20n; round++) {
      const last = await fill(fixture.log, ID, 7, 3);
      await fixture.log.trim(ID, last - 3n);
      await holds(fixture.log, ID, last - 2n, last);
      if (round % 5n === 0n) await fixture.reopen();
    }
  });

  scenario('a read that has not reached a trimmed prefix fails, and keeps failing', async ({ log }) => {
    await fill(log, ID, 500, 100);
    const reader = log.read(ID, {}, { batchSize: 10 })[Symbol.asyncIterator]();
    for (let i = 0; i < 5; i++) assert.equal((await reader.next()).value?.sequence, BigInt(i + 1));
    await log.trim(ID, 400n);
    const seen: bigint[] = [];
    let failure: unknown;
    try {
      for (let step = await reader.next(); step.done !== true; step = await reader.next()) {
        seen.push(step.value.sequence);
      }
    } catch (error) {
      failure = error;
    }
    // How much was read ahead is the log's affair. What counts: no gap, and no end that looks clean.
    assert.deepEqual(seen, span(6n, 5n + BigInt(seen.length)));
    if (failure === undefined) {
      assert.equal(seen.at(-1), 500n);
      return;
    }
    assert.equal((failure as { code?: unknown }).code, 'SHALE_TRIMMED');
    await failsWith('SHALE_TRIMMED', () => Promise.resolve(reader.next()));
    await failsWith('SHALE_TRIMMED', () => Promise.resolve(reader.next()));
  });

  scenario('a read that has passed the trimmed prefix goes on undisturbed', async ({ log }) => {
    await fill(log, ID, 300, 100);
    const seen: bigint[] = [];
    for await (const { sequence } of log.read(ID, {}, { batchSize: 10 })) {
      seen.push(sequence);
      if (sequence === 100n) await log.trim(ID, 90n);
    }
    assert.deepEqual(seen, span(1n, 300n));
  });

  scenario('a dropped table is as never written', async (fixture) => {
    const { drop } = fixture.log;
    if (drop === undefined) return;
    await fill(fixture.log, ID, 20);
    await fill(fixture.log, { region: 1n, table: 8n }, 3);
    await fixture.log.trim(ID, 5n);
    await drop.call(fixture.log, ID);
    await fixture.nowAndReopened(async (log) => {
      assert.deepEqual(await sequencesOf(log, ID), []);
      assert.equal(await log.lastSequence(ID), 0n);
      await holds(log, { region: 1n, table: 8n }, 1n, 3n);
    });
    await fill(fixture.log, ID, 2);
    await holds(fixture.log, ID, 1n, 2n);
  });
}
