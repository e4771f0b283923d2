import assert from 'node:assert/strict';
import { fill, holds, payloadOf, payloadsFrom, type Scenario, sequencesOf } from './fixture.js';

const ID = { region: 1n, table: 7n };
const U64_MAX = 2n ** 64n - 1n;

/** Sequences only ever grow, and everything is there after reopening. */
export function sequences(scenario: Scenario): void {
  scenario('sequences are monotonic over writes', async ({ log }) => {
    for (let expected = 1n; expected <= 50n; expected++) {
      assert.equal(await log.append(ID, payloadOf(ID, expected)), expected);
    }
  });

  scenario('sequences are monotonic over delete, then write', async ({ log }) => {
    await fill(log, ID, 10);
    await log.trim(ID, U64_MAX);
    assert.deepEqual(await log.appendBatch(ID, payloadsFrom(ID, 11n, 5)), { first: 11n, last: 15n });
    await holds(log, ID, 11n, 15n);
  });

  scenario('sequences are monotonic over delete, reopen, write', async (fixture) => {
    await fill(fixture.log, ID, 10);
    await fixture.log.trim(ID, U64_MAX);
    const log = await fixture.reopen();
    assert.deepEqual(await log.appendBatch(ID, payloadsFrom(ID, 11n, 5)), { first: 11n, last: 15n });
    await holds(await fixture.reopen(), ID, 11n, 15n);
  });

  scenario('a region opened eagerly gives out the same sequences as one opened lazily', async (fixture) => {
    await fill(fixture.log, ID, 10);
    await fixture.log.trim(ID, 10n);
    await fill(fixture.log, { region: 1n, table: 8n }, 4);
    const log = await fixture.reopen();
    await log.openRegion(1n);
    assert.equal(await log.lastSequence(ID), 10n);
    assert.equal(await log.lastSequence({ region: 1n, table: 8n }), 4n);
    assert.equal(await log.append(ID, payloadOf(ID, 11n)), 11n);
  });

  scenario('everything is there after reopening, again and again', async (fixture) => {
    for (let round = 1n; round <= 5n; round++) {
      await fill(fixture.log, ID, 11, 4);
      await holds(await fixture.reopen(), ID, 1n, round * 11n);
    }
  });

  scenario(
    'a complex mixed case: many tables, writes, reads, trims and reopens by turns',
    async (fixture) => {
      const ids = Array.from({ length: 12 }, (_, i) => ({ region: BigInt(i % 3), table: BigInt(100 + i) }));
      const first = ids.map(() => 1n);
      const last = ids.map(() => 0n);
      for (let round = 0; round < 6; round++) {
        for (const [i, id] of ids.entries()) {
          last[i] = await fill(fixture.log, id, 3 + ((round * 5 + i * 7) % 23), 1 + ((round + i) % 9));
          if ((round + i) % 3 !== 0) continue;
          const upTo = (round + i) % 2 === 0 ? U64_MAX : ((first[i] ?? 0n) + (last[i] ?? 0n)) / 2n;
          first[i] = await fixture.log.trim(id, upTo);
        }
        if (round % 2 === 1) await fixture.reopen();
        if (round === 3) await fixture.log.openRegion(1n);
        for (const [i, id] of ids.entries()) {
          await holds(fixture.log, id, first[i] ?? 0n, last[i] ?? 0n);
          const middle = ((first[i] ?? 0n) + (last[i] ?? 0n)) / 2n;
          const lower = await sequencesOf(fixture.log, id, { lte: middle });
          const upper = await sequencesOf(fixture.log, id, { gt: middle });
          assert.equal(BigInt(lower.length + upper.length), (last[i] ?? 0n) - (first[i] ?? 0n) + 1n);
        }
      }
    },
  );
}
