/*
 * What a user sees of a table of which a block is damaged that has only trimmed entries, removed one by one, and that
 * nobody has read since: docs/recovery.md, "What is trimmed and cannot be read".
 */
import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Log, openLog, repairDatabase } from '@shale/storage';
import { expect, test } from 'vitest';
import { codeOf, directory, open, sequences } from '../support.js';

const table = { region: 1n, table: 1n };
/** Its entries come first in the file, so that the damaged block is not the one that every look below them meets. */
const other = { region: 0n, table: 2n };
const ENTRIES = 200;

/** A log of a table whose first entries are trimmed and in a damaged block; a block has a dozen. */
async function damaged(trimTo: bigint, trim: (log: Log) => void): Promise<string> {
  const path = await directory();
  const log = await openLog(path);
  const payloads = Array.from({ length: ENTRIES }, () => randomBytes(1300));
  log.append(table, payloads, { sync: false });
  log.append(
    other,
    Array.from({ length: 40 }, () => randomBytes(1300)),
    { sync: false },
  );
  await log.flush();
  trim(log);
  expect(log.firstSequence(table)).toBe(trimTo + 1n);
  await log.close();
  const [file = expect.fail()] = (await readdir(path)).filter((name) => name.endsWith('.sst')).sort();
  const name = join(path, file);
  const bytes = await readFile(name);
  const found = bytes.indexOf(payloads[20]?.subarray(0, 100) ?? expect.fail());
  expect(found).toBeGreaterThanOrEqual(0);
  bytes.writeUInt8(~bytes.readUInt8(found + 50) & 0xff, found + 50);
  await writeFile(name, bytes);
  return path;
}

/** Eight at a time, as a consumer does: each entry is removed by itself. */
const oneByOne = (upTo: bigint) => (log: Log) => {
  for (let at = 8n; at <= upTo; at += 8n) log.trim(table, at);
};

test('what a trim removed as a range hides damage below it', async () => {
  const log = await open(await damaged(40n, (opened) => opened.trim(table, 40n)));
  expect(log.append(table, [new Uint8Array(1)]).first).toBe(BigInt(ENTRIES) + 1n);
  expect(sequences(log, table)[0]).toBe(41n);
});

test('what trims removed one by one does not, and all that needs its first entry fails with what to do', async () => {
  const path = await damaged(40n, oneByOne(40n));
  const log = await open(path);
  expect(codeOf(() => log.append(table, [new Uint8Array(1)]))).toBe('SHALE_CORRUPT');
  expect(codeOf(() => log.trim(table, 48n))).toBe('SHALE_CORRUPT');
  expect(codeOf(() => log.lastSequence(table))).toBe('SHALE_CORRUPT');
  expect(codeOf(() => log.read(table))).toBe('SHALE_CORRUPT');
  // Whoever knows his position goes on reading from there, and other tables do not notice.
  const rest = Array.from({ length: ENTRIES - 40 }, (_, i) => BigInt(41 + i));
  expect([...log.read(table, { gte: 41n })].map(({ sequence }) => sequence)).toEqual(rest);
  expect(log.append(other, [new Uint8Array(1)]).first).toBe(41n);
  await log.close();
  const losses: string[] = [];
  for await (const event of repairDatabase(path, `${path}-repaired`)) {
    if (event.type === 'loss') losses.push(`${event.kind}: ${event.message}`);
  }
  expect(losses.join('\n')).toMatch(/region 1, table 1/);
  const repaired = await open(`${path}-repaired`);
  expect(sequences(repaired, table).slice(-rest.length)).toEqual(rest);
  expect(repaired.append(table, [new Uint8Array(1)]).first).toBeGreaterThan(BigInt(ENTRIES));
});

test('such a table can be dropped, and begins anew', async () => {
  const log = await open(await damaged(40n, oneByOne(40n)));
  log.drop(table);
  expect(log.append(table, [new Uint8Array(1)]).first).toBe(1n);
});
