import { type DirectorySurvey, surveyDirectory } from '@shale/rocksdb';
import { nativeAsync } from '../errors.js';
import type { LostRecords } from './damage.js';
import type { GatheredLog } from './logs.js';
import { flushedUpTo, furthestSequence, missingWrites, UNKNOWN_MOST } from './missing-writes.js';
import type { Inventory } from './old-files.js';

/** A table file that the manifest names. */
export interface OldTableFile {
  readonly name: string;
  readonly size: number;
  readonly smallest: Uint8Array;
  readonly largest: Uint8Array;
}

/** What the old database says of itself, without being opened: which files count, and how much there must be. */
export interface OldDatabase {
  /** Why it cannot be opened as it is; null when nothing keeps it from that. */
  readonly failure: string | null;
  /** The files that the manifest names, by name. */
  readonly named: ReadonlyMap<string, OldTableFile>;
  /** The table files that count, of those that are there. */
  readonly tables: readonly string[];
  /** Files that it needs and that are not there. */
  readonly missing: readonly OldTableFile[];
  /** The log files that count. */
  readonly logs: readonly GatheredLog[];
  /** Those that do not, since their entries are in table files. */
  readonly flushedLogs: readonly GatheredLog[];
  /** The first of RocksDB's sequences that the log files which count are for; null when nothing says which it is. */
  readonly logsFrom: bigint | null;
  /** Writes that no log file has. */
  readonly lost: readonly LostRecords[];
  /** That there may have been table files of which nothing is known; null when there were none. */
  readonly unknown: LostRecords | null;
  /** No table can have had more entries than so many. */
  readonly most: bigint;
  /** Some values may be in blob files. */
  readonly hasBlobs: boolean;
  /** The number of its manifest; null when none can be read at all. */
  readonly manifest: bigint | null;
}

/** Looks at the old database. */
export async function surveyOld(
  path: string,
  inventory: Inventory,
  allLogs: readonly GatheredLog[],
): Promise<OldDatabase> {
  const survey = await nativeAsync({ path }, () => surveyDirectory(path));
  const { manifest, failure, watermark } = survey;
  const named = new Map((manifest?.files ?? []).map((file) => [file.name, file]));
  const dropped = new Set(manifest?.dropped);
  const missing = [...named.values()].filter(({ name }) => !inventory.tables.includes(name));
  // A manifest that was cut off between two of its records looks whole, and does not name what came after.
  const strangers = inventory.tables.filter((name) => !named.has(name) && !dropped.has(name));
  const firstLog = manifest?.firstLog ?? 0n;
  const logs = allLogs.filter(({ number }) => number >= firstLog);
  const lost = missingWrites(survey, logs, inventory.hasWriter);
  const isWhole = manifest?.whole === true;
  const isStale = isWhole && strangers.length > 0 && (missing.length > 0 || lost.length > 0);
  const furthest = furthestSequence(survey, logs);
  const isBounded = watermark.state === 'valid' || (isWhole && lost.length === 0);
  const most = isBounded ? furthest : furthest + UNKNOWN_MOST;
  const head = manifest === null ? 'CURRENT' : `MANIFEST-${String(manifest.number).padStart(6, '0')}`;
  const unknown = unknownFiles(head, failure, { isWhole, isStale, most });
  const everything = unknown !== null;
  return {
    failure,
    named,
    tables: inventory.tables.filter((name) => named.has(name) || (everything && !dropped.has(name))),
    // What a manifest said before it was damaged may not hold any more.
    missing: isWhole ? missing : [],
    logs,
    flushedLogs: allLogs.filter(({ number }) => number < firstLog),
    logsFrom: logsFrom(survey, logs),
    lost: isWhole && logs.length === 0 && lost.length === 0 ? noLog(watermark.state === 'valid') : lost,
    unknown,
    most,
    hasBlobs: inventory.blobs.length > 0 || manifest?.namesBlobFiles === true,
    manifest: manifest?.number ?? null,
  };
}

function logsFrom(survey: DirectorySurvey, logs: readonly GatheredLog[]): bigint | null {
  const runs = logs.flatMap(({ saved }) => saved?.runs ?? []);
  const [first] = runs.map((run) => run.first).sort((a, b) => (a < b ? -1 : 1));
  const flushed = flushedUpTo(survey, first);
  if (flushed !== null) return flushed + 1n;
  const { state, furthest } = survey.watermark;
  return first ?? (state === 'valid' ? furthest + 1n : null);
}

function unknownFiles(
  name: string,
  failure: string | null,
  { isWhole, isStale, most }: { isWhole: boolean; isStale: boolean; most: bigint },
): LostRecords | null {
  if (isWhole && !isStale) return null;
  const message = isStale
    ? 'the manifest seems to be older than the files: it does not name all of them, and others are missing'
    : `${failure ?? 'there is no manifest'}; so it is unknown whether all table files are there`;
  return { file: { name }, most, message };
}

/** Every database has a log file; where there is no watermark, nothing else says what may have been in it. */
function noLog(hasWatermark: boolean): LostRecords[] {
  if (hasWatermark) return [];
  return [{ file: { name: 'WATERMARK' }, most: UNKNOWN_MOST, message: 'there is no log file' }];
}
