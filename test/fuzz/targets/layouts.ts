import { isDeepStrictEqual } from 'node:util';
import {
  appendIdKey,
  decodeAppendId,
  decodeAppendIdKey,
  decodeAppendIds,
  decodeLogKey,
  decodeLogKeyPrefix,
  decodeLogValue,
  decodeMetaKey,
  decodeMetaValue,
  decodeRun,
  encodeAppendId,
  encodeAppendIds,
  encodeLogKey,
  encodeLogKeyPrefix,
  encodeLogValue,
  encodeMetaKey,
  encodeMetaValue,
  encodeRun,
} from '@shale/codec';
import { require, same, type Target, typed } from '../target.js';

const DECODE = ['SHALE_CORRUPT'];

function written(length: number, write: (target: Uint8Array) => void): Uint8Array {
  const target = new Uint8Array(length);
  write(target);
  return target;
}

/** Keys, values and runs: what decodes must be encoded to the very same bytes. */
export const layouts: Target = {
  name: 'layouts',
  maxBytes: 128,
  tokens: [Uint8Array.of(1), Uint8Array.of(0), new Uint8Array(8).fill(0xff), new Uint8Array(8)],
  seeds: [
    written(26, (t) => encodeLogKey(t, 0, { instance: 0, region: 1234n, table: 8910n, sequence: 1000n })),
    written(11, (t) => encodeMetaKey(t, 0, { instance: 3, table: 8910n })),
    written(9, (t) => encodeMetaValue(t, 0, 1003n)),
    written(4, (t) => encodeLogValue(t, 0, Uint8Array.of(1, 2, 3))),
    appendIdKey(0, { region: 1n, table: 2n, first: 3n }),
    encodeAppendId({ entries: 1, time: 1000, id: Uint8Array.of(1, 2, 3) }),
    encodeAppendIds([
      { first: 7n, entries: 2, time: 1000, id: Uint8Array.of(1, 2, 3) },
      { first: 9n, entries: 1, time: 1001, id: Uint8Array.of(4) },
    ]),
    written(32, (t) =>
      encodeRun(
        t,
        0,
        written(17, (p) => encodeLogKeyPrefix(p, 0, { instance: 0, region: 1n, table: 2n })),
        5n,
        3,
      ),
    ),
  ],
  run(input) {
    const key = typed(DECODE, () => decodeLogKey(input, Math.max(0, (input[0] ?? 0) - 1) >> 1));
    if (key !== undefined) {
      require(same(
        written(26, (t) => encodeLogKey(t, 0, key)),
        input,
      ), 'another log key');
    }
    const prefix = typed(DECODE, () => decodeLogKeyPrefix(input));
    if (prefix !== undefined) {
      const bytes = written(17, (t) => encodeLogKeyPrefix(t, 0, prefix));
      require(same(bytes, input.subarray(0, 17)), 'another prefix');
    }
    const meta = typed(DECODE, () => decodeMetaKey(input, (input[0] ?? 0) >> 1));
    if (meta !== undefined) {
      require(same(
        written(11, (t) => encodeMetaKey(t, 0, meta)),
        input,
      ), 'another meta key');
    }
    const floor = typed(DECODE, () => decodeMetaValue(input));
    if (floor !== undefined) {
      require(same(
        written(9, (t) => encodeMetaValue(t, 0, floor)),
        input,
      ), 'another meta value');
    }
    const payload = typed(DECODE, () => decodeLogValue(input));
    if (payload !== undefined) require(same(payload, input.subarray(1)), 'another payload');
    // Instance 127 has no tables.
    const owner = Math.min(input[2] ?? 0, 126);
    const idKey = typed(DECODE, () => decodeAppendIdKey(input, owner));
    if (idKey !== undefined) require(same(appendIdKey(owner, idKey), input), 'another key of an id');
    const id = typed(DECODE, () => decodeAppendId(input));
    if (id !== undefined) require(same(encodeAppendId(id), input), 'another id');
    const ids = typed(DECODE, () => decodeAppendIds({ first: 7n }, input));
    if (ids !== undefined) {
      require(ids.length > 0 && ids[0]?.first === 7n, 'ids that do not begin where their key says');
      const again = decodeAppendIds({ first: 7n }, encodeAppendIds(ids));
      require(isDeepStrictEqual(again, ids), 'other ids');
    }
    const run = typed(DECODE, () => decodeRun(input, 0));
    if (run !== undefined) {
      const bytes = written(32, (t) =>
        encodeRun(t, 0, input.subarray(0, 17), run.first, run.count, run.flags),
      );
      require(same(bytes, input.subarray(0, 32)), 'another run');
      const last =
        run.first + (run.flags === 2 || run.flags === 3 ? -1n : 1n) * BigInt(Math.max(0, run.count - 1));
      require(last >= 0n && last < 2n ** 64n, 'a run that runs out of sequences');
    }
  },
};
