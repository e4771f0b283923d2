import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { jsonCodec, msgpackCodec, utf8Codec, type Wal } from '@shale/engine';
import { expect, test } from 'vitest';
import { all, behind, bytes, endThread, open, rejectsWith, temporary, text } from './support.js';

test('a name comes into being with its first append, and reading it before gives nothing', async () => {
  const wal = await open();
  const table = wal.table('cpu.host1');
  expect(table.name).toBe('cpu.host1');
  expect(table.id).toBeNull();
  expect([await table.firstSequence(), await table.lastSequence()]).toEqual([0n, 0n]);
  expect(await all(table.read())).toEqual([]);
  expect(await table.trim(5n)).toEqual({ first: 0n, last: 0n });
  await table.drop();
  expect(table.id).toBeNull();
  expect(await all(wal.tables())).toEqual([]);
  expect(await table.append(bytes('a'))).toBe(1n);
  expect(table.id).toEqual({ region: 0n, table: 2n ** 63n });
  expect((await all(wal.tables())).map(({ name }) => name)).toEqual(['cpu.host1']);
});

test('names survive reopening, each with its id', async () => {
  const path = await temporary();
  const names = Array.from({ length: 50 }, (_, i) => `table ${i} ü`);
  const wal = await open({ path });
  await Promise.all(names.map((name) => wal.table(name).append(bytes(name))));
  const ids = names.map((name) => wal.table(name).id);
  expect(new Set(ids.map((id) => id?.table)).size).toBe(50);
  await wal.close();
  const again = await open({ path, shards: 3 });
  for (const [i, name] of names.entries()) {
    const table = again.table(name);
    expect(table.id === null || table.id.table === ids[i]?.table).toBe(true);
    expect((await all(table.read())).map(({ payload }) => text(payload))).toEqual([name]);
    expect(table.id).toEqual(ids[i]);
  }
  await again.table('new').append(bytes('x'));
  expect(again.table('new').id?.table).toBe(2n ** 63n + 50n);
});

test('names made at the same time share a write, and the same name made twice is one table', async () => {
  const wal = await open();
  const appends = Array.from({ length: 200 }, (_, i) => wal.table(`n${i % 20}`).append(bytes(String(i))));
  await Promise.all(appends);
  for (let i = 0; i < 20; i++) {
    const entries = await all(wal.table(`n${i}`).read());
    expect(entries.map(({ payload }) => Number(text(payload)))).toEqual(
      Array.from({ length: 10 }, (_, round) => round * 20 + i),
    );
  }
  const tables = (await all(wal.tables())).map(({ id }) => id.table - 2n ** 63n);
  expect(tables).toEqual(Array.from({ length: 20 }, (_, i) => BigInt(i)));
});

test('a buffer may be used again while its append waits for a name', async () => {
  const wal = await open();
  const buffer = bytes('right');
  const append = wal.table('named').append(buffer);
  buffer.fill(0);
  await append;
  expect((await all(wal.table('named').read())).map(({ payload }) => text(payload))).toEqual(['right']);
});

test('dropping a table takes its name away, and the name can be made anew', async () => {
  const path = await temporary();
  const wal = await open({ path });
  const table = wal.table('gone');
  await table.appendBatch([bytes('a'), bytes('b')]);
  const old = table.id;
  const dropping = table.drop();
  const next = table.append(bytes('new'));
  await dropping;
  expect(await next).toBe(1n);
  expect(table.id?.table).not.toBe(old?.table);
  await wal.table('stays gone').append(bytes('x'));
  await wal.table('stays gone').drop();
  await wal.close();
  const again = await open({ path });
  expect((await all(again.table('gone').read())).map(({ payload }) => text(payload))).toEqual(['new']);
  expect(await again.table('stays gone').lastSequence()).toBe(0n);
  expect((await all(again.tables())).map(({ name }) => name)).toEqual(['gone']);
});

test('the catalog outlives the thread that keeps it', async () => {
  const wal = await open({ shards: 2 });
  await wal.table('before').append(bytes('x'));
  await endThread(wal, 0);
  await wal.table('after').append(bytes('x'));
  expect((await all(wal.tables())).map(({ name }) => name).sort()).toEqual(['after', 'before']);
  expect(wal.table('before').id?.table).not.toBe(wal.table('after').id?.table);
});

test('opening does not read the names, and the first append to one looks at that one only', async () => {
  const path = await temporary();
  const wal = await open({ path });
  await Promise.all(Array.from({ length: 100 }, (_, i) => wal.table(`n${i}`).append(bytes('x'))));
  await wal.close();
  const again = await open({ path });
  const asked = recordNames(again);
  await again.table({ region: 1, table: 1 }).append(bytes('x'));
  expect(asked).toEqual([]);
  expect(await again.table('n42').append(bytes('x'))).toBe(2n);
  expect(asked).toEqual([['namesMake', ['n42']]]);
  expect(behind(again).catalog.size).toBe(1);
});

