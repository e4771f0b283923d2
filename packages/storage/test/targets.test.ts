import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { listBackups, openLog, repairDatabase, restoreBackup } from '@shale/storage';
import { describe, expect, test } from 'vitest';
import { inAnotherProcess } from './processes.js';
import { directory, fill, open, rejectsWith, sequences } from './support.js';

const id = { region: 1n, table: 1n };
const storage = new URL('../dist/index.js', import.meta.url).href;

/** What another process gets that opens a directory for writing: a code, or `open`. */
async function openedElsewhere(path: string): Promise<string> {
  const { output } = await inAnotherProcess(`
    const { openLog } = await import(${JSON.stringify(storage)});
    try { await (await openLog(${JSON.stringify(path)}, { create: false })).close(); console.log('open'); }
    catch (error) { console.log(error.code); }
  `);
  return output.trim();
}

async function filled(path: string) {
  const log = await open(path);
  fill(log, id, 100);
  await log.flush();
  fill(log, id, 10);
  return log;
}

async function drained(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of events);
}

/** Every way to write a whole directory, from a log to a target. */
const WRITERS = {
  checkpoint: (log: { checkpoint(to: string): Promise<void> }, to: string) => log.checkpoint(to),
  backup: (log: { backup(to: string): Promise<unknown> }, to: string) => log.backup(to),
} as const;

describe('a checkpoint', () => {
  test('leaves everything alone that lies beside it, whatever its name', async () => {
    const path = await directory();
    const log = await filled(path);
    const beside = dirname(path);
    await mkdir(join(beside, 'cp.tmp'));
    await writeFile(join(beside, 'cp.tmp', 'precious'), 'mine');
    await log.checkpoint(join(beside, 'cp'));
    expect(await readFile(join(beside, 'cp.tmp', 'precious'), 'utf8')).toBe('mine');
    expect((await readdir(beside)).sort()).toEqual(['cp', 'cp.tmp', 'wal']);
    const copy = await open(join(beside, 'cp'));
    expect(sequences(copy, id)).toHaveLength(110);
  });

  test('writes nothing over, and says what is there', async () => {
    const path = await directory();
    const log = await filled(path);
    const beside = dirname(path);
    await mkdir(join(beside, 'full'));
    await writeFile(join(beside, 'full', 'precious'), 'mine');
    await mkdir(join(beside, 'empty'));
    await writeFile(join(beside, 'file'), 'mine');
    await symlink(join(beside, 'nowhere'), join(beside, 'dangling'));
    spawnSync('mkfifo', [join(beside, 'pipe')]);
    const before = (await readdir(beside)).sort();
    for (const name of ['full', 'empty', 'file', 'dangling', 'pipe', 'file/cp', 'pipe/cp', 'dangling/cp'])
      await rejectsWith('SHALE_INVALID_ARGUMENT', log.checkpoint(join(beside, name)));
    expect((await readdir(beside)).sort()).toEqual(before);
    expect(existsSync(join(beside, 'nowhere'))).toBe(false);
  });

  test('takes a name as long as a file system allows, and refuses a longer one', async () => {
    const log = await filled(await directory());
    const beside = dirname(log.path);
    await log.checkpoint(join(beside, 'é'.repeat(127)));
    await rejectsWith('SHALE_INVALID_ARGUMENT', log.checkpoint(join(beside, 'x'.repeat(256))));
    await rejectsWith('SHALE_INVALID_ARGUMENT', log.checkpoint(join(beside, 'x/'.repeat(3000))));
    await rejectsWith('SHALE_INVALID_ARGUMENT', log.checkpoint(join(beside, 'a\0b')));
    expect((await readdir(beside)).sort()).toEqual(['wal', 'é'.repeat(127)]);
  });
});

