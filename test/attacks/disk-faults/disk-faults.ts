import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type CallKind,
  type DiskError,
  type Fault,
  type FileKind,
  Random,
  type Rule,
} from '@shale/fault-kit';
import type { Attack, AttackContext } from '../parts/attack.js';
import { checkBothEnds } from '../parts/disk-trouble/check-both-ends.js';
import { smallWorkload, troubledRun } from '../parts/disk-trouble/troubled-run.js';

const CALLS: readonly CallKind[] = [
  'create',
  'read',
  'write',
  'sync',
  'truncate',
  'allocate',
  'rename',
  'unlink',
  'rangeSync',
];
const FILES: readonly FileKind[] = ['log', 'table', 'manifest', 'current', 'directory', 'other'];

/** Lets some call of a run fail, come short, be interrupted or take long, and compares what there is afterwards. */
export const diskFaults: Attack = {
  name: 'disk-faults',
  summary:
    'calls of any kind that fail, are short, interrupted or slow: nothing is lost, and nothing crashes or hangs',
  unit: 'runs',
  longCount: 300,
  run: runDiskFaults,
};

async function runDiskFaults({
  seed,
  count,
  directory,
  progress,
}: AttackContext): Promise<Record<string, number>> {
  const figures = { faults: 0, runsWithout: 0, refusedOpens: 0, entriesCompared: 0 };
  for (let index = 0; index < count; index++) {
    const random = new Random(seed + index);
    const folder = join(directory, `run-${index}`);
    const rule = anyRule(random);
    try {
      let hits = 0;
      const run = await troubledRun(
        folder,
        {
          rules: [rule],
          meanwhile: async (disk, process) => {
            await process.ended;
            hits = disk.control.counts(0).hits;
          },
        },
        smallWorkload(random),
      );
      figures.faults += hits;
      if (hits === 0) figures.runsWithout++;
      if (run.end.code !== 0) figures.refusedOpens++;
      figures.entriesCompared += await checkBothEnds(run, join(folder, 'image'), random);
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      throw new Error(`run ${index} with ${JSON.stringify(rule)}: ${what}`, { cause: error });
    }
    await rm(folder, { recursive: true });
    progress(index + 1, `${figures.faults} faults, ${figures.entriesCompared} entries compared`);
  }
  return figures;
}

function anyRule(random: Random): Rule {
  const call = random.pick(CALLS);
  // Small numbers more often than large ones: there are few calls of most kinds.
  const from = random.integer(1, random.pick([3, 10, 40, 200]));
  const files = random.chance(0.7) ? { files: [random.pick(FILES)] } : {};
  return {
    calls: [call],
    ...files,
    from,
    count: random.pick([1, 1, 3, 1000]),
    fault: anyFault(call, random),
  };
}

function anyFault(call: CallKind, random: Random): Fault {
  if (call === 'write' && random.chance(0.4)) return { kind: 'shorten' };
  if (random.chance(0.15)) return { kind: 'delay', microseconds: random.integer(100, 20_000) };
  // What is interrupted again and again is never done.
  const errors: readonly DiskError[] =
    call === 'write' || call === 'sync' ? ['EIO', 'EINTR'] : ['EIO', 'EIO', 'EACCES'];
  return { kind: 'fail', error: random.pick(errors) };
}
