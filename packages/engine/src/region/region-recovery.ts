import { errorFromData, type WalError } from '@shale/codec';
import type { Engine } from '../engine.js';
import { shardOf } from '../routing.js';

/** Heads that one task lists at most: a few milliseconds. */
const HEADS_PER_TASK = 2048;
/** Parts that the table ids are split into, per shard: ids are rarely spread evenly. */
const PARTS_PER_SHARD = 4n;

/** The first and last entry of a table. */
export interface TableBounds {
  /** The table's id inside its region. */
  readonly table: bigint;
  /** Its smallest sequence that has an entry. */
  readonly first: bigint;
  /** Its largest sequence that has an entry. */
  readonly last: bigint;
}

/** What opening a region found. */
export interface RegionReport {
  /** The region's id. */
  readonly region: bigint;
  /** Tables that have entries. */
  readonly tables: number;
  /** Entries in them, counted as last - first + 1 of each table. */
  readonly entries: bigint;
  /** Metadata records read, of whatever region: a record does not say its region. */
  readonly floors: number;
  /** The first and last table id that has entries; null when none has. */
  readonly bounds: {
    /** The smallest table id. */
    readonly firstTable: bigint;
    /** The largest table id. */
    readonly lastTable: bigint;
  } | null;
  /** The bounds of every table that has entries, by table id. Made when asked for: there may be very many. */
  heads(): IterableIterator<TableBounds>;
  /** Keys that are not of this format. Their tables were not recovered; all others were. */
  readonly problems: readonly WalError[];
  /** Time from the call to this report, in milliseconds. */
  readonly elapsedMs: number;
}

/**
 * Recovers every table of a region: the shards skip from head to head, each through parts of the table ids, and the
 * metadata records are read beside; then each shard takes over the tables that it owns. What a table has become
 * meanwhile its shard knows better, and keeps; if the shard's thread has been replaced meanwhile, the new one recovers
 * its tables when they are first touched instead.
 */
export async function openRegion(engine: Engine, region: bigint): Promise<RegionReport> {
  const started = performance.now();
  const problems: WalError[] = [];
  // Before anything is listed.
  const lives = await Promise.all(
    engine.shards.map((shard) => shard.request<'life'>({ kind: 'life' }, 'retry')),
  );
  const since = engine.log.dropCount();
  const [heads, floors] = await Promise.all([
    listHeads(engine, region, problems),
    listFloors(engine, problems),
  ]);
  await install(engine, region, { lives, since }, heads, floors);
  let entries = 0n;
  const tables = heads.length / 3;
  for (let i = 0; i < heads.length; i += 3) entries += (heads[i + 2] ?? 0n) - (heads[i + 1] ?? 0n) + 1n;
  return {
    region,
    tables,
    entries,
    floors: floors.length / 2,
    bounds: tables === 0 ? null : { firstTable: heads[0] ?? 0n, lastTable: heads[heads.length - 3] ?? 0n },
    *heads() {
      for (let i = 0; i < heads.length; i += 3) {
        yield { table: heads[i] ?? 0n, first: heads[i + 1] ?? 0n, last: heads[i + 2] ?? 0n };
      }
    },
    problems,
    elapsedMs: performance.now() - started,
  };
}

/** Table, first, last; and so on, by table. */
async function listHeads(engine: Engine, region: bigint, problems: WalError[]): Promise<BigUint64Array> {
  const bounds = await engine.nextShard().request<'regionBounds'>({ kind: 'regionBounds', region }, 'retry');
  if (bounds === null) return new BigUint64Array(0);
  const parts = split(bounds.lowest, bounds.highest, BigInt(engine.shards.length) * PARTS_PER_SHARD);
  const found: BigUint64Array[][] = parts.map(() => []);
  let next = 0;
  // Each shard takes the next part when it is through with one.
  await Promise.all(
    engine.shards.map(async (shard) => {
      for (let at = next++; at < parts.length; at = next++) {
        const part = parts[at];
        let lower = part?.lower ?? null;
        while (part !== undefined && lower !== null) {
          const { upper } = part;
          const page = await shard.request<'regionHeads'>(
            { kind: 'regionHeads', region, lower, upper, limit: HEADS_PER_TASK },
            'retry',
          );
          found[at]?.push(page.heads);
          problems.push(...page.problems.map(errorFromData));
          lower = page.next;
        }
      }
    }),
  );
  return concat(found.flat());
}

async function listFloors(engine: Engine, problems: WalError[]): Promise<BigUint64Array> {
  const listed = await engine.nextShard().request<'floors'>({ kind: 'floors' }, 'retry');
  problems.push(...listed.problems.map(errorFromData));
  return listed.floors;
}

async function install(
  engine: Engine,
  region: bigint,
  { lives, since }: { readonly lives: readonly number[]; readonly since: bigint },
  heads: BigUint64Array,
  floors: BigUint64Array,
): Promise<void> {
  const { shards, shardBy } = engine.routing;
  const owned = engine.shards.map(() => ({ heads: [] as bigint[], floors: [] as bigint[] }));
  for (let i = 0; i < heads.length; i += 3) {
    const table = heads[i] ?? 0n;
    owned[shardOf(region, table, shards, shardBy)]?.heads.push(table, heads[i + 1] ?? 0n, heads[i + 2] ?? 0n);
  }
  for (let i = 0; i < floors.length; i += 2) {
    const table = floors[i] ?? 0n;
    owned[shardOf(region, table, shards, shardBy)]?.floors.push(table, floors[i + 1] ?? 0n);
  }
  await Promise.all(
    owned.map((own, index) =>
      engine.shard(index).request<'install'>(
        {
          kind: 'install',
          region,
          life: lives[index] ?? -1,
          since,
          heads: BigUint64Array.from(own.heads),
          floors: BigUint64Array.from(own.floors),
        },
        'retry',
      ),
    ),
  );
}

/** Cuts the ids from `lowest` to `highest`, both included, into at most `parts` parts. */
function split(lowest: bigint, highest: bigint, parts: bigint): { lower: bigint; upper: bigint }[] {
  const width = (highest - lowest) / parts + 1n;
  const cut: { lower: bigint; upper: bigint }[] = [];
  for (let lower = lowest; lower <= highest; lower += width) {
    const upper = lower + width - 1n;
    cut.push({ lower, upper: upper < highest ? upper : highest });
  }
  return cut;
}

function concat(arrays: readonly BigUint64Array[]): BigUint64Array {
  const whole = new BigUint64Array(arrays.reduce((sum, array) => sum + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    whole.set(array, at);
    at += array.length;
  }
  return whole;
}
