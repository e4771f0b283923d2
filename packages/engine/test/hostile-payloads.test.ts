// Whatever is passed as a payload: the call is refused as a whole, nothing of it is in, nothing stays booked, the next
// append settles and close() resolves.
import type { PayloadCodec, Table, Wal } from '@shale/engine';
import { describe, expect, test } from 'vitest';
import { all, behind, bytes, open } from './support.js';

/** A payload whose buffer is somewhere else by now. */
function detached(length = 8): Uint8Array {
  const payload = new Uint8Array(length).fill(7);
  structuredClone(payload.buffer, { transfer: [payload.buffer] });
  return payload;
}

/** A payload whose resizable buffer has become too small for it. */
function outOfBounds(): Uint8Array {
  const buffer: ArrayBuffer & { resize?: (length: number) => void } = Reflect.construct(ArrayBuffer, [
    64,
    { maxByteLength: 64 },
  ]);
  const payload = new Uint8Array(buffer, 32, 16);
  buffer.resize?.(8);
  return payload;
}

/** A view whose buffer is somewhere else by now, and says that it is not. */
function detachedView(): DataView {
  const view = new DataView(new ArrayBuffer(8));
  structuredClone(view.buffer, { transfer: [view.buffer] });
  return Object.defineProperties(view, { byteLength: { value: 8 }, byteOffset: { value: 0 } });
}

/** A payload that says another length than it has. */
function lying(length: number): Uint8Array {
  return Object.defineProperty(new Uint8Array(8).fill(1), 'length', { value: length });
}

function throwing(): never {
  throw new Error('out of the getter');
}

const REFUSED: readonly [string, () => unknown][] = [
  ['detached', () => detached()],
  ['a view of a detached buffer', detachedView],
  ['a detached buffer', () => detachedView().buffer],
  ['out of the bounds of its buffer', outOfBounds],
  ['nothing', () => undefined],
  ['null', () => null],
  ['a string', () => 'text'],
  ['a view of words', () => new Uint16Array(4)],
  ['only in the class of an array', () => Object.create(Uint8Array.prototype)],
  ['a proxy of an array', () => new Proxy(new Uint8Array(4), {})],
  [
    'a proxy that throws',
    () => new Proxy(new Uint8Array(4), { get: throwing, getPrototypeOf: throwing, has: throwing }),
  ],
];

/** The WAL is as if the calls had never been made. */
async function isWhole(wal: Wal, table: Table, entries: readonly Uint8Array[]): Promise<void> {
  const last = await table.append(bytes('good'));
  expect(last).toBe(BigInt(entries.length + 1));
  const read = await all(table.read());
  expect(read.map(({ payload }) => Uint8Array.from(payload))).toEqual([...entries, bytes('good')]);
  expect(behind(wal).flow.inFlightBytes).toBe(0);
  expect(behind(wal).flow.queuedBytes).toBe(0);
  await wal.close();
}

describe.each(REFUSED)('a payload that is %s', (_, make) => {
  // The types forbid most of them.
  const payload = () => make() as Uint8Array;
  const refused = { name: 'WalError', code: 'SHALE_PAYLOAD' };

  test('is refused as the first of a frame, and in the middle of a batch', async () => {
    const wal = await open({ shards: 1 });
    const table = wal.table({ region: 1, table: 1 });
    await expect(table.append(payload())).rejects.toMatchObject(refused);
    const good = table.append(bytes('first'));
    await expect(table.append(payload())).rejects.toMatchObject(refused);
    await expect(table.appendBatch([bytes('a'), bytes('b'), payload()])).rejects.toMatchObject(refused);
    await good;
    await isWhole(wal, table, [bytes('first')]);
  });

  test('is refused in a write over two tables', async () => {
    const wal = await open({ shards: 1 });
    const table = wal.table({ region: 1, table: 1 });
    const other = wal.table({ region: 1, table: 2 });
    const write = wal.write([
      { table, payloads: [bytes('a'), bytes('b')] },
      { table: other, payloads: [bytes('c'), payload()] },
    ]);
    await expect(write).rejects.toMatchObject(refused);
    expect(await other.lastSequence()).toBe(0n);
    await isWhole(wal, table, []);
  });

  test('is refused on the way through a new name', async () => {
    const wal = await open({ shards: 1 });
    const table = wal.table('name');
    await expect(table.append(payload())).rejects.toMatchObject(refused);
    await expect(table.appendBatch([bytes('a'), payload()])).rejects.toMatchObject(refused);
    await isWhole(wal, table, []);
  });
});

