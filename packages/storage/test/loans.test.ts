import { APPEND_DROPS, APPEND_TRIMS, tableRange, U64_MAX } from '@shale/codec';
import { attachLog, type Log } from '@shale/storage';
import { expect, onTestFinished, test } from 'vitest';
import { frame } from './frames.js';
import { codeOf, fill, fresh, open, payloads, plant, plantEntry, sequences } from './support.js';

const a = { region: 1n, table: 1n };
const b = { region: 1n, table: 2n };
const NONE = new BigUint64Array(0);

/** Two logs of one database, as two threads have them. */
async function two(): Promise<{ here: Log; there: Log }> {
  const here = await fresh();
  const there = attachLog(here.path);
  onTestFinished(() => there.close());
  return { here, there };
}

function lent(log: Log, loan: bigint, ...ids: { region: bigint; table: bigint }[]): BigUint64Array {
  return log.lend(loan, ids) ?? expect.fail('the loan is gone');
}

test('a frame over tables of two logs is one write, and both go on from there', async () => {
  const { here, there } = await two();
  fill(here, a, 3);
  fill(there, b, 5);
  const loan = here.openLoan();
  const states = lent(there, loan, b);
  const before = here.stats().counters.writes;
  const result = here.commitWithLoan(
    loan,
    states,
    frame(
      [a, b],
      [
        { table: 0, count: 2 },
        { table: 1, count: 1, joins: true },
        { table: 1, count: 1 },
      ],
    ),
  );
  expect(result?.firsts).toEqual(BigUint64Array.of(4n, 6n, 7n));
  expect(here.stats().counters.writes).toBe(before + 1);
  there.takeBack(result?.states ?? NONE);
  expect(here.append(a, payloads(1))).toEqual({ first: 6n, last: 6n });
  expect(there.append(b, payloads(1))).toEqual({ first: 8n, last: 8n });
  expect([sequences(here, a).length, sequences(there, b).length]).toEqual([6, 8]);
});

test('an expect that does not hold in one part keeps out every part, and nothing else of the frame', async () => {
  const { here, there } = await two();
  fill(there, b, 5);
  const loan = here.openLoan();
  const result = here.commitWithLoan(
    loan,
    lent(there, loan, b),
    frame(
      [a, b],
      [
        { table: 0, count: 1 },
        { table: 1, count: 1, joins: true, expect: 5n },
        { table: 1, count: 1, expect: 6n },
        { table: 0, count: 1 },
      ],
    ),
  );
  expect(result?.errors.map(({ append, error }) => [append, error.code])).toEqual([
    [0, 'SHALE_SEQUENCE_MISMATCH'],
    [1, 'SHALE_SEQUENCE_MISMATCH'],
  ]);
  expect(result?.firsts).toEqual(BigUint64Array.of(0n, 0n, 6n, 1n));
  there.takeBack(result?.states ?? NONE);
  expect([here.nextSequence(a), there.nextSequence(b)]).toEqual([2n, 7n]);
});

test('what the lender does not know is recovered, and forgotten by the log that wrote', async () => {
  const { here, there } = await two();
  const other = attachLog(here.path);
  fill(other, b, 5);
  await other.close();
  const loan = here.openLoan();
  const result = here.commitWithLoan(loan, lent(there, loan, b), frame([b], [{ table: 0, count: 1 }]));
  expect(result?.firsts).toEqual(BigUint64Array.of(6n));
  expect(here.stats().tablesKnown).toBe(0);
  there.takeBack(result?.states ?? NONE);
  expect(there.stats().tablesKnown).toBe(1);
  expect(there.append(b, payloads(1)).first).toBe(7n);
});

test('all that is known of a table comes along: trims, holes, and the end of all sequences', async () => {
  const { here, there } = await two();
  fill(there, a, 5);
  there.trim(a, 3n);
  const trimmed = { region: 1n, table: 3n };
  fill(there, trimmed, 5);
  there.trim(trimmed, 5n);
  const full = { region: 1n, table: 4n };
  await plantEntry(there, full, U64_MAX);
  const never = { region: 1n, table: 5n };
  const all = [a, trimmed, full, never];
  const known = () =>
    all.map((id) => [there.firstSequence(id), there.lastSequence(id), there.nextSequence(id)]);
  const before = known();
  const loan = here.openLoan();
  const result = here.commitWithLoan(
    loan,
    lent(there, loan, ...all),
    frame(all, [
      { table: 0, count: 0 },
      { table: 1, count: 0 },
      { table: 2, count: 1 },
      { table: 3, count: 0 },
    ]),
  );
  expect(result?.errors.map(({ append, error }) => [append, error.code])).toEqual([
    [2, 'SHALE_SEQUENCE_EXHAUSTED'],
  ]);
  there.takeBack(result?.states ?? NONE);
  expect(known()).toEqual(before);
  expect(before).toEqual([
    [4n, 5n, 6n],
    [6n, 5n, 6n],
    [U64_MAX, U64_MAX, U64_MAX + 1n],
    [0n, 0n, 1n],
  ]);
});

