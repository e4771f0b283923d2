import type { MessagePort } from 'node:worker_threads';
import type {
  ConsumerRecord,
  ErrorData,
  KeyRange,
  Position,
  RecordTarget,
  RetentionRecord,
  ScanLayout,
  TableId,
} from '@shale/codec';
import type {
  AppendIdWindow,
  Holder,
  ListPart,
  RangeBounds,
  ReclaimReport,
  RegionPosition,
  RetentionTurn,
  SequenceSpan,
  StoredConsumer,
  StoredPosition,
  StoredRetention,
  WorthOptions,
  WorthReport,
} from '@shale/storage';
import type { ShardBy } from '../routing.js';

/*
 * What a shard's thread is asked and what it answers. Appends travel as codec frames in a transferred buffer that
 * comes back with the reply in it; everything else is plain data. Errors travel as data, because structured clone
 * would drop their codes.
 */

/** Numbers of a trimmed table, packed: region, table, and the last sequence that is gone. */
export const TRIMMED_STRIDE = 3;

/** What a thread is given at its start, as `workerData`. */
export interface ThreadStart {
  /** Where this process has its addon: the thread's code is one file and knows no other place. */
  readonly addon: string;
  /**
   * The file of Piscina that marks answers whose buffers go with them. Piscina's code in the thread has loaded it; all of
   * Piscina, which exports it, would take a fifth of the thread's start.
   */
  readonly marker: string;
}

/** What a thread attaches to. */
export interface ShardWorkerData {
  /** The real path of a database that this process has open. */
  readonly path: string;
  readonly instance: number;
  /** Which of the process's handles of that database: read-only WALs have one each. */
  readonly handleId: number;
  /** Where it notes what it measures. */
  readonly cells: SharedArrayBuffer;
  /** Where it notes that something is not on stable storage yet; null when nobody sees to it. */
  readonly unsynced: SharedArrayBuffer | null;
  /** How long the ids of appends are remembered; undefined for a thread that writes none. */
  readonly idWindow?: AppendIdWindow;
  /** Which tables are its own; null for none. */
  readonly part: ShardPart | null;
}

/** The part of a WAL's tables that a shard owns. */
export interface ShardPart {
  readonly index: number;
  readonly shards: number;
  readonly shardBy: ShardBy;
}

/** What a thread that keeps a WAL synced says without being asked. */
export type SyncNews =
  /** What was written before is on stable storage: by a sync of this thread, or of another. */
  | { readonly news: 'synced'; readonly isOwn: boolean }
  /** Nothing can be synced any more. */
  | { readonly news: 'failed'; readonly error: ErrorData };

