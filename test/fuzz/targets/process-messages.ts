import { encodeMessage, MessageStream } from '@shale/codec';
import { takeApart, toHello, toLineTask, toOwner } from '#internals/engine';
import { require, same, type Target, typed, utf8 } from '../target.js';

const MOST_BYTES = 1024;

const id = { region: 1n, table: 2n };
const size = { chunkBytes: 1024, maxEntries: 7 };
const span = { from: 1n, to: 2n ** 64n - 1n, watch: 3n, reverse: true };
const bounds = { from: 1n, limit: Number.POSITIVE_INFINITY, reverse: false };
const tasks: readonly object[] = [
  { kind: 'append', frame: Uint8Array.of(1, 2, 3), slot: -1 },
  { kind: 'lend', loan: 1n, ids: BigUint64Array.of(1n, 2n) },
  { kind: 'joint', loan: 1n, states: BigUint64Array.of(1n), frame: Uint8Array.of(1) },
  { kind: 'takeBack', loan: 1n, states: null },
  { kind: 'readStart', id, watch: 1n, bounds, strict: true, ...size },
  { kind: 'readNext', id, span, ...size },
  {
    kind: 'scanNext',
    cursor: 1,
    region: 1n,
    at: { table: 1n, sequence: 2n, isRead: true },
    chunkBytes: 9,
    begin: false,
  },
  { kind: 'listNext', list: 'heads', region: null, cursor: 1, limit: 100, begin: true },
  { kind: 'namesFind', names: ['a', ''] },
  { kind: 'namesOf', ids: [id] },
  { kind: 'timeAt', id, ms: -1n },
];
const controls: readonly object[] = [
  { hello: '1.0.0', pid: 7 },
  { listen: true },
  { watch: 1n, id },
  { watchAnew: 1n },
  { unwatch: 1n },
  { awaitName: 'a' },
  { forgetName: 'a' },
  { trimmed: [{ id, upTo: 5n }] },
  { ask: 1, question: { want: 'names', names: ['a'] } },
  { ask: 1, question: { want: 'line', shard: 3 } },
  { ask: 1, question: { want: 'sync' } },
  {
    ask: 1,
    question: { want: 'joint', shards: [0, 1], ids: [BigUint64Array.of(1n, 2n)], frame: Uint8Array.of(1) },
  },
];

/** What comes over the socket of a WAL from a process that uses it: bytes, in pieces as the system cuts them. */
export const processMessages: Target = {
  name: 'process-messages',
  maxBytes: 2048,
  tokens: [
    Uint8Array.of(0, 0, 0, 0),
    Uint8Array.of(0xff, 0xff, 0xff, 0xff),
    Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff),
    Uint8Array.of(0xdf, 0xff, 0xff, 0xff, 0xff),
    Uint8Array.of(0xc6, 0xff, 0xff, 0xff, 0xff),
    Uint8Array.of(0xc7, 0xff, 0x74),
    Uint8Array.of(0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    Uint8Array.of(0x81, 0xa4),
    utf8('$u64'),
    utf8('$buf'),
    utf8('__proto__'),
  ],
  seeds: [
    ...controls.map((body) => encodeMessage([0, body])),
    ...tasks.map((task) => encodeMessage([1, { id: 5, task }])),
    encodeMessage([
      3,
      { wrote: BigUint64Array.of(1n, 2n, 3n, 4n), isDurable: true, a: new ArrayBuffer(3) },
      1n,
      2n,
    ]),
    encodeMessage([
      3,
      [null, -1, -200, -70_000, 1.5, 2 ** 40, -(2n ** 60n), Float64Array.of(1), Uint32Array.of(1)],
    ]),
  ],
  run(input) {
    const whole = messagesOf(input, input.length);
    const pieces = messagesOf(input, 7);
    require(whole.length === pieces.length, 'other messages come of the same bytes in pieces');
    for (const [i, message] of whole.entries()) {
      const said = encodeMessage(message);
      require(same(said, encodeMessage(pieces[i])), 'another message comes of the same bytes in pieces');
      const again = new MessageStream(2 ** 20);
      again.push(said);
      require(same(
        encodeMessage(again.next()?.value),
        said,
      ), 'a message is another one when it is said again');
      const apart = typed(['SHALE_INVALID_ARGUMENT'], () => takeApart(message));
      if (apart === undefined) continue;
      toHello(apart.body);
      toOwner(apart.body);
      const task = toLineTask(apart.body);
      require(task === null || Number.isSafeInteger(task.id), 'a task has no number');
    }
  },
};

/** The messages up to what is none, taken in pieces of so many bytes. */
function messagesOf(input: Uint8Array, bytes: number): unknown[] {
  const stream = new MessageStream(MOST_BYTES);
  const found: unknown[] = [];
  typed(['SHALE_CORRUPT'], () => {
    for (let at = 0; at < input.length; at += bytes) {
      stream.push(input.subarray(at, at + bytes));
      for (let next = stream.next(); next !== null; next = stream.next()) found.push(next.value);
    }
  });
  return found;
}
