import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { StoredBackup, StoredBackups } from './backup-results.js';
import { RocksDBError } from './errors.js';
import { installedPackage, requireOf } from './installed.js';
import type { ResolvedOptions } from './options.js';
import type { DatabaseStatistics, HeadScan, KeyEnds, LiveFile, RecordScan, ScanResult } from './results.js';
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

/** What the addon exports. It takes positions and plain values only, so it never runs a getter of the caller's. */
export interface NativeBinding {
  readonly rocksdbVersion: string;
  initialize(errorConstructor: typeof RocksDBError): void;

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
  releaseClaim(handle: NativeHandle, name: string): void;

  write(handle: NativeHandle, runs: Keys, lengths: Keys, data: Keys, sync: boolean): void;
  remove(handle: NativeHandle, runs: Keys, sync: boolean): void;
  put(handle: NativeHandle, key: Keys, value: Keys, sync: boolean): void;
  change(handle: NativeHandle, changes: Uint8Array, sync: boolean): void;
  trim(handle: NativeHandle, lower: Keys, upper: Keys, metaKey: Keys, floor: bigint, sync: boolean): bigint;
  drop(handle: NativeHandle, lower: Keys, upper: Keys, metaKey: Keys, sync: boolean): void;
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
  unwatch(handle: NativeHandle, watch: bigint): void;
  watchAnew(handle: NativeHandle, watch: bigint): void;
  sawDrop(handle: NativeHandle, watch: bigint): boolean;
  watches(handle: NativeHandle): number;

  openLoan(handle: NativeHandle): bigint;
  lend(handle: NativeHandle, loan: bigint): boolean;
  useLoan(handle: NativeHandle, loan: bigint): boolean;
  returnLoan(handle: NativeHandle, loan: bigint): void;
  endLoan(handle: NativeHandle, loan: bigint): void;

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
  ends(handle: NativeHandle, lower: Keys, upper: Keys, snapshot: NativeSnapshot | undefined): KeyEnds;
  heads(
    handle: NativeHandle,
    lower: Keys,
    upper: Keys,
    into: Target,
    snapshot: NativeSnapshot | undefined,
  ): HeadScan;
  tableEnds(handle: NativeHandle, tables: Keys, into: Target): void;
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
  releaseSnapshot(snapshot: NativeSnapshot): void;

  property(handle: NativeHandle, name: string): string | null;
  intProperty(handle: NativeHandle, name: string): bigint | null;
  statistics(handle: NativeHandle): DatabaseStatistics | null;
  approximateSize(handle: NativeHandle, lower: Keys, upper: Keys): number;
  liveFiles(handle: NativeHandle): LiveFile[];
  unreadableFiles(handle: NativeHandle): string;
  latestSequence(handle: NativeHandle): bigint;
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
  libraryInfo(): LibraryInfo;

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

const HOW_TO_BUILD = 'node node_modules/@shale/rocksdb/scripts/build-native.mjs';
const HOW_TO_INSTALL =
  'apt-get install g++ librocksdb-dev | dnf install gcc-c++ rocksdb-devel | apk add g++ rocksdb-dev | brew install rocksdb';

/** Where this thread was told to find the addon. */
let place: string | undefined;

/**
 * Where this thread loads the addon from: beside the package's code, unless SHALE_ROCKSDB_ADDON (for tests with
 * sanitizers) or {@link useAddon} says otherwise. Whether it is there is another question.
 */
export function addonPath(): string {
  const { SHALE_ROCKSDB_ADDON } = process.env;
  return place ?? SHALE_ROCKSDB_ADDON ?? builtAddon();
}

/** Where a build puts the addon: into the package; said of a bundle without it as beside the bundle. */
function builtAddon(): string {
  return join(installedPackage('@shale/rocksdb', import.meta.url) ?? '.', 'build', 'shale_rocksdb.node');
}

/**
 * Tells this thread where the addon is: for code that does not run from where the package is, such as a bundle. Other
 * threads are not affected. Once the addon is loaded, at the first use of a database, it changes nothing.
 *
 * @param path an absolute path; best what {@link addonPath} is in the thread that starts this one, so that both share
 * their databases
 */
export function useAddon(path: string): void {
  place = path;
}

function libraryMissing(path: string, cause: unknown): RocksDBError {
  return new RocksDBError('ROCKSDB_LIBRARY_MISSING', whatIsMissing(path, cause), 'none', 'none', path, {
    cause,
  });
}

function whatIsMissing(path: string, cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ERR_DLOPEN_DISABLED' || code === 'ERR_ACCESS_DENIED') {
    return (
      'Node was told not to load the RocksDB addon. Start it without --no-addons; and where it was started with ' +
      '--permission, with --allow-addons, --allow-worker and --allow-fs-read for the packages of Shale and Piscina'
    );
  }
  if (!existsSync(path)) {
    return `The RocksDB addon has not been built (${path} does not exist). Build it: ${HOW_TO_BUILD}`;
  }
  return (
    'The RocksDB addon cannot be loaded. Install RocksDB and a compiler ' +
    `(${HOW_TO_INSTALL}), then build the addon again: ${HOW_TO_BUILD} --force`
  );
}

let loaded: NativeBinding | undefined;

/**
 * The addon, loaded at the first use in each thread.
 *
 * @throws RocksDBError `ROCKSDB_LIBRARY_MISSING` when it or librocksdb cannot be loaded; at every call, so that the
 * application can say it once it matters.
 */
export function native(): NativeBinding {
  if (loaded === undefined) {
    const path = addonPath();
    try {
      const binding: NativeBinding = requireOf(path)(path);
      binding.initialize(RocksDBError);
      loaded = binding;
    } catch (cause) {
      throw libraryMissing(path, cause);
    }
  }
  return loaded;
}

/** What the librocksdb that this process has loaded says of itself. */
export interface LibraryInfo {
  /** Its version, such as `'7.8.3'`; it should be {@link rocksdbVersion}. */
  readonly loaded: string;
  /** How it was built, by RocksDB's names; not every build says anything. */
  readonly properties: Readonly<Record<string, string>>;
}

/** Asks the librocksdb that this process has loaded for its version and build. */
export function libraryInfo(): LibraryInfo {
  return native().libraryInfo();
}

/** The version of RocksDB that the addon was built against, such as `'7.8.3'`. */
export function rocksdbVersion(): string {
  return native().rocksdbVersion;
}