/** One task of each kind. */
export interface ShardTasks {
  /** Nothing but to be there, with all code loaded. */
  load: { readonly kind: 'load' };
  /** Attach to the database. The first task of every thread but `load`. */
  attach: { readonly kind: 'attach'; readonly data: ShardWorkerData };
  /** Take tasks of another thread, too, over a line. */
  connect: {
    readonly kind: 'connect';
    readonly port: MessagePort;
    /** Where the times of its frames are noted; null when nobody asks. */
    readonly cells: SharedArrayBuffer | null;
    /** One number of 32 bits: not 0 while the other end listens to what is done to tables. */
    readonly ear: SharedArrayBuffer;
  };
  /** Write a frame. */
  append: {
    readonly kind: 'append';
    readonly frame: Uint8Array;
    /** Where to note when it was written; -1 when nobody asks. */
    readonly slot: number;
  };
  /** Leave tables to a loan, for a write over tables of several shards. */
  lend: {
    readonly kind: 'lend';
    readonly loan: bigint;
    /** Region, table; and so on. */
    readonly ids: BigUint64Array;
  };
  /** Write a frame over tables of this shard and those that others have lent. */
  joint: {
    readonly kind: 'joint';
    readonly loan: bigint;
    /** What the others have said of their tables, one list after the other. */
    readonly states: BigUint64Array;
    readonly frame: Uint8Array;
  };
  /** Take back what was lent, with what is known of it now; null when it is not known what became of the write. */
  takeBack: { readonly kind: 'takeBack'; readonly loan: bigint; readonly states: BigUint64Array | null };
  /**
   * Which incarnation of the shard's thread this is: another number for every thread, and after a thread has had to
   * forget what it knew of a table.
   */
  incarnation: { readonly kind: 'incarnation' };
  /** Fix the bounds of a read, and read its first chunk. */
  readStart: {
    readonly kind: 'readStart';
    readonly id: TableId;
    /** Of the table, made by the thread that asks. */
    readonly watch: bigint;
    readonly bounds: RangeBounds;
    /** Whether bounds that do not begin in the table are an error. */
    readonly strict: boolean;
    readonly chunkBytes: number;
    readonly maxEntries: number;
  };
  /** Read the next chunk. */
  readNext: {
    readonly kind: 'readNext';
    readonly id: TableId;
    /** What `readStart` fixed, from where it goes on. */
    readonly span: SequenceSpan;
    readonly chunkBytes: number;
    readonly maxEntries: number;
  };
  /** The next chunk of a scan over a whole region; the first call begins it. */
  scanNext: {
    readonly kind: 'scanNext';
    readonly cursor: number;
    readonly region: bigint;
    /** Where to go on; null for the beginning of the region. */
    readonly at: RegionPosition | null;
    readonly chunkBytes: number;
    /** Whether this is the first call: a later one finds no scan when the thread is another. */
    readonly begin: boolean;
  };
  ends: { readonly kind: 'ends'; readonly id: TableId };
  /** The smallest and largest table of a region that has entries. */
  regionBounds: { readonly kind: 'regionBounds'; readonly region: bigint };
  /** Give back the space of what was trimmed, tables dropped since left out. */
  reclaim: {
    readonly kind: 'reclaim';
    /** {@link TRIMMED_STRIDE} numbers of each table. */
    readonly trimmed: BigUint64Array;
    readonly deep: boolean;
    /** What to compact beside it when it is deep, whatever it holds. */
    readonly spans: readonly KeyRange[];
    readonly since: bigint;
  };
  /** About how many bytes trimmed tables take, in table files and in memory. */
  weigh: {
    readonly kind: 'weigh';
    /** {@link TRIMMED_STRIDE} numbers of each table. */
    readonly trimmed: BigUint64Array;
  };
  /** Compact where trimmed tables make it worth it. */
  compactWorthwhile: {
    readonly kind: 'compactWorthwhile';
    /** {@link TRIMMED_STRIDE} numbers of each table. */
    readonly trimmed: BigUint64Array;
    readonly worth: WorthOptions;
  };
  /** Heads of the tables from `lower` to `upper`, both inclusive, at most about `limit`. */
  regionHeads: {
    readonly kind: 'regionHeads';
    readonly region: bigint;
    readonly lower: bigint;
    readonly upper: bigint;
    readonly limit: number;
  };
  /** Metadata records from a table on, at most so many. */
  floors: { readonly kind: 'floors'; readonly from: bigint; readonly limit: number };
  /** Take over what others recovered. */
  install: {
    readonly kind: 'install';
    readonly region: bigint;
    /**
     * The incarnation of the thread before anything was listed. Another thread leaves it alone: it does not know what
     * the one before it has changed since.
     */
    readonly incarnation: number;
    /** How many drops there had been by then. */
    readonly since: bigint;
    /** Table, first, last; and so on. */
    readonly heads: BigUint64Array;
    /** Table, largest sequence ever; and so on. */
    readonly floors: BigUint64Array;
  };
  /** Take the next items of a listing; the first call starts it. */
  listNext: {
    readonly kind: 'listNext';
    readonly list: Listing;
    /** Of heads; null for all. */
    readonly region: bigint | null;
    readonly cursor: number;
    readonly limit: number;
    readonly begin: boolean;
  };
  /** Give up a scan or listing that did not come to its end. */
  cursorEnd: { readonly kind: 'cursorEnd'; readonly cursor: number };
  /** The tables of names; any thread can tell. */
  namesFind: { readonly kind: 'namesFind'; readonly names: readonly string[] };
  /** The same, and names that there are not yet are made. Always the same thread. */
  namesMake: { readonly kind: 'namesMake'; readonly names: readonly string[] };
  /** The names of tables. */
  namesOf: { readonly kind: 'namesOf'; readonly ids: readonly TableId[] };
  /** Let a consumer come into being without opening it. Always the same thread. */
  consumerAnnounce: { readonly kind: 'consumerAnnounce'; readonly name: string };
  /** Open a consumer. Always the same thread. */
  consumerOpen: {
    readonly kind: 'consumerOpen';
    readonly name: string;
    /** What it is for. */
    readonly target: RecordTarget;
  };
  /** One consumer; any thread can tell. */
  consumerFind: { readonly kind: 'consumerFind'; readonly name: string };
  /** Drop the next part of a consumer; null begins. Always the same thread. */
  consumerDrop: { readonly kind: 'consumerDrop'; readonly name: string; readonly from: Uint8Array | null };
  /** Every consumer; any thread can tell. */
  consumerList: { readonly kind: 'consumerList' };
  /** Where a consumer is in a table, as the shard that owns the table knows it. */
  position: { readonly kind: 'position'; readonly id: TableId; readonly consumer: bigint };
  /** The next part of the positions of a consumer, or of all; any thread can tell. */
  positions: {
    readonly kind: 'positions';
    /** Null for all. */
    readonly consumer: bigint | null;
    /** Null for all. */
    readonly region: bigint | null;
    readonly from: Uint8Array | null;
    /** Whether to say how old is what is behind them. */
    readonly timed?: boolean;
  };
  /** Set what is retained of tables; null removes that. Always the same thread. */
  retentionSet: {
    readonly kind: 'retentionSet';
    readonly target: RecordTarget;
    readonly record: RetentionRecord | null;
  };
  /** Everything that is retained; any thread can tell. */
  retentionList: { readonly kind: 'retentionList' };
  /** What is retained has changed, or what may go: all tables are to be looked at. */
  retentionReload: { readonly kind: 'retentionReload' };
  /** Find what may go of the shard's own tables that yield to a disk budget. */
  retentionYield: { readonly kind: 'retentionYield' };
  /** Find the consumer that most is kept for, of all tables. */
  retentionHolder: { readonly kind: 'retentionHolder' };
  /** Find what is to be trimmed of the shard's own tables. */
  retentionTurn: {
    readonly kind: 'retentionTurn';
    /** Tables to look at again. */
    readonly again: readonly TableId[];
  };
  /** The first sequence of a table that may have been appended at or after a time. */
  timeAt: { readonly kind: 'timeAt'; readonly id: TableId; readonly ms: bigint };
  /**
   * Keep the WAL synced within so many milliseconds from now on. The thread is blocked by it most of the time: it must be
   * asked nothing else.
   */
  keepSynced: { readonly kind: 'keepSynced'; readonly withinMs: number };
  stats: { readonly kind: 'stats' };
  /** Detach from the database. The last task of a thread. */
  detach: { readonly kind: 'detach' };
}

