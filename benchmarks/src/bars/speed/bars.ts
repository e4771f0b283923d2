import { append, type CaseSpec, type Measures, read, recovery, trim } from '@shale/bench-kit';
import { RIVALS } from '../../rivals/all.js';
import { fillseq, readseq } from './db-bench.js';
import { type Measurement, ofDevice, ofShale, ofStore } from './measurement.js';
import type { SpeedBar } from './speed-bar.js';

const KIB = 1024;
const DURABLE_BATCH = 100;
const REPLAYED = 500_000;
const REPLAYED_KIB = 200_000;

const small = append().spec;
const large = append({ entryBytes: KIB }).spec;
const singles = append({ batch: 1, inFlight: 1000, durability: 'sync' }).spec;
const alone = append({ batch: 1, inFlight: 1, durability: 'sync' }).spec;
const durable = append({ durability: 'sync', batch: DURABLE_BATCH }).spec;
const saturated = append({ inFlight: 400 }).spec;
const window = append({ entryBytes: KIB, trim: 'window' }).spec;
const replaySmall = read({ entries: REPLAYED }).spec;
const replayLarge = read({ entryBytes: KIB, entries: REPLAYED_KIB }).spec;
const points = read({ read: 'point', inFlight: 16 }).spec;
const manyTablesKilled = recovery({ tables: 10_000, entries: 100_000, end: 'killed' }).spec;
const sameLogKilled = recovery({ tables: 1, entries: 100_000, end: 'killed' }).spec;
const almostEmpty = recovery({ tables: 1, entries: 1 }).spec;
const millions = trim({ tables: 3 }).spec;

/** The plain file is the floor, not a store: it finds nothing again. */
const STORES = RIVALS.filter((url) => !url.endsWith('/append-file.js'));
/** A rival that needs more syncs than this per entry does not share them. */
const SYNCS_EACH = 1.05;

const rate = (measures: Measures | undefined): number | undefined => measures?.entriesPerSecond;

/** Shale's rate over that of something else. */
function overRate(
  spec: CaseSpec,
  other: Measurement,
  rest: Omit<SpeedBar, 'direction' | 'unit' | 'measurements' | 'figure'>,
): SpeedBar {
  const shale = ofShale(spec);
  return {
    ...rest,
    unit: ' x',
    direction: 'at least',
    measurements: [shale, other],
    figure: (of) => divide(rate(of(shale)), rate(of(other))),
  };
}

/** Shale's rate over that of the best of the rivals that `counts` says yes to. */
function overRivals(
  spec: CaseSpec,
  counts: (measures: Measures) => boolean,
  rest: Omit<SpeedBar, 'direction' | 'unit' | 'measurements' | 'figure'>,
): SpeedBar {
  const shale = ofShale(spec);
  const rivals = STORES.map((url) => ofStore(url, spec));
  return {
    ...rest,
    unit: ' x',
    direction: 'at least',
    measurements: [shale, ...rivals],
    figure: (of) => {
      const rates = rivals.flatMap((rival) => {
        const measures = of(rival);
        return measures !== undefined && counts(measures) ? (rate(measures) ?? []) : [];
      });
      return rates.length === 0 ? undefined : divide(rate(of(shale)), Math.max(...rates));
    },
  };
}

/** One measure of Shale by itself. */
function measured(
  spec: CaseSpec,
  measure: keyof Measures,
  rest: Omit<SpeedBar, 'direction' | 'measurements' | 'figure'>,
  timesAsLong: number = 1,
): SpeedBar {
  const shale = ofShale(spec, timesAsLong);
  return { ...rest, direction: 'at most', measurements: [shale], figure: (of) => of(shale)?.[measure] };
}

function divide(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a / b;
}

const opens = [manyTablesKilled, sameLogKilled, almostEmpty].map(ofShale);

