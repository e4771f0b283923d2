// `reuse: true`: openings of one thread share a WAL, also when the module was loaded twice.
import { cp, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { openWal, type Wal } from '@shale/engine';
import { expect, test } from 'vitest';
import { all, behind, bytes, open, rejectsWith, temporary, text } from './support.js';

const engine = fileURLToPath(new URL('..', import.meta.url));

/** Another copy of this package in this process, as a bundler or a development server makes it. */
async function anotherCopy(): Promise<typeof openWal> {
  const place = await temporary();
  for (const part of ['dist', 'src']) await cp(join(engine, part), join(place, part), { recursive: true });
  await symlink(join(engine, 'node_modules'), join(place, 'node_modules'));
  await writeFile(join(place, 'package.json'), '{ "type": "module" }');
  const copy: { readonly openWal: typeof openWal } = await import(
    pathToFileURL(join(place, 'dist', 'index.js')).href
  );
  return copy.openWal;
}

async function texts(wal: Wal): Promise<string[]> {
  return (await all(wal.table('t').read())).map(({ payload }) => text(payload));
}

test('a module that was loaded twice shares the WAL, and the last close() closes it', async () => {
  const path = await temporary();
  const openCopy = await anotherCopy();
  expect(openCopy).not.toBe(openWal);
  const one = await openWal(path, { shards: 1, reuse: true });
  const other = await openCopy(`${path}/.`, { shards: 1, reuse: true });
  await one.table('t').append(bytes('a'));
  await other.table('t').append(bytes('b'));
  await other.write([{ table: other.table('t'), payloads: [bytes('c')] }]);
  expect(await texts(one)).toEqual(['a', 'b', 'c']);
  const under = one.table('t').append(bytes('d'));
  await one.close();
  expect(one.close()).toBe(one.close());
  expect(behind(one).flow.inFlightBytes).toBe(0);
  expect(await under).toBe(4n);
  expect(other.state).toBe('open');
  expect(await other.table('t').append(bytes('e'))).toBe(5n);
  await other.close();
  expect([one.state, other.state]).toEqual(['closed', 'closed']);
  await rejectsWith('SHALE_CLOSED', one.table('t').append(bytes('x')));
  expect(await texts(await open({ path }))).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('openings at once share what the first one opens, and one that comes while it is being closed opens it again', async () => {
  const path = join(await temporary(), 'not', 'there', 'yet');
  const wals = await Promise.all([1, 2, 3].map(() => openWal(path, { shards: 1, reuse: true })));
  expect(new Set(wals.map(behind)).size).toBe(1);
  expect(await wals[0]?.table('t').append(bytes('a'))).toBe(1n);
  const closed = Promise.all(wals.map((wal) => wal.close()));
  const again = await openWal(path, { shards: 1, reuse: true });
  expect(behind(again)).not.toBe(wals[0] && behind(wals[0]));
  expect(await again.table('t').append(bytes('b'))).toBe(2n);
  await closed;
  await again.close();
});

test('an opening that fails is not kept', async () => {
  const path = await temporary();
  const options = { shards: 1, reuse: true, create: false };
  await Promise.all([1, 2].map(() => rejectsWith('SHALE_NOT_FOUND', openWal(path, options))));
  await (await open({ path })).close();
  await (await openWal(path, options)).close();
});

test('other options are refused by name, and so is sharing with one who does not', async () => {
  const path = await temporary();
  const wal = await openWal(path, { shards: 1, reuse: true, rocksdb: { blockSize: 4096 } });
  await expect(openWal(path, { shards: 2, reuse: true, rocksdb: { blockSize: 4096 } })).rejects.toMatchObject(
    {
      code: 'SHALE_INVALID_ARGUMENT',
      message: expect.stringMatching(/^shards must be 1, .*got 2$/),
    },
  );
  await expect(openWal(path, { shards: 1, reuse: true })).rejects.toMatchObject({
    code: 'SHALE_INVALID_ARGUMENT',
    details: { field: 'rocksdb' },
  });
  await rejectsWith('SHALE_LOCKED', openWal(path, { shards: 1, rocksdb: { blockSize: 4096 } }));
  await wal.close();
  const alone = await open({ path });
  await rejectsWith('SHALE_LOCKED', openWal(path, { reuse: true }));
  await alone.close();
  await rejectsWith('SHALE_INVALID_ARGUMENT', openWal(path, { reuse: true, readOnly: true }));
});
