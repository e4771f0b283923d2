import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryOfFile } from './support/temporary.js';

const engine = fileURLToPath(new URL('../packages/engine/dist/index.js', import.meta.url));
const admin = fileURLToPath(new URL('../packages/engine/dist/admin.js', import.meta.url));
const hasStrace = spawnSync('strace', ['-V']).status === 0;

/** Opens, writes, trims, gives space back, looks, backs up and closes; names are as bad as they can be. */
const WORKLOAD = `
import { openWal } from ${JSON.stringify(engine)};
import { listBackups } from ${JSON.stringify(admin)};
const [data, backups] = process.argv.slice(2);
const wal = await openWal(data, { rocksdb: { writeBufferSize: 64 * 1024 } });
for (const name of ['../../outside/escaped', '/etc/escaped', 'a\\0b', 'plain']) {
  const table = wal.table(name);
  for (let i = 0; i < 20; i++) await table.appendBatch([Buffer.alloc(10_000), Buffer.alloc(10_000)]);
  await table.trim(30n);
}
await wal.reclaim();
await wal.compact();
await wal.backup(backups);
await wal.close();
const again = await openWal(data, { readOnly: true });
for await (const _ of again.tables());
for await (const _ of again.verify());
await again.close();
await listBackups(backups);
`;

const CHANGING =
  /^(?:\d+ +)?(creat|rename|renameat|renameat2|unlink|unlinkat|rmdir|mkdir|mkdirat|link|linkat|symlink|symlinkat|truncate|chmod|fchmodat|chown|fchownat|mknod|mknodat)\(/;
const OPENING = /^(?:\d+ +)?(?:open|openat)\(/;

const root = temporaryOfFile('outside');

/** The paths that a line of strace says were to be changed; none for calls that only read. */
function changedBy(line: string, cwd: string): string[] {
  const opensToWrite = OPENING.test(line) && /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC/.test(line);
  if (!opensToWrite && !CHANGING.test(line)) return [];
  // A call that failed has changed nothing.
  if (/= -1 /.test(line)) return [];
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, path = '']) => resolve(cwd, path));
}

describe('a path outside of the directory', () => {
  it.runIf(hasStrace)('is never created, written, renamed or removed, whatever names tables have', () => {
    const own = join(root, 'own');
    mkdirSync(own);
    const script = join(root, 'workload.mjs');
    writeFileSync(script, WORKLOAD);
    const [data, backups, trace] = [join(own, 'data'), join(own, 'backups'), join(root, 'trace')];
    const calls = 'trace=%file';
    const { status, stderr } = spawnSync(
      'strace',
      ['-f', '-qq', '-s', '4096', '-e', calls, '-o', trace, process.execPath, script, data, backups],
      { cwd: own, encoding: 'utf8' },
    );
    expect([status, stderr]).toEqual([0, '']);
    const changed = readFileSync(trace, 'utf8')
      .split('\n')
      .flatMap((line) => changedBy(line, own))
      .filter((path) => !path.startsWith('/dev/') && !path.startsWith('/proc/'));
    // It saw what it should: the log, table files, the manifest, a backup.
    for (const seen of [/data\/\d+\.log$/, /data\/\d+\.sst$/, /data\/MANIFEST-\d+$/, /backups\/meta\/1/]) {
      expect(changed.some((path) => seen.test(path))).toBe(true);
    }
    const outside = changed.filter(
      (path) => dirname(path) !== own && !path.startsWith(`${data}/`) && !path.startsWith(`${backups}/`),
    );
    expect([...new Set(outside)]).toEqual([]);
    expect(readdirSync(own).sort()).toEqual(['backups', 'data']);
    expect(existsSync('/etc/escaped')).toBe(false);
  });
});
