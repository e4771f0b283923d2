import { type AddonPlace, addonPlaces } from './addon.js';
import { type FailedPlace, libraryMissing } from './addon-missing.js';
import type { StoredBackup, StoredBackups } from './backup-results.js';
import { answering } from './ending-thread.js';
import { RocksDBError } from './errors.js';
import { requireOf } from './installed.js';
import type { ResolvedOptions } from './options.js';
import type {
  ChunkResult,
  DatabaseStatistics,
  HeadScan,
  KeyEnds,
  LiveFile,
  NativeFetch,
  RecordScan,
  ScanResult,
} from './results.js';
import type { LostValues, RewrittenTableFile, TableFileCheck } from './table-files.js';

/** The addon's handle of a lease. Opaque: only the addon looks inside. */
export interface NativeHandle {
  readonly nativeHandle: never;
}

/** The addon's handle of a snapshot. */
export interface NativeSnapshot {
  readonly nativeSnapshot: never;
}

type Keys = Uint8Array;
type Target = ArrayBuffer | Uint8Array;

/** Which calls the addon has, as native.ts knows them; native/calls/module.cc has the same number. */
const INTERFACE = 3;

/**
 * What the addon exports. It takes positions and plain values only, so it never runs a getter of the caller's. No call
 * answers undefined (ending-thread.ts).
 */
export interface NativeBinding {
  /** See {@link INTERFACE}. */
  readonly interface: number;
  readonly rocksdbVersion: string;
  initialize(errorConstructor: typeof RocksDBError): null;

  open(
    path: string,
    readOnly: boolean,
    createIfMissing: boolean,
    options: ResolvedOptions,
    salvage: boolean,
  ): Promise<NativeHandle>;
  attach(path: string, handleId: number): NativeHandle;
  close(handle: NativeHandle): Promise<void>;
  path(handle: NativeHandle): string;
  handleId(handle: NativeHandle): number;
  recovery(handle: NativeHandle): string;
  claim(handle: NativeHandle, name: string): boolean;
  releaseClaim(handle: NativeHandle, name: string): null;

  write(
    handle: NativeHandle,
    runs: Keys,
    lengths: Keys,
    data: Keys,
    sync: boolean,
    changes: Uint8Array,
  ): null;
  remove(handle: NativeHandle, runs: Keys, sync: boolean, changes: Uint8Array): null;
  put(handle: NativeHandle, key: Keys, value: Keys, sync: boolean): null;
  change(handle: NativeHandle, changes: Uint8Array, sync: boolean): null;
  trim(handle: NativeHandle, lower: Keys, upper: Keys, metaKey: Keys, floor: bigint, sync: boolean): bigint;
  drop(handle: NativeHandle, lower: Keys, upper: Keys, metaKey: Keys, sync: boolean): null;
  deleteRangeUnlessDropped(
    handle: NativeHandle,
    lower: Keys,
    upper: Keys,
    metaKey: Keys,
    since: bigint,
    sync: boolean,
  ): boolean;
  drops(handle: NativeHandle): bigint;
  droppedSince(handle: NativeHandle, key: Keys, since: bigint): boolean;
  watch(handle: NativeHandle, lower: Keys): bigint;
  unwatch(handle: NativeHandle, watch: bigint): null;
  watchAnew(handle: NativeHandle, watch: bigint): null;
  sawDrop(handle: NativeHandle, watch: bigint): boolean;
  watches(handle: NativeHandle): number;

  openLoan(handle: NativeHandle): bigint;
  lend(handle: NativeHandle, loan: bigint): boolean;
  useLoan(handle: NativeHandle, loan: bigint): boolean;
  returnLoan(handle: NativeHandle, loan: bigint): null;
  endLoan(handle: NativeHandle, loan: bigint): null;

  scan(
    handle: NativeHandle,
    lower: Keys,
    upper: Keys,
    into: Target,
    reverse: boolean,
    maxEntries: number,
    snapshot: NativeSnapshot | undefined,
    fillCache: boolean,
    verifyChecksums: boolean,
  ): ScanResult;
  fetch(
    handle: NativeHandle,
    lower: Keys,
    upper: Keys,
    into: Target,
    maxEntries: number,
    watch: bigint | undefined,
    begins: boolean,
    enough: number,
    fillCache: boolean,
  ): Promise<NativeFetch>;
  /** False where it takes more than a look into memory. */
  peek(handle: NativeHandle, key: Keys): Uint8Array | null | false;
  /** False where it takes more than a look into memory. */
  peekChunk(
    handle: NativeHandle,
    lower: Keys,
    upper: Keys,
    into: Target,
    maxEntries: number,
    watch: bigint,
  ): ChunkResult | false;
  ends(handle: NativeHandle, lower: Keys, upper: Keys, snapshot: NativeSnapshot | undefined): KeyEnds;
  heads(
    handle: NativeHandle,
    lower: Keys,
    upper: Keys,
    into: Target,
    snapshot: NativeSnapshot | undefined,
  ): HeadScan;
  tableEnds(handle: NativeHandle, tables: Keys, into: Target): null;
  records(
    handle: NativeHandle,
    lower: Keys,
    upper: Keys,
    into: Target,
    maxRecords: number,
    snapshot: NativeSnapshot | undefined,
  ): RecordScan;
  get(handle: NativeHandle, key: Keys, snapshot: NativeSnapshot | undefined): Uint8Array | null;

