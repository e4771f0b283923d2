import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ForeignWriter } from '../../native/foreign-writer.js';
import { randomFrom } from '../../support/random.js';
import type { Attack, AttackContext } from '../parts/attack.js';
import { ForeignRound } from './round.js';

/** Openings take no disk where files can be in memory. */
const MEMORY = '/dev/shm';

/**
 * Lets a program that knows RocksDB alone write to the database in between, with options that change what a log is
 * like.
 */
export const foreign: Attack = {
  name: 'foreign',
  summary:
    "another program in between, with RocksDB's options at random, closed, killed, and its log damaged",
  unit: 'rounds',
  longCount: 2000,
  run: runForeign,
};

async function runForeign({
  seed,
  count,
  directory,
  progress,
}: AttackContext): Promise<Record<string, number>> {
  const place = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : directory, 'shale-foreign-'));
  const writer = ForeignWriter.build(place);
  const figures = { turns: 0, opened: 0, refused: 0, damaged: 0, renumbered: 0, entriesCompared: 0 };
  for (let index = 0; index < count; index++) {
    const folder = join(place, `round-${index}`);
    const round = new ForeignRound(folder, writer, randomFrom(seed * 7919 + index), figures);
    try {
      await round.run();
    } catch (error) {
      cpSync(folder, join(directory, `round-${index}`), { recursive: true });
      rmSync(place, { recursive: true });
      throw new Error(`round ${index} (of seed ${seed}): ${round.story.join('; ')}`, { cause: error });
    }
    rmSync(folder, { recursive: true, force: true });
    progress(index + 1, round.story.at(-1) ?? '');
  }
  rmSync(place, { recursive: true });
  return figures;
}
