import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomFrom } from '../../support/random.js';
import type { Attack, AttackContext } from '../parts/attack.js';
import { type Figures, Sequence } from './sequence.js';

/** Sequences that run at the same time. */
const LANES = 2;

/**
 * Stops, kills, shortens, changes and restarts ingests in random order, and compares the log with what the input says.
 */
export const ingestResume: Attack = {
  name: 'ingest-resume',
  summary:
    'ingests killed, stopped, fed too little, too much and something else, resumed and restarted, in random order',
  unit: 'sequences',
  longCount: 2000,
  run: runIngestResume,
};

async function runIngestResume(context: AttackContext): Promise<Record<string, number>> {
  const figures: Figures = {
    runs: 0,
    kills: 0,
    signals: 0,
    refused: 0,
    shortInputs: 0,
    restarts: 0,
    disturbed: 0,
    rejects: 0,
    entriesCompared: 0,
  };
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < context.count) {
      const number = next;
      next += 1;
      await attack(context, number, figures);
      context.progress(number, `${figures.runs} runs, ${figures.entriesCompared} entries compared`);
    }
  };
  try {
    await Promise.all(Array.from({ length: LANES }, work));
  } finally {
    // The other lane stops, too.
    next = context.count;
  }
  return figures;
}

/** One sequence. Its decisions follow from the seed and its number alone, so that it can be repeated by itself. */
async function attack({ seed, directory }: AttackContext, number: number, figures: Figures): Promise<void> {
  const place = join(directory, `sequence-${number}`);
  const sequence = new Sequence(place, randomFrom(seed + number), figures);
  try {
    await sequence.run();
  } catch (error) {
    writeFileSync(join(place, 'story.txt'), `${sequence.story}\n`);
    const what = error instanceof Error ? error.message : String(error);
    throw new Error(
      `${what}\nin a sequence of its own: --count 1 --seed ${seed + number}\n${sequence.story}`,
      {
        cause: error,
      },
    );
  }
  rmSync(place, { recursive: true });
}
