import { spawnSync } from 'node:child_process';
import { cp, readdir, readFile, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openDatabase } from '@shale/rocksdb';
import { type BackupInfo, type Log, listBackups, openLog, restoreBackup } from '@shale/storage';
import { describe, expect, test } from 'vitest';
import { directory, fill, open, rejectsWith, sequences } from './support.js';

const id = { region: 1n, table: 1n };

interface Place {
  readonly log: Log;
  readonly backups: string;
  /** A path beside the log. */
  beside(name: string): string;
}

async function place(): Promise<Place> {
  const path = await directory();
  const beside = (name: string) => join(dirname(path), name);
  return { log: await open(path), backups: beside('backups'), beside };
}

/** A backup after so many more entries, which are in a table file of their own. */
async function backedUp(log: Log, backups: string, count: number): Promise<BackupInfo> {
  fill(log, id, count);
  await log.flush();
  return await log.backup(backups);
}

/** The table file of a backup that no earlier one has. */
function newTable(info: BackupInfo, backups: string): string {
  const tables = info.files.map(({ name }) => name).filter((name) => name.endsWith('.sst'));
  return join(backups, tables.sort().at(-1) ?? '');
}

async function flip(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes[50] = (bytes[50] ?? 0) ^ 1;
  await writeFile(file, bytes);
}

async function idsOf(backups: string): Promise<number[]> {
  return (await listBackups(backups)).backups.map((each) => each.id);
}

/** How many entries a restored log has. */
async function restoredCount(path: string): Promise<number> {
  const log = await openLog(path);
  const count = sequences(log, id).length;
  await log.close();
  return count;
}

/** Makes backups what they were before it was written down of which log they are. */
async function forgetLogs(backups: string): Promise<void> {
  for (const name of await readdir(join(backups, 'meta'))) {
    const file = join(backups, 'meta', name);
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace(/^metadata [0-9A-F]+\n/m, ''));
    const manifest = join(backups, 'manifests', `${name}.json`);
    const { log: _, ...rest } = JSON.parse(await readFile(manifest, 'utf8')) as { log?: unknown };
    await writeFile(manifest, JSON.stringify(rest));
  }
}

describe('a directory with backups of several logs', () => {
  test('knows of which log each is, and keep counts and removes only those of its own', async () => {
    const { log, backups, beside } = await place();
    const other = await open(beside('other'));
    const [a, b] = [await backedUp(log, backups, 10), await backedUp(other, backups, 20)];
    expect([a.log === b.log, a.logPath, b.logPath]).toEqual([false, log.path, other.path]);
    await backedUp(log, backups, 1);
    await backedUp(other, backups, 1);
    expect((await other.backup(backups, { keep: 1 })).log).toBe(b.log);
    const left = (await listBackups(backups)).backups;
    expect(left.map((each) => [each.id, each.log])).toEqual([
      [1, a.log],
      [3, a.log],
      [5, b.log],
    ]);
    expect((await readdir(join(backups, 'manifests'))).sort()).toEqual(['1.json', '3.json', '5.json']);
    for (const each of left) await restoreBackup(backups, beside(`restored-${each.id}`), { id: each.id });
    expect(await restoredCount(beside('restored-3'))).toBe(11);
  });

  test('is restored by choice alone: by the log, or by the backup', async () => {
    const { log, backups, beside } = await place();
    const other = await open(beside('other'));
    const a = await backedUp(log, backups, 10);
    const b = await backedUp(other, backups, 20);
    const refusal = await restoreBackup(backups, beside('restored')).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'SHALE_INVALID_ARGUMENT', details: { field: 'log' } });
    for (const text of [a.log, a.logPath, b.log, b.logPath]) expect(String(refusal)).toContain(text);
    await rejectsWith('SHALE_NOT_FOUND', restoreBackup(backups, beside('restored'), { log: 'nobody' }));
    const of = { id: b.id, log: a.log ?? '' };
    await rejectsWith('SHALE_INVALID_ARGUMENT', restoreBackup(backups, beside('restored'), of));
    expect((await readdir(beside('.'))).sort()).toEqual(['backups', 'other', 'wal']);
    const restored = await restoreBackup(backups, beside('restored'), { log: a.log ?? '' });
    expect(restored).toEqual({ ...a, passedOver: [] });
    expect(await restoredCount(beside('restored'))).toBe(10);
  });

  test('has a log by where it came from: a restored one is another, a copy of all files the same', async () => {
    const { log, backups, beside } = await place();
    const first = await backedUp(log, backups, 10);
    await log.close();
    await cp(log.path, beside('copied'), { recursive: true });
    await restoreBackup(backups, beside('restored'));
    const copied = await open(beside('copied'));
    const restored = await open(beside('restored'));
    expect((await copied.backup(backups)).log).toBe(first.log);
    expect((await restored.backup(backups, { keep: 1 })).log).not.toBe(first.log);
    expect(await idsOf(backups)).toEqual([1, 2, 3]);
  });
});

