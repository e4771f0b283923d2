import {
  decodeMark,
  decodeMarkKey,
  decodeRetention,
  decodeRetentionKey,
  decodeSubscription,
  decodeSubscriptionKey,
  encodeMark,
  encodeRetention,
  encodeSubscription,
  markKey,
  NO_LIMIT,
  retentionKey,
  subscriptionKey,
} from '@shale/codec';
import { require, same, type Target, typed } from '../target.js';

const DECODE = ['SHALE_CORRUPT'];

/** The records of retention and time marks: what decodes must be encoded to the very same bytes. */
export const retentionRecords: Target = {
  name: 'retention-records',
  maxBytes: 128,
  tokens: [
    Uint8Array.of(254),
    Uint8Array.of(2),
    Uint8Array.of(8),
    Uint8Array.of(10),
    new Uint8Array(8).fill(0xff),
  ],
  seeds: [
    retentionKey(0, { is: 'all' }),
    retentionKey(0, { is: 'region', region: 1234n }),
    retentionKey(0, { is: 'table', region: 1234n, table: 8910n }),
    retentionKey(0, { is: 'prefix', prefix: 'orders.' }),
    retentionKey(0, { is: 'name', name: 'cpu.é' }),
    encodeRetention({ keep: { ...NO_LIMIT, entries: 7n }, atMost: NO_LIMIT, yieldsToDisk: true }),
    subscriptionKey(0, 258n),
    encodeSubscription({ is: 'name', name: 'cpu.é' }),
    markKey(0, { region: 1234n, table: 8910n, ms: 1_700_000_000_000n }),
    encodeMark(1000n),
  ],
  run(input) {
    const instance = Math.min(input[2] ?? 0, 126);
    const target = typed(DECODE, () => decodeRetentionKey(input, instance));
    if (target !== undefined)
      require(same(retentionKey(instance, target), input), 'another key of a retention');
    const record = typed(DECODE, () => decodeRetention(input));
    if (record !== undefined) require(same(encodeRetention(record), input), 'another retention');
    const consumer = typed(DECODE, () => decodeSubscriptionKey(input, instance));
    if (consumer !== undefined)
      require(same(subscriptionKey(instance, consumer), input), 'another key of what a consumer is for');
    const tables = typed(DECODE, () => decodeSubscription(input));
    if (tables !== undefined) require(same(encodeSubscription(tables), input), 'another target');
    const key = typed(DECODE, () => decodeMarkKey(input, instance));
    if (key !== undefined) require(same(markKey(instance, key), input), 'another key of a time mark');
    const sequence = typed(DECODE, () => decodeMark(input));
    if (sequence !== undefined) require(same(encodeMark(sequence), input), 'another time mark');
  },
};
