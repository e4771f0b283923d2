import {
  decodeGroup,
  decodeLogKey,
  decodeLogKeyPrefix,
  decodeLogValue,
  decodeMetaKey,
  decodeMetaValue,
  encodeGroup,
  encodeLogKey,
  encodeLogKeyPrefix,
  encodeLogValue,
  encodeMetaKey,
  encodeMetaValue,
} from '@shale/codec';
import { require, same, type Target, typed } from '../target.js';

const DECODE = ['SHALE_CORRUPT'];

function written(length: number, write: (target: Uint8Array) => void): Uint8Array {
  const target = new Uint8Array(length);
  write(target);
  return target;
}

/** Keys, values and groups: what decodes must be encoded to the very same bytes. */
export const layouts: Target = {
  name: 'layouts',
  maxBytes: 128,
  tokens: [Uint8Array.of(1), Uint8Array.of(0), new Uint8Array(8).fill(0xff), new Uint8Array(8)],
  seeds: [
    written(26, (t) => encodeLogKey(t, 0, { instance: 0, region: 1234n, table: 8910n, sequence: 1000n })),
    written(11, (t) => encodeMetaKey(t, 0, { instance: 3, table: 8910n })),
    written(9, (t) => encodeMetaValue(t, 0, 1003n)),
    written(4, (t) => encodeLogValue(t, 0, Uint8Array.of(1, 2, 3))),
    written(32, (t) =>
      encodeGroup(
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
    const group = typed(DECODE, () => decodeGroup(input, 0));
    if (group !== undefined) {
      const bytes = written(32, (t) =>
        encodeGroup(t, 0, input.subarray(0, 17), group.first, group.count, group.flags),
      );
      require(same(bytes, input.subarray(0, 32)), 'another group');
      const last =
        group.first +
        (group.flags === 2 || group.flags === 3 ? -1n : 1n) * BigInt(Math.max(0, group.count - 1));
      require(last >= 0n && last < 2n ** 64n, 'a group that runs out of sequences');
    }
  },
};
