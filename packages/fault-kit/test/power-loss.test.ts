import {
  afterPowerLoss,
  DiskHistory,
  type DiskImage,
  type DiskOperation,
  type PowerLoss,
  Random,
} from '@shale/fault-kit';
import { expect, test } from 'vitest';

const ROOT = '/disk';
const DIRECTORY = 2n;
let syncs = 0n;

type Step = DiskOperation | readonly DiskOperation[];

const about = (inode: bigint) => ({ inode, thread: 1 });
const mkdir: DiskOperation = { op: 'mkdir', path: '/disk/db', ...about(DIRECTORY) };
const openDirectory: DiskOperation = { op: 'open', path: '/disk/db', created: false, ...about(DIRECTORY) };
const openRoot: DiskOperation = { op: 'open', path: '/disk', created: false, ...about(1n) };
const create = (name: string, inode: bigint): DiskOperation => ({
  op: 'open',
  path: `/disk/${name}`,
  created: true,
  ...about(inode),
});
const write = (inode: bigint, offset: number, text: string): DiskOperation => ({
  op: 'write',
  offset,
  data: Buffer.from(text),
  ...about(inode),
});
const truncate = (inode: bigint, size: number): DiskOperation => ({ op: 'truncate', size, ...about(inode) });
const rename = (from: string, to: string): DiskOperation => ({
  op: 'rename',
  path: `/disk/${from}`,
  to: `/disk/${to}`,
  ...about(0n),
});
const unlink = (name: string): DiskOperation => ({ op: 'unlink', path: `/disk/${name}`, ...about(0n) });

function sync(
  inode: bigint,
  options: { error?: number; leftOut?: boolean; dataOnly?: boolean } = {},
): DiskOperation[] {
  const { error = 0, leftOut = false, dataOnly = false } = options;
  const number = ++syncs;
  return [
    { op: 'syncBegin', sync: number, dataOnly, ...about(inode) },
    { op: 'syncEnd', sync: number, error, leftOut, ...about(inode) },
  ];
}

function imageAfter(steps: readonly Step[], loss: PowerLoss, seed = 1): DiskImage {
  return afterPowerLoss(DiskHistory.upTo(steps.flat(), ROOT), loss, new Random(seed));
}

/** The texts of the files. */
function texts(image: DiskImage): Record<string, string> {
  return Object.fromEntries(
    Array.from(image, ([path, bytes]) => [
      path,
      bytes === null ? 'directory' : Buffer.from(bytes).toString(),
    ]),
  );
}

const nothing = (fileSystem: PowerLoss['fileSystem']): PowerLoss => ({
  fileSystem,
  names: 'none',
  contents: 'none',
});
const everything: PowerLoss = { fileSystem: 'strict', names: 'all', contents: 'all' };

test('on a strict file system a name lasts once its directory is synced, each directory for itself', () => {
  const steps: Step[] = [mkdir, create('db/a', 3n), write(3n, 0, 'x'), sync(3n)];
  expect(texts(imageAfter(steps, nothing('strict')))).toEqual({});
  const inside = [...steps, openDirectory, sync(DIRECTORY)];
  expect(texts(imageAfter(inside, nothing('strict')))).toEqual({});
  const both = [...inside, openRoot, sync(1n)];
  expect(texts(imageAfter(both, nothing('strict')))).toEqual({ db: 'directory', 'db/a': 'x' });
});

test('on a journaled file system the sync of any file commits the names before it', () => {
  const steps: Step[] = [
    mkdir,
    create('db/a', 3n),
    create('db/b', 4n),
    write(4n, 0, 'y'),
    sync(4n),
    create('db/c', 5n),
  ];
  expect(texts(imageAfter(steps, nothing('journaled')))).toEqual({
    db: 'directory',
    'db/a': '',
    'db/b': 'y',
  });
});

test('fdatasync of a file that has not grown commits nothing else', () => {
  const steps: Step[] = [
    create('a', 3n),
    write(3n, 0, 'aaaa'),
    sync(3n),
    create('b', 4n),
    write(3n, 0, 'A'),
    sync(3n, { dataOnly: true }),
  ];
  expect(texts(imageAfter(steps, nothing('journaled')))).toEqual({ a: 'Aaaa' });
  expect(
    texts(imageAfter([...steps, write(3n, 4, 'a'), sync(3n, { dataOnly: true })], nothing('journaled'))),
  ).toEqual({
    a: 'Aaaaa',
    b: '',
  });
});