describe.each(['checkpoint', 'backup'] as const)('%s', (writer) => {
  const write = WRITERS[writer];

  test('refuses the log itself and what lies in it, however it is spelt, and its lock stays', async () => {
    const path = await directory();
    const log = await filled(path);
    const beside = dirname(path);
    const link = join(beside, 'link');
    await symlink(path, link);
    await symlink(beside, join(beside, 'up'));
    await mkdir(join(path, 'damaged-logs'), { recursive: true });
    const before = (await readdir(path)).sort();
    const spellings = [
      path,
      `${path}/`,
      `${path}/.`,
      `${beside}/./up/../${basename(beside)}/wal`,
      link,
      `${link}/new`,
      `${path}/damaged-logs`,
      `${path}/damaged-logs/deep/new`,
      `${path}/new/../other`,
      join(beside, 'up', 'up', 'wal', 'new'),
    ];
    for (const spelling of spellings) await rejectsWith('SHALE_INVALID_ARGUMENT', write(log, spelling));
    expect((await readdir(path)).sort()).toEqual(before);
    expect(await openedElsewhere(path)).toBe('SHALE_LOCKED');
    expect(sequences(log, id)).toHaveLength(110);
  });

  test('refuses a directory that holds the log', async () => {
    const log = await filled(await directory());
    const before = (await readdir(dirname(log.path))).sort();
    await rejectsWith('SHALE_INVALID_ARGUMENT', write(log, dirname(log.path)));
    await rejectsWith('SHALE_INVALID_ARGUMENT', write(log, dirname(dirname(log.path))));
    expect((await readdir(dirname(log.path))).sort()).toEqual(before);
  });

  test('refuses every other log, whose lock stays too', async () => {
    const path = await directory();
    const log = await filled(path);
    const other = await filled(join(dirname(path), 'other'));
    await symlink(other.path, join(dirname(path), 'alias'));
    for (const name of ['other', 'alias', 'alias/new'])
      await rejectsWith('SHALE_INVALID_ARGUMENT', write(log, join(dirname(path), name)));
    expect(await openedElsewhere(other.path)).toBe('SHALE_LOCKED');
  });

  test('goes where a relative path led when it was called', async () => {
    const path = await directory();
    const log = await filled(path);
    const [here, there] = [join(dirname(path), 'here'), join(dirname(path), 'there')];
    await mkdir(here);
    await mkdir(there);
    const before = process.cwd();
    try {
      process.chdir(here);
      const writing = write(log, 'new');
      process.chdir(there);
      await writing;
    } finally {
      process.chdir(before);
    }
    expect([await readdir(here), await readdir(there)]).toEqual([['new'], []]);
  });

  test('goes through links to a directory that is not there yet', async () => {
    const path = await directory();
    const log = await filled(path);
    const beside = dirname(path);
    await mkdir(join(beside, 'disk'));
    await symlink(join(beside, 'disk'), join(beside, 'link'));
    await write(log, join(beside, 'link', 'a', 'b'));
    expect(await readdir(join(beside, 'disk', 'a'))).toEqual(['b']);
  });
});

describe('a backup', () => {
  test('refuses a directory in which others have something that it would remove', async () => {
    const path = await directory();
    const log = await filled(path);
    const owners = {
      private: 'private/key.pem',
      numbered: 'private/1/letter.txt',
      shared: 'shared/photos/cat.jpg',
      checksum: 'shared_checksum/list.txt',
      meta: 'meta/index.html',
      manifests: 'manifests/app.json',
      file: 'meta',
    };
    for (const [name, file] of Object.entries(owners)) {
      const target = join(dirname(path), name);
      await mkdir(dirname(join(target, file)), { recursive: true });
      await writeFile(join(target, file), 'mine');
      await rejectsWith('SHALE_INVALID_ARGUMENT', log.backup(target));
      expect(await readdir(target)).toEqual([file.split('/')[0]]);
      expect(await readFile(join(target, file), 'utf8')).toBe('mine');
    }
  });

  test('refuses folders and a lock that are links, and follows none', async () => {
    const path = await directory();
    const log = await filled(path);
    for (const name of ['meta', 'private', 'shared_checksum', 'manifests', 'LOCK']) {
      const target = join(dirname(path), `to-${name}`);
      const elsewhere = join(dirname(path), `elsewhere-${name}`);
      await mkdir(target);
      if (name !== 'LOCK') await mkdir(elsewhere);
      await symlink(elsewhere, join(target, name));
      await rejectsWith('SHALE_INVALID_ARGUMENT', log.backup(target));
      if (name === 'LOCK') expect(existsSync(elsewhere)).toBe(false);
      else expect(await readdir(elsewhere)).toEqual([]);
    }
  });

  test('goes beside what others have in a directory of backups', async () => {
    const path = await directory();
    const log = await filled(path);
    const backups = join(dirname(path), 'backups');
    await mkdir(backups);
    await writeFile(join(backups, 'README'), 'ours');
    await log.backup(backups);
    await log.backup(backups, { keep: 1 });
    expect(await readFile(join(backups, 'README'), 'utf8')).toBe('ours');
    expect((await listBackups(backups)).backups.map((each) => each.id)).toEqual([2]);
  });

  test('is one at a time in a directory, however it is spelt', async () => {
    const path = await directory();
    const log = await filled(path);
    const other = await filled(join(dirname(path), 'other'));
    const backups = join(dirname(path), 'backups');
    await log.backup(backups);
    const spellings = [backups];
    for (let i = 0; i < 7; i++) {
      const link = join(dirname(path), `link-${i}`);
      await symlink(backups, link);
      spellings.push(link);
    }
    const made = [1];
    for (let round = 0; round < 5; round++) {
      fill(log, id, 100);
      fill(other, id, 100);
      await Promise.all([log.flush(), other.flush()]);
      const all = spellings.map((spelling, i) => (i % 2 === 0 ? log : other).backup(spelling));
      for (const outcome of await Promise.allSettled(all)) {
        if (outcome.status === 'fulfilled') made.push(outcome.value.id);
        else expect(outcome.reason).toMatchObject({ code: 'SHALE_LOCKED' });
      }
    }
    const listed = await listBackups(backups);
    expect(listed.damaged).toEqual([]);
    expect(listed.backups.map((each) => each.id)).toEqual(made.sort((a, b) => a - b));
    for (const each of made) {
      const to = join(dirname(path), `restored-${each}`);
      await restoreBackup(backups, to, { id: each });
      await rm(to, { recursive: true });
    }
  });

  test('reports a file in the way, and a directory that went away, by code', async () => {
    const path = await directory();
    const log = await filled(path);
    const file = join(dirname(path), 'file');
    await writeFile(file, 'mine');
    await rejectsWith('SHALE_INVALID_ARGUMENT', log.backup(file));
    await rejectsWith('SHALE_INVALID_ARGUMENT', log.backup(join(file, 'deeper')));
    const backups = join(dirname(path), 'backups');
    const [outcome] = await Promise.allSettled([
      log.backup(backups),
      rename(backups, `${backups}.moved`).catch(() => undefined),
    ]);
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ name: 'WalError' });
    expect(await readFile(file, 'utf8')).toBe('mine');
  });
});

