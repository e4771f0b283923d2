import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { openWal } from '@shale/engine';
import { expect, test } from 'vitest';
import { inAnotherProcess } from './processes.js';
import { all, bytes, open, rejectsWith, temporary, text } from './support.js';

test('the same path and instance is open once in a process, whatever path it is asked for by', async () => {
  const path = join(await temporary(), 'data');
  await mkdir(path);
  const link = join(await temporary(), 'link');
  await symlink(path, link);
  const wal = await open({ path });
  await rejectsWith('SHALE_LOCKED', open({ path }));
  await rejectsWith('SHALE_LOCKED', open({ path: link }));
  await rejectsWith('SHALE_LOCKED', open({ path: join(path, '..', 'data') }));
  expect(await wal.table({ region: 1, table: 1 }).append(bytes('x'))).toBe(1n);
  await wal.close();
  const again = await open({ path: link });
  expect(again.path).toBe(wal.path);
  expect(await again.table({ region: 1, table: 1 }).append(bytes('y'))).toBe(2n);
});

test('two openings at once: one wins, the other is refused', async () => {
  const path = await temporary();
  const results = await Promise.allSettled([open({ path }), open({ path })]);
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const refused = results.find((result) => result.status === 'rejected');
  expect(refused?.reason).toMatchObject({ code: 'SHALE_LOCKED' });
});

test('instances share a database and do not see each other', async () => {
  const path = await temporary();
  const [one, other] = await Promise.all([open({ path }), open({ path, instance: 1 })]);
  const id = { region: 1, table: 1 };
  expect(await one.table(id).append(bytes('one'))).toBe(1n);
  expect(await other.table(id).append(bytes('other'))).toBe(1n);
  expect(await one.table('name').append(bytes('n'))).toBe(1n);
  expect(await other.table('name').lastSequence()).toBe(0n);
  await rejectsWith('SHALE_INVALID_ARGUMENT', one.write([{ table: other.table(id), payloads: [] }]));
  expect((await all(other.table(id).read())).map(({ payload }) => text(payload))).toEqual(['other']);
  await one.close();
  expect(await other.table(id).append(bytes('other'))).toBe(2n);
  await other.table(id).trim(2n);
  await other.close();
  const again = await open({ path });
  expect(await again.table(id).lastSequence()).toBe(1n);
  expect(await again.table('name').lastSequence()).toBe(1n);
});

test('a second process is refused at once, with the path', async () => {
  const path = await temporary();
  await open({ path });
  const { code, output } = await inAnotherProcess(
    `await openWal(${JSON.stringify(path)}).catch((error) => console.log(error.code, error.path));`,
  );
  expect(output).toBe(`SHALE_LOCKED ${path}\n`);
  expect(code).toBe(0);
});

test('a read-only WAL shows what is there and refuses to change it', async () => {
  const path = await temporary();
  const writer = await open({ path });
  await writer.table({ region: 1, table: 1 }).appendBatch([bytes('a'), bytes('b')]);
  await writer.table('name').append(bytes('n'));
  await writer.close();
  const wal = await open({ path, readOnly: true });
  const table = wal.table({ region: 1, table: 1 });
  expect((await all(table.read())).map(({ payload }) => text(payload))).toEqual(['a', 'b']);
  expect(await wal.table('name').lastSequence()).toBe(1n);
  expect((await all(wal.region(1).scan())).map(({ sequence }) => sequence)).toEqual([1n, 2n]);
  expect((await all(wal.tables())).map(({ name }) => name)).toEqual(['name', undefined]);
  const changes = [
    table.append(bytes('x')),
    table.appendBatch([]),
    wal.table('another').append(bytes('x')),
    wal.write([]),
    table.trim(1n),
    table.drop(),
    wal.sync(),
    wal.flush(),
    wal.compact(),
    wal.resume(),
  ];
  for (const change of changes) await rejectsWith('SHALE_READ_ONLY', change);
});

test('a read-only WAL can look while another process writes', async () => {
  const path = await temporary();
  const wal = await open({ path });
  await wal.table({ region: 1, table: 1 }).append(bytes('a'));
  const { output } = await inAnotherProcess(`
    const wal = await openWal(${JSON.stringify(path)}, { readOnly: true });
    console.log(await wal.table({ region: 1, table: 1 }).lastSequence());
    await wal.close();`);
  expect(output).toBe('1n\n');
});

test('create: false and readOnly refuse a directory without a database', async () => {
  const path = await temporary();
  await rejectsWith('SHALE_NOT_FOUND', open({ path: join(path, 'a'), create: false }));
  await rejectsWith('SHALE_NOT_FOUND', open({ path, readOnly: true }));
});

test('options are checked, and unknown ones refused by name', async () => {
  const path = await temporary();
  const bad: [string, object][] = [
    ['shards', { shards: 0 }],
    ['shards', { shards: 1.5 }],
    ['shardBy', { shardBy: 'name' }],
    ['instance', { instance: 127 }],
    ['durability', { durability: 'none' }],
    ['create', { create: 'yes' }],
    ['maxInFlightBytes', { maxInFlightBytes: 1 }],
    ['maxQueuedAppends', { maxQueuedAppends: -1 }],
    ['rocksdb', { rocksdb: 7 }],
    ['rocksdb.fifoCompactionMaxTableFilesSize', { rocksdb: { fifoCompactionMaxTableFilesSize: 1 } }],
    ['shard', { shard: 2 }],
  ];
  for (const [field, options] of bad) {
    await expect(openWal(path, options)).rejects.toMatchObject({
      code: 'SHALE_INVALID_ARGUMENT',
      details: { field },
    });
  }
  await rejectsWith('SHALE_INVALID_ARGUMENT', openWal(''));
});

test('the number of shards can change at every opening, and so can what they are chosen by', async () => {
  const path = await temporary();
  let expected = 0n;
  for (const options of [
    { shards: 1 },
    { shards: 4 },
    { shards: 3, shardBy: 'region' },
    { shards: 2 },
  ] as const) {
    const wal = await open({ path, ...options });
    for (let table = 0; table < 20; table++) {
      expect(await wal.table({ region: 1, table }).lastSequence()).toBe(expected);
      expect(await wal.table({ region: 1, table }).append(bytes('x'))).toBe(expected + 1n);
    }
    expect(await wal.table('name').append(bytes('x'))).toBe(expected + 1n);
    expected++;
    await wal.close();
  }
});

test('openWal works inside a worker thread, and the claim is of the whole process', async () => {
  const path = await temporary();
  const wal = await open({ path });
  const code = `
    const { parentPort } = require('node:worker_threads');
    import(${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)}).then(async ({ openWal }) => {
      const locked = await openWal(${JSON.stringify(path)}, OPTIONS).catch((error) => error.code);
      const other = await openWal(${JSON.stringify(path)}, { ...OPTIONS, instance: 3 });
      const sequence = await other.table({ region: 1, table: 1 }).append(new Uint8Array(1));
      await other.close();
      parentPort.postMessage([locked, sequence]);
    });`.replaceAll('OPTIONS', JSON.stringify({ rocksdb: wal.options.rocksdb, shards: 1 }));
  const worker = new Worker(code, { eval: true });
  const answer = await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  expect(answer).toEqual(['SHALE_LOCKED', 1n]);
  await worker.terminate();
});