test('a payload that says another length than it has is taken with the bytes it has', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table({ region: 1, table: 1 });
  for (const length of [0, 3, 1e9, Number.NaN]) {
    await table.append(lying(length));
    await table.appendBatch([bytes('before'), lying(length), bytes('after')]);
  }
  const whole = new Uint8Array(8).fill(1);
  const round = [whole, bytes('before'), whole, bytes('after')];
  await isWhole(wal, table, [...round, ...round, ...round, ...round]);
});

test('a payload without bytes is one', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table({ region: 1, table: 1 });
  await table.append(new Uint8Array(0));
  await table.appendBatch([new Uint8Array(new ArrayBuffer(8), 8), Buffer.alloc(0)]);
  const none = new Uint8Array(0);
  await isWhole(wal, table, [none, none, none]);
});

const CODECS: readonly [string, (value: unknown) => unknown][] = [
  ['throws', throwing],
  [
    'throws what cannot be looked at',
    () => {
      throw new Proxy({}, { get: throwing, getPrototypeOf: throwing });
    },
  ],
  ['returns nothing', () => undefined],
  ['returns a string', () => 'text'],
  ['returns what was detached', () => detached()],
  ['returns a proxy', () => new Proxy(new Uint8Array(3), {})],
];

test.each(CODECS)('a codec that %s at the third value is refused with its batch', async (_, bad) => {
  const wal = await open({ shards: 1 });
  const codec: PayloadCodec<number> = {
    name: 'bad',
    encode: (value) => (value === 3 ? (bad(value) as Uint8Array) : bytes(String(value))),
    decode: (payload) => payload.length,
  };
  const plain = wal.table({ region: 1, table: 1 });
  const table = wal.table({ region: 1, table: 1 }, { codec });
  const refused = { name: 'WalError', code: 'SHALE_PAYLOAD' };
  await expect(table.append(3)).rejects.toMatchObject(refused);
  await expect(table.appendBatch([1, 2, 3, 4])).rejects.toMatchObject(refused);
  await expect(wal.write([{ table, payloads: [1, 3] }])).rejects.toMatchObject(refused);
  await isWhole(wal, plain, []);
});

test('a codec that throws is the cause of the error', async () => {
  const wal = await open({ shards: 1 });
  const reason = new Error('out of the codec');
  const codec: PayloadCodec<string> = {
    name: 'bad',
    encode: () => {
      throw reason;
    },
    decode: () => '',
  };
  const table = wal.table('t', { codec });
  await expect(table.append('x')).rejects.toMatchObject({ code: 'SHALE_PAYLOAD', cause: reason });
});

const ARRAYS: readonly [string, () => unknown][] = [
  ['is none', () => ({ length: 2 })],
  [
    'throws at the second entry',
    () => Object.defineProperty([bytes('a'), 0, bytes('c')], 1, { get: throwing }),
  ],
  ['throws at its length', () => new Proxy([bytes('a')], { get: throwing })],
  ['was revoked', revoked],
  [
    'has no length',
    () =>
      new Proxy([bytes('a')], {
        get: (array, key) => (key === 'length' ? Number.NaN : Reflect.get(array, key)),
      }),
  ],
  [
    'never ends',
    () => new Proxy([], { get: (_, key) => (key === 'length' ? Number.MAX_SAFE_INTEGER : bytes('a')) }),
  ],
];

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable([bytes('a')], {});
  revoke();
  return proxy;
}

test.each(ARRAYS)('a batch whose array %s is refused', async (_, make) => {
  const wal = await open({ shards: 1 });
  const table = wal.table({ region: 1, table: 1 });
  const refused = { name: 'WalError', code: 'SHALE_INVALID_ARGUMENT' };
  const payloads = () => make() as Uint8Array[];
  await expect(table.appendBatch(payloads())).rejects.toMatchObject(refused);
  await expect(wal.write([{ table, payloads: payloads() }])).rejects.toMatchObject(refused);
  await expect(wal.write(payloads() as never)).rejects.toMatchObject({ name: 'WalError' });
  await isWhole(wal, table, []);
});