test('trims and drops of lent tables are done in order with the appends around them', async () => {
  const { here, there } = await two();
  fill(there, a, 5);
  fill(there, b, 5);
  const known = { region: 1n, table: 9n };
  const loan = here.openLoan();
  const made = frame(
    [a, b, known],
    [
      { table: 0, count: 1 },
      { table: 1, count: 0 },
      { table: 1, count: 1 },
    ],
  );
  const both = {
    ...made,
    // Append to a, trim a up to 4, drop b, drop a table of this log, append to b.
    appends: Uint32Array.of(0, 1, 0, 0, 0, APPEND_TRIMS, 1, 0, APPEND_DROPS, 2, 0, APPEND_DROPS, 1, 1, 0),
    appendCount: 5,
    expects: BigUint64Array.of(4n),
    ids: new Uint8Array(0),
  };
  const result = here.commitWithLoan(loan, lent(there, loan, a, b), both);
  expect(result?.firsts).toEqual(BigUint64Array.of(6n, 4n, 0n, 0n, 1n));
  expect(result?.trims).toEqual(BigUint64Array.of(6n, 4n));
  there.takeBack(result?.states ?? NONE);
  expect([there.firstSequence(a), there.nextSequence(a), there.nextSequence(b)]).toEqual([5n, 7n, 2n]);
  expect([sequences(there, a), sequences(there, b)]).toEqual([[5n, 6n], [1n]]);
  expect(here.stats().tablesKnown).toBe(0);
});

test('a lent table that cannot be recovered does not block the others, and stays unknown', async () => {
  const { here, there } = await two();
  await plant(here, Uint8Array.of(...tableRange(0, b).lower, 9), Uint8Array.of(0));
  const loan = here.openLoan();
  const result = here.commitWithLoan(
    loan,
    lent(there, loan, b),
    frame(
      [a, b],
      [
        { table: 0, count: 1 },
        { table: 1, count: 1 },
      ],
    ),
  );
  expect(result?.errors.map(({ append, error }) => [append, error.code])).toEqual([[1, 'SHALE_CORRUPT']]);
  there.takeBack(result?.states ?? NONE);
  expect(there.stats().tablesKnown).toBe(0);
});

test('with a loan that is gone nothing is lent or written', async () => {
  const { here, there } = await two();
  const loan = here.openLoan();
  const states = lent(there, loan, b);
  there.endLoan(loan, [b]);
  expect(here.commitWithLoan(loan, states, frame([a, b], [{ table: 0, count: 1 }]))).toBe(null);
  expect(there.lend(loan, [b])).toBe(null);
  expect(here.lastSequence(a)).toBe(0n);
});

test('a loan is used once: what was written with it is not written again', async () => {
  const { here, there } = await two();
  const loan = here.openLoan();
  const states = lent(there, loan, b);
  expect(here.commitWithLoan(loan, states, frame([b], [{ table: 0, count: 1 }]))).not.toBe(null);
  expect(here.commitWithLoan(loan, states, frame([b], [{ table: 0, count: 1 }]))).toBe(null);
  there.endLoan(loan, [b]);
  expect(there.append(b, payloads(1)).first).toBe(2n);
});

test('the log that had lent and is closed: its successor finds nothing of what was not written yet', async () => {
  const here = await fresh();
  const there = attachLog(here.path);
  const loan = here.openLoan();
  const states = lent(there, loan, b);
  await there.close();
  const next = attachLog(here.path);
  onTestFinished(() => next.close());
  expect(next.append(b, payloads(1)).first).toBe(1n);
  expect(here.commitWithLoan(loan, states, frame([b], [{ table: 0, count: 1 }]))).toBe(null);
  expect(sequences(next, b)).toEqual([1n]);
});

test('when it is not known what became of the write, the lender finds out from the disk', async () => {
  const { here, there } = await two();
  fill(there, b, 1);
  const loan = here.openLoan();
  const states = lent(there, loan, b);
  here.commitWithLoan(loan, states, frame([b], [{ table: 0, count: 3 }]));
  // The answer was lost.
  there.endLoan(loan, [b]);
  expect(there.nextSequence(b)).toBe(5n);
});

test('a write that fails leaves the lender with what it has lent', async () => {
  const { here, there } = await two();
  fill(there, b, 1);
  const loan = here.openLoan();
  const states = lent(there, loan, b);
  const bad = { ...frame([b], [{ table: 0, count: 1 }]), data: new Uint8Array(0) };
  expect(codeOf(() => here.commitWithLoan(loan, states, bad))).toBeDefined();
  there.takeBack(states);
  expect(there.append(b, payloads(1)).first).toBe(2n);
  expect(here.commitWithLoan(loan, states, frame([b], [{ table: 0, count: 1 }]))).toBe(null);
});

test('a read-only log has no loans', async () => {
  const { here } = await two();
  fill(here, a, 1);
  const reader = await open(here.path, { readOnly: true });
  expect(codeOf(() => reader.openLoan())).toBe('SHALE_READ_ONLY');
  expect(codeOf(() => reader.lend(1n, [a]))).toBe('SHALE_READ_ONLY');
});
