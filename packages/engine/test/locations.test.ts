import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openWal, type Wal } from '@shale/engine';
import {
  diagnose,
  listBackups,
  readDamagedFiles,
  removeBackup,
  repairDatabase,
  restoreBackup,
} from '@shale/engine/admin';
import { attachLog, openLog } from '@shale/storage';
import { describe, expect, test } from 'vitest';
import { all, bytes, open, temporary } from './support.js';

type Location = string | URL;

/** How a directory may be named. */
const SPELLINGS: readonly (readonly [string, (path: string) => Location])[] = [
  ['a URL', (path) => pathToFileURL(path)],
  ['the text of a URL', (path) => pathToFileURL(path).href],
  ['a URL with one slash and capitals', (path) => `FILE:${pathToFileURL(path).pathname}`],
  ['a path', (path) => path],
];

test.each(SPELLINGS)('every call that takes a directory takes %s', async (_, spelt) => {
  // With what a URL has to escape.
  const home = join(await temporary(), 'a dir#1?ü%20');
  mkdirSync(home);
  const at = (name: string) => spelt(join(home, name));
  const wal = await openWal(at('data'), { shards: 1 });
  expect(wal.path).toBe(join(home, 'data'));
  await wal.table('t').append(bytes('x'));
  const attached = attachLog(at('data'));
  expect(attached.path).toBe(wal.path);
  await attached.close();
  await wal.checkpoint(at('copy'));
  await wal.backup(at('backups'));
  await wal.backup(at('backups'));
  await wal.close();
  expect((await listBackups(at('backups'))).backups).toHaveLength(2);
  await removeBackup(at('backups'), 2);
  await restoreBackup(at('backups'), at('restored'));
  await all(repairDatabase(at('data'), at('repaired')));
  expect(readDamagedFiles(at('data'))).toEqual([]);
  expect(await diagnose(at('data'), new Error('x'))).toHaveLength(1);
  for (const name of ['copy', 'restored', 'repaired']) {
    const again = await openWal(at(name), { shards: 1, readOnly: true });
    expect(await again.table('t').lastSequence()).toBe(1n);
    await again.close();
  }
  const log = await openLog(at('data'));
  await log.checkpoint(at('second-copy'));
  await log.backup(at('backups'));
  await log.close();
  expect(readdirSync(home).sort()).toEqual(
    ['backups', 'copy', 'data', 'repaired', 'restored', 'second-copy'].sort(),
  );
});

/** What names no directory here. */
const NONE: readonly unknown[] = [
  new URL('http://example.org/data'),
  new URL('file://elsewhere/data'),
  new URL('file:///data%2Fwal'),
  new URL('file:///data%00'),
  'file://elsewhere/data',
  'file:data',
  'file:',
  'nats://server/log',
  'https://example.org/data',
  'a\0b',
  '',
  5,
  null,
  undefined,
  {},
  { href: 'file:///data', protocol: 'file:' },
  Object.create(URL.prototype),
  new Proxy(
    {},
    {
      get() {
        throw new Error('a trap');
      },
    },
  ),
];

describe('what names no directory is refused', () => {
  const refused = expect.objectContaining({ name: 'WalError', code: 'SHALE_INVALID_ARGUMENT' });
  const calls = (wal: Wal): Record<string, (location: never) => unknown> => ({
    openWal: (location) => openWal(location),
    openLog: (location) => openLog(location),
    attachLog: async (location) => attachLog(location),
    checkpoint: (location) => wal.checkpoint(location),
    backup: (location) => wal.backup(location),
    listBackups: (location) => listBackups(location),
    removeBackup: (location) => removeBackup(location, 1),
    restoreBackup: (location) => restoreBackup(location, '/nowhere/x'),
    restoreTo: (location) => restoreBackup(wal.path, location),
    repairDatabase: async (location) => await all(repairDatabase(location, '/nowhere/x')),
    diagnose: (location) => diagnose(location, new Error('x')),
    readDamagedFiles: async (location) => readDamagedFiles(location),
  });

  test('by every call', async () => {
    const wal = await open({ shards: 1 });
    for (const [name, call] of Object.entries(calls(wal))) {
      for (const [index, location] of NONE.entries()) {
        await expect(call(location as never), `${name}, ${index}`).rejects.toEqual(refused);
      }
    }
    expect(readdirSync('.').filter((name) => /^(file|nats|https):/.test(name))).toEqual([]);
  });

  test('and a URL of another kind is told what such URLs are kept for', async () => {
    await expect(openWal('nats://server/log')).rejects.toMatchObject({
      message: expect.stringMatching(/got a URL of 'nats': URLs like that are kept for logs elsewhere/),
      details: { field: 'path' },
    });
  });

  test('though a directory may be called like one', async () => {
    const home = await temporary();
    const wal = await openWal(join(home, 'nats:', 'server'), { shards: 1 });
    await wal.close();
    expect(readdirSync(home)).toEqual(['nats:']);
  });
});
