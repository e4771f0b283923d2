import { spawnSync } from 'node:child_process';
import type { WatchedDisk } from '@shale/fault-kit';
import { expect } from 'vitest';
import { HANG_MS } from '../../support/patience.js';

const ENGINE = import.meta.resolve('@shale/engine');

/** Runs a script with `open`, `limit`, `used`, `code` and `count` in a watched process; returns what it prints. */
export function onDisk(disk: WatchedDisk, script: string): string {
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
