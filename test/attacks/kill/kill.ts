import type { Attack, AttackContext } from '../parts/attack.js';
import { type Figures, Lane } from './lane.js';

/** Directories that are worked on at the same time: most of a cycle is waiting for a disk. */
const LANES = 2;

/**
 * Kills a process at some moment of its life, and compares what it leaves with what it acknowledged; again and again.
 */
export const kill: Attack = {
  name: 'kill',
  summary:
    'SIGKILL at random moments while opening, appending, trimming and closing, and dead worker threads',
  unit: 'cycles',
  longCount: 2000,
  run: runKill,
};

async function runKill(context: AttackContext): Promise<Record<string, number>> {
  const figures: Figures = {
    kills: 0,
    threadsEnded: 0,
    entriesCompared: 0,
    entriesKept: 0,
    unansweredFoundIn: 0,
  };
  const lanes = Array.from(
    { length: Math.min(LANES, context.count) },
    (_, lane) => new Lane(context, lane, figures),
  );
  let next = 0;
  const work = async (lane: Lane): Promise<void> => {
    while (next < context.count) {
      next++;
      await lane.cycle();
      context.progress(next, `${figures.kills} kills, ${figures.entriesCompared} entries compared`);
    }
  };
  try {
    await Promise.all(lanes.map(work));
  } finally {
    // The others stop, too.
    next = context.count;
    await Promise.all(lanes.map((lane) => lane.end()));
  }
  return figures;
}
