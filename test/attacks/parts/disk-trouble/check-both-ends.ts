import type { Random } from '@shale/fault-kit';
import { checkImage, checkUsable } from './check-image.js';
import type { TroubledRun } from './troubled-run.js';

/**
 * Checks the two things that a run with disk trouble can leave: what is on the disk when the system has given up all
 * that it could not write, in an image at `target`, and then what this system still has in memory. Returns how many
 * entries were compared.
 */
export async function checkBothEnds(run: TroubledRun, target: string, random: Random): Promise<number> {
  const { disk, operations, records } = run;
  const loss = {
    fileSystem: random.pick(['journaled', 'strict'] as const),
    names: 'all',
    contents: 'none',
  } as const;
  const image = { disk, operations, cut: operations.length, loss, target };
  const onDisk = await checkImage(image, random);
  const inMemory = await checkUsable(disk.database, records, 'process', random);
  return onDisk.entries + inMemory.entries;
}
