import {
  EntryChunk,
  encodeLogKeyPrefix,
  encodeRun,
  LOG_KEY_PREFIX_LENGTH,
  RUN_DESCENDING,
  RUN_SKIP,
  RUN_STRIDE,
  type ScanLayout,
  type TableId,
  U64_MAX,
} from '@shale/codec';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tableId, u64 } from './support/arbitraries.js';
import { walErrorOf } from './support/errors.js';

interface Run {
  readonly id: TableId;
  readonly first: bigint;
  readonly payloads: readonly Uint8Array[];
  readonly descending: boolean;
}

/** Lays runs out as a native scan does. */
function scanned(runs: readonly Run[], slack = 0): { buffer: ArrayBuffer; layout: ScanLayout } {
  const payloads = runs.flatMap((run) => run.payloads);
  const dataLength = payloads.reduce((sum, payload) => sum + payload.length + 1, 0);
  const endsAt = Math.ceil(dataLength / 8) * 8;
  const runsAt = Math.ceil((endsAt + payloads.length * 4) / 8) * 8;
  const buffer = new ArrayBuffer(runsAt + runs.length * RUN_STRIDE + slack);
  const bytes = new Uint8Array(buffer);
  const view = new DataView(buffer);
  let at = 0;
  for (const [i, payload] of payloads.entries()) {
    bytes.set(payload, at + 1);
    at += payload.length + 1;
    view.setUint32(endsAt + i * 4, at, true);
  }
  const prefix = new Uint8Array(LOG_KEY_PREFIX_LENGTH);
  for (const [i, run] of runs.entries()) {
    encodeLogKeyPrefix(prefix, 0, { instance: 0, region: run.id.region, table: run.id.table });
    const flags = run.descending ? RUN_DESCENDING : 0;
    encodeRun(bytes, runsAt + i * RUN_STRIDE, prefix, run.first, run.payloads.length, flags);
  }
  const layout = { entries: payloads.length, runs: runs.length, dataLength, endsAt, runsAt };
  return { buffer, layout };
}

const run: fc.Arbitrary<Run> = fc
  .record({
    id: fc.oneof(tableId, fc.constant({ region: 1n, table: 1n })),
    first: u64,
    payloads: fc.array(fc.uint8Array({ maxLength: 20 }), { minLength: 1, maxLength: 6 }),
    descending: fc.boolean(),
  })
  .filter(({ first, payloads, descending }) =>
    descending ? first >= BigInt(payloads.length) : first + BigInt(payloads.length) <= U64_MAX,
  );

const dense: Run = {
  id: { region: 1n, table: 2n },
  first: 10n,
  payloads: ['a', 'bb', '', 'dddd'].map((text) => new TextEncoder().encode(text)),
  descending: false,
};

describe('entries are what the scan left', () => {
  test('asked for in any order', () => {
    const order = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { maxLength: 30 });
    fc.assert(
      fc.property(fc.array(run, { maxLength: 8 }), order, (runs, positions) => {
        const { buffer, layout } = scanned(runs, 16);
        const chunk = new EntryChunk(buffer, layout);
        const all = runs.flatMap(({ id, first, payloads, descending }) =>
          payloads.map((payload, i) => ({
            id,
            payload,
            sequence: descending ? first - BigInt(i) : first + BigInt(i),
          })),
        );
        expect(chunk.length).toBe(all.length);
        const forward = all.map((_, i) => i);
        const random = all.length === 0 ? [] : positions.map((at) => Math.floor(at * all.length));
        for (const i of [...forward, ...random, ...forward.toReversed()]) {
          expect(chunk.sequenceAt(i)).toBe(all[i]?.sequence);
          expect(chunk.tableAt(i)).toEqual(all[i]?.id);
          expect(chunk.payloadAt(i)).toEqual(all[i]?.payload);
        }
      }),
    );
  });

  test('in runs that say where they start', () => {
    const chunk = chunkOf([dense, { ...dense, first: 99n, descending: true }]);
    expect(chunk.runs).toEqual([
      { id: dense.id, first: 10n, count: 4, start: 0, descending: false },
      { id: dense.id, first: 99n, count: 4, start: 4, descending: true },
    ]);
    expect(chunk.tableAt(0)).toBe(chunk.tableAt(7));
    expect(chunk.sequenceAt(7)).toBe(96n);
  });

  test('at both ends of the sequences', () => {
    expect(chunkOf([{ ...dense, first: U64_MAX - 3n }]).sequenceAt(3)).toBe(U64_MAX);
    expect(chunkOf([{ ...dense, first: 3n, descending: true }]).sequenceAt(3)).toBe(0n);
  });

  test('and a chunk may be empty', () => {
    const chunk = chunkOf([]);
    expect(chunk.length).toBe(0);
    expect(chunk.runs).toEqual([]);
    walErrorOf(() => chunk.sequenceAt(0), 'SHALE_INVALID_ARGUMENT');
  });
});

