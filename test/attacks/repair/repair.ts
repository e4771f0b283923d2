import { existsSync, writeFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { randomFrom } from '../../support/random.js';
import type { Attack, AttackContext } from '../parts/attack.js';
import { repairCases } from './cases.js';
import { History, type RepairImage } from './history.js';
import { RepairJudge, type RepairTally } from './judge.js';
import { Repairer } from './repairer.js';

/** Opens take no disk where files can be in memory. */
const MEMORY = '/dev/shm';
/** Of each image, at most so many cases with more than one file damaged. */
const SEVERAL = 40;
/** Cases at a time: a repair waits for RocksDB's threads. */
const LANES = availableParallelism() + 1;

/** Damages the files of databases, repairs them, and compares what is saved with what had been acknowledged. */
export const repair: Attack = {
  name: 'repair',
  summary: 'repairs of databases whose files are lost, cut, zeroed, and without their footers and indexes',
  unit: 'cases',
  longCount: 5000,
  run: runRepair,
};

async function runRepair(context: AttackContext): Promise<Record<string, number>> {
  const tally: RepairTally = { cases: 0, whole: 0, losses: 0, nothing: 0, entries: 0 };
  const directory = await mkdtemp(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'shale-repair-'));
  try {
    for (let round = 0; tally.cases < context.count; round++) {
      const seed = context.seed + round;
      try {
        await attack(context, seed, directory, tally);
      } catch (error) {
        const what = error instanceof Error ? error.message : String(error);
        throw new Error(`image of the seed ${seed}: ${what}`, { cause: error });
      }
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  return { ...tally };
}

/** One image, and cases of it. */
async function attack(
  context: AttackContext,
  seed: number,
  directory: string,
  tally: RepairTally,
): Promise<void> {
  const random = randomFrom(seed);
  const origin = join(directory, 'origin');
  const image = await new History(origin, random).run();
  await rm(origin, { recursive: true, force: true });
  const judge = new RepairJudge(image, join(directory, 'cases'), tally);
  const cases = repairCases(image, random, SEVERAL);
  const running = new Set<string>();
  const lane = async (): Promise<void> => {
    const repairer = new Repairer();
    try {
      await judgeAll(repairer);
    } finally {
      repairer.close();
    }
  };
  const judgeAll = async (repairer: Repairer): Promise<void> => {
    // One list for all lanes: it ends for the others, too, when one of them fails.
    for (const one of cases) {
      if (tally.cases >= context.count) return;
      if (tally.cases % 16 === 0) context.progress(tally.cases, one.name);
      running.add(one.name);
      // Left behind should the process die.
      const text = [...running].map((name) => `image of the seed ${seed}: ${name}\n`).join('');
      writeFileSync(join(context.directory, 'case.txt'), text);
      await judge.judge(one, repairer);
      running.delete(one.name);
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: LANES }, lane));
  for (const end of ends) {
    if (end.status !== 'rejected') continue;
    await keep(image, join(directory, 'cases'), context.directory);
    throw end.reason;
  }
}

/** What a finding is to be understood by: compactions come when they like, so a seed alone does not bring it back. */
async function keep(image: RepairImage, cases: string, directory: string): Promise<void> {
  await cp(cases, join(directory, 'cases'), { recursive: true });
  for (const [name, bytes] of image.files) {
    const path = join(directory, 'image', name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  }
  const tables = image.tables.map(({ payloads: _, ...table }) => table);
  await writeFile(join(directory, 'tables.txt'), `${inspect(tables)}\n`);
}
