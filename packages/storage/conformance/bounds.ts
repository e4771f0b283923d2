import assert from 'node:assert/strict';
import { failsWith, fill, type Scenario, sequencesOf, span } from './fixture.js';
import type { ConformanceLog, ConformanceRange } from './target.js';

const ID = { region: 1n, table: 7n };
const LAST = 20n;
const U64_MAX = 2n ** 64n - 1n;

/** Reads with every bound. */
export function bounds(scenario: Scenario): void {
  scenario('every combination of lower and upper bound reads what it says', async ({ log }) => {
    await fill(log, ID, Number(LAST));
    await everyCombination(log, 1n);
  });

  scenario('every combination of bounds holds after a trim too', async ({ log }) => {
    await fill(log, ID, Number(LAST));
    await log.trim(ID, 8n);
    await everyCombination(log, 9n);
  });

  scenario('both bounds of one side may be given, and both hold', async ({ log }) => {
    await fill(log, ID, Number(LAST));
    assert.deepEqual(await sequencesOf(log, ID, { gte: 5n, gt: 3n, lte: 9n, lt: 12n }), span(5n, 9n));
    assert.deepEqual(await sequencesOf(log, ID, { gte: 5n, gt: 5n, lte: 9n, lt: 9n }), span(6n, 8n));
  });

  scenario('reversed and empty ranges give nothing and no error', async ({ log }) => {
    await fill(log, ID, Number(LAST));
    const ranges: ConformanceRange[] = [
      { gte: 10n, lte: 9n },
      { gt: 10n, lt: 11n },
      { gt: 10n, lte: 10n },
      { gte: 10n, lt: 10n },
      { gte: 20n, lt: 1n },
      { lt: 0n },
      { lt: 1n },
      { lte: 0n },
      { gt: LAST },
      { gte: LAST + 1n },
      { gt: U64_MAX },
      { gte: U64_MAX },
    ];
    for (const range of ranges) assert.deepEqual(await sequencesOf(log, ID, range), [], show(range));
  });

  scenario('a table never written gives nothing and no error, and stays never written', async ({ log }) => {
    assert.deepEqual(await sequencesOf(log, ID), []);
    assert.deepEqual(await sequencesOf(log, ID, { gte: 0n, lte: U64_MAX }), []);
    assert.equal(await log.lastSequence(ID), 0n);
    assert.equal(await log.firstSequence(ID), 0n);
  });

  scenario('a bound that is no sequence is refused', async ({ log }) => {
    await fill(log, ID, 3);
    await failsWith('SHALE_INVALID_ARGUMENT', () => sequencesOf(log, ID, { gte: -1n }));
    await failsWith('SHALE_INVALID_ARGUMENT', () => sequencesOf(log, ID, { lte: U64_MAX + 1n }));
    await failsWith('SHALE_INVALID_ARGUMENT', () => sequencesOf(log, ID, { limit: -1 }));
  });

  scenario('a read does not see what is appended after it began', async ({ log }) => {
    await fill(log, ID, 30);
    const seen: bigint[] = [];
    for await (const { sequence } of log.read(ID, {}, { batchSize: 4 })) {
      seen.push(sequence);
      if (seen.length === 5) await fill(log, ID, 10);
    }
    assert.deepEqual(seen, span(1n, 30n));
    assert.deepEqual(await sequencesOf(log, ID), span(1n, 40n));
  });
}

async function everyCombination(log: ConformanceLog, first: bigint): Promise<void> {
  const edges = [0n, 1n, 2n, 8n, 9n, 10n, LAST - 1n, LAST, LAST + 1n, U64_MAX];
  const lowers: ConformanceRange[] = [{}, ...edges.flatMap((edge) => [{ gte: edge }, { gt: edge }])];
  const uppers: ConformanceRange[] = [{}, ...edges.flatMap((edge) => [{ lte: edge }, { lt: edge }])];
  for (const lower of lowers) {
    for (const upper of uppers) {
      const range = { ...lower, ...upper };
      const expected = span(first, LAST).filter((sequence) => isInside(sequence, range));
      assert.deepEqual(await sequencesOf(log, ID, range), expected, show(range));
    }
  }
}

function isInside(sequence: bigint, { gte, gt, lte, lt }: ConformanceRange): boolean {
  if (gte !== undefined && sequence < gte) return false;
  if (gt !== undefined && sequence <= gt) return false;
  if (lte !== undefined && sequence > lte) return false;
  return lt === undefined || sequence < lt;
}

function show(range: ConformanceRange): string {
  return Object.entries(range)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
