// What may be appended as bytes besides a Uint8Array of this realm: it is copied like one.
import { runInNewContext } from 'node:vm';
import { type BytesInput, bytesCodec, jsonCodec } from '@shale/engine';
import { expect, test } from 'vitest';
import { all, open } from './support.js';

const text = 'some bytes';

/** `text` in the middle of a buffer, so that an offset that is forgotten shows. */
function padded(): ArrayBuffer {
  return new TextEncoder().encode(`<<<${text}>>>`).buffer;
}

const INPUTS: readonly [string, () => BytesInput][] = [
  ['an ArrayBuffer', () => new TextEncoder().encode(text).buffer],
  ['a DataView', () => new DataView(padded(), 3, text.length)],
  [
    'a Uint8Array of another realm',
    () => runInNewContext('Uint8Array.from(bytes)', { bytes: Buffer.from(text) }),
  ],
  [
    'an ArrayBuffer of another realm',
    () => runInNewContext('Uint8Array.from(bytes).buffer', { bytes: Buffer.from(text) }),
  ],
  [
    'a DataView of another realm',
    () => runInNewContext('new DataView(buffer, 3, length)', { buffer: padded(), length: text.length }),
  ],
  ['a Uint8Array without its class', () => Object.setPrototypeOf(new Uint8Array(Buffer.from(text)), null)],
];

test.each(INPUTS)('%s is appended, alone, in a batch and in a write over tables', async (_, make) => {
  const wal = await open({ shards: 2 });
  const one = wal.table({ region: 1, table: 1 });
  const other = wal.table({ region: 2, table: 2 }, { codec: bytesCodec() });
  await one.append(make());
  await one.appendBatch([Buffer.from('before'), make(), make()]);
  await wal.write([
    { table: one, payloads: [make()] },
    { table: other, payloads: [make()] },
  ]);
  const texts = async (table: typeof one) =>
    (await all(table.read())).map(({ payload }) => Buffer.from(payload).toString());
  expect(await texts(one)).toEqual([text, 'before', text, text, text]);
  expect(await texts(other)).toEqual([text]);
  await wal.close();
});

test('its memory is copied before the call returns', async () => {
  const wal = await open({ shards: 1 });
  const table = wal.table({ region: 1, table: 1 });
  const buffer = new TextEncoder().encode(text).buffer;
  const view = new DataView(new TextEncoder().encode(text).buffer);
  const appends = [table.append(buffer), table.appendBatch([view])];
  new Uint8Array(buffer).fill(0);
  view.setUint32(0, 0);
  await Promise.all(appends);
  expect((await all(table.read())).map(({ payload }) => Buffer.from(payload).toString())).toEqual([
    text,
    text,
  ]);
  await wal.close();
});

test('entries go through JSON.stringify: sequences as text, bytes in base64, values as they are', async () => {
  const wal = await open({ shards: 1 });
  const raw = wal.table({ region: 7, table: 2n ** 62n + 1n });
  await raw.append(Buffer.from([0, 255]));
  expect(JSON.parse(JSON.stringify(await all(raw.read())))).toEqual([{ sequence: '1', payload: 'AP8=' }]);
  const chunks = await all(raw.read().chunks());
  expect(JSON.stringify([...(chunks[0] ?? [])])).toBe('[{"sequence":"1","payload":"AP8="}]');
  expect(JSON.parse(JSON.stringify(await all(wal.region(7).scan())))).toEqual([
    { table: '4611686018427387905', sequence: '1', payload: 'AP8=' },
  ]);
  const json = wal.table('values', { codec: jsonCodec<{ at: number }>() });
  await json.append({ at: 5 });
  expect(JSON.stringify(await all(json.read()))).toBe('[{"sequence":"1","payload":{"at":5}}]');
  await wal.close();
});
