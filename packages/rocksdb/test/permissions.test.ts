import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type DatabaseOptions, openDatabase } from '@shale/rocksdb';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { temporary } from '../../../test/support/temporary.js';

let root: string;
let umask: number;

beforeEach(() => {
  root = temporary('permissions');
  // Whatever the umask lets through, others get nothing.
  umask = process.umask(0);
});

afterEach(() => {
  process.umask(umask);
});

function modes(directory: string): Map<string, string> {
  const names = ['.', ...readdirSync(directory, { recursive: true, encoding: 'utf8' })];
  return new Map(names.map((name) => [name, (lstatSync(join(directory, name)).mode & 0o777).toString(8)]));
}

async function used(path: string, options: DatabaseOptions = {}): Promise<void> {
  const database = await openDatabase(path, options);
  for (let round = 0; round < 3; round++) {
    database.put(Uint8Array.of(1, round), Uint8Array.of(0), { sync: true });
    await database.flush();
  }
  await database.compactRange(undefined, undefined, { bottommost: 'force' });
  await database.checkpoint(join(path, '..', `${Date.now()}-checkpoint`));
  await database.createBackup(join(path, '..', 'backups'));
  await database.close();
}

describe('what is created', () => {
  test("is its owner's alone: files 0600, directories 0700, whatever the umask", async () => {
    const path = join(root, 'deep', 'wal');
    await used(path);
    // Directories above are made as the umask says: they are not the database's.
    const found = modes(join(root, 'deep'));
    found.delete('.');
    expect(found.size).toBeGreaterThan(15);
    const wrong = [...found].filter(
      ([name, mode]) => mode !== (lstatSync(join(root, 'deep', name)).isDirectory() ? '700' : '600'),
    );
    expect(wrong).toEqual([]);
  });

  test("is left to the umask with filePermissions: 'umask'", async () => {
    const path = join(root, 'wal');
    await (await openDatabase(path, { filePermissions: 'umask' })).close();
    const found = modes(path);
    expect([found.get('.'), found.get('CURRENT'), found.get('LOCK')]).toEqual(['777', '644', '644']);
  });

  test('changes nothing about what was there before', async () => {
    const path = join(root, 'wal');
    mkdirSync(path);
    chmodSync(path, 0o750);
    writeFileSync(join(path, 'LOCK'), '', { mode: 0o660 });
    await (await openDatabase(path)).close();
    const found = modes(path);
    expect([found.get('.'), found.get('LOCK'), found.get('CURRENT')]).toEqual(['750', '660', '600']);
  });
});

describe('links', () => {
  test('in the directory are never written through', async () => {
    const path = join(root, 'wal');
    const outside = join(root, 'outside');
    await (await openDatabase(path)).close();
    mkdirSync(outside);
    for (let number = 1; number < 100; number++) {
      const digits = String(number).padStart(6, '0');
      for (const name of [`${digits}.log`, `${digits}.sst`, `MANIFEST-${digits}`, `${digits}.dbtmp`]) {
        if (!existsSync(join(path, name))) symlinkSync(join(outside, name), join(path, name));
      }
    }
    const opened = openDatabase(path).then(async (database) => {
      database.put(Uint8Array.of(1), Uint8Array.of(0), { sync: true });
      await database.flush();
      await database.close();
    });
    await expect(opened).rejects.toMatchObject({ code: expect.stringMatching(/^ROCKSDB_/) });
    expect(readdirSync(outside)).toEqual([]);
  });

  const permissions = ['owner', 'umask'] as const;
  const strange = ['link', 'pipe', 'directory'] as const;

  /** A database with a log that is in use and a table file, as the death of its process leaves it. */
  async function crashed(filePermissions: 'owner' | 'umask'): Promise<string> {
    const live = join(root, 'live');
    const database = await openDatabase(live, { filePermissions });
    database.put(Uint8Array.of(1, 1), Uint8Array.of(0), { sync: true });
    await database.flush();
    database.put(Uint8Array.of(1, 2), Uint8Array.of(0), { sync: true });
    const path = join(root, 'wal');
    cpSync(live, path, { recursive: true });
    await database.close();
    return path;
  }

  /** Puts something else in the place of a file, which a link leads to. */
  function replace(path: string, name: string, by: (typeof strange)[number]): void {
    const outside = join(root, 'outside');
    mkdirSync(outside);
    renameSync(join(path, name), join(outside, name));
    if (by === 'link') symlinkSync(join(outside, name), join(path, name));
    else if (by === 'pipe') spawnSync('mkfifo', [join(path, name)]);
    else mkdirSync(join(path, name));
  }

  test.each(
    permissions.flatMap((mode) =>
      [/\.log$/, /\.sst$/, /^MANIFEST-/, /^CURRENT$/, /^LOCK$/, /^WATERMARK$/, /^WRITER$/].flatMap((name) =>
        strange.map((by) => [name, by, mode] as const),
      ),
    ),
  )('%s that is a %s is refused, and what is outside stays as it is: %s', async (pattern, by, mode) => {
    const path = await crashed(mode);
    const name = readdirSync(path).find((found) => pattern.test(found)) ?? '';
    replace(path, name, by);
    const target = join(root, 'outside', name);
    const before = readFileSync(target);
    for (const readOnly of [true, false]) {
      // A reader locks nothing.
      if (readOnly && /LOCK|WRITER/.test(name)) continue;
      await expect(openDatabase(path, { readOnly, filePermissions: mode })).rejects.toMatchObject({
        code: expect.stringMatching(/^ROCKSDB_(IO_ERROR|CORRUPTION|NOT_FOUND)$/),
      });
    }
    expect(readFileSync(target)).toEqual(before);
    expect(readdirSync(join(root, 'outside'))).toEqual([name]);
  });

  test('that lead nowhere bring nothing into being', async () => {
    const path = await crashed('owner');
    for (const name of ['LOCK', 'WRITER', 'RESERVE', 'UNREADABLE', 'LOG', 'LOG.old']) {
      rmSync(join(path, name), { force: true });
      symlinkSync(join(root, 'outside', name), join(path, name));
    }
    mkdirSync(join(root, 'outside'));
    for (const name of ['WRITER', 'LOCK']) {
      await expect(openDatabase(path)).rejects.toMatchObject({ code: 'ROCKSDB_IO_ERROR' });
      rmSync(join(path, name));
    }
    await (await openDatabase(path)).close();
    expect(readdirSync(join(root, 'outside'))).toEqual([]);
  });

  test('to the directory itself are fine', async () => {
    const real = join(root, 'real');
    const link = join(root, 'link');
    mkdirSync(real);
    symlinkSync(real, link);
    const database = await openDatabase(link);
    await database.createBackup(join(link, '..', 'backups'));
    await database.close();
    expect(existsSync(join(real, 'CURRENT'))).toBe(true);
  });
});
