import { encodeLogKeyPrefix, LOG_KEY_PREFIX_LENGTH, type TableId, U64_MAX } from '@shale/codec';
import { MAX_WRITE_BYTES } from '@shale/storage';
import { expect, test } from 'vitest';
import { frame } from './frames.js';
import { codeOf, errorOf, fill, fresh, open, payloads, plant, plantEntry, sequences } from './support.js';

const a = { region: 1n, table: 1n };
const b = { region: 1n, table: 2n };
const c = { region: 2n, table: 1n };

function contents(log: Awaited<ReturnType<typeof fresh>>, id: TableId): string[] {
  return [...log.read(id)].map(({ sequence, payload }) => `${sequence}:${payload[0]}`);
}

test('several appends of one frame to a table chain, whatever is between them', async () => {
  const log = await fresh();
  const result = log.commit(
    frame(
      [a, b],
      [
        { table: 0, count: 2 },
        { table: 1, count: 1 },
        { table: 0, count: 1 },
        { table: 0, count: 2 },
        { table: 1, count: 0 },
      ],
    ),
  );
  // Of an empty append, the last sequence.
  expect([...result.firsts]).toEqual([1n, 1n, 3n, 4n, 1n]);
  expect(result.errors).toEqual([]);
  expect(contents(log, a)).toEqual(['1:0', '2:1', '3:3', '4:4', '5:5']);
  expect(contents(log, b)).toEqual(['1:2']);
});

test('a frame that names a table twice chains too', async () => {
  const log = await fresh();
  const result = log.commit(
    frame(
      [a, a],
      [
        { table: 0, count: 2 },
        { table: 1, count: 1 },
      ],
    ),
  );
  expect([...result.firsts]).toEqual([1n, 3n]);
  expect(contents(log, a)).toEqual(['1:0', '2:1', '3:2']);
  expect(log.nextSequence(a)).toBe(4n);
});

test('an append refused by expect is stepped over and reported, and the rest is written without a hole', async () => {
  const log = await fresh();
  const result = log.commit(
    frame(
      [a, b],
      [
        { table: 0, count: 1, expect: 1n },
        { table: 0, count: 3, expect: 7n },
        { table: 0, count: 1, expect: 2n },
        { table: 1, count: 2, expect: 0n },
        { table: 1, count: 1 },
      ],
    ),
  );
  expect([...result.firsts]).toEqual([1n, 0n, 2n, 0n, 1n]);
  expect(result.errors.map(({ append, error }) => [append, error.code, error.details, error.table])).toEqual([
    [1, 'SHALE_SEQUENCE_MISMATCH', { expected: 7n, actual: 2n }, a],
    [3, 'SHALE_SEQUENCE_MISMATCH', { expected: 0n, actual: 1n }, b],
  ]);
  expect(contents(log, a)).toEqual(['1:0', '2:4']);
  expect(contents(log, b)).toEqual(['1:7']);
});

test('a mismatch says that a retry is in only when the table is past what was expected', async () => {
  const log = await fresh();
  const { errors } = log.commit(
    frame(
      [a],
      [
        { table: 0, count: 1 },
        { table: 0, count: 1, expect: 1n },
        { table: 0, count: 1, expect: 3n },
      ],
    ),
  );
  expect(errors.map(({ error }) => error.details)).toEqual([
    { expected: 1n, actual: 2n },
    { expected: 3n, actual: 2n },
  ]);
  expect(errors[0]?.error.message).toContain('the append is in already');
  expect(errors[1]?.error.message).toContain('the append is not in');
  expect(errors[1]?.error.message).not.toContain('the append is in already');
});

test('one refused append takes its atomic write with it, and only that', async () => {
  const log = await fresh();
  const result = log.commit(
    frame(
      [a, b],
      [
        { table: 0, count: 1 },
        { table: 0, count: 1 },
        { table: 1, count: 1, joins: true },
        { table: 1, count: 1, joins: true, expect: 9n },
        { table: 0, count: 1, joins: true, expect: 3n },
        { table: 0, count: 1, expect: 2n },
      ],
    ),
  );
  expect([...result.firsts]).toEqual([1n, 0n, 0n, 0n, 0n, 2n]);
  expect(result.errors.map(({ append }) => append)).toEqual([1, 2, 3, 4]);
  expect(new Set(result.errors.map(({ error }) => error)).size).toBe(1);
  expect(contents(log, a)).toEqual(['1:0', '2:5']);
  expect(contents(log, b)).toEqual([]);
  expect(log.nextSequence(b)).toBe(1n);
});

test('a table that cannot be recovered is reported and does not block the others of a frame', async () => {
  const log = await fresh();
  await plant(log, Uint8Array.of(...keyPrefix(b), 1, 2, 3), Uint8Array.of(0));
  const result = log.commit(
    frame(
      [a, b, c],
      [
        { table: 0, count: 1 },
        { table: 1, count: 1 },
        { table: 2, count: 1 },
      ],
    ),
  );
  expect([...result.firsts]).toEqual([1n, 0n, 1n]);
  expect(
    result.errors.map(({ append, error }) => [append, error.code, error.table, error.details?.key]),
  ).toEqual([[1, 'SHALE_CORRUPT', b, `${Buffer.from(keyPrefix(b)).toString('hex')}010203`]]);
  expect(contents(log, c)).toEqual(['1:2']);
});

