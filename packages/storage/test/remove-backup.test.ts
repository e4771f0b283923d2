import { cp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type BackupInfo, type Log, listBackups, openLog, removeBackup, restoreBackup } from '@shale/storage';
import { expect, test } from 'vitest';
import { directory, fill, open, rejectsWith, sequences } from './support.js';

const id = { region: 1n, table: 1n };

async function backedUp(log: Log, backups: string, count: number): Promise<BackupInfo> {
  fill(log, id, count);
  await log.flush();
  return await log.backup(backups);
}

async function place(): Promise<{ log: Log; other: Log; backups: string; beside(name: string): string }> {
  const path = await directory();
  const beside = (name: string) => join(dirname(path), name);
  return { log: await open(path), other: await open(beside('other')), backups: beside('backups'), beside };
}

async function idsOf(backups: string): Promise<number[]> {
  return (await listBackups(backups)).backups.map((each) => each.id);
}

async function restored(backups: string, to: string, which: number): Promise<number> {
  await restoreBackup(backups, to, { id: which });
  const log = await openLog(to);
  const count = sequences(log, id).length;
  await log.close();
  return count;
}

test('one backup goes with the files that no other has, and the others stay whole', async () => {
  const { log, backups, beside } = await place();
  const all = [
    await backedUp(log, backups, 10),
    await backedUp(log, backups, 20),
    await backedUp(log, backups, 30),
  ];
  const { time, logPath } = all[1] as BackupInfo;
  expect(await removeBackup(backups, 2)).toEqual({ id: 2, time, log: all[0]?.log, logPath });
  expect(await idsOf(backups)).toEqual([1, 3]);
  expect((await readdir(join(backups, 'manifests'))).sort()).toEqual(['1.json', '3.json']);
  expect(await readdir(join(backups, 'private'))).not.toContain('2');
  expect(await restored(backups, beside('one'), 1)).toBe(10);
  expect(await restored(backups, beside('three'), 3)).toBe(60);
  // The id after the newest that is left comes again, with nothing of the old one.
  await removeBackup(backups, 3);
  expect((await backedUp(log, backups, 1)).id).toBe(2);
  expect((await listBackups(backups)).backups.at(-1)?.rocksdbSequence).not.toBeNull();
  await removeBackup(backups, 1);
  await removeBackup(backups, 2);
  expect(await listBackups(backups)).toEqual({ backups: [], damaged: [] });
});

test('of several logs in one directory, the log has to be named and has to be the right one', async () => {
  const { log, other, backups } = await place();
  const [mine, others] = [await backedUp(log, backups, 1), await backedUp(other, backups, 1)];
  await rejectsWith('SHALE_INVALID_ARGUMENT', removeBackup(backups, 2));
  const mistaken = await removeBackup(backups, 2, { log: mine.log }).catch((error: unknown) => error);
  expect(mistaken).toMatchObject({ code: 'SHALE_INVALID_ARGUMENT', details: { field: 'log' } });
  expect(String(mistaken)).toContain(`is of the log ${others.log}`);
  await rejectsWith('SHALE_INVALID_ARGUMENT', removeBackup(backups, 2, { log: null }));
  expect(await idsOf(backups)).toEqual([1, 2]);
  await removeBackup(backups, 2, { log: others.log });
  expect(await idsOf(backups)).toEqual([1]);
});

test('a backup of which it is not written down what log it is of goes when that is said', async () => {
  const { log, backups } = await place();
  await backedUp(log, backups, 1);
  const file = join(backups, 'meta', '1');
  await writeFile(file, (await readFile(file, 'utf8')).replace(/^metadata [0-9A-F]+\n/m, ''));
  await rm(join(backups, 'manifests'), { recursive: true });
  const { log: own } = await backedUp(log, backups, 1);
  await rejectsWith('SHALE_INVALID_ARGUMENT', removeBackup(backups, 1));
  await rejectsWith('SHALE_INVALID_ARGUMENT', removeBackup(backups, 1, { log: own }));
  expect(await removeBackup(backups, 1, { log: null })).toMatchObject({ id: 1, log: null, logPath: null });
  expect(await idsOf(backups)).toEqual([2]);
});

test.each(['meta', 'data'])('a damaged backup can be removed: %s', async (what) => {
  const { log, backups } = await place();
  await backedUp(log, backups, 10);
  const damaged = await backedUp(log, backups, 20);
  const tables = damaged.files.map(({ name }) => name).filter((name) => name.endsWith('.sst'));
  await truncate(join(backups, what === 'meta' ? 'meta/2' : (tables.sort().at(-1) ?? '')), 10);
  expect((await listBackups(backups)).damaged).toEqual([2]);
  expect(await removeBackup(backups, 2)).toMatchObject({ id: 2 });
  expect(await listBackups(backups)).toMatchObject({ backups: [{ id: 1 }], damaged: [] });
});

test('what is no backup is refused, and nothing happens to a directory that has others things in it', async () => {
  const { log, backups, beside } = await place();
  await rejectsWith('SHALE_NOT_FOUND', removeBackup(backups, 1));
  await backedUp(log, backups, 1);
  const unknown = await removeBackup(backups, 7).catch((error: unknown) => error);
  expect(unknown).toMatchObject({ code: 'SHALE_NOT_FOUND' });
  expect(String(unknown)).toMatch(/there is no backup 7 in .*backups: listBackups, or shale backup --list/);
  for (const bad of [0, -1, 1.5, '1', null]) {
    await rejectsWith('SHALE_INVALID_ARGUMENT', removeBackup(backups, bad as number));
  }
  await rejectsWith('SHALE_INVALID_ARGUMENT', removeBackup(backups, 1, { lgo: 'x' } as never));
  await rejectsWith('SHALE_INVALID_ARGUMENT', removeBackup(backups, 1, { log: 5 } as never));
  await cp(backups, beside('mixed'), { recursive: true });
  await writeFile(join(beside('mixed'), 'private', 'mine'), 'x');
  await rejectsWith('SHALE_INVALID_ARGUMENT', removeBackup(beside('mixed'), 1));
  expect(await idsOf(backups)).toEqual([1]);
});

test('of a backup and a removal at the same time the second is refused, and what is left is whole', async () => {
  const { log, backups, beside } = await place();
  await backedUp(log, backups, 10);
  await backedUp(log, backups, 10);
  fill(log, id, 1000);
  const outcomes = await Promise.allSettled([log.backup(backups), removeBackup(backups, 1)]);
  const [made, removed] = outcomes.map(({ status }) => status === 'fulfilled');
  expect(made || removed).toBe(true);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'SHALE_LOCKED' });
  }
  expect(await idsOf(backups)).toEqual([...(removed ? [] : [1]), 2, ...(made ? [3] : [])]);
  if (!made) expect((await log.backup(backups)).id).toBe(3);
  expect(await restored(backups, beside('restored'), 3)).toBe(1020);
});
