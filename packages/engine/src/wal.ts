import { bytesCodec, type PayloadCodec, type RecoveryReport } from '@shale/codec';
import type { BackupInfo, BackupOptions, ReclaimReport } from '@shale/storage';
import { COST_PER_APPEND, COST_PER_ENTRY } from './append/flow.js';
import type { AppendResult } from './append/pending-append.js';
import type { Engine } from './engine.js';
import { type IdInput, invalid, show, type TableIdInput, toId, toTableId } from './ids.js';
import type { WalState } from './lifecycle.js';
import { listTables, listVerifyEvents, type TableInfo, type VerifyEvent } from './listing.js';
import type { ResolvedOptions } from './options.js';
import { checkSignal } from './read/read-options.js';
import { Region } from './region/region.js';
import { collectStats, type WalStats } from './stats.js';
import { Table, type WriteOptions, wantsSync } from './table.js';

/** How to use a table. */
export interface TableOptions<T> {
  /** Turns values into payload bytes and back. Default: bytes in, bytes out. */
  readonly codec: PayloadCodec<T>;
}

/** One table's part of an atomic write. */
export interface WritePart<T = Uint8Array> {
  /** Where the entries go. */
  readonly table: Table<T>;
  /** The entries, in order; may be empty. */
  readonly payloads: readonly T[];
  /** The sequence that the part's first entry must get; otherwise nothing of the write is done. */
  readonly expect?: bigint | undefined;
}

/** The parts of an atomic write, each with the type of its own table. */
export type WriteParts<Ts extends readonly unknown[]> = { readonly [I in keyof Ts]: WritePart<Ts[I]> };

/**
 * An open write-ahead log. Made by `openWal`; `close()` it, or declare it with `await using`. A process that forgets to
 * close it still ends when it has nothing else to do; appends that were acknowledged are in.
 *
 * It may be used from the thread that opened it only. All methods reject with SHALE_CLOSED once it is closing.
 */
export class Wal implements AsyncDisposable {
  readonly #engine: Engine;

  /** @internal Use `openWal`. */
  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** The real path of the database directory. */
  get path(): string {
    return this.#engine.path;
  }

  /**
   * What the opening found in RocksDB's log: what of it was replayed, where it was damaged, and what is missing. An end
   * that a crash tore off behind the last acknowledgement is normal.
   */
  get recovery(): RecoveryReport {
    return this.#engine.log.recovery;
  }

  /** `open`, `closing` or `closed`. */
  get state(): WalState {
    return this.#engine.lifecycle.state;
  }

  /** The options in force, defaults filled in. */
  get options(): ResolvedOptions {
    return this.#engine.options;
  }

