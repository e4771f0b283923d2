import { join } from 'node:path';
import { type Mix, Random } from '@shale/fault-kit';
import type { AttackContext } from '../parts/attack.js';
import { CrashSite } from '../parts/crash-site.js';
import { live, MOMENTS, type Pace } from './moment.js';

const SHARDS = [1, 2, 4];
/** Restarts pile up on one directory for so many cycles; then the next begins with a database that is not there yet. */
const CYCLES_PER_DIRECTORY = 120;
/** What processes do that make names and drop them again. */
const NAMES_MIX: Partial<Mix> = { append: 40, batch: 10, write: 10, drop: 25 };
/** Checks that also verify the whole database. */
const THOROUGH_EVERY = 8;

/** What the attack counts. */
export type Figures = Record<
  'kills' | 'threadsEnded' | 'entriesCompared' | 'entriesKept' | 'unansweredFoundIn',
  number
>;

/** One directory, whose processes are killed one after the other. */
export class Lane {
  readonly #site: CrashSite;
  readonly #random: Random;
  readonly #figures: Figures;
  readonly #pace: Pace = { opening: 300, closing: 50 };
  #cycles = 0;

  constructor({ seed, directory }: AttackContext, lane: number, figures: Figures) {
    this.#site = new CrashSite(join(directory, `lane-${lane}`));
    this.#random = new Random(seed + 7919 * lane);
    this.#figures = figures;
  }

  /** Lets one to three processes live and die, and checks what they leave. */
  async cycle(): Promise<void> {
    const random = this.#random;
    const figures = this.#figures;
    if (this.#cycles % CYCLES_PER_DIRECTORY === 0) await this.#site.startOver();
    const processes = random.weighted({ '1': 6, '2': 3, '3': 1 });
    for (let i = 0; i < Number(processes); i++) {
      const moment = random.weighted(MOMENTS);
      const isAboutNames = random.chance(0.3);
      const workload = this.#site.start({
        seed: random.integer(1, 2 ** 31 - 1),
        inFlight: random.pick([1, 16, 64, 400]),
        mix: {
          drop: 0.5,
          maintain: 1,
          ...(moment === 'trimming' ? { trim: 60, batch: 60 } : {}),
          ...(isAboutNames ? NAMES_MIX : {}),
        },
        ...(isAboutNames ? { regions: 1, tables: 1 } : {}),
        named: isAboutNames ? random.integer(4, 12) : random.integer(0, 3),
        firstName: random.integer(0, 40),
        wal: {
          shards: random.pick(SHARDS),
          shardBy: random.pick(['table', 'region']),
          // Flushes and passes shall happen, too.
          rocksdb: {
            writeBufferSize: random.pick([64, 256, 4096]) * 1024,
            level0FileNumCompactionTrigger: random.pick([2, 8, 256]),
            memtable: random.pick(['log', 'skiplist']),
          },
        },
      });
      figures.threadsEnded += await live(workload, moment, random, this.#pace);
      const { signal, code, failure, stderr } = await workload.ended;
      if (signal === 'SIGKILL') figures.kills++;
      else if (code !== 0) throw new Error(`the workload ended with ${signal ?? code}: ${failure ?? stderr}`);
    }
    const thorough = this.#cycles % THOROUGH_EVERY === 0;
    const report = await this.#site.check({ shards: random.pick(SHARDS), thorough });
    figures.entriesCompared += report.entries;
    figures.entriesKept += report.kept;
    figures.unansweredFoundIn += report.unanswered;
    this.#cycles++;
  }

  /** Leaves no process behind. */
  async end(): Promise<void> {
    await this.#site.killAll();
  }
}
