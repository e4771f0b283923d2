import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog } from '@shale/storage';
import { type Random, randomFrom } from '../../support/random.js';
import type { Attack, AttackContext } from '../parts/attack.js';
import { type DamageCase, logCases, otherCases } from './cases.js';
import { type Image, oneLog, restore, severalLogs } from './image.js';
import { Judge, type Tally } from './judge.js';
import { isReport } from './model.js';

/** Opens take no disk where files can be in memory. */
const MEMORY = '/dev/shm';

/** Damages the files of databases, and looks whether what was acknowledged is there or somebody says that it is not. */
export const damage: Attack = {
  name: 'damage',
  summary:
    'logs cut at every byte, bits flipped, sectors zeroed, doubled and overwritten, files damaged, lost and swapped',
  unit: 'cases',
  longCount: 100_000,
  run: runDamage,
};

async function runDamage(context: AttackContext): Promise<Record<string, number>> {
  const tally: Tally = { cases: 0, whole: 0, refused: 0, refusedReading: 0, salvaged: 0 };
  const directory = await mkdtemp(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'shale-damage-'));
  try {
    // Rounds with other images until there are enough cases; each does at most half of what was asked for with each
    // image.
    for (let round = 0; tally.cases < context.count; round++) {
      const random = randomFrom(context.seed + round);
      const images = [
        await whole(join(directory, 'image'), () => oneLog(join(directory, 'image'), random)),
        await whole(join(directory, 'image'), () => severalLogs(join(directory, 'image'), random)),
      ];
      for (const image of images) await attack(image, random, tally, join(directory, 'db'), context);
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  return { ...tally };
}

async function attack(
  image: Image,
  random: Random,
  tally: Tally,
  directory: string,
  context: AttackContext,
): Promise<void> {
  const judge = new Judge(image, directory, tally);
  const budget = Math.ceil(context.count / 2);
  const cases = [
    ...logCases(image, random, {
      truncations: Math.min(16 * 1024, Math.floor(budget / 6)),
      flips: Math.min(4096, Math.floor(budget / 24)),
      sampled: Math.min(400, Math.floor(budget / 100)),
    }),
    ...otherCases(image, random, Math.min(2000, Math.floor(budget / 20))),
  ];
  for (const one of cases) {
    // Left behind should the process die.
    if (tally.cases % 64 === 0) context.progress(tally.cases, one.name);
    await trace(context, one);
    await judge.judge(one);
  }
}

async function trace(context: AttackContext, one: DamageCase): Promise<void> {
  await writeFile(join(context.directory, 'case.txt'), `${one.name}\n`);
}

/** An image that can be opened and is whole as long as nobody damages it. */
async function whole(directory: string, make: () => Promise<Image>): Promise<Image> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const image = await make();
    restore(image, directory);
    try {
      const log = await openLog(directory);
      image.model.requireWhole(log);
      await log.close();
      return image;
    } catch (error) {
      // It was copied while files were being deleted.
      if (!isReport(error) || image.name === 'one log') throw error;
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
  throw new Error('no image is whole');
}