describe('a restore or a repair', () => {
  test.skipIf(!existsSync('/proc/self'))('fails by code where nothing can be made', async () => {
    const path = await directory();
    const log = await filled(path);
    const backups = join(dirname(path), 'backups');
    await log.backup(backups);
    // No directory can be made there, whoever one is, and the system says that it is not there.
    for (const to of ['/proc/new', '/proc/new/deep']) {
      await expect(log.checkpoint(to)).rejects.toMatchObject({ name: 'WalError', code: 'SHALE_IO' });
      await expect(log.backup(to)).rejects.toMatchObject({ name: 'WalError' });
      await expect(restoreBackup(backups, to)).rejects.toMatchObject({ name: 'WalError', code: 'SHALE_IO' });
      await expect(drained(repairDatabase(backups, to))).rejects.toMatchObject({ name: 'WalError' });
    }
  });

  test('refuses a target in the log, in the backups, or over anything', async () => {
    const path = await directory();
    const log = await filled(path);
    const beside = dirname(path);
    const backups = join(beside, 'backups');
    await log.backup(backups);
    await log.close();
    await symlink(path, join(beside, 'link'));
    await symlink(backups, join(beside, 'alias'));
    await symlink(join(beside, 'nowhere'), join(beside, 'dangling'));
    await writeFile(join(beside, 'file'), 'mine');
    const before = (await readdir(beside, { recursive: true })).sort();
    const everywhere = ['wal', 'link', 'link/new', 'wal/new/deep', 'file', 'file/new', 'dangling', '.'];
    for (const name of [...everywhere, 'backups', 'alias', 'alias/new', 'backups/private/1/new'])
      await rejectsWith('SHALE_INVALID_ARGUMENT', restoreBackup(backups, join(beside, name)));
    for (const name of everywhere)
      await rejectsWith('SHALE_INVALID_ARGUMENT', drained(repairDatabase(path, join(beside, name))));
    expect((await readdir(beside, { recursive: true })).sort()).toEqual(before);
  });

  test('goes where a relative path led when it was called', async () => {
    const path = await directory();
    const log = await filled(path);
    const beside = dirname(path);
    await log.backup(join(beside, 'backups'));
    await log.close();
    const before = process.cwd();
    try {
      process.chdir(beside);
      const restoring = restoreBackup('backups', 'restored');
      const repairing = drained(repairDatabase('wal', 'repaired'));
      process.chdir('/');
      await Promise.all([restoring, repairing]);
    } finally {
      process.chdir(before);
    }
    for (const name of ['restored', 'repaired']) {
      const copy = await openLog(join(beside, name));
      expect(sequences(copy, id)).toHaveLength(110);
      await copy.close();
    }
  });

  test('leaves nothing of what it made above the target when it fails', async () => {
    const path = await directory();
    const log = await filled(path);
    const beside = dirname(path);
    const backups = join(beside, 'backups');
    await log.backup(backups);
    const { files } = (await listBackups(backups)).backups[0] ?? { files: [] };
    const table = join(backups, files.find(({ name }) => name.endsWith('.sst'))?.name ?? '');
    const bytes = await readFile(table);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    await writeFile(table, bytes);
    await rejectsWith('SHALE_CORRUPT', restoreBackup(backups, join(beside, 'a', 'b', 'c')));
    expect((await readdir(beside)).sort()).toEqual(['backups', 'wal']);
    expect((await stat(backups)).mode & 0o777).toBe(0o700);
  });
});
