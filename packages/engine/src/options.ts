import { mustBe } from '@shale/codec';
import {
  HANDLE_OPTIONS,
  invalid,
  type RocksDBOptions,
  readBag,
  shareOfMemory,
  toIdWindow,
  USUAL_ID_WINDOW,
} from '@shale/storage';
import { isSignal } from './abort.js';
import { processors } from './cpu-quota.js';
import { type DiskOptions, toDiskOption } from './disk-budget.js';
import type { IdWindow } from './id-window.js';
import { type ReclaimPolicy, toReclaimOption } from './reclaim-policy.js';
import type { ShardBy } from './routing.js';

/**
 * When an append is acknowledged. `'sync'`: once it is on stable storage (fdatasync done), so it survives a power
 * cut. `'os'`: once the operating system has it, so it survives the end of the process, but not of the machine.
 */
export type Durability = 'sync' | 'os';

/** Options of `openWal`. All are optional; unknown ones are refused. */
export interface WalOptions {
  /**
   * Worker threads. Each owns the tables that hash to it. Nothing on disk depends on it: it can change at every open.
   *
   * @range 1 to 64
   * @defaultValue one less than the processors of its machine or the CPU quota of its container, at least 1 and at most 8
   */
  readonly shards?: number;
  /**
   * What a table is spread over the shards by. `'table'`: region and table, so the load spreads well.
   * `'region'`: the region alone. `wal.write` is atomic over any tables either way; one over tables of a single shard
   * costs least, as an append does, and with `'region'` all tables of a region are such.
   *
   * @defaultValue `'table'`
   */
  readonly shardBy?: ShardBy;
  /**
   * Which WAL of this database: one database holds as many, each with its own tables and names. The bytes of WAL 0 are
   * those of HoraeDB.
   *
   * @range 0 to 126
   * @defaultValue 0
   */
  readonly instance?: number;
  /**
   * When appends, trims and drops that do not say otherwise are acknowledged.
   *
   * @defaultValue `'sync'`
   */
  readonly durability?: Durability;
  /**
   * Milliseconds within which what was acknowledged with `'os'` is put on stable storage, so that a power cut takes no
   * more than what is younger: what other logs call everysec. A thread of its own sees to it, whatever the event loop and
   * the shards are busy with: the sync begins when half of the time is over, and is done in time unless the disk takes
   * the other half for it, or RocksDB holds up all writes. One sync is for all tables, and there is none when there is
   * nothing to sync; `close()` does the last one. 0: none, the operating system decides; but a follow has everything
   * synced as its own `syncWithinMs` says, while it waits. With `readOnly` it does nothing.
   *
   * @range 0 to 2147483647
   * @defaultValue 0
   */
  readonly syncWithinMs?: number;
  /**
   * Whether to make the database if there is none. When false, `openWal` rejects with SHALE_NOT_FOUND.
   *
   * @defaultValue true
   */
  readonly create?: boolean;
  /**
   * Only look, also while another process writes: shows the database as it was at the moment of opening. Appends,
   * trims and drops reject with SHALE_READ_ONLY.
   *
   * @defaultValue false
   */
  readonly readOnly?: boolean;
  /**
   * Bytes that are copied and not yet acknowledged, over all shards. Each append counts with its payload bytes, 4 bytes
   * per entry and 256 bytes for its bookkeeping, and an id with its bytes and 16 more. Past it, appends are copied all the same and wait for room; one append
   * that is larger by itself is refused as SHALE_TOO_LARGE. Appends that wait for the name of their table, as while a
   * database of an older version is being changed, count by themselves, up to as much again, and then with
   * `maxQueuedBytes`: they hold no others up.
   *
   * @range 64 KiB to 2 GiB
   * @defaultValue a sixteenth of the memory of its container or machine, at most 64 MiB
   */
  readonly maxInFlightBytes?: number;
  /**
   * Bytes of the appends that wait for room, counted in the same way, over all shards and beside those in flight. Past
   * it, SHALE_OVERLOADED without a wait. An append that is larger by itself never waits: it is taken when there is room
   * at once, as there always is when nothing else is queued or in flight.
   *
   * @range 0 to 2 GiB
   * @defaultValue the value of `maxInFlightBytes`
   */
  readonly maxQueuedBytes?: number;
  /**
   * Appends that may wait for room. Past it, SHALE_OVERLOADED without a wait.
   *
   * @range 0 to 2^20
   * @defaultValue 65536
   */
  readonly maxQueuedAppends?: number;
  /**
   * Bytes of chunks that reads and scans hold, over all of them. Of many reads at a time each gets smaller chunks
   * than it asks for, and those that stand still lose theirs: they read them again when they go on. A chunk that one
   * large entry needs may be larger, and then goes through alone. What a read has handed out does not count.
   *
   * @range 1 MiB to 2 GiB
   * @defaultValue a sixteenth of the memory of its container or machine, at most 64 MiB
   */
  readonly maxReadBytes?: number;
  /**
   * Size in bytes of the frames that carry appends to the shards. Larger ones write more at a time and hold both
   * threads longer. An append that is larger travels in a frame of its own.
   *
   * @range 16 KiB to 16 MiB
   * @defaultValue 512 KiB
   */
  readonly frameBytes?: number;
  /**
   * What happens when entries that were acknowledged are missing, by damage or by a lost file.
   * `'strict'`: `openWal` rejects with SHALE_CORRUPT and a report as `recovery`, and nothing has been changed.
   * `'salvage'`: opens with what can be read up to there, keeps damaged log files in the directory `damaged-logs`, and
   * gives no sequence out again that is seen in them; `wal.recovery` reports what is missing.
   *
   * @defaultValue `'strict'`
   */
  readonly recovery?: 'strict' | 'salvage';
  /**
   * Milliseconds to wait for whoever has the log open for writing, another process or another part of this one, before
   * SHALE_LOCKED: in a rolling restart the new process waits for the old one to close it. It looks again and again; 0
   * looks once. With `join` also how long each call waits while nobody has the log open.
   *
   * @range 0 to 2147483647
   * @defaultValue 0; 10000 with `join`
   */
  readonly waitForLock?: number;
  /**
   * Whether to use the log by way of the process that has it open, where that one has said `join: true`, too: the first one
   * opens it and is its owner, the others connect to that by the socket `JOIN-0`, for instance 0, in its directory, with the
   * permissions 0600, and when it ends, one of them opens the log and is the next owner. The `Wal` stays the same. What the
   * owner had not answered when it ended rejects with SHALE_OUTCOME_UNKNOWN, and what was not sent yet with SHALE_CLOSED,
   * which says that it is not in; what is called while there is no owner waits, in order, for `waitForLock` at most. In
   * those that are connected some calls are SHALE_UNSUPPORTED, as for `connectWal`; `wal.isOwner` says which it is. The
   * options of the owner are in force for all, but for `durability`, `waitForLock` and `signal`. Not for `readOnly` nor
   * with `reuse`.
   *
   * @defaultValue false
   */
  readonly join?: boolean;
  /** Gives up waiting for the lock: `openWal` rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether several openings in this thread share one WAL: all of them say `reuse: true` and the same options, and the
   * first one opens it. For applications that load the same module twice, as development servers and bundlers do. Each
   * opening gives a `Wal` to be closed, and the last `close()` closes the WAL; those before it only wait for what was
   * accepted so far. With other options `openWal` rejects with SHALE_INVALID_ARGUMENT, and beside an opening without
   * `reuse` with SHALE_LOCKED. Not for `readOnly`, which needs no lock.
   *
   * @defaultValue false
   */
  readonly reuse?: boolean;
  /**
   * Whether the space of trimmed entries and dropped tables comes back by itself. `'auto'`: files that hold nothing else
   * are dropped soon after a trim; the rest is compacted, once nothing has been written for a second, where trimmed
   * entries are half of what a compaction reads. An object says what it must be worth, and how fast it goes. `'off'`:
   * only `wal.reclaim()` gives space back, and RocksDB when it compacts by itself.
   *
   * @defaultValue `'auto'`
   */
  readonly reclaim?: 'auto' | 'off' | ReclaimPolicy;
  /**
   * Whether other processes of the same user can look into the WAL while it is open, as `shale top`, `shale tail` and
   * `inspect` of `@shale/engine/admin` do: by a Unix socket in the directory of the database, `INSPECT-0` for instance 0,
   * with the permissions 0600. It goes with the closing; one that a killed process has left is replaced. Who looks in
   * keeps neither the process from ending nor the WAL from closing, and costs some of the event loop. When the socket
   * cannot be made the WAL is open all the same: `wal.inspectTrouble` says why, and a warning of the process. Not for
   * `readOnly`, which changes nothing in the directory.
   *
   * @defaultValue false
   */
  readonly inspect?: boolean;
  /**
   * How much the log may take on its disk, all WALs of the database together, and what happens when it does: see
   * {@link DiskOptions}. Its files are looked at about twice a second, and what is accepted in between counts on top. It
   * is kept but for what compactions take while they run. For `readOnly` it does nothing.
   *
   * @defaultValue null: what the disk has room for
   */
  readonly disk?: DiskOptions | null;
  /**
   * How long the ids of appends are remembered, see `id` of `table.append`: longer than producers go on repeating one.
   * It can change at every open.
   *
   * @defaultValue for 100,000 entries of the table, and an hour
   */
  readonly idWindow?: IdWindow;
  /**
   * RocksDB's own options. All WALs that share a database in one process must give the same.
   *
   * @defaultValue none: RocksDB's options have defaults of their own
   */
  readonly rocksdb?: RocksDBOptions;
}

