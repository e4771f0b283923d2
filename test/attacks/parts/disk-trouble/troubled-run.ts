import { mkdir } from 'node:fs/promises';
import {
  type DiskOperation,
  type JournalRecord,
  type ProcessEnd,
  type Random,
  type Rule,
  readJournal,
  WatchedDisk,
  type WorkloadOptions,
  WorkloadProcess,
} from '@shale/fault-kit';
import { HANG_MS } from '../../../support/patience.js';

/** A process that worked on a disk in trouble, and what there is to know about it. */
export interface TroubledRun {
  readonly disk: WatchedDisk;
  readonly operations: readonly DiskOperation[];
  readonly records: readonly JournalRecord[];
  readonly end: ProcessEnd;
}

/** How a process is troubled. */
export interface Trouble {
  readonly rules?: readonly Rule[];
  /** Bytes that the files may take. Default: no limit. */
  readonly limit?: number;
  /** Does more to the disk or the process while it runs. */
  readonly meanwhile?: (disk: WatchedDisk, process: WorkloadProcess) => Promise<void>;
}

/**
 * Lets one process work on a new database on a disk in trouble, until it has done its share or has been refused often
 * enough. Rejects when it crashes, hangs, reads what was never written, or cannot close.
 */
export async function troubledRun(
  folder: string,
  trouble: Trouble,
  workload: Omit<WorkloadOptions, 'path' | 'journal' | 'run'>,
): Promise<TroubledRun> {
  await mkdir(folder);
  const disk = new WatchedDisk(folder);
  disk.control.setRules(trouble.rules ?? []);
  disk.control.setLimit(trouble.limit ?? null);
  const child = new WorkloadProcess(
    { path: disk.database, journal: disk.journal, run: 1, ...workload },
    { env: disk.env() },
  );
  let hangs = false;
  const timer = setTimeout(() => {
    hangs = true;
    child.signal('SIGKILL');
  }, HANG_MS);
  await trouble.meanwhile?.(disk, child);
  const end = await child.ended;
  clearTimeout(timer);
  disk.control.setRules([]);
  disk.control.setLimit(null);
  const records = readJournal(disk.journal);
  if (hangs) throw new Error(`the process hangs; unanswered: ${unanswered(records)}`);
  if (end.signal !== null) throw new Error(`the process crashed with ${end.signal}: ${end.stderr}`);
  const opened = records.some(({ op }) => op !== 'submit' && op !== 'fault') && !isRefused(records, 'open');
  if (opened) {
    if (end.code !== 0) throw new Error(`the process ended with ${end.code}: ${end.failure ?? end.stderr}`);
    if (!isAcknowledged(records, 'close')) throw new Error('the log could not be closed');
    if (unanswered(records) !== '')
      throw new Error(`after the close there is no answer to ${unanswered(records)}`);
  }
  return { disk, operations: disk.recording(), records, end };
}

/** Workloads with many flushes, so that many kinds of files are made and synced. */
export function smallWorkload(random: Random): Omit<WorkloadOptions, 'path' | 'journal' | 'run'> {
  return {
    seed: random.integer(1, 2 ** 31 - 1),
    operations: 250,
    inFlight: random.pick([1, 8]),
    syncShare: 0.7,
    bytes: [16, 1500],
    keep: 50,
    giveUpAfter: 20,
    wal: {
      shards: random.pick([1, 2]),
      rocksdb: {
        writeBufferSize: 64 * 1024,
        memtable: random.pick(['log', 'skiplist']),
        level0FileNumCompactionTrigger: 2,
        spaceReserve: 256 * 1024,
      },
    },
  };
}

function idsOf(records: readonly JournalRecord[], kind: string): Set<number> {
  return new Set(records.flatMap((each) => (each.op === 'submit' && each.kind === kind ? [each.id] : [])));
}

function isAcknowledged(records: readonly JournalRecord[], kind: string): boolean {
  const ids = idsOf(records, kind);
  return records.some((each) => each.op === 'ack' && ids.has(each.id));
}

function isRefused(records: readonly JournalRecord[], kind: string): boolean {
  const ids = idsOf(records, kind);
  return records.some((each) => each.op === 'nack' && ids.has(each.id));
}

function unanswered(records: readonly JournalRecord[]): string {
  const open = new Map<number, string>();
  for (const record of records) {
    if (record.op === 'submit') open.set(record.id, record.kind);
    else if (record.op === 'ack' || record.op === 'nack') open.delete(record.id);
  }
  return Array.from(open, ([id, kind]) => `${kind} ${id}`).join(', ');
}
