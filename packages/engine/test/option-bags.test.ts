// Every bag of options refuses what it does not know: a misspelt option would pass in silence.
import { openWal } from '@shale/engine';
import { restoreBackup } from '@shale/engine/admin';
import { expect, test } from 'vitest';
import { bytes, open, rejectsWith, temporary } from './support.js';

/** Calls that each pass one misspelt option, whose name comes with it. */
async function calls(): Promise<[string, string | null, () => unknown][]> {
  const wal = await open({ shards: 1 });
  const path = await temporary();
  const table = wal.table({ region: 1, table: 1 });
  const payloads = [bytes('x')];
  const { codec, ...misspelt } = { codec: undefined, coddec: undefined };
  return [
    ['durabilty', 'durability', () => table.append(bytes('x'), { durabilty: 'os' } as never)],
    ['expct', 'expect', () => table.appendBatch(payloads, { expct: 9n } as never)],
    ['signl', 'signal', () => wal.write([{ table, payloads }], { signl: undefined } as never)],
    ['exepct', 'expect', () => wal.write([{ table, payloads, exepct: 9n } as never])],
    ['Durability', 'durability', () => table.trim(1n, { Durability: 'os' } as never)],
    ['byte', 'bytes', () => wal.ready({ byte: 5 } as never)],
    ['coddec', 'codec', () => wal.table('t', misspelt as never)],
    ['whatever', null, () => wal.table('t', { codec, whatever: 1 } as never)],
    ['chunkByte', 'chunkBytes', () => table.read({}, { chunkByte: 5 } as never)],
    ['gte_', 'gte', () => table.read({ gte_: 5n } as never)],
    ['chunkEntries', null, () => wal.region(1).scan({ chunkEntries: 5 } as never)],
    ['keeep', 'keep', () => wal.backup(path, { keeep: 1 } as never)],
    ['shard', 'shards', () => openWal(path, { shard: 1 } as never)],
    ['blockSiz', 'blockSize', () => openWal(path, { rocksdb: { blockSiz: 4096 } } as never)],
    ['memtabel', 'memtable', () => openWal(path, { rocksdb: Object.create({ memtabel: 'log' }) })],
    ['readOnly', null, () => openWal(path, { rocksdb: { readOnly: true } } as never)],
    ['Durability', 'durability', () => wal.table('t').drop({ Durability: 'os' } as never)],
    ['durabilty', 'durability', () => table.append(bytes('x'), Object.create({ durabilty: 'os' }))],
  ];
}

test('every bag of options refuses what it does not know, and says what was meant', async () => {
  for (const [name, meant, call] of await calls()) {
    const refused = (async () => await call())();
    await rejectsWith('SHALE_INVALID_ARGUMENT', refused);
    const guess = meant === null ? name : `'${name}'.*did you mean '${meant}'`;
    await expect(refused).rejects.toThrow(new RegExp(guess));
  }
});

test('what is no bag at all is refused, and what is on every object is passed over', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table({ region: 1, table: 1 });
  for (const none of [null, 'os', 5, true, () => 'os', [], ['durability']]) {
    await rejectsWith('SHALE_INVALID_ARGUMENT', table.append(bytes('x'), none as never));
    await rejectsWith('SHALE_INVALID_ARGUMENT', table.trim(1n, none as never));
    await rejectsWith('SHALE_INVALID_ARGUMENT', wal.ready(none as never));
    await rejectsWith('SHALE_INVALID_ARGUMENT', wal.write([], none as never));
  }
  const everywhere: { polluted?: boolean } = Object.prototype;
  everywhere.polluted = true;
  try {
    expect(await table.append(bytes('x'), { durability: 'os' })).toBe(1n);
  } finally {
    delete everywhere.polluted;
  }
});

test('each option is read once, and what its getter throws is the cause', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table({ region: 1, table: 1 });
  let reads = 0;
  const options = {
    get expect() {
      return BigInt(++reads);
    },
  };
  expect(await table.append(bytes('x'), options)).toBe(1n);
  expect(reads).toBe(1);
  const reason = new Error('out of the getter');
  const throwing = {
    get signal(): never {
      throw reason;
    },
  };
  const calls = [
    table.append(bytes('x'), throwing),
    table.drop(throwing),
    wal.write([], throwing),
    wal.ready(throwing),
  ];
  const refused = { status: 'rejected', reason: { code: 'SHALE_INVALID_ARGUMENT', cause: reason } };
  expect(await Promise.allSettled(calls)).toMatchObject(calls.map(() => refused));
});

test("RocksDB's options are read once, when openWal is called", async () => {
  let reads = 0;
  let isOver = false;
  const rocksdb = {
    get writeBufferSize() {
      if (isOver) throw new Error('read after openWal had returned');
      reads++;
      return 1024 * 1024;
    },
  };
  const opening = openWal(await temporary(), { shards: 1, rocksdb });
  isOver = true;
  await using wal = await opening;
  expect(reads).toBe(1);
  expect(wal.options.rocksdb).toEqual({ writeBufferSize: 1024 * 1024 });
});

test("what cannot be one of RocksDB's options is refused, whatever it is", async () => {
  const path = await temporary();
  const reason = new Error('out of the getter');
  const throwing = {
    get memtable(): never {
      throw reason;
    },
  };
  await expect(openWal(path, { rocksdb: throwing })).rejects.toMatchObject({
    code: 'SHALE_INVALID_ARGUMENT',
    cause: reason,
  });
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();
  for (const bag of [proxy, [], [1]]) {
    await rejectsWith('SHALE_INVALID_ARGUMENT', openWal(path, { rocksdb: bag as never }));
  }
  const values = [null, Symbol('x'), {}, -1, Object.create(null), 5n, () => 5];
  for (const name of ['fifoCompactionMaxTableFilesSize', 'blockSize', 'paranoidChecks', 'memtable']) {
    for (const value of values) {
      await rejectsWith('SHALE_INVALID_ARGUMENT', openWal(path, { rocksdb: { [name]: value } } as never));
    }
  }
});

test('the options of a backup and of restoring one are checked before anything is looked at', async () => {
  const wal = await open({ shards: 1 });
  const path = await temporary();
  for (const keep of [null, Symbol('x'), Object.create(null), '1', 1n]) {
    await rejectsWith('SHALE_INVALID_ARGUMENT', wal.backup(path, { keep } as never));
  }
  const throwing = {
    get id(): never {
      throw new Error('out of the getter');
    },
  };
  const inherited = Object.create({ idd: 1 });
  for (const options of [
    { idd: 1 },
    inherited,
    null,
    [],
    throwing,
    { id: '1' },
    { id: Symbol() },
    { id: -1 },
  ]) {
    await rejectsWith('SHALE_INVALID_ARGUMENT', restoreBackup(path, `${path}-new`, options as never));
  }
});
