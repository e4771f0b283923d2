/*
 * An append that is to be on stable storage is not acknowledged before it is: while every fdatasync fails, none is. Nor is
 * a name made by its first append, whatever that asks for.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { inAnotherProcess } from './processes.js';
import { temporary } from './support.js';

const DISK = fileURLToPath(new URL('../../rocksdb/test/fixtures/failing-disk.c', import.meta.url));

/** What becomes of an append while no fdatasync succeeds, and of what follows it. */
async function outcome(append: string): Promise<unknown> {
  const folder = await temporary();
  const library = join(folder, 'failing-disk.so');
  const faults = join(folder, 'faults');
  const built = spawnSync('cc', ['-shared', '-fPIC', '-O1', DISK, '-o', library, '-ldl'], {
    encoding: 'utf8',
  });
  expect(built.stderr).toBe('');
  writeFileSync(faults, '0');
  const script = `
    import { openSync, writeSync } from 'node:fs';
    const wal = await openWal(${JSON.stringify(join(folder, 'db'))}, { shards: 2 });
    const say = (promise) => promise.then(() => 'acknowledged', (error) => error.code);
    const table = wal.table({ region: 1n, table: 1n });
    await table.append(Buffer.from('before'));
    await wal.table('known').append(Buffer.from('before'));
    writeSync(openSync(${JSON.stringify(faults)}, 'r+'), 's', 0);
    const first = await say(${append});
    writeSync(openSync(${JSON.stringify(faults)}, 'r+'), '0', 0);
    const later = await say(table.append(Buffer.from('later'), { durability: 'os' }));
    await wal.close();
    console.log(JSON.stringify([first, later]));
  `;
  const { output, code } = await inAnotherProcess(script, { LD_PRELOAD: library, SHALE_FAULTS: faults });
  expect(code, output).toBe(0);
  return JSON.parse(output);
}

test.runIf(process.platform === 'linux').each([
  ['an append', 'table.append(Buffer.from("x"))'],
  ['a batch', 'table.appendBatch([Buffer.from("x"), Buffer.from("y")])'],
  ['a write over several tables', 'wal.write([{ table, payloads: [Buffer.from("x")] }])'],
  [
    'an append that shares its frame with others',
    'Promise.all([table.append(Buffer.from("x"), { durability: "os" }), table.append(Buffer.from("y"))])',
  ],
  ['the first append of a name', 'wal.table("new").append(Buffer.from("x"), { durability: "os" })'],
  ['a trim', 'table.trim(1n)'],
  ['sync()', 'table.append(Buffer.from("x"), { durability: "os" }).then(() => wal.sync())'],
])('%s is not acknowledged when the sync fails, nor is anything after it', async (_, append) => {
  const [first, later] = (await outcome(append)) as string[];
  expect(['SHALE_IO', 'SHALE_POISONED']).toContain(first);
  expect(later).toBe('SHALE_POISONED');
});