test('a sync is about what was written before it began, and only when it succeeds', () => {
  const [begin, end] = sync(3n) as [DiskOperation, DiskOperation];
  const steps = [create('a', 3n), openRoot, sync(1n), write(3n, 0, '1'), begin, write(3n, 1, '2'), end];
  expect(texts(imageAfter(steps, nothing('strict')))).toEqual({ a: '1' });
  expect(texts(imageAfter(steps.slice(0, -1), nothing('strict')))).toEqual({ a: '' });
  expect(texts(imageAfter(steps, everything))).toEqual({ a: '12' });
});

test('what a failed sync was about is not on the disk after a later one, and a lying sync is none', () => {
  const failed = [
    create('a', 3n),
    openRoot,
    sync(1n),
    write(3n, 0, 'old'),
    sync(3n, { error: 5 }),
    write(3n, 3, 'new'),
    sync(3n),
  ];
  expect(texts(imageAfter(failed, nothing('strict')))).toEqual({ a: '\0\0\0new' });
  const lying = [create('a', 3n), openRoot, sync(1n), write(3n, 0, 'old'), sync(3n, { leftOut: true })];
  expect(texts(imageAfter(lying, nothing('strict')))).toEqual({ a: '' });
});

test('a renaming and a removal that are not synced are undone', () => {
  const steps = [
    create('a', 3n),
    create('b', 4n),
    write(3n, 0, 'A'),
    sync(3n),
    write(4n, 0, 'B'),
    sync(4n),
    openRoot,
    sync(1n),
  ];
  const changed = [...steps, rename('a', 'b'), create('c', 5n), unlink('c')];
  expect(texts(imageAfter(changed, nothing('strict')))).toEqual({ a: 'A', b: 'B' });
  expect(texts(imageAfter([...changed, sync(1n)], nothing('strict')))).toEqual({ b: 'A' });
});

test('names that are not synced come in order', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const steps = names.map((name, index) => create(name, BigInt(index + 3)));
  const seen = new Set<string>();
  for (let seed = 1; seed <= 100; seed++) {
    const image = imageAfter(steps, { fileSystem: 'strict', names: 'prefix', contents: 'all' }, seed);
    seen.add([...image.keys()].join(''));
  }
  expect([...seen].sort()).toEqual(['', 'a', 'ab', 'abc', 'abcd', 'abcde']);
});

test('unsynced writes come as a prefix, as any subset, or in sectors; synced ones always', () => {
  const sector = (letter: string) => letter.repeat(512);
  const steps = [
    create('a', 3n),
    openRoot,
    sync(1n),
    write(3n, 0, 'synced'),
    sync(3n),
    write(3n, 6, `${sector('1')}${sector('2')}`),
    write(3n, 6 + 1024, sector('3')),
    truncate(3n, 6 + 1024 + 100),
  ];
  const sizes = { prefix: new Set<number>(), subset: new Set<number>(), torn: new Set<string>() };
  for (let seed = 1; seed <= 200; seed++) {
    for (const contents of ['prefix', 'subset', 'torn', 'garbage'] as const) {
      const loss: PowerLoss = { fileSystem: 'strict', names: 'all', contents };
      const bytes = Buffer.from(imageAfter(steps, loss, seed).get('a') ?? []);
      expect(bytes.subarray(0, 6).toString()).toBe('synced');
      if (contents === 'prefix') expect(bytes.includes(0)).toBe(false);
      if (contents === 'prefix' || contents === 'subset') sizes[contents].add(bytes.length);
      if (contents === 'torn')
        sizes.torn.add(`${bytes.length}:${bytes.includes('1')}${bytes.includes('2')}${bytes.includes('3')}`);
    }
  }
  expect(sizes.prefix.size).toBeGreaterThan(50);
  expect([...sizes.subset].sort((a, b) => a - b)).toEqual([6, 1030, 1130, 1542]);
  expect(sizes.torn.size).toBeGreaterThan(8);
});

test('a directory keeps what is in it when it is renamed, and the renaming lasts once the directory above is synced', () => {
  const steps: Step[] = [
    mkdir,
    create('db/a', 3n),
    write(3n, 0, 'x'),
    sync(3n),
    openDirectory,
    sync(DIRECTORY),
    openRoot,
    sync(1n),
    rename('db', 'new'),
    create('new/b', 4n),
    sync(DIRECTORY),
  ];
  expect(texts(imageAfter(steps, nothing('strict')))).toEqual({ db: 'directory', 'db/a': 'x', 'db/b': '' });
  expect(texts(imageAfter([...steps, sync(1n)], nothing('strict')))).toEqual({
    new: 'directory',
    'new/a': 'x',
    'new/b': '',
  });
});