/** What is listed a page at a time. */
export type Listing = 'tables' | 'verify' | 'heads';

export type ShardTaskKind = keyof ShardTasks;
export type ShardTask = ShardTasks[ShardTaskKind];

/** Entries in a buffer of their own. */
export interface ChunkData {
  readonly buffer: ArrayBuffer;
  readonly layout: ScanLayout;
}

/** Part of a read. */
export interface ReadPart {
  /** Null when the part has no entry. */
  readonly chunk: ChunkData | null;
  /** Where the next part begins; null at the end. */
  readonly next: bigint | null;
  /** Above 0: the next entry alone needs a chunk of so many bytes, and nothing was read. */
  readonly neededBytes: number;
}

/** The answer to each kind of task. */
export interface ShardResults {
  load: null;
  attach: null;
  connect: null;
  append: Uint8Array;
  /** What is known of the tables, for `joint`; null when the loan is gone, and then nothing is lent. */
  lend: BigUint64Array | null;
  /**
   * The reply, and what is known of the lent tables now; null and the frame when the loan is gone: nothing was written.
   */
  joint: { readonly message: Uint8Array; readonly states: BigUint64Array | null };
  takeBack: null;
  incarnation: number;
  /** Null: the read has no entries at all. */
  readStart: (ReadPart & { readonly span: SequenceSpan }) | null;
  readNext: ReadPart;
  scanNext: {
    readonly chunk: ChunkData | null;
    readonly next: RegionPosition | null;
    readonly neededBytes: number;
  };
  ends: { readonly first: bigint; readonly last: bigint };
  regionBounds: { readonly lowest: bigint; readonly highest: bigint } | null;
  regionHeads: {
    /** Table, first, last; and so on. */
    readonly heads: BigUint64Array;
    /** The table to go on from, null at the end. */
    readonly next: bigint | null;
    /** Keys that are not of this format, and tables whose ends cannot be read. */
    readonly problems: readonly ErrorData[];
  };
  floors: {
    /** Table, largest sequence ever; and so on. */
    readonly floors: BigUint64Array;
    /** The table to go on from, null at the end. */
    readonly next: bigint | null;
    readonly problems: readonly ErrorData[];
  };
  reclaim: ReclaimReport;
  weigh: Float64Array;
  compactWorthwhile: WorthReport;
  install: null;
  listNext: { readonly items: readonly unknown[]; readonly done: boolean };
  cursorEnd: null;
  /** Null: not known yet; to be asked again. */
  namesFind: readonly (TableId | null)[] | null;
  namesMake: readonly TableId[] | null;
  namesOf: readonly (string | null)[] | null;
  consumerAnnounce: ConsumerRecord;
  consumerOpen: ConsumerRecord;
  consumerFind: ConsumerRecord | null;
  /** Where to go on; null when all is done. */
  consumerDrop: Uint8Array | null;
  consumerList: readonly StoredConsumer[];
  position: Position | null;
  positions: ListPart<StoredPosition> & {
    /** About when the first entry behind each was appended, in milliseconds; null where that is not known, or not asked for. */
    readonly oldest: readonly (bigint | null)[] | null;
  };
  retentionSet: null;
  retentionList: readonly StoredRetention[];
  retentionReload: null;
  retentionYield: BigUint64Array;
  retentionHolder: Holder | null;
  retentionTurn: RetentionTurn;
  timeAt: bigint;
  keepSynced: null;
  stats: ShardThreadStats;
  detach: null;
}

/** What a shard's thread counts. */
export interface ShardThreadStats {
  /** Tables whose state this thread holds. */
  readonly recoveredTables: number;
  /** Milliseconds that the shard's threads have spent in tasks. */
  readonly busyMs: number;
}

/** How a thread answers. */
export type ShardReply<K extends ShardTaskKind = ShardTaskKind> =
  | { readonly ok: true; readonly value: ShardResults[K] }
  | { readonly ok: false; readonly error: ErrorData; readonly buffer?: ArrayBuffer };
