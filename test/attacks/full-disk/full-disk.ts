import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type DiskOperation,
  type JournalRecord,
  Random,
  readJournal,
  type WatchedDisk,
  type WorkloadOptions,
  type WorkloadProcess,
} from '@shale/fault-kit';
import { HANG_MS } from '../../support/patience.js';
import type { Attack, AttackContext } from '../parts/attack.js';
import { checkImage, checkUsable } from '../parts/disk-trouble/check-image.js';
import { smallWorkload, troubledRun } from '../parts/disk-trouble/troubled-run.js';
import { pause } from '../parts/pause.js';

/**
 * Acknowledged operations after which a disk that has not been full will not be: the limit is within the first
 * hundreds.
 */
const ENOUGH = 20_000;

/** Lets the disk be full at each step of a run that makes a file grow, and gives it room again later. */
export const fullDisk: Attack = {
  name: 'full-disk',
  summary: 'a disk that is full at any step of a run: refusals, reads that go on, resume(), and nothing lost',
  unit: 'disks',
  longCount: 300,
  run: runFullDisk,
};

async function runFullDisk({
  seed,
  count,
  directory,
  progress,
}: AttackContext): Promise<Record<string, number>> {
  const figures = {
    steps: 0,
    fullWhileOpening: 0,
    fullWhileWorking: 0,
    neverFull: 0,
    refusals: 0,
    entriesCompared: 0,
  };
  const first = new Random(seed);
  const workload = { ...smallWorkload(first), operations: 400 };
  const sample = await troubledRun(join(directory, 'sample'), {}, workload);
  const steps = growthSteps(sample.operations);
  figures.steps = steps.length;
  await rm(join(directory, 'sample'), { recursive: true });
  for (let index = 0; index < count; index++) {
    const random = new Random(seed + index);
    // Over all steps, however many there are; the write of the step fits in part.
    const { before, size } = steps[Math.floor((index / count) * steps.length)] ?? { before: 0, size: 1 };
    const limit = before + random.integer(0, Math.max(0, size - 1));
    const folder = join(directory, `disk-${index}`);
    try {
      const outcome = await fillUp(
        folder,
        limit,
        { ...smallWorkload(random), seed: first.integer(1, 1e9) },
        random,
      );
      figures[outcome.when]++;
      figures.refusals += outcome.refusals;
      figures.entriesCompared += outcome.entries;
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      throw new Error(`a disk with room for ${limit} bytes (step ${index} of ${count}): ${what}`, {
        cause: error,
      });
    }
    await rm(folder, { recursive: true });
    progress(index + 1, `${figures.refusals} refusals, ${figures.entriesCompared} entries compared`);
  }
  return figures;
}

interface FullDisk {
  readonly when: 'fullWhileOpening' | 'fullWhileWorking' | 'neverFull';
  readonly refusals: number;
  readonly entries: number;
}

/** One run: the disk fills up, the process is refused for a while, there is room again, and it goes on. */
export async function fillUp(
  folder: string,
  limit: number,
  workload: Omit<WorkloadOptions, 'path' | 'journal' | 'run'>,
  random: Random,
): Promise<FullDisk> {
  let readWhileFull = true;
  let resumed = false;
  const run = await troubledRun(
    folder,
    {
      limit,
      meanwhile: async (disk, process) => {
        const opened = await process.opened.then(
          () => true,
          () => false,
        );
        if (!opened) return;
        await untilRefused(disk, process);
        await pause(random.integer(20, 200));
        if (process.isAlive) readWhileFull = await goesOnReading(disk, process);
        disk.control.setLimit(null);
        resumed = true;
        process.command({ do: 'resume' });
        const end = performance.now() + HANG_MS;
        while (
          process.isAlive &&
          performance.now() < end &&
          !endsWithAcknowledgements(readJournal(disk.journal))
        ) {
          await pause(50);
        }
        process.stop();
      },
    },
    {
      ...workload,
      operations: 1_000_000,
      milliseconds: HANG_MS,
      giveUpAfter: 1_000_000,
      // Trims leave enough that the disk fills up.
      keep: 5000,
      mix: { read: 20, trim: 8 },
    },
  );
  const { disk, operations, records, end } = run;
  const codes = new Set(records.flatMap((record) => (record.op === 'nack' ? [record.code] : [])));
  codes.delete('SHALE_NO_SPACE');
  if (codes.size > 0) throw new Error(`operations were refused with ${[...codes].join(', ')}`);
  if (end.failure !== null && resumed) throw new Error(`resume() failed: ${end.failure}`);
  const refusals = records.filter(({ op }) => op === 'nack').length;
  if (refusals > 0 && resumed) {
    if (!readWhileFull) throw new Error('nothing was read while the disk was full');
    if (!endsWithAcknowledgements(records)) throw new Error('nothing was acknowledged after resume()');
  }
  const loss = { fileSystem: 'journaled', names: 'all', contents: 'none' } as const;
  const image = { disk, operations, cut: operations.length, loss, target: join(folder, 'image') };
  let entries = (await checkImage(image, random)).entries;
  entries += (await checkUsable(disk.database, records, 'process', random)).entries;
  const when = !resumed ? 'fullWhileOpening' : refusals > 0 ? 'fullWhileWorking' : 'neverFull';
  return { when, refusals, entries };
}

