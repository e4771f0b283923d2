import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { anyPowerLoss, type PowerLoss } from '../../disk/power-loss.js';
import type { DiskOperation } from '../../disk/recording.js';
import { Random } from '../../random.js';
import { checkImage } from './check-image.js';
import { recordRun, type RunOptions } from './record-run.js';

/** What the attack does. */
export interface PowerLossAttack extends RunOptions {
  /** Power failures, each an image that is opened and checked. */
  readonly count: number;
  /** Every decision but the timing of the recorded processes follows from it. */
  readonly seed: number;
  /** A directory for recordings and images; made if it is not there. What failed is left there. */
  readonly folder: string;
  /** Images of each recorded run. Default 25. */
  readonly imagesPerRun?: number;
  /** Decides how the power fails, instead of chance. */
  readonly loss?: PowerLoss;
  /** Hears of progress. */
  readonly onImage?: (done: number, failures: number) => void;
}

/** One image that was not what it must be. */
export interface PowerLossFailure {
  readonly run: number;
  readonly cut: number;
  readonly loss: PowerLoss;
  readonly error: Error;
  /** Where the recording and the image are. */
  readonly folder: string;
}

/** What came of the attack. */
export interface PowerLossReport {
  readonly images: number;
  readonly runs: number;
  /** Entries compared over all images. */
  readonly entries: number;
  readonly failures: readonly PowerLossFailure[];
}

/**
 * Records runs of a workload and cuts the power of each at some moments: every image must open, hold what was
 * acknowledged as durable, and per table a prefix of what was submitted.
 */
export async function attackByPowerLoss(attack: PowerLossAttack): Promise<PowerLossReport> {
  const { count, seed, folder, imagesPerRun = 25 } = attack;
  const failures: PowerLossFailure[] = [];
  let images = 0;
  let entries = 0;
  let run = 0;
  while (images < count) {
    const random = new Random(seed + run);
    const place = join(folder, `run-${seed}-${run}`);
    mkdirSync(place, { recursive: true });
    const disk = await recordRun(place, random, attack);
    const operations = disk.recording();
    let failed = false;
    for (let image = 0; image < imagesPerRun && images < count; image++) {
      const cut = anyCut(operations, random);
      const loss = attack.loss ?? anyPowerLoss(random);
      const target = join(place, `image-${image}`);
      try {
        entries += (await checkImage({ disk, operations, cut, loss, target }, random)).entries;
        rmSync(target, { recursive: true });
      } catch (error) {
        failed = true;
        const failure = error instanceof Error ? error : new Error(String(error));
        failures.push({ run, cut, loss, error: failure, folder: target });
      }
      images++;
      attack.onImage?.(images, failures.length);
    }
    if (!failed) rmSync(place, { recursive: true });
    run++;
  }
  return { images, runs: run, entries, failures };
}

/** Any moment, half of the time one right after a sync or an acknowledgement: there most is at stake. */
function anyCut(operations: readonly DiskOperation[], random: Random): number {
  const cut = random.integer(1, operations.length);
  if (random.chance(0.5)) return cut;
  for (let at = cut; at < operations.length; at++) {
    if (operations[at]?.op === 'syncEnd') return Math.min(operations.length, at + random.integer(1, 3));
  }
  return cut;
}

/** Tells a failure, and where to look. */
export function describePowerLoss({ run, cut, loss, error, folder }: PowerLossFailure): string {
  const how = `${loss.fileSystem} file system, names ${loss.names}, contents ${loss.contents}`;
  return `run ${run}, power cut after ${cut} operations (${how}): ${error.message}\n  image: ${folder}`;
}