  /**
   * A table, by its ids or by its name. Returns at once: a table or name comes into being with its first append, and
   * reading what was never written gives nothing. Names are 1 to 512 bytes of UTF-8; their tables are tables from
   * 2^63 on of region 0. Throws SHALE_INVALID_ARGUMENT, or SHALE_TOO_LARGE for a longer name.
   */
  table(id: TableIdInput | string): Table;
  table<T>(id: TableIdInput | string, options: TableOptions<T>): Table<T>;
  table(id: TableIdInput | string, options?: TableOptions<unknown>): Table<unknown> | Table {
    const ref = typeof id === 'string' ? this.#engine.catalog.ref(id) : this.#engine.refOf(toTableId(id));
    if (options === undefined) return new Table(this.#engine, ref, bytesCodec());
    const codec = options.codec;
    if (typeof codec?.encode !== 'function' || typeof codec.decode !== 'function') {
      throw invalid('codec', `a codec has a name, encode and decode, and got ${show(codec)}`);
    }
    return new Table(this.#engine, ref, codec);
  }

  /** A region, by its id. Throws SHALE_INVALID_ARGUMENT. */
  region(id: IdInput): Region {
    return new Region(this.#engine, toId('region', id));
  }

  /**
   * Appends to several tables, all of it or nothing, and resolves with one result per part, in order. The tables must
   * be of one shard, otherwise it rejects with SHALE_CROSS_SHARD before anything is written: with `shardBy: 'region'`
   * all tables of a region are, with `shards: 1` all there are. As `table.append` otherwise.
   */
  write<const Ts extends readonly unknown[]>(
    parts: WriteParts<Ts>,
    options: WriteOptions = {},
  ): Promise<{ readonly [I in keyof Ts]: AppendResult }> {
    return new Promise((resolve, reject) => {
      if (!Array.isArray(parts))
        throw invalid('parts', `a write is an array of parts, and got ${show(parts)}`);
      const given: readonly WritePart<unknown>[] = parts;
      const checked = given.map((part) => {
        if (!(part?.table instanceof Table))
          throw invalid('table', 'each part of a write names a table of wal.table()');
        return part.table.part(this.#engine, part.payloads, part.expect);
      });
      const entries = checked.reduce((sum, part) => sum + part.payloads.length, 0);
      const bytes = checked.reduce((sum, part) => sum + part.bytes, 0);
      const settle = resolve as unknown as (results: readonly AppendResult[]) => void;
      if (checked.length === 0) {
        this.#engine.requireWritable();
        settle([]);
        return;
      }
      this.#engine.accept(
        {
          kind: 'write',
          parts: checked,
          sync: wantsSync(options.durability, this.#engine.options.durability === 'sync'),
          cost: bytes + COST_PER_ENTRY * entries + COST_PER_APPEND * checked.length,
          entries,
          bytes,
          resolve: settle,
          reject,
        },
        checkSignal(options.signal),
      );
    });
  }

  /** Every table: those with entries by (region, table), then those of which only the metadata record is left. */
  tables(): AsyncGenerator<TableInfo, void, undefined> {
    return listTables(this.#engine);
  }

  /**
   * Resolves when there is room for appends, at once if there is. Await it before appending much: then no append waits,
   * every payload is copied at once, and SHALE_OVERLOADED cannot happen. The signal gives up waiting.
   */
  ready(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    return this.#engine.ready(checkSignal(options.signal));
  }

  /** Waits for every append made so far, and puts all that was acknowledged with `'os'` on stable storage. */
  async sync(): Promise<void> {
    this.#engine.requireWritable();
    await this.#engine.settled();
    await this.#engine.admin((log) => log.sync());
  }

  /** Numbers about the WAL, its shards and RocksDB. Cheap enough for every few seconds. */
  stats(): Promise<WalStats> {
    return collectStats(this.#engine);
  }

  /**
   * Lets appends go on after SHALE_NO_SPACE, once there is room on the disk: as much as the option
   * `rocksdb.spaceReserve`, at least. RocksDB is opened anew for it, so every shard waits meanwhile, and region scans that
   * are under way fail with SHALE_CLOSED. Rejects with SHALE_NO_SPACE when there is no room, reads and trims going on as
   * before, and with what made the WAL unusable when that is for ever.
   */
  async resume(): Promise<void> {
    this.#engine.requireWritable();
    await this.#engine.admin((log) => log.resume());
    this.#engine.health.resumed();
  }

  /** Writes what RocksDB holds in memory to table files. Never needed for durability. */
  async flush(): Promise<void> {
    this.#engine.requireWritable();
    await this.#engine.admin((log) => log.flush());
  }

  /**
   * Gives back now the space of everything trimmed through this Wal so far, which otherwise comes back in the background
   * once nothing has happened for a while: drops files that hold nothing else and compacts the others. Takes I/O in
   * proportion to what shares files with the trimmed entries; appends, reads and trims go on meanwhile.
   *
   * Rejects with SHALE_READ_ONLY, SHALE_NO_SPACE, SHALE_POISONED, SHALE_IO, SHALE_CLOSED, and SHALE_OUTCOME_UNKNOWN when
   * the thread it ran on died; the entries stay trimmed whatever comes of it.
   */
  async reclaim(): Promise<ReclaimReport> {
    this.#engine.requireWritable();
    return await this.#engine.reclaimer.now();
  }

  /** Compacts the whole database down to its last level. Long, and heavy on the disk; appends go on meanwhile. */
  async compact(): Promise<void> {
    this.#engine.requireWritable();
    await this.#engine.admin((log) => log.compact());
  }

  /**
   * Copies the database as it is now to a directory that does not exist yet; table files are hard links if they can be.
   * The copy is a database of its own.
   */
  async checkpoint(directory: string): Promise<void> {
    this.#engine.lifecycle.requireOpen();
    if (typeof directory !== 'string' || directory === '') {
      throw invalid('directory', `a checkpoint goes to a directory, and got ${show(directory)}`);
    }
    await this.#engine.admin((log) => log.checkpoint(directory));
  }

  /**
   * Adds a backup of the whole database to a directory of backups, while appends go on: everything that was acknowledged
   * before is in it. Table files that the directory has from earlier backups are not copied again. `listBackups` lists
   * them, `restoreBackup` makes a database of one.
   *
   * Rejects with SHALE_READ_ONLY, SHALE_LOCKED (another process adds to the same directory), SHALE_NO_SPACE, SHALE_IO,
   * SHALE_CLOSED.
   */
  async backup(directory: string, options: BackupOptions = {}): Promise<BackupInfo> {
    this.#engine.requireWritable();
    if (typeof directory !== 'string' || directory === '') {
      throw invalid('directory', `a backup goes to a directory, and got ${show(directory)}`);
    }
    const { keep } = options;
    return await this.#engine.admin((log) => log.backup(directory, { keep }));
  }

  /**
   * Reads everything of this instance and checks it: yields findings and progress, and totals at the end. It looks at
   * the WAL as it is when it begins, goes on after whatever it finds, and works on a read-only WAL.
   */
  verify(): AsyncGenerator<VerifyEvent, void, undefined> {
    return listVerifyEvents(this.#engine);
  }

  /**
   * Refuses new work, completes every append, trim and drop that was accepted, makes reads fail with SHALE_CLOSED, ends
   * the shards and gives the database back. Idempotent: the same promise in every state.
   */
  close(): Promise<void> {
    return this.#engine.close();
  }

  /** `await using` closes the WAL. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