  snapshot(handle: NativeHandle): NativeSnapshot;
  releaseSnapshot(snapshot: NativeSnapshot): null;

  property(handle: NativeHandle, name: string): string | null;
  intProperty(handle: NativeHandle, name: string): bigint | null;
  statistics(handle: NativeHandle): DatabaseStatistics | null;
  approximateSize(handle: NativeHandle, lower: Keys, upper: Keys): number;
  liveFiles(handle: NativeHandle): LiveFile[];
  unreadableFiles(handle: NativeHandle): string;
  stalls(handle: NativeHandle): string;
  latestSequence(handle: NativeHandle): bigint;
  syncedSequence(handle: NativeHandle): bigint;
  identity(handle: NativeHandle): string;

  syncWal(handle: NativeHandle): Promise<void>;
  flush(handle: NativeHandle): Promise<void>;
  compactRange(
    handle: NativeHandle,
    lower: Keys | undefined,
    upper: Keys | undefined,
    bottommost: string,
  ): Promise<void>;
  deleteFilesInRanges(
    handle: NativeHandle,
    ranges: readonly (readonly [Keys, Keys, Keys?])[],
    since: bigint | undefined,
  ): Promise<void>;
  approximateSizes(
    handle: NativeHandle,
    ranges: readonly (readonly [Keys, Keys])[],
    memory: boolean,
  ): Promise<Uint8Array>;
  checkpoint(handle: NativeHandle, directory: string): Promise<void>;
  resume(handle: NativeHandle): Promise<void>;

  checkTableFile(path: string): Promise<TableFileCheck>;
  rewriteTableFile(
    source: string,
    target: string,
    newer: string,
    deletions: Uint8Array,
  ): Promise<RewrittenTableFile>;
  tableFileDeletions(path: string): Promise<Uint8Array | null>;
  surveyDirectory(path: string): Promise<string>;
  copyManifestWithout(path: string, number: bigint, files: Uint8Array, target: string): Promise<void>;
  saveLogFile(
    source: string,
    target: string,
    number: bigint,
  ): Promise<{ readonly report: string; readonly deletions: Uint8Array }>;
  repairDirectory(path: string): Promise<string[]>;
  gatherTableFiles(path: string, deletions: Uint8Array, hasBlobs: boolean): Promise<LostValues[]>;
  libraryInfo(): Pick<LibraryInfo, 'loaded' | 'properties'>;

  createBackup(
    handle: NativeHandle,
    directory: string,
    metadata: string,
    keep: number,
  ): Promise<StoredBackup>;
  listBackups(directory: string): Promise<StoredBackups>;
  removeBackup(
    directory: string,
    id: number,
    seconds: number | undefined,
    metadata: string | undefined,
  ): Promise<void>;
  restoreBackup(directory: string, id: number, target: string): Promise<StoredBackup>;
}

/** The same calls, which answer or do not return. */
function answeringBinding(binding: NativeBinding): NativeBinding {
  const calls = Object.entries(binding).filter(([, call]) => typeof call === 'function');
  return Object.assign(binding, Object.fromEntries(calls.map(([name, call]) => [name, answering(call)])));
}

let loaded: NativeBinding | undefined;
let place: AddonPlace | undefined;

/**
 * The addon, loaded at the first use in each thread, from the first of its places that it can be loaded from.
 *
 * @throws RocksDBError `ROCKSDB_LIBRARY_MISSING` when it or librocksdb cannot be loaded; at every call, so that the
 * application can say it once it matters.
 */
export function native(): NativeBinding {
  if (loaded !== undefined) return loaded;
  const failed: FailedPlace[] = [];
  for (const candidate of addonPlaces()) {
    try {
      const binding: NativeBinding = requireOf(candidate.path)(candidate.path);
      if (binding.interface !== INTERFACE) throw new Error('it is of another version of Shale');
      binding.initialize(RocksDBError);
      loaded = answeringBinding(binding);
      place = candidate;
      return loaded;
    } catch (cause) {
      failed.push({ place: candidate, cause });
    }
  }
  throw libraryMissing(failed);
}

/**
 * Where this thread has loaded the addon from, or would look first when it cannot be loaded. Threads that are to share
 * their databases with this one must load it from there.
 */
export function addonPath(): string {
  try {
    native();
  } catch {
    // Whoever opens a database is told.
  }
  return (place ?? addonPlaces()[0]).path;
}

/** What the RocksDB that this process has loaded says of itself, and where it came from. */
export interface LibraryInfo {
  /** Its version, such as `'7.8.3'`; it should be {@link rocksdbVersion}. */
  readonly loaded: string;
  /** How it was built, by RocksDB's names; not every build says anything. */
  readonly properties: Readonly<Record<string, string>>;
  /** The addon: its file, and why it is that one. */
  readonly addon: AddonPlace;
}

/** Asks the RocksDB that this process has loaded for its version, its build and where it came from. */
export function libraryInfo(): LibraryInfo {
  const { loaded: version, properties } = native().libraryInfo();
  return { loaded: version, properties, addon: place ?? addonPlaces()[0] };
}

/** The version of RocksDB that the addon was built against, such as `'7.8.3'`. */
export function rocksdbVersion(): string {
  return native().rocksdbVersion;
}
