/*
 * An append that is to be on stable storage is not acknowledged before it is: while every fdatasync fails, none is. Nor
 * is a name made by its first append, whatever that asks for.
 */
import { expect, test } from 'vitest';
import { canInterpose, WatchedDisk } from '../../fault-kit/dist/index.js';
import { inAnotherProcess } from './processes.js';
import { temporary } from './support.js';

const FAULT_KIT = new URL('../../fault-kit/dist/index.js', import.meta.url).href;

/** What becomes of an append while no fdatasync succeeds, and of what follows it. */
async function outcome(append: string): Promise<unknown> {
  const disk = new WatchedDisk(await temporary());
  const script = `
    import { DiskControl } from ${JSON.stringify(FAULT_KIT)};
    const disk = new DiskControl(process.env.SHALE_DISK_CONTROL, { existing: true });
    const wal = await openWal(${JSON.stringify(disk.database)}, { shards: 2 });
    const say = (promise) => promise.then(() => 'acknowledged', (error) => error.code);
    const table = wal.table({ region: 1n, table: 1n });
    await table.append(Buffer.from('before'));
    await wal.table('known').append(Buffer.from('before'));
    disk.setRules([{ calls: ['sync'], files: ['log'], fault: { kind: 'fail', error: 'EIO' } }]);
    const first = await say(${append});
    disk.setRules([]);
    const later = await say(table.append(Buffer.from('later'), { durability: 'os' }));
    await wal.close();
    console.log(JSON.stringify([first, later]));
  `;
  const { output, code } = await inAnotherProcess(script, disk.env({ record: false }));
  expect(code, output).toBe(0);
  return JSON.parse(output);
}

test.runIf(canInterpose()).each([
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