function chunkOf(runs: readonly Run[]): EntryChunk {
  const { buffer, layout } = scanned(runs);
  return new EntryChunk(buffer, layout);
}

test('payloads are views of the buffer', () => {
  const { buffer, layout } = scanned([dense]);
  const payload = new EntryChunk(buffer, layout).payloadAt(1);
  expect(payload.buffer).toBe(buffer);
  new Uint8Array(buffer)[payload.byteOffset] = 0x7a;
  expect(payload[0]).toBe(0x7a);
});

test.each([-1, 4, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('there is no entry %s', (index) => {
  const chunk = chunkOf([dense]);
  walErrorOf(() => chunk.sequenceAt(index), 'SHALE_INVALID_ARGUMENT');
  walErrorOf(() => chunk.tableAt(index), 'SHALE_INVALID_ARGUMENT');
  walErrorOf(() => chunk.payloadAt(index), 'SHALE_INVALID_ARGUMENT');
});

describe('a layout that is not that of the buffer is refused', () => {
  test.each<[string, Partial<ScanLayout>]>([
    ['layout', { entries: -1 }],
    ['layout', { entries: 0.5 }],
    ['layout', { entries: 1e9 }],
    ['layout', { runs: 2 ** 40 }],
    ['layout', { runs: 9 }],
    ['layout', { dataLength: 17 }],
    ['layout', { endsAt: 4 }],
    ['layout', { endsAt: 12 }],
    ['layout', { runsAt: 24 }],
    ['layout', { runsAt: 36 }],
    ['layout', { runsAt: 40 }],
    ['ends', { dataLength: 10 }],
    ['runs', { entries: 3 }],
    ['runs', { runs: 0 }],
  ])('%s: %j', (field, change) => {
    const { buffer, layout } = scanned([dense]);
    expect(layout).toEqual({ entries: 4, runs: 1, dataLength: 11, endsAt: 16, runsAt: 32 });
    const error = walErrorOf(() => new EntryChunk(buffer, { ...layout, ...change }), 'SHALE_CORRUPT');
    expect(error.details).toMatchObject({ field });
  });

  test('runs: empty, or to be skipped', () => {
    for (const [at, value] of [
      [20, 0],
      [18, RUN_SKIP],
    ] as const) {
      const { buffer, layout } = scanned([dense]);
      new Uint8Array(buffer)[layout.runsAt + at] = value;
      walErrorOf(() => new EntryChunk(buffer, layout), 'SHALE_CORRUPT');
    }
  });

  test('entries: one that ends before it starts, beyond the data, or is of another version', () => {
    const damaged = (damage: (view: DataView, layout: ScanLayout) => void): EntryChunk => {
      const { buffer, layout } = scanned([dense]);
      damage(new DataView(buffer), layout);
      return new EntryChunk(buffer, layout);
    };
    const backwards = damaged((view, { endsAt }) => view.setUint32(endsAt + 4, 1, true));
    expect(walErrorOf(() => backwards.payloadAt(1), 'SHALE_CORRUPT').details).toMatchObject({
      field: 'ends',
    });
    const beyond = damaged((view, { endsAt }) => view.setUint32(endsAt, 500, true));
    walErrorOf(() => beyond.payloadAt(0), 'SHALE_CORRUPT');
    const version = damaged((view) => view.setUint8(2, 3));
    expect(walErrorOf(() => version.payloadAt(1), 'SHALE_CORRUPT').details).toMatchObject({
      field: 'version',
      entry: 1,
      actual: 3,
    });
  });
});