/** Every bar of the table in the order of the table. */
export const SPEED_BARS: readonly SpeedBar[] = [
  overRate(small, fillseq(100, ofShale(small)), {
    name: 'append-100B',
    what: "append, 100 B x batch 100, 100 tables, 'os', over db_bench fillseq",
    bar: 1.2,
    stretch: 2,
  }),
  overRate(small, fillseq(100, ofShale(small), 'vector'), {
    name: 'append-100B-vector',
    what: 'the same over fillseq on a vector memtable',
    bar: null,
    stretch: 1.1,
  }),
  overRate(large, fillseq(KIB, ofShale(large)), {
    name: 'append-1KiB',
    what: "append, 1 KiB x batch 100, 'os', over db_bench fillseq",
    bar: 0.9,
    stretch: 1.1,
  }),
  overRivals(small, () => true, {
    name: 'append-rivals',
    what: "append, 100 B x batch 100, 'os', over the best rival",
    bar: 2,
    stretch: 3,
  }),
  overRivals(singles, () => true, {
    name: 'singles-best',
    what: "single appends, 1000 in flight, 'sync', over the best rival",
    bar: 5,
    stretch: null,
  }),
  overRivals(singles, ({ entriesPerSync }) => entriesPerSync !== undefined && entriesPerSync <= SYNCS_EACH, {
    name: 'singles-sync-each',
    what: 'the same over the best rival that syncs each write',
    bar: null,
    stretch: 50,
  }),
  {
    name: 'durable-efficiency',
    what: 'durable entries/s over (fdatasync/s x batch), batch 100, 16 in flight',
    unit: '',
    direction: 'at least',
    bar: 0.8,
    stretch: 0.95,
    measurements: [ofShale(durable), ofDevice],
    figure: (of) => divide(rate(of(ofShale(durable))), (rate(of(ofDevice)) ?? Number.NaN) * DURABLE_BATCH),
  },
  {
    name: 'alone',
    what: 'one durable append alone, p50, over a bare write with fdatasync',
    unit: ' x',
    direction: 'at most',
    bar: 1.8,
    stretch: 1.3,
    measurements: [ofShale(alone), ofDevice],
    figure: (of) => divide(of(ofShale(alone))?.latencyP50, of(ofDevice)?.latencyP50),
  },
  overRate(replaySmall, readseq(100, REPLAYED), {
    name: 'replay-100B',
    what: 'replay of one table, 100 B, over db_bench readseq',
    bar: 0.4,
    stretch: 0.7,
  }),
  overRivals(replaySmall, () => true, {
    name: 'replay-rivals',
    what: 'replay of one table, 100 B, over the best rival',
    bar: 3,
    stretch: null,
  }),
  overRate(replayLarge, readseq(KIB, REPLAYED_KIB), {
    name: 'replay-1KiB',
    what: 'replay, 1 KiB, over db_bench readseq',
    bar: 0.6,
    stretch: 0.9,
  }),
  {
    name: 'point-reads',
    what: 'one entry by its sequence, 100 B, one table of 500,000, 16 in flight',
    unit: ' k/s',
    direction: 'at least',
    bar: 100,
    stretch: 140,
    measurements: [ofShale(points)],
    figure: (of) => divide(rate(of(ofShale(points))), 1000),
  },
  measured(saturated, 'loopDelayP99', {
    name: 'loop-delay',
    what: 'event-loop delay p99 at full load',
    unit: ' ms',
    bar: 5,
    stretch: 2,
  }),
  measured(saturated, 'mainThreadBusy', {
    name: 'main-thread',
    what: 'main thread busy at full load, batch 100',
    unit: ' %',
    bar: 20,
    stretch: 10,
  }),
  // Long enough for many memtables: what the last one holds has not been written out yet.
  measured(
    window,
    'writeAmplification',
    {
      name: 'write-amplification',
      what: 'bytes written per byte of payload, 1 KiB, append and trim in a steady window',
      unit: '',
      bar: 2.2,
      stretch: 1.5,
    },
    3,
  ),
  {
    name: 'open-killed',
    what: 'open after SIGKILL with 10k tables to the first append, less the replay of the log, over an empty open',
    unit: ' x',
    direction: 'at most',
    bar: 2,
    stretch: 1.2,
    measurements: opens,
    figure: (of) => {
      const [many, one, empty] = opens.map((open) => of(open)?.openToFirstAppend);
      if (many === undefined || one === undefined || empty === undefined) return undefined;
      // What RocksDB takes to replay a log of this size shows in a table by itself.
      return (many - (one - empty)) / empty;
    },
  },
  measured(millions, 'latencyP50', {
    name: 'trim',
    what: 'trim of a million entries, p50',
    unit: ' ms',
    bar: 5,
    stretch: null,
  }),
  measured(millions, 'secondsToFree', {
    name: 'trim-space',
    what: 'until nine tenths of the disk are back after it',
    unit: ' s',
    bar: 10,
    stretch: null,
  }),
];
