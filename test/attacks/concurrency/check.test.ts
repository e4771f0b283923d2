/* What checks the histories must find each thing that a log could do wrong. */
import { expect, test } from 'vitest';
import { violationsOf } from '../../dist/attacks/concurrency/check.js';
import type { AppendOp, Op, ReadOp } from '../../dist/attacks/concurrency/history.js';

let unit = 0;

function append(invoked: number, returned: number, first: bigint | null, ...serials: number[]): AppendOp {
  const outcome = first === null ? 'unknown' : 'ok';
  return { kind: 'append', table: 't', unit: unit++, serials, outcome, first, invoked, returned };
}

function read(
  invoked: number,
  returned: number,
  first: bigint,
  serials: number[],
  more: Partial<ReadOp> = {},
): ReadOp {
  const entries = serials.map((serial, i) => ({ sequence: first + BigInt(i), serial }));
  const bounds = { gte: 0n, lte: 2n ** 64n - 1n, limit: Number.POSITIVE_INFINITY };
  const times = { invoked, returned, begun: returned };
  return { kind: 'read', table: 't', ...bounds, ...times, entries, end: 'complete', scan: null, ...more };
}

function trim(invoked: number, returned: number, upTo: bigint, first: bigint, last: bigint): Op {
  return { kind: 'trim', table: 't', upTo, result: { first, last }, invoked, returned };
}

function end(kind: 'first' | 'last', invoked: number, returned: number, value: bigint): Op {
  return { kind, table: 't', value, invoked, returned };
}

/** Three entries, two trimmed while they are read, one more whose outcome is unknown and which is there. */
const sound: readonly Op[] = [
  append(0, 10, 1n, 100),
  append(1, 11, 2n, 101, 102),
  end('last', 5, 6, 0n),
  end('last', 7, 8, 3n),
  read(12, 13, 1n, [100, 101, 102]),
  trim(20, 30, 2n, 3n, 3n),
  end('first', 21, 22, 1n),
  read(21, 23, 1n, [100], { end: 'trimmed', begun: 22, limit: 3 }),
  read(31, 32, 3n, [102]),
  append(40, 41, null, 103),
  read(50, 51, 3n, [102, 103]),
  append(60, 61, 5n),
];

test('a history as it should be has no violations, also with an append of unknown outcome', () => {
  expect(violationsOf(sound)).toEqual([]);
});

test('a trim of a table that has never been written is as it should be', () => {
  expect(violationsOf([trim(0, 1, 5n, 0n, 0n), append(2, 3, 1n, 1)])).toEqual([]);
});

const wrong: [string, RegExp, Op[]][] = [
  ['a sequence that is given out twice', /two appends/, [append(0, 1, 1n, 1), append(2, 3, 1n, 2)]],
  ['a hole', /never given/, [append(0, 1, 1n, 1), append(2, 3, 3n, 2)]],
  ['a later append that gets a smaller sequence', /made before/, [append(0, 1, 2n, 1), append(2, 3, 1n, 2)]],
  ['answers out of order', /acknowledged before/, [append(0, 9, 1n, 1), append(2, 3, 2n, 2)]],
  ['bytes that nobody submitted', /nobody appended/, [append(0, 1, 1n, 1), read(2, 3, 1n, [7])]],
  [
    'an entry at the place of another',
    /belongs at/,
    [append(0, 1, 1n, 1), append(2, 3, 2n, 2), read(4, 5, 1n, [2, 1])],
  ],
  [
    'a read that leaves an entry out',
    /goes from 1 to 3/,
    [
      append(0, 1, 1n, 1, 2, 3),
      {
        ...read(4, 5, 1n, []),
        entries: [
          { sequence: 1n, serial: 1 },
          { sequence: 3n, serial: 3 },
        ],
      },
    ],
  ],
  [
    'a read that does not see what had been acknowledged',
    /had been acknowledged/,
    [append(0, 1, 1n, 1), append(2, 3, 2n, 2), read(4, 5, 1n, [1])],
  ],
  ['an empty read of what had been acknowledged', /ends after 0/, [append(0, 1, 1n, 1), read(4, 5, 1n, [])]],
  [
    'a read that sees what is appended later',
    /appended later/,
    [append(0, 1, 1n, 1), append(6, 7, 2n, 2), read(4, 5, 1n, [1, 2])],
  ],
  [
    'a read that skips the beginning',
    /nobody has trimmed what is before/,
    [append(0, 1, 1n, 1, 2), read(4, 5, 2n, [2])],
  ],
  [
    'a read of what had been trimmed',
    /which had been trimmed/,
    [append(0, 1, 1n, 1, 2), trim(2, 3, 1n, 2n, 2n), read(4, 5, 1n, [1, 2])],
  ],
  [
    'SHALE_TRIMMED without a trim',
    /SHALE_TRIMMED/,
    [append(0, 1, 1n, 1, 2), read(4, 5, 1n, [1], { end: 'trimmed' })],
  ],
  [
    'SHALE_TRIMMED for a trim that was over before',
    /SHALE_TRIMMED/,
    [append(0, 1, 1n, 1, 2, 3), trim(2, 3, 2n, 3n, 3n), read(4, 5, 3n, [], { end: 'trimmed', gte: 3n })],
  ],
  ['a last sequence that lags', /had been acknowledged/, [append(0, 1, 1n, 1), end('last', 2, 3, 0n)]],
  [
    'a last sequence that is ahead',
    /not been appended yet/,
    [append(0, 1, 1n, 1), end('last', 2, 3, 2n), append(4, 5, 2n, 2)],
  ],
  [
    'a last sequence that goes back while an append is under way',
    /last is 1 after it was 2/,
    [append(0, 1, 1n, 1), append(2, 9, 2n, 2), end('last', 3, 4, 2n), end('last', 5, 6, 1n)],
  ],
  [
    'a first sequence that forgets a trim',
    /had been trimmed/,
    [append(0, 1, 1n, 1, 2), trim(2, 3, 1n, 2n, 2n), end('first', 4, 5, 1n)],
  ],
  [
    'a trim that trims too much',
    /nobody has trimmed so far/,
    [append(0, 1, 1n, 1, 2), trim(2, 3, 1n, 3n, 2n)],
  ],
  ['a trim that trims too little', /a trim to/, [append(0, 1, 1n, 1, 2), trim(2, 3, 2n, 2n, 2n)]],
  [
    'half a batch',
    /never given|nobody appended|belongs at|not been|two appends/,
    [append(0, 1, null, 1, 2), append(2, 3, 2n, 3), read(4, 5, 1n, [1, 3])],
  ],
  [
    'half a write over two tables in a scan',
    /half of write/,
    [
      append(0, 1, 1n, 1),
      { ...append(0, 1, 1n, 2), table: 'u', unit: 1000 },
      { ...append(2, 9, 2n, 3), unit: 2000 },
      { ...append(2, 9, 2n, 4), table: 'u', unit: 2000 },
      read(4, 5, 1n, [1, 3], { scan: 1 }),
      { ...read(4, 5, 1n, [2], { scan: 1 }), table: 'u' },
    ],
  ],
];

test.each(wrong)('%s is found', (_, message, history) => {
  expect(violationsOf(history).join('\n')).toMatch(message);
});
