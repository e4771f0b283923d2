/*
 * What went wrong: giving back the space of a trim, in one thread, and dropping the table and beginning it anew, in
 * another, knew nothing of each other: the entries of the new table, acknowledged and synced, were removed with the
 * range that the old one had been trimmed by. And a trim that was answered after its table's drop had been asked for
 * left its range behind, to be given back at any later time.
 */
import { expect, test } from 'vitest';
import { all, behind, bytes, open } from '../support.js';

const id = { region: 1, table: 1 };
const ALL = 2n ** 64n - 1n;

test.each([1, 2])(
  'a table dropped and begun anew during a reclaim keeps its entries (shards: %d)',
  async (shards) => {
    const wal = await open({ shards, durability: 'os' });
    const table = wal.table(id);
    const { reclaimer } = behind(wal);
    for (let round = 0; round < 5; round++) {
      // A whole file of its own, below level 0.
      await table.appendBatch(Array.from({ length: 200 }, () => new Uint8Array(10_000)));
      await wal.flush();
      await wal.compact();
      await table.trim(ALL);
      const reclaiming = new Promise<void>((resolve) => {
        for (const shard of behind(wal).shards) {
          const request = shard.request.bind(shard);
          shard.request = (task, onLoss) => {
            const asked = request(task, onLoss);
            if (task.kind === 'reclaim') resolve();
            return asked;
          };
        }
      });
      await reclaiming;
      const runs = reclaimer.stats.runs;
      await table.drop();
      for (let i = 1n; i <= 5n; i++)
        expect(await table.append(bytes(`new ${i}`), { durability: 'sync' })).toBe(i);
      await expect.poll(() => reclaimer.stats.runs, { interval: 5 }).toBeGreaterThan(runs);
      expect((await all(table.read())).map(({ sequence }) => sequence)).toEqual([1n, 2n, 3n, 4n, 5n]);
      await table.drop();
    }
    expect(reclaimer.stats.failures).toBe(0);
  },
);

test('of a trim that is answered after the drop of its table was asked for nothing is left but the drop', async () => {
  const wal = await open();
  const table = wal.table(id);
  await table.append(bytes('x'));
  const trimming = table.trim(ALL);
  const dropping = table.drop();
  await Promise.all([trimming, dropping]);
  expect(await table.append(bytes('new'))).toBe(1n);
  // Refused as not trimmed, if the trim were among what it is about.
  await wal.reclaim();
  expect((await all(table.read())).map(({ sequence }) => sequence)).toEqual([1n]);
  expect(behind(wal).reclaimer.stats).toMatchObject({ pending: 0, failures: 0 });
});

test('what other tables were trimmed by is still given back', async () => {
  const wal = await open();
  const [gone, kept] = [wal.table(id), wal.table({ region: 1, table: 2 })];
  for (const table of [gone, kept]) await table.append(bytes('x'));
  await Promise.all([gone.trim(ALL), kept.trim(ALL)]);
  await gone.drop();
  // It, and the drop.
  expect(behind(wal).reclaimer.stats.pending).toBe(2);
});
