import {
  decodeAppendReply,
  ERROR_CODES,
  encodeAppendReply,
  errorFromData,
  errorToData,
  msgpackCodec,
  WalError,
} from '@shale/codec';
import { require, type Target, typed, utf8 } from '../target.js';

const error = new WalError('SHALE_SEQUENCE_MISMATCH', 'the next sequence is another one', {
  path: '/some/where',
  table: { region: 1n, table: 2n },
  details: { expected: 3n, actual: 4n, field: 'x', sure: true, size: 1.5 },
  cause: new Error('because', { cause: new TypeError('of that') }),
});
const data = errorToData(error);
const tokens = [
  ...[
    'code',
    'message',
    'cause',
    'details',
    'table',
    'region',
    'name',
    'stack',
    'path',
    '__proto__',
    'append',
  ].map((word) => Uint8Array.of(0xa0 | word.length, ...utf8(word))),
  ...ERROR_CODES.slice(0, 4).map((code) => Uint8Array.of(0xd9, code.length, ...utf8(code))),
  Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff),
  Uint8Array.of(0xdf, 0xff, 0xff, 0xff, 0xff),
  Uint8Array.of(0xdb, 0xff, 0xff, 0xff, 0xff),
  Uint8Array.of(0xd6, 0x65),
  Uint8Array.of(0xc7, 0x08, 0x74),
  Uint8Array.of(0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
];

function check(reply: Uint8Array): void {
  const decoded = typed(['SHALE_CORRUPT'], () => decodeAppendReply(reply));
  if (decoded === undefined) return;
  for (let i = 0, least = 0; i < decoded.repeats.length; i += 2) {
    const append = decoded.repeats[i] ?? 0;
    require(append >= least && append < decoded.firsts.length, `repeats append ${append}`);
    least = append + 1;
  }
  for (const { append, error: failure } of decoded.errors) {
    require(append >= 0 && append < decoded.firsts.length, `names append ${append}`);
    const made = errorFromData(failure);
    require(made instanceof WalError && ERROR_CODES.includes(made.code), 'is not a typed error');
    require(typeof made.message === 'string', 'has no message');
    // It must be fit to be sent on.
    errorToData(made);
  }
}

/** Answers to frames, as the thread of the application takes them. */
export const appendReply: Target = {
  name: 'append-reply',
  maxBytes: 4096,
  tokens,
  seeds: [
    encodeAppendReply(new ArrayBuffer(4096), BigUint64Array.of(1n, 2n), []).slice(),
    encodeAppendReply(new ArrayBuffer(4096), BigUint64Array.of(1n, 0n), [{ append: 1, error: data }]).slice(),
    encodeAppendReply(new ArrayBuffer(4096), BigUint64Array.of(3n), [], BigUint64Array.of(9n, 2n)).slice(),
    encodeAppendReply(
      new ArrayBuffer(4096),
      BigUint64Array.of(3n, 4n, 5n),
      [],
      BigUint64Array.of(9n, 2n),
      Uint32Array.of(0, 7, 2, 1),
    ).slice(),
  ],
  run: check,
};

const HEAD = encodeAppendReply(new ArrayBuffer(64), BigUint64Array.of(1n), []).slice(0, 21);

/** The data of one error, inside an answer that is well-formed around it. */
export const errorData: Target = {
  name: 'error-data',
  maxBytes: 4096,
  tokens,
  seeds: [msgpackCodec<unknown>().encode(data).slice()],
  run(input) {
    // An array of one { append: 0, error }.
    const key = (word: string): number[] => [0xa0 | word.length, ...utf8(word)];
    const item = [0x91, 0x82, ...key('append'), 0, ...key('error')];
    check(Uint8Array.from([...HEAD, ...item, ...input]));
  },
};