test('names that are wanted together are asked for together', async () => {
  const wal = await open();
  const asked = recordNames(wal);
  await Promise.all(Array.from({ length: 600 }, (_, i) => wal.table(`n${i % 300}`).append(bytes('x'))));
  expect(asked.map(([kind, names]) => [kind, names.length])).toEqual([['namesMake', 300]]);
  await Promise.all(Array.from({ length: 600 }, (_, i) => wal.table(`none ${i}`).lastSequence()));
  expect(asked.slice(1).map(([kind, names]) => [kind, names.length])).toEqual([
    ['namesFind', 512],
    ['namesFind', 88],
  ]);
});

test('nothing is kept of names whose tables nobody holds', async () => {
  const wal = await open();
  const held = wal.table('held');
  await held.append(bytes('x'));
  await usePassing(wal, 2000);
  await collected(() => behind(wal).catalog.size === 1);
  expect(wal.table('held').id).toEqual(held.id);
  expect(await wal.table('n500').append(bytes('y'))).toBe(2n);
});

test('reading a name that does not exist, or is just being made, lets the event loop turn', async () => {
  const wal = await open();
  let turns = 0;
  const count = setInterval(() => turns++, 0);
  try {
    for (let i = 0; i < 50; i++) {
      const before = turns;
      let left = 10_000;
      // Nothing else can end this: what is asked for again and again must let others have their turn.
      while (turns === before && left-- > 0) await wal.table('none').lastSequence();
      expect(left).toBeGreaterThan(0);
      const making = wal.table(`new ${i}`).append(bytes('x'));
      left = 10_000;
      const appended = turns;
      while (turns === appended && left-- > 0) await all(wal.table(`new ${i}`).read());
      expect(left).toBeGreaterThan(0);
      await making;
    }
  } finally {
    clearInterval(count);
  }
});

test.each(['table', 'region'] as const)('names are spread evenly over the shards, by %s', async (shardBy) => {
  const wal = await open({ shards: 3, shardBy });
  const tables = Array.from({ length: 9 }, (_, i) => wal.table(`n${i}`));
  await Promise.all(tables.map((table) => table.append(bytes('x'))));
  expect(tables.map(({ shard }) => shard)).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
  const first = wal.table({ region: 0n, table: 2n ** 63n + 4n });
  expect(first.shard).toBe(1);
  expect((await all(first.read())).length).toBe(1);
});

test('names are checked', async () => {
  const wal = await open();
  expect(() => wal.table('')).toThrow(expect.objectContaining({ code: 'SHALE_INVALID_ARGUMENT' }));
  expect(() => wal.table('\ud800')).toThrow(expect.objectContaining({ code: 'SHALE_INVALID_ARGUMENT' }));
  expect(() => wal.table('ü'.repeat(257))).toThrow(expect.objectContaining({ code: 'SHALE_TOO_LARGE' }));
  expect(await wal.table('ü'.repeat(256)).append(bytes('x'))).toBe(1n);
});

test('codecs turn values into payloads and back, and their failures have a code', async () => {
  const wal = await open();
  const json = wal.table<{ x: number }>('json', { codec: jsonCodec() });
  await json.appendBatch([{ x: 1 }, { x: 2 }]);
  expect(await all(json.read())).toEqual([
    { sequence: 1n, payload: { x: 1 } },
    { sequence: 2n, payload: { x: 2 } },
  ]);
  const packed = wal.table<unknown>('packed', { codec: msgpackCodec() });
  const values = [{ a: [1, 2n ** 63n] }, 'text', null];
  await packed.appendBatch(values);
  expect((await all(packed.read())).map(({ payload }) => payload)).toEqual(values);
  await wal.table('json').append(bytes('{'));
  const reading = json.read()[Symbol.asyncIterator]();
  await reading.next();
  await reading.next();
  await rejectsWith('SHALE_PAYLOAD', reading.next());
  await rejectsWith('SHALE_PAYLOAD', reading.next());
  await rejectsWith('SHALE_PAYLOAD', json.append({ x: 1n } as never));
  await rejectsWith('SHALE_PAYLOAD', wal.table('json').append('text' as never));
  const own = wal.table('own', {
    codec: { ...utf8Codec(), name: 'own', encode: () => 'not bytes' as never },
  });
  await rejectsWith('SHALE_PAYLOAD', own.append('x'));
});

/** What the thread is asked about names from now on. */
function recordNames(wal: Wal): [string, readonly string[]][] {
  const asked: [string, readonly string[]][] = [];
  const shard = behind(wal).shard(0);
  const request = shard.request.bind(shard);
  const recording: typeof request = (task, onLoss) => {
    if (task.kind === 'namesFind' || task.kind === 'namesMake') asked.push([task.kind, task.names]);
    return request(task, onLoss);
  };
  Object.assign(shard, { request: recording });
  return asked;
}

/** Uses names whose tables nobody holds afterwards: some are read, some are made. */
async function usePassing(wal: Wal, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const table = wal.table(`n${i}`);
    if (i % 50 === 0) expect(await table.lastSequence()).toBe(0n);
    if (i % 500 === 0) await table.append(bytes('x'));
  }
  expect(behind(wal).catalog.size).toBeGreaterThan(1);
}

/** Collects garbage until something has come of it. */
async function collected(isDone: () => boolean): Promise<void> {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  if (typeof gc !== 'function') throw new Error('there is no gc');
  while (!isDone()) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
