import { spawnSync } from 'node:child_process';
import { WatchedDisk } from '@shale/fault-kit';
import { expect, test } from 'vitest';
import { HANG_MS } from '../../support/patience.js';
import { temporary } from '../../support/temporary.js';

const ENGINE = import.meta.resolve('@shale/engine');

/** Runs a script with `open`, `limit`, `used` and `table` in a watched process; resolves with what it prints. */
function run(disk: WatchedDisk, script: string): string {
  const source = `
    import { openSync, readSync, writeSync } from 'node:fs';
    import { openWal } from ${JSON.stringify(ENGINE)};
    const control = openSync(process.env.SHALE_DISK_CONTROL, 'r+');
    const limit = (bytes) => { const b = Buffer.alloc(8); b.writeBigUInt64LE(bytes); writeSync(control, b, 0, 8, 0); };
    const used = () => { const b = Buffer.alloc(8); readSync(control, b, 0, 8, 8); return b.readBigUInt64LE(); };
    const open = () => openWal(${JSON.stringify(disk.database)}, { shards: 1, rocksdb: { writeBufferSize: 65536 } });
    const code = (promise) => promise.then(() => 'done', (error) => error.code);
    const count = async (table) => { let n = 0; for await (const _ of table.read()) n++; return n; };
    ${script}`;
  const child = spawnSync(process.execPath, ['--input-type=module', '--eval', source], {
    env: { ...process.env, ...disk.env({ record: false }) },
    encoding: 'utf8',
    timeout: HANG_MS,
    killSignal: 'SIGKILL',
  });
  expect(child).toMatchObject({ status: 0, stderr: '' });
  return child.stdout.trim();
}

test('a log is opened, read and trimmed on a disk that is full already, and goes on once there is room', async () => {
  const folder = temporary('full-open');
  const disk = new WatchedDisk(folder);
  run(
    disk,
    `const wal = await open();
     const table = wal.table({ region: 1, table: 1 });
     for (let i = 0; i < 20; i++) await table.append(Buffer.alloc(1000, i));
     limit(used());
     if (await code(table.append(Buffer.alloc(1000))) !== 'SHALE_NO_SPACE') throw new Error('there is room');
     await wal.close();`,
  );
  const said = run(
    disk,
    `limit(used());
     const wal = await open();
     const table = wal.table({ region: 1, table: 1 });
     console.log(await count(table), await code(table.append(Buffer.alloc(1000))), await code(table.trim(5n)), await count(table));
     limit(2n ** 64n - 1n);
     console.log(await code(wal.resume()), await table.append(Buffer.alloc(1000)), await count(table));
     await wal.close();`,
  );
  expect(said.split('\n')).toEqual(['20 SHALE_NO_SPACE done 15', 'done 21n 16']);
});
