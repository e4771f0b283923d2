import { errorFromData, WalError } from '@shale/codec';
import type { Engine } from '../engine.js';
import { shardOf } from '../routing.js';
import type { ShardResults } from '../shard/protocol.js';

/** Heads that one task lists, or takes over, at most: a few milliseconds. */
const HEADS_PER_TASK = 2048;
/** Metadata records that one task lists at most. */
const FLOORS_PER_TASK = 4096;
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
  /**
   * Keys that are not of this format, tables whose ends cannot be read, and metadata records that cannot. These
   * tables were not recovered, but for the last with all of higher ids; all others were. One that was not is
   * recovered when it is first touched, and fails by itself if it cannot be.
   */
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
  const incarnations = await Promise.all(
    engine.shards.map((shard) => shard.request<'incarnation'>({ kind: 'incarnation' }, 'retry')),
  );
  const since = engine.log.dropCount();
  const heads = await listHeads(engine, region, problems);
  const floors = await install(engine, { region, incarnations, since, heads }, problems);
  let entries = 0n;
  const tables = heads.length / 3;
  for (let i = 0; i < heads.length; i += 3) entries += (heads[i + 2] ?? 0n) - (heads[i + 1] ?? 0n) + 1n;
  return {
    region,
    tables,
    entries,
    floors,
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

/** What was listed of a region. */
interface Listed {
  readonly region: bigint;
  /** Of each shard's thread, before anything was listed. */
  readonly incarnations: readonly number[];
  /** How many drops there had been by then. */
  readonly since: bigint;
  /** Table, first, last; and so on, by table. */
  readonly heads: BigUint64Array;
}

/**
 * Lists the metadata records, a page at a time, and lets each shard take over its tables that they are about. Returns
 * how many there are. Tables whose records cannot be read are left alone: without them it is not known what comes
 * next.
 */
async function install(engine: Engine, listed: Listed, problems: WalError[]): Promise<number> {
  const { heads } = listed;
  const ask = (from: bigint): Promise<ShardResults['floors']> => {
    const page = engine
      .nextShard()
      .request<'floors'>({ kind: 'floors', from, limit: FLOORS_PER_TASK }, 'retry');
    // The loop below gets the error when it waits for it.
    page.catch(() => undefined);
    return page;
  };
  let count = 0;
  let at = 0;
  for (let next: Promise<ShardResults['floors']> | null = ask(0n); next !== null; ) {
    let page: ShardResults['floors'];
    try {
      page = await next;
    } catch (error) {
      if (!(error instanceof WalError) || error.code !== 'SHALE_CORRUPT') throw error;
      problems.push(error);
      return count;
    }
    count += page.floors.length / 2;
    problems.push(...page.problems.map(errorFromData));
    const upTo = page.next;
    // The next page is listed while this one is taken over.
    next = upTo === null ? null : ask(upTo);
    const begin = at;
    while (at < heads.length && (upTo === null || (heads[at] ?? 0n) < upTo)) at += 3;
    await installPart(engine, { ...listed, heads: heads.subarray(begin, at) }, page.floors);
  }
  return count;
}

/** Lets the shards take over tables, with the metadata records from the first of them to the last. */
async function installPart(engine: Engine, listed: Listed, floors: BigUint64Array): Promise<void> {
  const { heads } = listed;
  let floorAt = 0;
  for (let at = 0; at < heads.length; at += HEADS_PER_TASK * 3) {
    const part = heads.subarray(at, at + HEADS_PER_TASK * 3);
    const last = part[part.length - 3] ?? 0n;
    const begin = floorAt;
    while (floorAt < floors.length && (floors[floorAt] ?? 0n) <= last) floorAt += 2;
    await installPage(engine, { ...listed, heads: part }, floors.subarray(begin, floorAt));
  }
}

async function installPage(
  engine: Engine,
  { region, incarnations, since, heads }: Listed,
  floors: BigUint64Array,
): Promise<void> {
  const { shards, shardBy } = engine.routing;
  const ownHeads = deal(heads, 3, (table) => shardOf(region, table, shards, shardBy), shards);
  const ownFloors = deal(floors, 2, (table) => shardOf(region, table, shards, shardBy), shards);
  await Promise.all(
    ownHeads.map(async (own, index) => {
      if (own.length === 0) return;
      await engine.shard(index).request<'install'>(
        {
          kind: 'install',
          region,
          incarnation: incarnations[index] ?? -1,
          since,
          heads: own,
          floors: ownFloors[index] ?? new BigUint64Array(0),
        },
        'retry',
      );
    }),
  );
}

/** Deals out records, each of so many numbers with the table first, among the shards. */
function deal(
  records: BigUint64Array,
  stride: number,
  shardOfTable: (table: bigint) => number,
  shards: number,
): BigUint64Array[] {
  const dealt = Array.from({ length: shards }, () => new BigUint64Array(records.length));
  const lengths = new Array<number>(shards).fill(0);
  for (let at = 0; at < records.length; at += stride) {
    const shard = shardOfTable(records[at] ?? 0n);
    const length = lengths[shard] ?? 0;
    dealt[shard]?.set(records.subarray(at, at + stride), length);
    lengths[shard] = length + stride;
  }
  return dealt.map((own, shard) => own.slice(0, lengths[shard]));
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
