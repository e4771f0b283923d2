import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { anyPowerLoss, type DiskOperation, Random } from '@shale/fault-kit';
import type { Attack, AttackContext } from '../parts/attack.js';
import { checkImage } from '../parts/disk-trouble/check-image.js';
import { type RunOptions, recordRun } from './record-run.js';

const IMAGES_PER_RUN = 25;

/** Cuts the power of recorded runs at some moment, and compares what is on the disk then with what was acknowledged. */
export const power: Attack = {
  name: 'power',
  summary:
    'power failures: what a recorded run leaves on the disk, with all, some or none of what was not synced',
  unit: 'images',
  longCount: 500,
  run: (context) => runPower(context),
};

/** The attack, with runs made in a certain way. */
export async function runPower(
  { seed, count, directory, progress }: AttackContext,
  options: RunOptions = {},
): Promise<Record<string, number>> {
  const figures = { runs: 0, operations: 0, entriesCompared: 0, entriesKept: 0 };
  for (let image = 0; image < count; ) {
    const random = new Random(seed + figures.runs);
    const place = join(directory, `run-${figures.runs}`);
    await mkdir(place);
    const disk = await recordRun(place, random, options);
    const operations = disk.recording();
    const end = Math.min(count, image + IMAGES_PER_RUN);
    for (; image < end; image++) {
      const cut = anyCut(operations, random);
      const loss = anyPowerLoss(random);
      const target = join(place, `image-${image}`);
      try {
        const report = await checkImage({ disk, operations, cut, loss, target }, random);
        figures.entriesCompared += report.entries;
        figures.entriesKept += report.kept;
      } catch (error) {
        const how = `${loss.fileSystem} file system, names: ${loss.names}, contents: ${loss.contents}`;
        const what = error instanceof Error ? error.message : String(error);
        throw new Error(
          `the power failed after ${cut} operations of run ${figures.runs} (${how}): ${what}\nthe image is ${target}`,
          { cause: error },
        );
      }
      await rm(target, { recursive: true });
      progress(image + 1, `${figures.runs + 1} runs, ${figures.entriesCompared} entries compared`);
    }
    figures.runs++;
    figures.operations += operations.length;
    await rm(place, { recursive: true });
  }
  return figures;
}

/**
 * Any moment, or one right after a sync or an acknowledgement, where most is at stake, or one in which the writes go
 * over to another log, where what is lost of the old one may be followed by what is left of the new one.
 */
function anyCut(operations: readonly DiskOperation[], random: Random): number {
  const cut = random.integer(1, operations.length);
  const moment = random.pick(['any', 'sync', 'log'] as const);
  if (moment === 'any') return cut;
  for (let at = cut; at < operations.length; at++) {
    const operation = operations[at];
    if (moment === 'sync' && operation?.op === 'syncEnd') {
      return Math.min(operations.length, at + random.integer(1, 3));
    }
    if (
      moment === 'log' &&
      operation?.op === 'open' &&
      operation.created &&
      operation.path.endsWith('.log')
    ) {
      return Math.min(operations.length, at + random.integer(1, 30));
    }
  }
  return cut;
}