test('an array that changes while it is read is taken as it was read', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table({ region: 1, table: 1 });
  const first = bytes('first');
  const payloads: Uint8Array[] = [first, bytes('second')];
  Object.defineProperty(payloads, 1, {
    get: () => {
      // Behind what was read already: it has lost its bytes when the batch is measured.
      structuredClone(first, { transfer: [first.buffer as ArrayBuffer] });
      return bytes('second');
    },
  });
  await expect(table.appendBatch(payloads)).rejects.toMatchObject({ code: 'SHALE_PAYLOAD' });
  const growing = [bytes('a')];
  Object.defineProperty(growing, 0, {
    get: () => {
      growing.push(bytes('more'));
      return bytes('a');
    },
  });
  expect(await table.appendBatch(growing)).toEqual({ first: 1n, last: 1n });
  await isWhole(wal, table, [bytes('a')]);
});

test('memory that another thread makes longer meanwhile is taken at its length or refused', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table({ region: 1, table: 1 });
  const shared: SharedArrayBuffer & { grow?: (length: number) => void } = Reflect.construct(
    SharedArrayBuffer,
    [4, { maxByteLength: 1 << 20 }],
  );
  const view = new Uint8Array(shared);
  const good = table.append(bytes('good neighbour'));
  // As if it had grown between being measured and being copied: with a getter of the array behind it.
  const payloads = [view, bytes('x')];
  Object.defineProperty(payloads, 1, {
    get: () => {
      shared.grow?.(8);
      return bytes('x');
    },
  });
  await table.appendBatch(payloads);
  await good;
  await isWhole(wal, table, [bytes('good neighbour'), new Uint8Array(8), bytes('x')]);
});

test('a codec that uses one buffer for all values loses none', async () => {
  const wal = await open({ shards: 1 });
  const scratch = new Uint8Array(1);
  const codec: PayloadCodec<number> = {
    name: 'scratch',
    encode: (value) => scratch.fill(value),
    decode: (payload) => payload[0] ?? 0,
  };
  const table = wal.table({ region: 1, table: 1 }, { codec });
  const other = wal.table('name', { codec });
  const calls = [
    table.appendBatch([1, 2, 3]),
    table.append(4),
    other.appendBatch([1, 2, 3]),
    wal.write([{ table, payloads: [5, 6] }]),
  ];
  scratch.fill(9);
  await Promise.all(calls);
  expect((await all(table.read())).map(({ payload }) => payload)).toEqual([1, 2, 3, 4, 5, 6]);
  expect((await all(other.read())).map(({ payload }) => payload)).toEqual([1, 2, 3]);
});

test('ids that belong to names are refused for writing and can be read', async () => {
  const wal = await open({ shards: 1 });
  await wal.table('name').append(bytes('x'));
  const { id } = wal.table('name');
  if (id === null) throw new Error('a table that was written has an id');
  const table = wal.table(id);
  const unused = wal.table({ region: 0n, table: 2n ** 64n - 1n });
  const refused = { name: 'WalError', code: 'SHALE_INVALID_ARGUMENT' };
  for (const reserved of [table, unused]) {
    await expect(reserved.append(bytes('no'))).rejects.toMatchObject(refused);
    await expect(reserved.appendBatch([])).rejects.toMatchObject(refused);
    await expect(wal.write([{ table: reserved, payloads: [bytes('no')] }])).rejects.toMatchObject(refused);
    await expect(reserved.trim(1n)).rejects.toMatchObject(refused);
    await expect(reserved.drop()).rejects.toMatchObject(refused);
  }
  expect((await all(table.read())).length).toBe(1);
  expect(await table.lastSequence()).toBe(1n);
  // Its neighbours are anybody's.
  await wal.table({ region: 0n, table: 2n ** 63n - 1n }).append(bytes('x'));
  await wal.table({ region: 1n, table: 2n ** 63n }).append(bytes('x'));
});

test('a codec may append, trim and close', async () => {
  const wal = await open({ shards: 1 });
  const other = wal.table({ region: 1, table: 2 });
  const inner: Promise<unknown>[] = [];
  const codec: PayloadCodec<string> = {
    name: 'busy',
    encode: (value) => {
      if (value === 'append') inner.push(other.appendBatch([bytes('i'), bytes('j')]));
      if (value === 'trim') inner.push(other.trim(1n));
      if (value === 'close') inner.push(wal.close());
      return bytes(value);
    },
    decode: () => '',
  };
  const table = wal.table({ region: 1, table: 1 }, { codec });
  expect(await table.appendBatch(['a', 'append', 'trim', 'b', 'append'])).toEqual({ first: 1n, last: 5n });
  expect(await other.firstSequence()).toBe(2n);
  expect(await other.lastSequence()).toBe(4n);
  await expect(table.appendBatch(['a', 'close'])).rejects.toMatchObject({ code: 'SHALE_CLOSED' });
  await Promise.all(inner);
});
