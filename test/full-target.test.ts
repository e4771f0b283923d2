import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openWal } from '@shale/engine';
import { canInterpose, WatchedDisk } from '@shale/fault-kit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HANG_MS } from './support/patience.js';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shale-full-target-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Told {
  readonly code: string;
  readonly message: string;
  readonly details: { readonly target?: string };
  /** Whether the log goes on afterwards, when there is one. */
  readonly goesOn: boolean;
}

/** Does one thing in a process that sees the disk of its targets full; the log is on another disk. */
function fillingUp(name: string, script: string): { told: Told; root: string } {
  const home = join(folder, name);
  mkdirSync(home);
  const disk = new WatchedDisk(home);
  disk.control.setLimit(0);
  const source = `import { openWal } from '@shale/engine';
    import { repairDatabase, restoreBackup } from '@shale/engine/admin';
    const [log, backups] = ${JSON.stringify([join(folder, 'log'), join(folder, 'backups')])};
    const target = ${JSON.stringify(join(disk.root, 'target'))};
    const all = async (events) => { for await (const _ of events); };
    let goesOn = true;
    const withLog = async (act) => {
      const wal = await openWal(log);
      try { await act(wal); } finally {
        goesOn = await wal.table('t').append(Buffer.from('x')).then(() => true, () => false);
        await wal.close();
      }
    };
    try { ${script}; console.log(JSON.stringify({ code: 'NONE' })); }
    catch ({ code, message, details }) { console.log(JSON.stringify({ code, message, details, goesOn })); }`;
  const child = spawnSync(process.execPath, ['--input-type=module', '--eval', source], {
    cwd: dirname(fileURLToPath(import.meta.url)),
    env: { ...process.env, ...disk.env({ record: false }) },
    encoding: 'utf8',
    timeout: HANG_MS,
    killSignal: 'SIGKILL',
  });
  expect(child.stderr).toBe('');
  return { told: JSON.parse(child.stdout) as Told, root: disk.root };
}

test.runIf(canInterpose())(
  'where the disk of a target is full, the advice is about that one, and the log goes on',
  async () => {
    const wal = await openWal(join(folder, 'log'));
    await wal.table('t').appendBatch(Array.from({ length: 1000 }, () => new Uint8Array(100)));
    await wal.flush();
    await wal.backup(join(folder, 'backups'));
    await wal.close();
    for (const [name, script] of Object.entries({
      checkpoint: 'await withLog((wal) => wal.checkpoint(target))',
      backup: 'await withLog((wal) => wal.backup(target))',
      restore: 'await restoreBackup(backups, target)',
      repair: 'await all(repairDatabase(log, target))',
    })) {
      const { told, root } = fillingUp(name, script);
      expect(told, name).toMatchObject({ code: 'SHALE_NO_SPACE', goesOn: true });
      expect(told.message, name).toContain('is full: free space there, or name a directory on another disk');
      expect(told.message, name).not.toContain('resume()');
      expect(told.details.target?.startsWith(root), name).toBe(true);
    }
  },
);
