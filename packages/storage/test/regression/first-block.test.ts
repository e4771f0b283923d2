/*
 * What went wrong: RocksDB looks for the place of a key in every file of level 0, in the first block if all of the file lies
 * behind the key. With one such block damaged no table at all could be recovered after an opening: neither the tables before it
 * nor, for the sake of their metadata records, those behind.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Log, openLog } from '@shale/storage';
import { expect, test } from 'vitest';
import { codeOf, directory, open, sequences } from '../support.js';

const at = (table: bigint) => ({ region: 1n, table });
const ENTRIES = 50;
const payloads = () => Array.from({ length: ENTRIES }, () => randomBytes(1000));

/** A log of two files in level 0: one of the tables 1, 5 and 9, and then one of table 5 alone, of which the first block is damaged. */
async function damaged(): Promise<string> {
  const path = await directory();
  const log = await openLog(path, { rocksdb: { level0FileNumCompactionTrigger: 100 } });
  for (const table of [1n, 5n, 9n]) log.append(at(table), payloads());
  const [named] = log.names.make(['named']);
  log.append(named ?? expect.fail(), payloads());
  await log.flush();
  const marks = payloads();
  log.append(at(5n), marks);
  await log.flush();
  await log.close();
  const mark = marks[0]?.subarray(0, 100) ?? expect.fail();
  const files = readdirSync(path).filter((name) => name.endsWith('.sst'));
  const name = join(path, files.find((file) => readFileSync(join(path, file)).includes(mark)) ?? '');
  const bytes = readFileSync(name);
  const found = bytes.indexOf(mark);
  bytes.writeUInt8(~bytes.readUInt8(found + 50) & 0xff, found + 50);
  writeFileSync(name, bytes);
  return path;
}

const calls: [string, (log: Log, table: bigint, last: bigint) => void][] = [
  ['an append', (log, table, last) => expect(log.append(at(table), [randomBytes(1)]).first).toBe(last + 1n)],
  ['a read', (log, table, last) => expect(sequences(log, at(table))).toHaveLength(Number(last))],
  ['the last sequence', (log, table, last) => expect(log.lastSequence(at(table))).toBe(last)],
  ['a trim', (log, table, last) => log.trim(at(table), last + 1n)],
];

test.each(calls)(
  'no call for another table notices that the first block of a file is damaged: %s',
  async (_, call) => {
    const log = await open(await damaged());
    // Before the damaged file and behind it, with entries and without.
    for (const table of [9n, 1n, 3n, 6n, 20n])
      call(log, table, table === 1n || table === 9n ? BigInt(ENTRIES) : 0n);
    const [named] = log.names.make(['named']);
    expect(sequences(log, named ?? expect.fail())).toHaveLength(ENTRIES);
    expect(codeOf(() => sequences(log, at(5n)))).toBe('SHALE_CORRUPT');
  },
);

test('a table is trimmed and dropped though damage is met only then', async () => {
  const path = await damaged();
  const log = await open(path);
  expect(sequences(log, at(9n))).toHaveLength(ENTRIES);
  log.trim(at(9n), 10n);
  expect(log.firstSequence(at(9n))).toBe(11n);
  log.drop(at(1n));
  expect(log.append(at(1n), [randomBytes(1)]).first).toBe(1n);
});
