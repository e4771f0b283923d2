import assert from 'node:assert/strict';
import type { TableId } from '@shale/codec';
import { fill, holds, payloadOf, type Scenario, sequencesOf, text } from './fixture.js';
import type { ConformanceLog } from './target.js';

const U64_MAX = 2n ** 64n - 1n;

/** Several regions, region scans, and ids at the edges. */
export function regions(scenario: Scenario): void {
  scenario('tables of several regions do not mix', async (fixture) => {
    const ids = grid([1n, 2n, 3n], [1n, 2n]);
    const lasts = await fillUnevenly(fixture.log, ids);
    for (const [index, id] of ids.entries()) await holds(fixture.log, id, 1n, lasts[index] ?? 0n);
    const log = await fixture.reopen();
    for (const [index, id] of ids.entries()) await holds(log, id, 1n, lasts[index] ?? 0n);
  });

  scenario('a region scan is ordered by table and sequence and leaves other regions out', async ({ log }) => {
    const ids = grid([4n, 5n, 6n], [9n, 1n, 300n]);
    await fillUnevenly(log, ids);
    const expected: string[] = [];
    for (const table of [1n, 9n, 300n]) {
      for (const sequence of await sequencesOf(log, { region: 5n, table }))
        expected.push(`${table}/${sequence}`);
    }
    assert.ok(expected.length > 0);
    assert.deepEqual(await scanned(log, 5n), expected);
    assert.deepEqual(await scanned(log, 7n), []);
  });

  scenario('a region scan does not show what was trimmed', async ({ log }) => {
    await fill(log, { region: 1n, table: 1n }, 4);
    await fill(log, { region: 1n, table: 2n }, 4);
    await fill(log, { region: 1n, table: 3n }, 2);
    await log.trim({ region: 1n, table: 1n }, 2n);
    await log.trim({ region: 1n, table: 2n }, U64_MAX);
    assert.deepEqual(await scanned(log, 1n), ['1/3', '1/4', '3/1', '3/2']);
  });

  scenario(
    'opening a region reports its tables and entries, and writing goes on behind them',
    async (fixture) => {
      const ids = grid([1n, 2n], [10n, 20n, 30n]);
      await fillUnevenly(fixture.log, ids);
      await fixture.log.trim({ region: 2n, table: 20n }, 3n);
      const log = await fixture.reopen();
      let entries = 0n;
      for (const table of [10n, 20n, 30n])
        entries += BigInt((await sequencesOf(log, { region: 2n, table })).length);
      const report = await (await fixture.reopen()).openRegion(2n);
      assert.equal(report.tables, 3);
      assert.equal(report.entries, entries);
      for (const id of ids) {
        const last = await fixture.log.lastSequence(id);
        assert.equal(await fixture.log.append(id, payloadOf(id, last + 1n)), last + 1n);
      }
    },
  );

  scenario('the same table id in two regions is two tables', async (fixture) => {
    const here = { region: 1n, table: 5n };
    const there = { region: 2n, table: 5n };
    await fill(fixture.log, here, 10);
    await fill(fixture.log, there, 3);
    await fixture.log.trim(here, 4n);
    await holds(fixture.log, here, 5n, 10n);
    await holds(fixture.log, there, 1n, 3n);
    const log = await fixture.reopen();
    await holds(log, here, 5n, 10n);
    assert.deepEqual(await sequencesOf(log, there), [1n, 2n, 3n]);
    // The metadata record has no region, so after a restart it is a floor for both: sequences may be left out, but
    // never given out twice.
    assert.equal(await log.append(here, payloadOf(here, 11n)), 11n);
    assert.ok((await log.append(there, payloadOf(there, 11n))) >= 4n);
  });

  scenario('trimming the same table id empty in two regions keeps the higher floor', async (fixture) => {
    const here = { region: 1n, table: 5n };
    const there = { region: 2n, table: 5n };
    await fill(fixture.log, here, 50);
    await fill(fixture.log, there, 3);
    await fixture.log.trim(here, U64_MAX);
    await fixture.log.trim(there, U64_MAX);
    const log = await fixture.reopen();
    assert.equal(await log.append(here, payloadOf(here, 51n)), 51n);
  });

  scenario('ids from 0 to 2^64-1 are kept apart', async (fixture) => {
    const edges = [0n, 1n, 255n, 256n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 63n, U64_MAX];
    // Tables from 2^63 on of region 0 are those of names, which no id writes to.
    const ids = grid(edges, edges).filter(({ region, table }) => region > 0n || table < 2n ** 63n);
    for (const [index, id] of ids.entries()) await fill(fixture.log, id, 1 + (index % 3));
    const log = await fixture.reopen();
    for (const [index, id] of ids.entries()) await holds(log, id, 1n, BigInt(1 + (index % 3)));
    for (const region of edges) {
      const tables = ids.filter((id) => id.region === region).length;
      assert.equal((await log.openRegion(region)).tables, tables);
    }
  });

  scenario('instances of one database do not see each other', async (fixture) => {
    const id = { region: 1n, table: 1n };
    const other = await fixture.openInstance(3);
    await fill(fixture.log, id, 5);
    await fill(other, id, 2);
    await fixture.log.trim(id, U64_MAX);
    await holds(other, id, 1n, 2n);
    assert.deepEqual(await sequencesOf(fixture.log, id), []);
    assert.equal(await fixture.log.lastSequence(id), 5n);
    assert.deepEqual(await scanned(other, 1n), ['1/1', '1/2']);
  });

  scenario('the list of tables names every table with its bounds', async (fixture) => {
    await fill(fixture.log, { region: 1n, table: 1n }, 5);
    await fill(fixture.log, { region: 2n, table: 9n }, 4);
    await fill(fixture.log, { region: 2n, table: 10n }, 6);
    await fixture.log.trim({ region: 1n, table: 1n }, 2n);
    await fixture.log.trim({ region: 2n, table: 10n }, U64_MAX);
    const log = await fixture.reopen();
    const found: string[] = [];
    for await (const { id, first, last } of log.tables())
      found.push(`${id.region}/${id.table} ${first}..${last}`);
    assert.deepEqual(found.sort(), ['1/1 3..5', '2/9 1..4', 'null/10 7..6']);
  });
}

function grid(regionIds: readonly bigint[], tableIds: readonly bigint[]): TableId[] {
  return regionIds.flatMap((region) => tableIds.map((table) => ({ region, table })));
}

async function fillUnevenly(log: ConformanceLog, ids: readonly TableId[]): Promise<bigint[]> {
  const lasts: bigint[] = [];
  for (const [index, id] of ids.entries()) lasts.push(await fill(log, id, 7 + index * 3, 4));
  return lasts;
}

async function scanned(log: ConformanceLog, region: bigint): Promise<string[]> {
  const found: string[] = [];
  for await (const { table, sequence, payload } of log.scanRegion(region)) {
    assert.equal(text(payload), text(payloadOf({ region, table }, sequence)));
    found.push(`${table}/${sequence}`);
  }
  return found;
}
