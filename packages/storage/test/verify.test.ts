import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keySuccessor, logKey, metaKey } from '@shale/codec';
import type { Log, VerifyEvent, VerifyFinding, VerifyTotals } from '@shale/storage';
import { expect, test } from 'vitest';
import { fill, fresh, open, plant, plantEntry } from './support.js';

const at = (region: bigint, table: bigint) => ({ region, table });

function verified(log: Log, chunkBytes?: number): { findings: VerifyFinding[]; totals: VerifyTotals } {
  const events: VerifyEvent[] = [...log.verify({ chunkBytes })];
  const totals = events.at(-1);
  if (totals?.type !== 'totals') throw new Error('the last event has the totals');
  return { findings: events.filter((event) => event.type === 'finding'), totals };
}

test('a sound log has no findings, and the totals count what is there', async () => {
  const log = await fresh();
  fill(log, at(1n, 1n), 500, 100);
  fill(log, at(1n, 2n), 300, 50);
  fill(log, at(2n, 1n), 10, 0);
  log.trim(at(1n, 1n), 100n);
  log.trim(at(1n, 2n), 300n);
  for (const chunkBytes of [1024, 10_000, undefined]) {
    const { findings, totals } = verified(log, chunkBytes);
    expect(findings).toEqual([]);
    expect(totals).toMatchObject({
      entries: 410n,
      tables: 2,
      floors: 2,
      payloadBytes: 40_000n,
      errors: 0,
      warnings: 0,
    });
  }
});

test('an empty log is sound', async () => {
  const { findings, totals } = verified(await fresh());
  expect(findings).toEqual([]);
  expect(totals).toMatchObject({ entries: 0n, tables: 0 });
});

test('progress is reported between chunks and grows', async () => {
  const log = await fresh();
  for (let table = 1n; table <= 5n; table++) fill(log, at(1n, table), 100, 100);
  const seen = [...log.verify({ chunkBytes: 8192 })].flatMap((event) =>
    event.type === 'progress' ? [event] : [],
  );
  expect(seen.length).toBeGreaterThan(5);
  expect(seen.map(({ entries }) => entries)).toEqual(
    seen.map(({ entries }) => entries).sort((a, b) => Number(a - b)),
  );
  expect(seen.at(-1)).toMatchObject({ entries: 500n, tables: 5, at: at(1n, 5n) });
  expect(seen[0]?.estimatedEntries).toBeGreaterThanOrEqual(500);
});

test('holes are found, with the sequences that are missing, wherever a chunk ends', async () => {
  const log = await fresh();
  for (const sequence of [1n, 2n, 5n, 6n, 9n]) await plantEntry(log, at(1n, 1n), sequence);
  fill(log, at(1n, 2n), 3);
  for (const chunkBytes of [1024, undefined]) {
    const { findings, totals } = verified(log, chunkBytes);
    expect(findings.map(({ kind, severity, id, sequences }) => ({ kind, severity, id, sequences }))).toEqual([
      { kind: 'hole', severity: 'error', id: at(1n, 1n), sequences: { from: 3n, to: 4n } },
      { kind: 'hole', severity: 'error', id: at(1n, 1n), sequences: { from: 7n, to: 8n } },
    ]);
    expect(totals.errors).toBe(2);
  }
});

test('foreign keys and values are located, and what follows is checked all the same', async () => {
  const log = await fresh();
  fill(log, at(1n, 1n), 5);
  fill(log, at(1n, 2n), 5);
  fill(log, at(1n, 3n), 5);
  const key = keySuccessor(logKey({ instance: 0, ...at(1n, 1n) }, 2n));
  await plant(log, key, Uint8Array.of(0));
  const value = logKey({ instance: 0, ...at(1n, 2n) }, 3n);
  await plant(log, value, Uint8Array.of(7, 7));
  const short = Uint8Array.of(1, 0xff);
  await plant(log, short, Uint8Array.of(0));
  const { findings, totals } = verified(log);
  expect(findings.map(({ kind, id, key: found }) => [kind, id, found])).toEqual([
    ['foreign', at(1n, 1n), Buffer.from(key).toString('hex')],
    ['foreign', at(1n, 2n), Buffer.from(value).toString('hex')],
    ['foreign', undefined, '01ff'],
  ]);
  expect(totals).toMatchObject({ entries: 14n, tables: 3, errors: 3 });
});

test('bad metadata records are located', async () => {
  const log = await fresh();
  await plant(log, metaKey(0, 1n), Uint8Array.of(0, 1));
  await plant(log, Uint8Array.of(0, 7, 0), new Uint8Array(9));
  await plant(log, metaKey(0, 2n), new Uint8Array(9));
  const { findings, totals } = verified(log);
  expect(findings.map(({ kind, key }) => [kind, key])).toEqual([
    ['foreign', Buffer.from(metaKey(0, 1n)).toString('hex')],
    ['foreign', '000700'],
  ]);
  expect(totals).toMatchObject({ floors: 1, errors: 2 });
});

test('a table that begins beyond 1 without a metadata record to say why is a warning', async () => {
  const log = await fresh();
  await plantEntry(log, at(1n, 1n), 5n);
  const { findings } = verified(log);
  expect(findings).toMatchObject([
    { kind: 'floor', severity: 'warning', id: at(1n, 1n), sequences: { from: 1n, to: 4n } },
  ]);
});

test('other instances are none of its business', async () => {
  const log = await fresh();
  const other = await open(log.path, { instance: 5 });
  fill(other, at(1n, 1n), 10);
  await plantEntry(other, at(1n, 1n), 20n);
  expect(verified(log).totals).toMatchObject({ entries: 0n, errors: 0 });
  expect(verified(other).totals).toMatchObject({ entries: 11n, errors: 1 });
});

test('it looks at the log as it was when it began, and gives its snapshot back', async () => {
  const log = await fresh();
  for (let table = 1n; table <= 5n; table++) fill(log, at(1n, table), 100, 100);
  const verifying = log.verify({ chunkBytes: 4096 });
  verifying.next();
  verifying.next();
  for (let table = 1n; table <= 5n; table++) log.trim(at(1n, table), 90n, { sync: false });
  fill(log, at(1n, 9n), 10);
  expect([...verifying].at(-1)).toMatchObject({
    type: 'totals',
    entries: 500n,
    tables: 5,
    errors: 0,
    warnings: 0,
  });
  log.verify().return();
  expect(log.stats().rocksdb.properties['num-snapshots']).toBe(0);
});

test('damaged blocks are found with the entries they take, and what is behind them is checked', async () => {
  const log = await fresh();
  for (let table = 1n; table <= 3n; table++) fill(log, at(1n, table), 1000, 1000);
  await log.flush();
  await log.close();
  const [file] = (await readdir(log.path)).filter((name) => name.endsWith('.sst'));
  const path = join(log.path, file ?? 'no table file');
  const bytes = await readFile(path);
  // In the middle of the second table: a few bytes inside one block.
  for (let i = 0; i < 8; i++)
    bytes.writeUInt8(~bytes.readUInt8((bytes.length >> 1) + i) & 0xff, (bytes.length >> 1) + i);
  await writeFile(path, bytes);
  const again = await open(log.path);
  const { findings, totals } = verified(again);
  expect(findings).toMatchObject([{ kind: 'unreadable', severity: 'error', id: at(1n, 2n) }]);
  const { from, to } = findings[0]?.sequences ?? { from: 0n, to: 0n };
  expect(from).toBeGreaterThan(1n);
  expect(to - from).toBeLessThan(40n);
  expect(totals).toMatchObject({ entries: 3000n - (to - from + 1n), tables: 3, errors: 1 });
});
