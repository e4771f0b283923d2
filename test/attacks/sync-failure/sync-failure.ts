import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type DiskOperation, type JournalRecord, Random, type Rule } from '@shale/fault-kit';
import type { Attack, AttackContext } from '../parts/attack.js';
import { checkBothEnds } from '../parts/disk-trouble/check-both-ends.js';
import { smallWorkload, type TroubledRun, troubledRun } from '../parts/disk-trouble/troubled-run.js';
import { pause } from '../parts/pause.js';

/** Lets the k-th sync of a run fail, for every k from 1 to `count`. */
export const syncFailure: Attack = {
  name: 'sync-failure',
  summary:
    'the k-th sync of a run fails, for every k: nothing is acknowledged after it, and nothing is lost by it',
  unit: 'syncs',
  longCount: 300,
  run: (context) => runSyncFailure(context),
};

/** The attack with every k, or with these. */
export async function runSyncFailure(
  { seed, count, directory, progress }: AttackContext,
  chosen: readonly number[] = Array.from({ length: count }, (_, index) => index + 1),
): Promise<Record<string, number>> {
  const figures = { failedSyncs: 0, ofLogs: 0, poisoned: 0, notReached: 0, entriesCompared: 0 };
  for (const [index, k] of chosen.entries()) {
    const random = new Random(seed + k);
    const folder = join(directory, `sync-${k}`);
    // Once: the system has forgotten, and the next sync succeeds. For good: the disk is gone.
    const once = random.chance(0.5);
    const rule: Rule = {
      calls: ['sync'],
      from: k,
      ...(once ? { count: 1 } : {}),
      fault: { kind: 'fail', error: 'EIO' },
    };
    const workload = { ...smallWorkload(random), operations: 100_000, milliseconds: 20_000 };
    try {
      const run = await troubledRun(
        folder,
        {
          rules: [rule],
          // Work goes on until the failure has come, and a little longer.
          meanwhile: async (disk, process) => {
            await process.opened.catch(() => {});
            while (process.isAlive && disk.control.counts(0).hits === 0) await pause(5);
            await pause(random.integer(20, 150));
            process.stop();
          },
        },
        workload,
      );
      const file = failedFile(run.operations);
      if (file === null) figures.notReached++;
      else figures.failedSyncs++;
      if (file?.endsWith('.log')) {
        figures.ofLogs++;
        figures.poisoned += poisonedAfter(run);
      }
      figures.entriesCompared += await checkBothEnds(run, join(folder, 'image'), random);
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      throw new Error(`sync ${k} of a run failed${once ? ' once' : ' and all after it'}: ${what}`, {
        cause: error,
      });
    }
    await rm(folder, { recursive: true });
    progress(index + 1, `${figures.ofLogs} of logs, ${figures.entriesCompared} entries compared`);
  }
  return figures;
}

/** The file that the first failed sync was about. */
function failedFile(operations: readonly DiskOperation[]): string | null {
  const paths = new Map<bigint, string>();
  for (const operation of operations) {
    if (operation.op === 'open') paths.set(operation.inode, operation.path);
    if (operation.op === 'syncEnd' && operation.error !== 0) return paths.get(operation.inode) ?? '';
  }
  return null;
}

/**
 * Checks that everything submitted after the first answer that told of the failure is refused as poisoned; 1 if there
 * was such an answer.
 */
function poisonedAfter({ records }: TroubledRun): 0 | 1 {
  const submits = new Map<number, Extract<JournalRecord, { op: 'submit' }>>();
  let since: number | null = null;
  for (const record of records) {
    if (record.op === 'submit') submits.set(record.id, record);
    if (record.op !== 'ack' && record.op !== 'nack') continue;
    const submit = submits.get(record.id);
    // A trim of what is not there writes nothing, and so acknowledges nothing.
    if (submit?.kind !== 'append' && submit?.kind !== 'sync') continue;
    if (since !== null && record.id > since && (record.op === 'ack' || record.code !== 'SHALE_POISONED')) {
      const answer = record.op === 'ack' ? 'acknowledged' : `refused with ${record.code}`;
      throw new Error(`${submit.kind} ${record.id} was ${answer} after a failed sync was known`);
    }
    if (record.op === 'nack') since ??= Math.max(...submits.keys());
  }
  return since === null ? 0 : 1;
}
