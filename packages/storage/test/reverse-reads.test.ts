import { keySuccessor, logKey } from '@shale/codec';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { codeOf, errorOf, fill, fresh, plant, plantEntry } from './support.js';

const id = { region: 1n, table: 7n };
const beside = { region: 1n, table: 8n };

/** Reads on until the generator ends or fails. */
function drain(generator: Generator<{ sequence: bigint }>): { seen: bigint[]; code: string | undefined } {
  const seen: bigint[] = [];
  const code = codeOf(() => {
    for (const { sequence } of generator) seen.push(sequence);
  });
  return { seen, code };
}

const down = (from: bigint, to: bigint): bigint[] =>
  Array.from({ length: Number(from - to) + 1 }, (_, i) => from - BigInt(i));

test('a reverse read gives what the same read gives, the other way round, whatever range, limit and chunks', async () => {
  const log = await fresh();
  fill(log, id, 60);
  fill(log, beside, 5);
  log.trim(id, 9n);
  for (const sequence of [70n, 71n, 80n]) await plantEntry(log, id, sequence);
  const bound = fc.option(fc.bigInt({ min: 0n, max: 90n }), { nil: undefined });
  fc.assert(
    fc.property(
      fc.record({ gte: bound, gt: bound, lte: bound, lt: bound }),
      fc.option(fc.nat(90), { nil: undefined }),
      fc.record({
        chunkEntries: fc.integer({ min: 1, max: 70 }),
        chunkBytes: fc.integer({ min: 1024, max: 4096 }),
      }),
      (range, limit, chunks) => {
        const upwards = [...log.read(id, range)].map(({ sequence }) => sequence);
        const expected = upwards.reverse().slice(0, limit);
        expect(drain(log.read(id, { ...range, limit, reverse: true }, chunks))).toEqual({
          seen: expected,
          code: undefined,
        });
      },
    ),
  );
});

test('payloads stand with their sequences, and one larger than the chunk is read whole', async () => {
  const log = await fresh();
  log.append(id, [new Uint8Array([1]), new Uint8Array(100_000).fill(2), new Uint8Array([3])]);
  const read = [...log.read(id, { reverse: true }, { chunkBytes: 1024 })];
  expect(read.map(({ sequence, payload }) => [sequence, payload.length, payload[0]])).toEqual([
    [3n, 1, 3],
    [2n, 100_000, 2],
    [1n, 1, 1],
  ]);
});

test('its upper end is fixed when it begins', async () => {
  const log = await fresh();
  fill(log, id, 10);
  const read = log.read(id, { reverse: true }, { chunkEntries: 3 });
  expect(read.next().value).toMatchObject({ sequence: 10n });
  fill(log, id, 10);
  expect(drain(read).seen).toEqual(down(9n, 1n));
});

test('what it has not reached and is trimmed meanwhile is an error, what it has passed or never gets to is none', async () => {
  const log = await fresh();
  fill(log, id, 100);
  const all = log.read(id, { reverse: true }, { chunkEntries: 10 });
  const last = log.read(id, { reverse: true, limit: 5 }, { chunkEntries: 2 });
  const upper = log.read(id, { reverse: true, gte: 50n }, { chunkEntries: 10 });
  for (const read of [all, last, upper]) read.next();
  log.trim(id, 30n);
  expect(drain(all)).toEqual({ seen: down(99n, 31n), code: 'SHALE_TRIMMED' });
  expect(drain(last)).toEqual({ seen: down(99n, 96n), code: undefined });
  expect(drain(upper)).toEqual({ seen: down(99n, 50n), code: undefined });
});

test('a table that is dropped or trimmed empty beneath it is an error', async () => {
  const log = await fresh();
  fill(log, id, 30);
  fill(log, beside, 30);
  const dropped = log.read(id, { reverse: true }, { chunkEntries: 10 });
  const emptied = log.read(beside, { reverse: true }, { chunkEntries: 10 });
  for (const read of [dropped, emptied]) read.next();
  log.drop(id);
  fill(log, id, 30);
  log.trim(beside, 30n);
  expect(drain(dropped)).toEqual({ seen: down(29n, 21n), code: 'SHALE_TRIMMED' });
  expect(drain(emptied)).toEqual({ seen: down(29n, 21n), code: 'SHALE_TRIMMED' });
});

test('a key that is no entry ends it with an error once what stands above has come', async () => {
  const log = await fresh();
  fill(log, id, 20);
  const foreign = keySuccessor(logKey({ instance: log.instance, ...id }, 10n));
  await plant(log, foreign, Uint8Array.of(0, 1));
  for (const chunkEntries of [3, 10, 100]) {
    expect(drain(log.read(id, { reverse: true }, { chunkEntries }))).toEqual({
      seen: down(20n, 11n),
      code: 'SHALE_CORRUPT',
    });
  }
});

test('a strict read goes upwards', async () => {
  const log = await fresh();
  fill(log, id, 3);
  const refusal = errorOf(() => log.read(id, { reverse: true }, { strict: true }));
  expect(refusal).toMatchObject({ code: 'SHALE_INVALID_ARGUMENT', details: { field: 'reverse' } });
});
