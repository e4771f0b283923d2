import { caseId } from '../report/spec.js';
import { append, read, recovery, trim } from './make-case.js';
import type { Suite, SuiteCase } from './suite.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const ENTRY_SIZES = [16, 100, 256, KIB, 4 * KIB, 64 * KIB, MIB];
const BATCHES = [1, 10, 100, 1000];
const TABLES = [1, 10, 1000, 10_000];
const SHARDS = [1, 2, 4];
const IN_FLIGHT = [1, 16, 256, 1000];
const DURABILITIES = ['sync', 'os'] as const;
/** The largest append: larger ones would measure memory. */
const MAX_APPEND_BYTES = 16 * MIB;
/** The most bytes of appends in flight, the default of maxInFlightBytes. */
const MAX_IN_FLIGHT_BYTES = 64 * MIB;
/** The most bytes of payload in a store that is read. */
const MAX_STORE_BYTES = 512 * MIB;

const oneAlone = append({ durability: 'sync', batch: 1, inFlight: 1 }, true);
const manySingles = append({ durability: 'sync', batch: 1, inFlight: 1000 }, true);

const quick: Suite = {
  name: 'quick',
  about: 'the figures that matter most, in about two minutes',
  rounds: 1,
  seconds: 1.5,
  warmUpSeconds: 0.5,
  cases: [
    oneAlone,
    manySingles,
    append({ durability: 'sync' }),
    append({}, true),
    append({ entryBytes: KIB }),
    append({ entryBytes: 64 * KIB, batch: 1 }),
    append({ batch: 1, inFlight: 1000 }),
    append({ tables: 10_000, spread: 'zipf' }),
    append({ shards: 2 }),
    append({ durability: 'sync', loop: { openAt: 0.5 } }),
    append({ loop: { openAt: 0.8 } }),
    append({ entryBytes: KIB, trim: 'window' }),
    read({ entries: 100_000 }, true),
    read({ entryBytes: KIB, entries: 100_000 }),
    read({ read: 'from' }),
    read({ read: 'point', inFlight: 16 }),
    recovery({ entries: 0, tables: 1 }),
    recovery({ tables: 1000, end: 'killed' }),
    trim(),
  ],
};

const core: Suite = {
  name: 'core',
  about:
    'each axis of the matrix by itself, with all rivals where they can take part; about three quarters of an hour',
  rounds: 5,
  seconds: 3,
  warmUpSeconds: 1,
  cases: unique([
    oneAlone,
    manySingles,
    ...DURABILITIES.map((durability) => append({ durability }, true)),
    append({ entryBytes: KIB }, true),
    ...ENTRY_SIZES.map((entryBytes) => append({ entryBytes, batch: entryBytes > 4 * KIB ? 1 : 100 })),
    ...BATCHES.map((batch) => append({ batch })),
    ...TABLES.flatMap((tables) => [append({ tables }), append({ tables, spread: 'zipf' })]),
    ...SHARDS.flatMap((shards) =>
      DURABILITIES.map((durability) => append({ shards, durability, inFlight: 64 })),
    ),
    ...IN_FLIGHT.map((inFlight) => append({ inFlight, batch: 1, durability: 'sync' })),
    ...DURABILITIES.flatMap((durability) =>
      [0.5, 0.8].map((openAt) => append({ durability, loop: { openAt } })),
    ),
    ...[0.5, 0.8].map((openAt) => append({ durability: 'sync', batch: 1, inFlight: 1000, loop: { openAt } })),
    append({ entryBytes: KIB, trim: 'window' }),
    append({ entryBytes: KIB, trim: 'lagging' }),
    read({}, true),
    read({ entryBytes: KIB, entries: 200_000 }, true),
    read({ read: 'from' }),
    read({ read: 'cold', entryBytes: KIB, entries: 200_000 }),
    read({ read: 'point', inFlight: 16 }, true),
    read({ read: 'mix', inFlight: 16, tables: 100 }),
    recovery({ entries: 0, tables: 1 }),
    ...[10, 1000, 10_000].flatMap((tables) => [recovery({ tables }), recovery({ tables, end: 'killed' })]),
    recovery({ entries: 1_000_000, end: 'killed' }),
    trim(),
    trim({ tables: 10, entriesPerTable: 100_000 }),
  ]),
};

const full: Suite = {
  name: 'full',
  about: 'every size with every batch, number in flight and durability, and all the rest; many hours',
  rounds: 5,
  seconds: 3,
  warmUpSeconds: 1,
  cases: unique([
    ...core.cases,
    ...ENTRY_SIZES.flatMap((entryBytes) =>
      BATCHES.flatMap((batch) =>
        IN_FLIGHT.flatMap((inFlight) =>
          DURABILITIES.map((durability) => append({ entryBytes, batch, inFlight, durability })),
        ),
      ),
    ).filter(({ spec }) => spec.kind === 'append' && fits(spec.entryBytes * spec.batch, spec.inFlight)),
    ...TABLES.flatMap((tables) =>
      SHARDS.flatMap((shards) =>
        (['uniform', 'zipf'] as const).map((spread) => append({ tables, shards, spread, inFlight: 64 })),
      ),
    ),
    ...ENTRY_SIZES.flatMap((entryBytes) => {
      const entries = Math.min(500_000, Math.floor(MAX_STORE_BYTES / entryBytes));
      return [
        read({ entryBytes, entries }),
        read({ entryBytes, entries, read: 'from' }),
        read({ entryBytes, entries, read: 'cold' }),
        read({ entryBytes, entries, read: 'point', inFlight: 16 }),
        read({ entryBytes, entries, read: 'mix', inFlight: 16 }),
      ];
    }),
    ...[100_000, 1_000_000].flatMap((entries) =>
      TABLES.flatMap((tables) => [
        recovery({ entries, tables }),
        recovery({ entries, tables, end: 'killed' }),
      ]),
    ),
    ...(['window', 'lagging'] as const).flatMap((pattern) =>
      [100, KIB, 4 * KIB].map((entryBytes) => append({ entryBytes, trim: pattern })),
    ),
  ]),
};

function fits(appendBytes: number, inFlight: number): boolean {
  return appendBytes <= MAX_APPEND_BYTES && appendBytes * inFlight <= MAX_IN_FLIGHT_BYTES;
}

/** Each case once; with rivals when any of its mentions has them. */
function unique(cases: readonly SuiteCase[]): readonly SuiteCase[] {
  const byId = new Map<string, SuiteCase>();
  for (const one of cases) {
    const id = caseId(one.spec);
    byId.set(id, { spec: one.spec, rivals: one.rivals || byId.get(id)?.rivals === true });
  }
  return [...byId.values()];
}

/** The suites by name: `quick`, `core`, `full`. */
export const SUITES: Readonly<Record<'quick' | 'core' | 'full', Suite>> = { quick, core, full };