/**
 * The options with their defaults filled in; of `rocksdb` only what was given. Those that are about the opening alone
 * are not among them.
 */
export type ResolvedOptions = Required<Omit<WalOptions, 'waitForLock' | 'signal' | 'reuse' | 'join'>>;

/** All options of openWal, checked. */
export type CheckedOptions = Required<WalOptions>;

interface Rule {
  /** The value when there is none, by the options before it in the list of rules. */
  readonly fallback: (resolved: Readonly<Record<string, unknown>>) => unknown;
  readonly range: string;
  readonly accepts: (value: unknown) => boolean;
}

function integer(fallback: Rule['fallback'], min: number, max: number): Rule {
  return {
    fallback,
    range: `an integer from ${min} to ${max}`,
    accepts: (value) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max,
  };
}

function oneOf(values: readonly string[]): Rule {
  return {
    fallback: () => values[0],
    range: values.map((value) => `'${value}'`).join(' or '),
    accepts: (value) => typeof value === 'string' && values.includes(value),
  };
}

function flag(fallback: boolean): Rule {
  return { fallback: () => fallback, range: 'true or false', accepts: (value) => typeof value === 'boolean' };
}

/** How long a WAL that is joined waits for an owner, when nothing is said. Milliseconds. */
const JOIN_WAIT_MS = 10_000;

