import { readFileSync } from 'node:fs';
import {
  appendIdKey,
  catalogMovedMark,
  consumerKey,
  decodeLogKey,
  encodeAppendId,
  encodeAppendIds,
  encodeCatalogRecord,
  encodeConsumer,
  encodeLogKey,
  encodeLogKeyPrefix,
  encodeLogValue,
  encodeMark,
  encodeMetaValue,
  encodeNameCounter,
  encodeNameValue,
  encodePosition,
  encodeReplicaEntries,
  encodeReplicaHeader,
  encodeRequirementValue,
  encodeRetention,
  encodeRun,
  encodeSubscription,
  encodeTableNameValue,
  LOG_KEY_LENGTH,
  LOG_KEY_PREFIX_LENGTH,
  logKey,
  META_VALUE_LENGTH,
  markKey,
  metaKey,
  NO_LIMIT,
  nameCounterKey,
  nameKey,
  positionKey,
  RUN_DESCENDING,
  RUN_STRIDE,
  requirementKey,
  retentionKey,
  subscriptionKey,
  tableNameKey,
  U64_MAX,
} from '@shale/codec';
import { expect, test } from 'vitest';
import { hexOf } from './support/bytes.js';
import { sealed } from './support/frames.js';

const NAMED = { region: 0n, table: 2n ** 63n };
const ID = { instance: 0, region: 1234n, table: 8910n };
const TWO_IDS = encodeAppendIds([
  { first: 1000n, entries: 3, time: 0x19a12345678, id: Uint8Array.of(0x6f, 0x2d, 0x37) },
  { first: 1005n, entries: 1, time: 0x19a1234567a, id: Uint8Array.of(0x6f, 0x38) },
]);

/** The hexadecimal digits of the code-block lines that begin with `label`, or of all lines without one. */
function hexAfter(document: string, label: string): string {
  const line = document.split('\n').find((one) => one.startsWith(label));
  if (line === undefined) throw new Error(`docs/format.md has no line '${label}'`);
  return line.slice(label.length).replaceAll(/\s/g, '');
}

function built(length: number, write: (target: Uint8Array) => void): string {
  const target = new Uint8Array(length);
  write(target);
  return hexOf(target);
}