describe('a damaged newest backup', () => {
  test.each(['cut', 'gone', 'changed'])('is never passed over in silence: %s', async (how) => {
    const { log, backups, beside } = await place();
    const older = await backedUp(log, backups, 10);
    const newest = await backedUp(log, backups, 20);
    const file = newTable(newest, backups);
    if (how === 'cut') await truncate(file, 100);
    else if (how === 'gone') await unlink(file);
    else await flip(file);
    const refusal = await restoreBackup(backups, beside('restored')).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'SHALE_CORRUPT', details: { backup: 2 } });
    expect(String(refusal)).toContain(`backup 1 of ${older.time.toISOString()}`);
    await rejectsWith('SHALE_CORRUPT', restoreBackup(backups, beside('restored'), { id: 2 }));
    expect((await readdir(beside('.'))).sort()).toEqual(['backups', 'wal']);
    const restored = await restoreBackup(backups, beside('restored'), { allowOlder: true });
    expect([restored.id, restored.passedOver.map((each) => each.id)]).toEqual([1, [2]]);
    expect(await restoredCount(beside('restored'))).toBe(10);
    await restoreBackup(backups, beside('named'), { id: 1 });
    expect(await restoredCount(beside('named'))).toBe(10);
  });

  test('is refused also when its own record is gone bad, which may be of any log', async () => {
    const { log, backups, beside } = await place();
    await backedUp(log, backups, 10);
    await backedUp(log, backups, 20);
    await writeFile(join(backups, 'meta', '2'), 'nonsense');
    await rm(join(backups, 'manifests', '2.json'));
    await rejectsWith('SHALE_CORRUPT', restoreBackup(backups, beside('restored')));
    const restored = await restoreBackup(backups, beside('restored'), { allowOlder: true });
    expect([restored.id, restored.passedOver.map((each) => each.id)]).toEqual([1, [2]]);
  });

  test('is no reason where all are damaged, or the damaged one is of another log', async () => {
    const { log, backups, beside } = await place();
    const own = await backedUp(log, backups, 10);
    const other = await open(beside('other'));
    const foreign = await backedUp(other, backups, 20);
    await truncate(newTable(foreign, backups), 100);
    await restoreBackup(backups, beside('restored'), { log: own.log ?? '' });
    await truncate(newTable(own, backups), 100);
    const all = { log: own.log ?? '', allowOlder: true };
    await rejectsWith('SHALE_CORRUPT', restoreBackup(backups, beside('again'), all));
  });
});

describe('backups of a Shale that did not write down which log they are of', () => {
  test('stay restorable, are listed, and are never removed by keep', async () => {
    const { log, backups, beside } = await place();
    await backedUp(log, backups, 10);
    await backedUp(log, backups, 10);
    await forgetLogs(backups);
    const { backups: old } = await listBackups(backups);
    expect(old.map((each) => [each.log, each.logPath])).toEqual([
      [null, null],
      [null, null],
    ]);
    expect(await restoreBackup(backups, beside('restored'))).toMatchObject({ id: 2, log: null });
    expect(await restoredCount(beside('restored'))).toBe(20);
    const own = await log.backup(backups, { keep: 1 });
    expect(await idsOf(backups)).toEqual([1, 2, 3]);
    await rejectsWith('SHALE_INVALID_ARGUMENT', restoreBackup(backups, beside('again')));
    await restoreBackup(backups, beside('again'), { log: own.log ?? '' });
    await restoreBackup(backups, beside('older'), { id: 1 });
    expect(await restoredCount(beside('older'))).toBe(10);
  });

  test('made by RocksDB itself are restored as well', async () => {
    const { log, backups, beside } = await place();
    fill(log, id, 10);
    await log.close();
    const db = await openDatabase(log.path);
    await db.createBackup(backups);
    await db.close();
    expect(await restoreBackup(backups, beside('restored'))).toMatchObject({
      log: null,
      rocksdbSequence: null,
    });
    expect(await restoredCount(beside('restored'))).toBe(10);
  });
});

describe('what a killed backup leaves', () => {
  test('is not taken for the record of a later one with the same number', async () => {
    const { log, backups, beside } = await place();
    await backedUp(log, backups, 10);
    await backedUp(log, backups, 10);
    // The next backup gets the number of this one, and dies before it has written its own record.
    await rm(join(backups, 'meta', '2'));
    fill(log, id, 1000);
    await log.close();
    const db = await openDatabase(log.path);
    expect((await db.createBackup(backups, { metadata: '{"log":"x"}' })).id).toBe(2);
    await db.close();
    expect((await listBackups(backups)).damaged).toEqual([]);
    await restoreBackup(backups, beside('restored'), { id: 2 });
    expect(await restoredCount(beside('restored'))).toBe(1020);
  });
});

describe('options', () => {
  test('that there are not are refused, and each is read once', async () => {
    const { log, backups, beside } = await place();
    await backedUp(log, backups, 10);
    const misspelt: object = { alowOlder: true };
    await rejectsWith('SHALE_INVALID_ARGUMENT', restoreBackup(backups, beside('restored'), misspelt));
    for (const bad of [{ id: 0 }, { id: 1.5 }, { id: '1' }, { log: 7 }, { allowOlder: 1 }, null, 'all']) {
      // Callers without types pass anything.
      const options = bad as Parameters<typeof restoreBackup>[2];
      await rejectsWith('SHALE_INVALID_ARGUMENT', restoreBackup(backups, beside('restored'), options));
    }
    let reads = 0;
    const changing = {
      get id() {
        reads += 1;
        return reads === 1 ? 1 : 99;
      },
    };
    await restoreBackup(backups, beside('restored'), changing);
    expect(reads).toBe(1);
  });
});

test('backups in a directory that is mounted in two places are one at a time, and never go into the log', async (context) => {
  const { log, beside } = await place();
  const mount = beside('mount');
  spawnSync('mkdir', [mount]);
  if (spawnSync('mount', ['--bind', log.path, mount]).status !== 0) return context.skip();
  try {
    await rejectsWith('SHALE_INVALID_ARGUMENT', log.backup(mount));
    await rejectsWith('SHALE_INVALID_ARGUMENT', log.backup(join(mount, 'new')));
    await rejectsWith('SHALE_INVALID_ARGUMENT', log.checkpoint(join(mount, 'new')));
  } finally {
    spawnSync('umount', [mount]);
  }
});