const RULES: Readonly<Record<keyof WalOptions, Rule>> = {
  shards: integer(() => Math.min(8, Math.max(1, processors() - 1)), 1, 64),
  shardBy: oneOf(['table', 'region']),
  instance: integer(() => 0, 0, 126),
  durability: oneOf(['sync', 'os']),
  syncWithinMs: integer(() => 0, 0, 2 ** 31 - 1),
  create: flag(true),
  readOnly: flag(false),
  maxInFlightBytes: integer(() => shareOfMemory(64 * 1024 * 1024), 64 * 1024, 2 * 1024 ** 3),
  maxQueuedBytes: integer(({ maxInFlightBytes }) => maxInFlightBytes, 0, 2 * 1024 ** 3),
  maxQueuedAppends: integer(() => 65536, 0, 2 ** 20),
  maxReadBytes: integer(() => shareOfMemory(64 * 1024 * 1024), 1024 * 1024, 2 * 1024 ** 3),
  frameBytes: integer(() => 512 * 1024, 16 * 1024, 16 * 1024 * 1024),
  recovery: oneOf(['strict', 'salvage']),
  join: flag(false),
  waitForLock: integer(({ join }) => (join === true ? JOIN_WAIT_MS : 0), 0, 2 ** 31 - 1),
  signal: { fallback: () => undefined, range: 'an AbortSignal', accepts: isSignal },
  reuse: flag(false),
  inspect: flag(false),
  // They are checked and filled in by themselves.
  reclaim: { fallback: () => 'auto', range: '', accepts: () => true },
  disk: { fallback: () => null, range: '', accepts: () => true },
  idWindow: { fallback: () => USUAL_ID_WINDOW, range: '', accepts: () => true },
  rocksdb: {
    fallback: () => ({}),
    range: "an object of RocksDB's options",
    // What is in it is looked at afterwards.
    accepts: (value) => typeof value === 'object' && value !== null,
  },
};

/**
 * Checks the options of openWal and fills in what was left out. Throws SHALE_INVALID_ARGUMENT. None of the caller's
 * code runs afterwards. What RocksDB's options may be is checked with the opening.
 */
export function resolveOptions(options: WalOptions = {}): CheckedOptions {
  const resolved = resolve('openWal', RULES, options) as unknown as CheckedOptions;
  const given = Object.entries(readBag('rocksdb', resolved.rocksdb, HANDLE_OPTIONS));
  const rocksdb: RocksDBOptions = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  if (resolved.reuse && resolved.readOnly) {
    throw invalid(
      'reuse',
      'reuse must be false with readOnly: true: each such WAL shows what was there when it was opened',
    );
  }
  if (resolved.join && (resolved.readOnly || resolved.reuse)) {
    const other = resolved.readOnly ? 'readOnly' : 'reuse';
    throw invalid('join', `join must be false with ${other}: true`);
  }
  if (resolved.inspect && resolved.readOnly) {
    throw invalid(
      'inspect',
      'inspect must be false with readOnly: true, which shows what was there when it was opened and changes nothing in the directory',
    );
  }
  const idWindow = toIdWindow(resolved.idWindow);
  const reclaim = toReclaimOption(resolved.reclaim);
  return { ...resolved, reclaim, disk: toDiskOption(resolved.disk), idWindow, rocksdb };
}

/** Checks any options against a table of rules, and fills in what was left out. */
function resolve(
  what: string,
  rules: Readonly<Record<string, Rule>>,
  options: unknown,
): Record<string, unknown> {
  const given: Readonly<Record<string, unknown>> = readBag(what, options, Object.keys(rules));
  const resolved: Record<string, unknown> = {};
  for (const [name, rule] of Object.entries(rules)) {
    const value = given[name];
    if (value === undefined) resolved[name] = rule.fallback(resolved);
    else if (rule.accepts(value)) resolved[name] = value;
    else throw mustBe(name, rule.range, value);
  }
  return resolved;
}
