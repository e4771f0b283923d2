import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { writeRuns } from './fixtures/entries.mjs';
import { temporaryDatabase, temporaryFolder } from './support/temporary.js';

const id = { region: 1n, table: 1n };
const HEADER_BYTES = 7;
const BLOCK_BYTES = 32 * 1024;
const LIKE_WHOLE_MIDDLE_AND_END = [1, 2, 3, 4];

/** CRC-32C, bit by bit, and turned around as RocksDB stores it. */
function maskedCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** The types of the log's records; the checksum of each must be the CRC-32C of its type and its data. */
function checkedRecordTypes(log: Uint8Array): readonly number[] {
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  const types: number[] = [];
  let at = 0;
  while (at + HEADER_BYTES <= log.byteLength) {
    const leftInBlock = BLOCK_BYTES - (at % BLOCK_BYTES);
    if (leftInBlock < HEADER_BYTES) {
      at += leftInBlock;
      continue;
    }
    const end = at + HEADER_BYTES + view.getUint16(at + 4, true);
    expect(view.getUint32(at, true)).toBe(maskedCrc32c(log.subarray(at + 6, end)));
    types.push(view.getUint8(at + 6));
    at = end;
  }
  return types;
}

test("the checksums of RocksDB's log are CRC-32C whatever the length of a record, and wherever it begins", async () => {
  const database = await temporaryDatabase();
  let next = 1n;
  for (const length of [0, 1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 100, 1023, 32_700, 40_000, 100_000]) {
    const payload = new Uint8Array(length).map((_, i) => (i * 31 + length) & 0xff);
    writeRuns(database, [{ id, first: next, count: 1, payloads: [payload] }]);
    next += 1n;
  }
  const name = readdirSync(database.path).find((file) => file.endsWith('.log')) ?? '';
  const types = checkedRecordTypes(readFileSync(join(database.path, name)));
  expect([...new Set(types)].sort()).toEqual(LIKE_WHOLE_MIDDLE_AND_END);
});

/** The loader of the GNU C library tells what it binds to what. */
const hasTellingLoader =
  process.platform === 'linux' &&
  process.arch === 'x64' &&
  'glibcVersionRuntime' in ((process.report.getReport() as { header?: object }).header ?? {});

test.runIf(hasTellingLoader)('a librocksdb that lets others compute its checksums lets us', () => {
  const fixture = fileURLToPath(new URL('fixtures/hold-open.mjs', import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, [fixture, join(temporaryFolder(), 'db')], {
    encoding: 'utf8',
    env: { ...process.env, LD_DEBUG: 'bindings' },
    input: '',
    maxBuffer: 1 << 28,
  });
  expect(stdout).toContain('wrote 0');
  // There is none if it was linked so that it binds to itself, as some distributions do.
  const bindings = stderr.split('\n').filter((line) => line.includes('6crc32c6Extend'));
  for (const binding of bindings) expect(binding).toMatch(/ to \S*shale_rocksdb\.node /);
});