/**
 * Until an operation is refused, or enough were not: calls that are refused before are some that the database can do
 * without.
 */
async function untilRefused(disk: WatchedDisk, process: WorkloadProcess): Promise<void> {
  while (process.isAlive && !readJournal(disk.journal).some(({ op }) => op === 'nack')) {
    if (((await process.stats())?.acknowledged ?? 0) > ENOUGH) return;
    await pause(50);
  }
}

/** Whether entries are still being read, if there are any. */
async function goesOnReading(disk: WatchedDisk, process: WorkloadProcess): Promise<boolean> {
  if (!appendedAny(readJournal(disk.journal))) return true;
  const before = (await process.stats())?.read ?? 0;
  for (const end = performance.now() + HANG_MS; performance.now() < end; await pause(20)) {
    const now = await process.stats();
    if (now === null || now.read > before) return true;
  }
  return false;
}

/** Whether an append of the journal was acknowledged. */
function appendedAny(records: readonly JournalRecord[]): boolean {
  return answersToAppends(records).some(({ op }) => op === 'ack');
}

/** Whether the last appends of the journal were acknowledged. */
function endsWithAcknowledgements(records: readonly JournalRecord[]): boolean {
  return answersToAppends(records).at(-1)?.op === 'ack';
}

function answersToAppends(records: readonly JournalRecord[]): readonly JournalRecord[] {
  const appends = new Set(
    records.flatMap((record) => (record.op === 'submit' && record.kind === 'append' ? [record.id] : [])),
  );
  return records.filter((record) => (record.op === 'ack' || record.op === 'nack') && appends.has(record.id));
}

/** How large all files were before each write that made one grow, and by how much it did. */
function growthSteps(
  operations: readonly DiskOperation[],
): { readonly before: number; readonly size: number }[] {
  const sizes = new Map<bigint, number>();
  const steps: { before: number; size: number }[] = [];
  let used = 0;
  const paths = new Map<bigint, string>();
  for (const operation of operations) {
    const { inode } = operation;
    if (operation.op === 'open') {
      paths.set(inode, operation.path);
      if (operation.created) sizes.set(inode, 0);
    } else if (operation.op === 'write' && paths.get(inode)?.endsWith('/journal') !== true) {
      const size = sizes.get(inode) ?? 0;
      const growth = operation.offset + operation.data.length - size;
      if (growth <= 0) continue;
      steps.push({ before: used, size: growth });
      used += growth;
      sizes.set(inode, size + growth);
    } else if (operation.op === 'allocate' && operation.mode === 0) {
      const size = sizes.get(inode) ?? 0;
      const growth = operation.offset + operation.length - size;
      if (growth <= 0) continue;
      steps.push({ before: used, size: growth });
      used += growth;
      sizes.set(inode, size + growth);
    } else if (operation.op === 'truncate') {
      used += operation.size - (sizes.get(inode) ?? 0);
      sizes.set(inode, operation.size);
    }
  }
  return steps;
}
