// resume() reopens RocksDB without flushing. The log that it replayed and kept was never synced again, so a power
// failure could take its end, and with that everything acknowledged as durable after the resume lay beyond a gap.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { openWal } from '@shale/engine';
import { afterPowerLoss, DiskHistory, Random, WatchedDisk, writeImage } from '@shale/fault-kit';
import { expect, test } from 'vitest';
import { HANG_MS } from '../../support/patience.js';
import { temporary } from '../../support/temporary.js';

const ENGINE = import.meta.resolve('@shale/engine');

test('what is acknowledged after resume() survives a power failure, and so does all before it', async () => {
  const folder = temporary('resume');
  const disk = new WatchedDisk(folder);
  const script = `
    import { openSync, writeSync } from 'node:fs';
    import { openWal } from ${JSON.stringify(ENGINE)};
    const control = openSync(process.env.SHALE_DISK_CONTROL, 'r+');
    const limit = (bytes) => { const b = Buffer.alloc(8); b.writeBigUInt64LE(bytes); writeSync(control, b, 0, 8, 0); };
    const wal = await openWal(${JSON.stringify(disk.database)}, { shards: 1 });
    const table = wal.table({ region: 1, table: 1 });
    await table.append(Buffer.from('synced'));
    await table.append(Buffer.from('handed over'), { durability: 'os' });
    limit(1n);
    await table.append(Buffer.alloc(5000)).then(() => process.exit(2), (error) => { if (error.code !== 'SHALE_NO_SPACE') throw error; });
    limit(2n ** 64n - 1n);
    await wal.resume();
    await table.append(Buffer.from('after'));
    process.kill(process.pid, 'SIGKILL');`;
  const child = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...process.env, ...disk.env() },
    encoding: 'utf8',
    timeout: HANG_MS,
    killSignal: 'SIGKILL',
  });
  expect(child).toMatchObject({ signal: 'SIGKILL', stderr: '' });
  const history = DiskHistory.upTo(disk.recording(), disk.root);
  const loss = { fileSystem: 'strict', names: 'none', contents: 'none' } as const;
  writeImage(afterPowerLoss(history, loss, new Random(1)), join(folder, 'image'));
  await using wal = await openWal(join(folder, 'image', 'db'), { shards: 1 });
  const texts: string[] = [];
  for await (const { payload } of wal.table({ region: 1, table: 1 }).read()) {
    texts.push(Buffer.from(payload).toString());
  }
  expect(texts).toEqual(['synced', 'handed over', 'after']);
});
