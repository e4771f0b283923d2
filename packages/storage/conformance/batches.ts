import assert from 'node:assert/strict';
import { fill, holds, type Scenario, sequencesOf, span } from './fixture.js';

const BATCH_SIZES = [1, 2, 4, 10, 100] as const;
const ID = { region: 0n, table: 0n };

/** Reading and writing in every batch size. */
export function batches(scenario: Scenario): void {
  scenario('what single appends wrote is read back in order', async ({ log }) => {
    await fill(log, ID, 20, 1);
    await holds(log, ID, 1n, 20n);
  });

  scenario('a read without options gives back everything that batches wrote', async ({ log }) => {
    await fill(log, ID, 100);
    assert.deepEqual(await sequencesOf(log, ID), span(1n, 100n));
  });

  for (const batch of BATCH_SIZES) {
    scenario(`batches of ${batch} are written densely and read back`, async ({ log }) => {
      await fill(log, ID, 100, batch);
      await holds(log, ID, 1n, 100n);
    });

    scenario(`a read in batches of ${batch} gives back everything, in order and once`, async ({ log }) => {
      await fill(log, ID, 107, 10);
      assert.deepEqual(await sequencesOf(log, ID, {}, { batchSize: batch }), span(1n, 107n));
      assert.deepEqual(await sequencesOf(log, ID, { gt: 3n, lte: 55n }, { batchSize: batch }), span(4n, 55n));
    });
  }

  scenario('a limit ends a read after so many entries, whatever the batch size', async ({ log }) => {
    await fill(log, ID, 50);
    for (const batchSize of BATCH_SIZES) {
      assert.deepEqual(await sequencesOf(log, ID, { limit: 0 }, { batchSize }), []);
      assert.deepEqual(await sequencesOf(log, ID, { limit: 7 }, { batchSize }), span(1n, 7n));
      assert.deepEqual(await sequencesOf(log, ID, { gte: 45n, limit: 100 }, { batchSize }), span(45n, 50n));
    }
  });

  scenario('payloads of no bytes and of many are kept as they are', async ({ log }) => {
    const large = new Uint8Array(3_000_000).map((_, i) => i * 31);
    await log.appendBatch(ID, [new Uint8Array(0), large, Uint8Array.of(0), new Uint8Array(0)]);
    const found: Uint8Array[] = [];
    for await (const { payload } of log.read(ID)) found.push(payload);
    assert.deepEqual(
      found.map((payload) => payload.length),
      [0, large.length, 1, 0],
    );
    assert.equal(Buffer.compare(found[1] ?? new Uint8Array(0), large), 0);
  });

  scenario('payloads of a read stay valid after the read', async ({ log }) => {
    await fill(log, ID, 200);
    const kept: { sequence: bigint; payload: Uint8Array }[] = [];
    for await (const entry of log.read(ID, {}, { batchSize: 10 })) kept.push(entry);
    const before = kept.map(({ payload }) => Buffer.from(payload).toString('latin1'));
    await fill(log, ID, 200);
    for await (const entry of log.read(ID)) void entry;
    assert.deepEqual(
      kept.map(({ payload }) => Buffer.from(payload).toString('latin1')),
      before,
    );
  });

  scenario('the caller may reuse a payload buffer once an append is acknowledged', async ({ log }) => {
    const buffer = new Uint8Array(8).fill(1);
    await log.append(ID, buffer);
    buffer.fill(2);
    await log.append(ID, buffer);
    const found: number[] = [];
    for await (const { payload } of log.read(ID)) found.push(payload[0] ?? -1);
    assert.deepEqual(found, [1, 2]);
  });
}
