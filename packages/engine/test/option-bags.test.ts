// Every bag of options refuses what it does not know: a misspelt option would pass in silence.
import { openWal } from '@shale/engine';
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
  for (const none of [null, 'os', 5, true, () => 'os']) {
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
  for (const call of [table.append(bytes('x'), throwing), wal.write([], throwing), wal.ready(throwing)]) {
    await expect(call).rejects.toMatchObject({ code: 'SHALE_INVALID_ARGUMENT', cause: reason });
  }
});
