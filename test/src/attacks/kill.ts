import { Random, type WorkloadProcess } from '@shale/fault-kit';
import type { Attack, AttackContext } from '../attack/attack.js';
import { CrashSite } from './crash-site.js';
import { pause } from './pause.js';

/** When the process is killed. */
type Moment = 'opening' | 'appending' | 'trimming' | 'threads' | 'closing' | 'never';

const MOMENTS: Readonly<Record<Moment, number>> = {
  opening: 25,
  appending: 25,
  trimming: 20,
  threads: 15,
  closing: 20,
  never: 3,
};

const SHARDS = [1, 2, 4];
/** Restarts pile up on one directory for so many cycles; then the next begins with a database that is not there yet. */
const CYCLES_PER_DIRECTORY = 120;
/** Checks that also verify the whole database. */
const THOROUGH_EVERY = 8;

/** Milliseconds that the last opening and closing took, so that kills fall into them. */
interface Pace {
  opening: number;
  closing: number;
}

/** Kills a process at some moment of its life, and compares what it leaves with what it acknowledged; again and again. */
export const kill: Attack = {
  name: 'kill',
  summary:
    'SIGKILL at random moments while opening, appending, trimming and closing, and dead worker threads',
  unit: 'cycles',
  longCount: 2000,
  run: runKill,
};

async function runKill({ seed, count, directory, progress }: AttackContext): Promise<Record<string, number>> {
  const random = new Random(seed);
  const site = new CrashSite(directory);
  try {
    return await cycles(site, random, count, progress);
  } finally {
    await site.killAll();
  }
}

async function cycles(
  site: CrashSite,
  random: Random,
  count: number,
  progress: AttackContext['progress'],
): Promise<Record<string, number>> {
  const pace: Pace = { opening: 300, closing: 50 };
  const figures = { kills: 0, threadsEnded: 0, entriesCompared: 0, entriesKept: 0, unansweredFoundIn: 0 };
  for (let cycle = 0; cycle < count; cycle++) {
    if (cycle > 0 && cycle % CYCLES_PER_DIRECTORY === 0) await site.startOver();
    const processes = random.weighted({ '1': 6, '2': 3, '3': 1 });
    for (let i = 0; i < Number(processes); i++) {
      const moment = random.weighted(MOMENTS);
      const workload = site.start({
        seed: random.integer(1, 2 ** 31 - 1),
        inFlight: random.pick([1, 16, 64, 400]),
        mix: moment === 'trimming' ? { trim: 60, batch: 60 } : {},
        wal: {
          shards: random.pick(SHARDS),
          shardBy: 'region',
          // Flushes and compactions shall happen, too.
          rocksdb: {
            writeBufferSize: random.pick([64, 256, 4096]) * 1024,
            memtable: random.pick(['log', 'skiplist']),
          },
        },
      });
      figures.threadsEnded += await live(workload, moment, random, pace);
      const { signal, code, failure, stderr } = await workload.ended;
      if (signal === 'SIGKILL') figures.kills++;
      else if (code !== 0) throw new Error(`the workload ended with ${signal ?? code}: ${failure ?? stderr}`);
    }
    const report = await site.check({ shards: random.pick(SHARDS), thorough: cycle % THOROUGH_EVERY === 0 });
    figures.entriesCompared += report.entries;
    figures.entriesKept += report.kept;
    figures.unansweredFoundIn += report.unanswered;
    progress(cycle + 1, `${figures.kills} kills, ${figures.entriesCompared} entries compared`);
  }
  return figures;
}

/** Lets a process live until its moment has come. Resolves with how many of its threads were ended. */
async function live(workload: WorkloadProcess, moment: Moment, random: Random, pace: Pace): Promise<number> {
  await workload.opening;
  const start = performance.now();
  if (moment === 'opening') {
    await pause(random.integer(0, Math.ceil(pace.opening * 1.2)));
    await workload.kill();
    return 0;
  }
  await workload.opened;
  pace.opening = performance.now() - start;
  const threads = moment === 'threads' ? random.integer(1, 3) : 0;
  for (let i = 0; i < threads; i++) {
    await pause(random.integer(0, 60));
    workload.command({ do: 'endThread', pick: random.integer(0, 3) });
  }
  await pause(random.integer(0, 150));
  if (moment === 'closing' || moment === 'never') {
    workload.stop();
    await workload.stopping;
    const closing = performance.now();
    if (moment === 'never') {
      await workload.ended;
      pace.closing = performance.now() - closing;
      return threads;
    }
    await pause(random.integer(0, Math.ceil(pace.closing * 1.2)));
  }
  await workload.kill();
  return threads;
}
