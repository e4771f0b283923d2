import fc from 'fast-check';
import { NAMED, TABLES, type TableKey } from './tables.js';

/** A sequence by where the table is then: it means something whatever shrinking has taken away before it. */
export interface Point {
  readonly at: 'zero' | 'first' | 'last' | 'max';
  readonly by: number;
}

/** Entries for one table; payloads are given by their sizes. `expect` is by how much the expected sequence is wrong. */
export interface PartCommand {
  readonly table: TableKey;
  readonly sizes: readonly number[];
  readonly expect: number | null;
}

/** An append of any kind. `single` has one size. */
export interface AppendCommand {
  readonly do: 'single' | 'batch' | 'write';
  readonly parts: readonly PartCommand[];
  readonly durability: 'sync' | 'os';
}

/** How the database is opened the next time. */
export interface OpenCommand {
  readonly shards: number;
  readonly shardBy: 'table' | 'region';
  readonly memtable: 'log' | 'skiplist';
  readonly writeBufferSize: number;
  readonly level0FileNumCompactionTrigger: number;
  readonly frameBytes: number;
  readonly maxInFlightBytes: number;
}

/** A consumer that goes on where it was in a table, and what becomes of what it gets. */
export interface ConsumeCommand {
  readonly do: 'consume';
  readonly table: TableKey;
  readonly name: string;
  /** How many entries it takes, or all there are. */
  readonly most: number;
  /** `leave`: the last batch is not acknowledged. */
  readonly how: 'ack' | 'write' | 'leave';
  readonly durability: 'sync' | 'os';
}

/** One step of a run. */
export type Command =
  | AppendCommand
  | {
      /** An append with an id. */
      readonly do: 'once';
      readonly table: TableKey;
      readonly id: string;
      readonly sizes: readonly number[];
      readonly durability: 'sync' | 'os';
    }
  | ConsumeCommand
  | {
      readonly do: 'trim';
      readonly table: TableKey;
      readonly upTo: Point;
      readonly durability: 'sync' | 'os';
    }
  | { readonly do: 'drop'; readonly table: TableKey }
  | {
      readonly do: 'read';
      readonly table: TableKey;
      readonly range: {
        readonly gte?: Point;
        readonly gt?: Point;
        readonly lte?: Point;
        readonly lt?: Point;
      };
      readonly limit: number | null;
      readonly chunks: boolean;
      readonly chunkEntries: number;
      readonly chunkBytes: number;
    }
  | { readonly do: 'get'; readonly table: TableKey; readonly at: Point }
  | { readonly do: 'ends'; readonly table: TableKey }
  | { readonly do: 'scan' | 'openRegion'; readonly region: number }
  | { readonly do: 'tables' | 'sync' | 'flush' | 'reclaim' | 'compact' | 'look' }
  | { readonly do: 'die'; readonly shard: number }
  | { readonly do: 'reopen'; readonly how: 'close' | 'checkpoint'; readonly open: OpenCommand }
  | {
      /** Appends that are not waited for, and what comes upon them. A crash comes after so many answers. */
      readonly do: 'burst';
      readonly appends: readonly AppendCommand[];
      readonly upon: 'wait' | 'close' | 'crash';
      readonly answers: number;
      readonly open: OpenCommand;
    };

const tables = fc.constantFrom(...TABLES);
const named = fc.constantFrom(...NAMED);
const durability = fc.constantFrom('os' as const, 'os' as const, 'sync' as const);
// Mostly small; some span several chunks of 1 KiB, some fill a memtable of 64 KiB after a few.
const size = fc.oneof(
  { weight: 12, arbitrary: fc.nat(12) },
  { weight: 2, arbitrary: fc.nat(3000) },
  { weight: 1, arbitrary: fc.integer({ min: 9000, max: 20_000 }) },
);
const expectation = fc.constantFrom(null, null, null, 0, 0, 1, -1);
const points: fc.Arbitrary<Point> = fc.record({
  at: fc.constantFrom('first' as const, 'last' as const, 'zero' as const, 'max' as const),
  by: fc.integer({ min: -3, max: 3 }),
});

const part: fc.Arbitrary<PartCommand> = fc.record({
  table: tables,
  sizes: fc.array(size, { maxLength: 5 }),
  expect: expectation,
});
const appends: fc.Arbitrary<AppendCommand> = fc.oneof(
  fc
    .record({ table: tables, size, expect: expectation, durability })
    .map(({ table, size: only, expect, durability: how }) => ({
      do: 'single' as const,
      parts: [{ table, sizes: [only], expect }],
      durability: how,
    })),
  fc
    .record({ only: part, durability })
    .map(({ only, durability: how }) => ({ do: 'batch' as const, parts: [only], durability: how })),
  fc.record({ do: fc.constant('write' as const), parts: fc.array(part, { maxLength: 4 }), durability }),
);

/** How a database is opened. Few threads: starting them is most of what a run costs. */
export const opens: fc.Arbitrary<OpenCommand> = fc.record({
  shards: fc.constantFrom(1, 1, 1, 2, 2, 3),
  shardBy: fc.constantFrom('table' as const, 'region' as const),
  memtable: fc.constantFrom('log' as const, 'skiplist' as const),
  writeBufferSize: fc.constantFrom(64 * 1024, 1024 * 1024),
  level0FileNumCompactionTrigger: fc.constantFrom(1, 2, 256),
  frameBytes: fc.constantFrom(512 * 1024, 16 * 1024),
  maxInFlightBytes: fc.constantFrom(64 * 1024 * 1024, 128 * 1024),
});

/** One step of a run. */
export const commands: fc.Arbitrary<Command> = fc.oneof(
  { weight: 9, arbitrary: appends },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('trim' as const), table: tables, upTo: points, durability }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop' as const), table: tables }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('once' as const),
      table: named,
      id: fc.constantFrom('x', 'y', 'z'),
      sizes: fc.array(size, { minLength: 1, maxLength: 3 }),
      durability,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('consume' as const),
      table: named,
      name: fc.constantFrom('one', 'other'),
      most: fc.constantFrom(1, 4, 1000),
      how: fc.constantFrom('ack' as const, 'write' as const, 'leave' as const),
      durability,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('read' as const),
      table: tables,
      range: fc.record({ gte: points, gt: points, lte: points, lt: points }, { requiredKeys: [] }),
      limit: fc.option(fc.nat(6)),
      chunks: fc.boolean(),
      chunkEntries: fc.constantFrom(1, 2, 3, 1000),
      chunkBytes: fc.constantFrom(1024, 1024 * 1024),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('get' as const), table: tables, at: points }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('ends' as const), table: tables }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('scan' as const, 'openRegion' as const),
      region: fc.nat(3),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('tables' as const, 'tables' as const, 'sync' as const, 'flush' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('reclaim' as const, 'compact' as const, 'look' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('die' as const), shard: fc.nat(2) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('reopen' as const),
      how: fc.constantFrom('close' as const, 'close' as const, 'checkpoint' as const),
      open: opens,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('burst' as const),
      appends: fc.array(appends, { maxLength: 12 }),
      upon: fc.constantFrom('wait' as const, 'close' as const, 'crash' as const, 'crash' as const),
      answers: fc.nat(12),
      open: opens,
    }),
  },
);
