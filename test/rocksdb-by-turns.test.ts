// One directory that versions of RocksDB write by turns: the one inside the prebuilt addon, where `npm run prebuild` has
// made it, and the system's, which the local build uses. A turn ends by close() or by death, which leaves the next
// version the logs of this one.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { kept } from '../scripts/lib/prebuild/kept.mjs';
import { temporary } from './support/temporary.js';

const prebuilt = kept(`${process.platform}-${process.arch}-gnu`)?.addon;
const local = fileURLToPath(new URL('../packages/rocksdb/build/shale_rocksdb.node', import.meta.url));

/** Reads all that the turns before have written, trims a part of it, appends, and ends. */
const TURN = `
import { openWal } from '@shale/engine';
import { libraryInfo } from '@shale/engine/admin';
const [path, turn, end] = process.argv.slice(1);
const PER_TURN = 500;
const wal = await openWal(path, { shards: 2, rocksdb: { writeBufferSize: 65536, compression: 'lz4' } });
const found = [];
for (const table of [wal.table({ region: 1n, table: 7n }), wal.table('by name')]) {
  let entries = 0;
  let next = await table.firstSequence();
  for await (const { sequence, payload } of table.read()) {
    const of = Math.floor((Number(sequence) - 1) / PER_TURN);
    if (sequence !== next || Buffer.from(payload).toString() !== of + ' ' + sequence + ' '.repeat(200)) throw new Error('entry ' + sequence);
    next++;
    entries++;
  }
  found.push(entries);
  const last = BigInt(PER_TURN * Number(turn));
  if (last > 300n) await table.trim(last - 300n);
  const text = (i) => turn + ' ' + (last + BigInt(i) + 1n) + ' '.repeat(200);
  await table.appendBatch(Array.from({ length: PER_TURN }, (_, i) => Buffer.from(text(i))));
}
const { missing, damages } = wal.recovery;
const { loaded } = libraryInfo();
console.log(JSON.stringify({ loaded, found, missing, damages: damages.length }));
if (end === 'death') process.kill(process.pid, 'SIGKILL');
let errors = 0;
for await (const event of wal.verify()) if (event.type === 'finding' && event.severity === 'error') errors++;
if (errors > 0) throw new Error(errors + ' findings');
await wal.close();
`;

function turn(path: string, addon: string, number: number, end: 'close' | 'death'): Record<string, unknown> {
  let output: string;
  try {
    output = execFileSync(process.execPath, ['--input-type=module', '-e', TURN, path, String(number), end], {
      cwd: import.meta.dirname,
      env: { ...process.env, SHALE_ROCKSDB_ADDON: addon },
      encoding: 'utf8',
    });
  } catch (error) {
    const { signal, stdout } = error as { readonly signal?: string; readonly stdout?: string };
    if (end !== 'death' || signal !== 'SIGKILL') throw error;
    output = stdout ?? '';
  }
  return JSON.parse(output) as Record<string, unknown>;
}

describe.skipIf(prebuilt === undefined)('a directory that is written by turns', () => {
  test.each(['close', 'death'] as const)(
    "by the RocksDB of the prebuilt addon, by the system's, and by the first again (%s)",
    (end) => {
      const path = join(temporary('turns'), 'log');
      const addons = [prebuilt ?? '', local, prebuilt ?? '', local];
      const turns = addons.map((addon, number) => turn(path, addon, number, end));
      const versions = turns.map(({ loaded }) => loaded);
      expect(versions[0]).toBe('9.11.2');
      expect(versions[1]).not.toBe('9.11.2');
      expect(versions.slice(2)).toEqual(versions.slice(0, 2));
      for (const [number, { found, missing, damages }] of turns.entries()) {
        const entries = number === 0 ? 0 : number === 1 ? 500 : 800;
        expect({ found, missing, damages }).toEqual({
          found: [entries, entries],
          missing: false,
          damages: 0,
        });
      }
    },
  );
});