test('a frame of another instance is refused', async () => {
  const log = await fresh();
  const { errors } = log.commit(frame([a], [{ table: 0, count: 1 }], { instance: 5 }));
  expect(errors.map(({ error }) => error.code)).toEqual(['SHALE_INVALID_ARGUMENT']);
  expect(log.lastSequence(a)).toBe(0n);
});

test('a failed native write advances nothing, and the next write leaves no hole', async () => {
  const log = await fresh();
  fill(log, a, 2);
  const bad = frame(
    [a, b],
    [
      { table: 0, count: 2 },
      { table: 1, count: 1 },
    ],
  );
  // The lengths do not add up to the data: the native call refuses the batch.
  expect(codeOf(() => log.commit({ ...bad, data: bad.data.subarray(1) }))).toBe('SHALE_INVALID_ARGUMENT');
  expect(log.nextSequence(a)).toBe(3n);
  expect(log.nextSequence(b)).toBe(1n);
  expect(log.append(a, payloads(1), { sync: false })).toEqual({ first: 3n, last: 3n });
  expect(sequences(log, a)).toEqual([1n, 2n, 3n]);
});

test('an empty frame and an empty write do nothing', async () => {
  const log = await fresh();
  expect([...log.commit(frame([], [])).firsts]).toEqual([]);
  expect(log.write([])).toEqual([]);
  expect(log.stats().counters.writes).toBe(0);
});

test('the last sequence is 2^64-1: it can be written, nothing goes beyond it, and nothing wraps', async () => {
  const log = await fresh();
  await plantEntry(log, a, U64_MAX - 2n);
  expect(codeOf(() => log.append(a, payloads(3)))).toBe('SHALE_SEQUENCE_EXHAUSTED');
  expect(log.append(a, payloads(2), { sync: false })).toEqual({ first: U64_MAX - 1n, last: U64_MAX });
  expect(codeOf(() => log.append(a, payloads(1)))).toBe('SHALE_SEQUENCE_EXHAUSTED');
  expect(log.append(a, [])).toEqual({ first: U64_MAX + 1n, last: U64_MAX });
  expect(log.nextSequence(a)).toBe(U64_MAX + 1n);
  expect(sequences(log, a)).toEqual([U64_MAX - 2n, U64_MAX - 1n, U64_MAX]);
  expect([...log.read(a, { gt: U64_MAX })]).toEqual([]);
  expect(log.trim(a, U64_MAX, { sync: false }).trimmed).toBe(U64_MAX + 1n);
  expect(sequences(log, a)).toEqual([]);
  const again = await reopen(log);
  expect(again.lastSequence(a)).toBe(U64_MAX);
  expect(codeOf(() => again.append(a, payloads(1)))).toBe('SHALE_SEQUENCE_EXHAUSTED');
});

test('ids are taken as bigints and as safe integers', async () => {
  const log = await fresh();
  log.append({ region: 1, table: Number.MAX_SAFE_INTEGER }, payloads(2), { sync: false });
  expect(log.lastSequence({ region: 1n, table: BigInt(Number.MAX_SAFE_INTEGER) })).toBe(2n);
  for (const table of [-1, 1.5, Number.NaN, 2 ** 53, -1n, 2n ** 64n]) {
    expect(errorOf(() => log.append({ region: 1n, table }, []))).toMatchObject({
      code: 'SHALE_INVALID_ARGUMENT',
      details: { field: 'table' },
    });
  }
});

test('what is not bytes is refused and nothing is written', async () => {
  const log = await fresh();
  const bad: unknown[] = ['text', null, [1, 2], new ArrayBuffer(4)];
  for (const payload of bad) {
    expect(codeOf(() => log.append(a, [...payloads(1), payload as Uint8Array]))).toBe(
      'SHALE_INVALID_ARGUMENT',
    );
  }
  expect(log.lastSequence(a)).toBe(0n);
});

test('a write beyond the limit is refused before anything is copied', async () => {
  const log = await fresh();
  const large = new Uint8Array(2 ** 29);
  const error = errorOf(() => log.append(a, [large, large, large, large]));
  expect(error).toMatchObject({ code: 'SHALE_TOO_LARGE', details: { limit: MAX_WRITE_BYTES } });
  expect(log.lastSequence(a)).toBe(0n);
});

test('a large write is in, and its buffer does not disturb the small ones after it', async () => {
  const log = await fresh();
  fill(log, a, 3, 3_000_000);
  fill(log, a, 2, 1);
  expect([...log.read(a)].map(({ payload }) => payload.length)).toEqual([
    3_000_000, 3_000_000, 3_000_000, 1, 1,
  ]);
});

test('counters say what was done', async () => {
  const log = await fresh();
  fill(log, a, 3);
  codeOf(() => log.append(a, payloads(1), { expect: 9n }));
  sequences(log, a);
  log.trim(a, 1n);
  log.drop(a);
  expect(log.stats().counters).toEqual({
    appends: 1,
    appendsRefused: 1,
    entriesWritten: 3,
    writes: 1,
    scans: 1,
    entriesRead: 3,
    unreadable: 0,
    trims: 1,
    drops: 1,
  });
});

function keyPrefix(id: TableId): Uint8Array {
  const prefix = new Uint8Array(LOG_KEY_PREFIX_LENGTH);
  encodeLogKeyPrefix(prefix, 0, { instance: 0, ...id });
  return prefix;
}

async function reopen(log: Awaited<ReturnType<typeof fresh>>) {
  await log.close();
  return await open(log.path);
}
