import { join, relative } from 'node:path';
import { openWal } from '@shale/engine';
import {
  afterPowerLoss,
  asAfterReboot,
  assertClean,
  checkDatabase,
  contentOf,
  type Death,
  DiskHistory,
  type DiskOperation,
  type JournalRecord,
  Ledger,
  type OracleReport,
  type PowerLoss,
  parseJournal,
  type Random,
  type WatchedDisk,
  writeImage,
} from '@shale/fault-kit';

/** One power failure of a recorded run. */
export interface ImageCase {
  readonly disk: WatchedDisk;
  readonly operations: readonly DiskOperation[];
  /** Operations that were done when the power failed. */
  readonly cut: number;
  readonly loss: PowerLoss;
  /** A directory that is not there yet, for the image. */
  readonly target: string;
}

/**
 * Writes what the power failure leaves, opens it, and compares it with what had been acknowledged by then. Rejects when
 * it does not open, is not what it must be, or takes no appends any more.
 */
export async function checkImage(image: ImageCase, random: Random): Promise<OracleReport> {
  const { disk, operations, cut, loss, target } = image;
  const history = DiskHistory.upTo(operations, disk.root, cut);
  writeImage(afterPowerLoss(history, loss, random), target);
  const journal = Buffer.from(contentOf(history.beside.changes)).toString('utf8');
  const path = join(target, relative(disk.root, disk.database));
  asAfterReboot(path);
  return await checkUsable(path, parseJournal(journal), 'power', random);
}

/**
 * Opens a database, compares it with the journal of all processes that worked on it, and appends to each of its tables.
 * Rejects when any of that goes wrong.
 */
export async function checkUsable(
  path: string,
  journal: readonly JournalRecord[],
  death: Death,
  random: Random,
): Promise<OracleReport> {
  const ledger = new Ledger();
  for (const life of perProcess(journal)) ledger.absorb(life);
  const wal = await openWal(path, { shards: random.pick([1, 2, 3]) });
  try {
    const report = await checkDatabase(wal, ledger, { death });
    assertClean(report);
    for (const { record } of ledger.tables.values()) {
      const table =
        record.name === undefined
          ? wal.table({ region: BigInt(record.region ?? 0), table: BigInt(record.table ?? 0) })
          : wal.table(record.name);
      const last = await table.lastSequence();
      const sequence = await table.append(Uint8Array.of(1));
      if (sequence !== last + 1n) throw new Error(`an append after ${last} got ${sequence}`);
    }
    return report;
  } finally {
    await wal.close();
  }
}

/** The journal of several processes, taken apart: each begins by opening the database. */
export function perProcess(records: readonly JournalRecord[]): JournalRecord[][] {
  const lives: JournalRecord[][] = [];
  for (const record of records) {
    if (record.op === 'submit' && record.kind === 'open') lives.push([]);
    lives.at(-1)?.push(record);
  }
  return lives;
}