test('the examples of docs/format.md are what the codec writes', () => {
  const document = readFileSync(new URL('../../../docs/format.md', import.meta.url), 'utf8');
  const prefix = new Uint8Array(LOG_KEY_PREFIX_LENGTH);
  encodeLogKeyPrefix(prefix, 0, ID);
  const examples: Record<string, string> = {
    'log key, sequence 1000': hexOf(logKey(ID, 1000n)),
    'log key, the last there can be': hexOf(logKey(ID, U64_MAX)),
    'log value, payload 0000002a': built(5, (t) => encodeLogValue(t, 0, Uint8Array.of(0, 0, 0, 42))),
    'meta key  ': hexOf(metaKey(0, 8910n)),
    'meta value, floor 1003': built(META_VALUE_LENGTH, (t) => encodeMetaValue(t, 0, 1003n)),
    'region 1234, table 8910 is cpu.é': hexOf(encodeCatalogRecord({ kind: 'name', id: ID, name: 'cpu.é' })),
    'the names are elsewhere': hexOf(catalogMovedMark()),
    'name                  cpu.é, of instance 0': hexOf(nameKey(0, 'cpu.é')),
    '                      is region 0, table 2^63': hexOf(encodeNameValue(NAMED)),
    "table's name          region 0, table 2^63": hexOf(tableNameKey(0, NAMED)),
    '                      is cpu.é': hexOf(encodeTableNameValue('cpu.é')),
    'counter               of instance 0': hexOf(nameCounterKey(0)),
    '                      says 2^63 + 1': hexOf(encodeNameCounter(2n ** 63n + 1n)),
    'consumer              billing, of instance 0': hexOf(consumerKey(0, 'billing')),
    '                      is 258, opened 3 times': hexOf(encodeConsumer({ consumer: 258n, epoch: 3n })),
    'position              in region 1234, table 8910': hexOf(positionKey(0, { ...ID, consumer: 258n })),
    '                      is 1000, with the state 2a': hexOf(
      encodePosition({ position: 1000n, epoch: 3n, state: Uint8Array.of(0x2a) }),
    ),
    "append's id           in region 1234, table 8910": hexOf(appendIdKey(0, { ...ID, first: 1000n })),
    '                      3 entries from 1000 on': hexOf(
      encodeAppendId({ entries: 3, time: 0x19a12345678, id: Uint8Array.of(0x6f, 0x2d, 0x37) }),
    ),
    'two of them           3 from 1000 on, ': hexOf(TWO_IDS.subarray(0, 25)),
    '                      1 at 1005, 2 ms later': hexOf(TWO_IDS.subarray(25)),
    'retention             of all tables, of instance 0': hexOf(retentionKey(0, { is: 'all' })),
    '                      keeps 1000 entries, an hour': hexOf(
      encodeRetention({
        keep: { ...NO_LIMIT, entries: 1000n, ageMs: 3_600_000n },
        atMost: NO_LIMIT,
        yieldsToDisk: false,
      }),
    ),
    "consumer's tables     of consumer 258": hexOf(subscriptionKey(0, 258n)),
    '                      are those of region 1234': hexOf(
      encodeSubscription({ is: 'region', region: 1234n }),
    ),
    'time mark             in region 1234, table 8910': hexOf(markKey(0, { ...ID, ms: 1_700_000_000_000n })),
    '                      at 1000': hexOf(encodeMark(1000n)),
    'requirement           time-marks  ': hexOf(requirementKey('time-marks')),
    '                      to read, since 1.20.3': hexOf(encodeRequirementValue(true, '1.20.3')),
    'three entries down from 1000': built(RUN_STRIDE, (t) =>
      encodeRun(t, 0, prefix, 1000n, 3, RUN_DESCENDING),
    ),
  };
  for (const [label, hex] of Object.entries(examples)) expect(hexAfter(document, label), label).toBe(hex);

  const frame = sealed({
    tables: [ID],
    appends: [
      { table: 0, payloads: [Uint8Array.of(0, 0, 0, 42)], joins: false, expect: 1000n },
      { table: 0, payloads: [], joins: true, expect: undefined },
    ],
    sync: true,
  });
  const block = document.slice(document.indexOf('\n97 01'), document.indexOf('```\n\nThe reply'));
  // Each line is digits, at least three spaces, and a description.
  const digits = block.split('\n').map((line) => line.replace(/ {3,}.*$/, '').replaceAll(' ', ''));
  expect(digits.join('')).toBe(hexOf(frame));
});

test('the example of the README is true', () => {
  const key = new Uint8Array(LOG_KEY_LENGTH);
  encodeLogKey(key, 0, { instance: 0, region: 1234n, table: 8910n, sequence: 1000n });
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(`'${hexOf(key)}'`);
  expect(decodeLogKey(key).sequence).toBe(1000n);
});

test('the messages of a replica are as docs/format.md shows them', () => {
  const document = readFileSync(new URL('../../../docs/format.md', import.meta.url), 'utf8');
  const lineAfter = (label: string) =>
    document
      .split('\n')
      .find((one) => one.startsWith(label))
      ?.slice(label.length);
  const whole = { part: 1, parts: 1 };
  expect(
    encodeReplicaHeader({
      kind: 'entries',
      epoch: 3n,
      frame: 17n,
      first: 1001n,
      count: 100,
      floor: 1n,
      ...whole,
    }),
  ).toBe(lineAfter('entries    '));
  expect(
    encodeReplicaHeader({
      kind: 'mark',
      epoch: 3n,
      frame: 18n,
      first: 1101n,
      count: 0,
      floor: 1101n,
      ...whole,
    }),
  ).toBe(lineAfter('mark       '));
  const payloads = ['abc', 'd'].map((text) => new TextEncoder().encode(text));
  expect(hexOf(encodeReplicaEntries(payloads))).toBe(hexAfter(document, 'two entries    '));
});
