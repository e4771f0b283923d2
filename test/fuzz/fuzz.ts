import type { Random } from '../support/random.js';
import { Coverage } from './coverage.js';
import { mutate } from './mutate.js';
import type { Target } from './target.js';

/** How long to go on: until one of them is reached. */
export interface FuzzLimits {
  readonly inputs: number;
  readonly milliseconds: number;
}

/** What fuzzing came to. */
export interface FuzzReport {
  readonly inputs: number;
  /** Places of the code that were reached. */
  readonly places: number;
  /** Inputs that reached places that nothing before them had. */
  readonly interesting: readonly Uint8Array[];
}

/** An input that broke a promise. */
export class FuzzFailure extends Error {
  readonly input: Uint8Array;

  constructor(message: string, input: Uint8Array, cause?: unknown) {
    super(message, { cause });
    this.input = input;
  }
}

/** Inputs between two looks at the coverage: taking it costs more than most inputs do. */
const BATCH = 32;
/** More than any input may make a decoder allocate. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Feeds inputs to a target: those it is given, then changed ones. Inputs that reach new places are kept, to be changed
 * in their turn. Throws {@link FuzzFailure}.
 *
 * @param before called with each input before it is fed in, so that somebody else can tell which one never came back
 */
export async function fuzz(
  target: Target,
  given: readonly Uint8Array[],
  random: Random,
  limits: FuzzLimits,
  before: (input: Uint8Array) => void,
): Promise<FuzzReport> {
  const coverage = new Coverage();
  const pool: Uint8Array[] = [];
  const interesting: Uint8Array[] = [];
  const until = performance.now() + limits.milliseconds;
  let inputs = 0;

  const feed = async (input: Uint8Array): Promise<void> => {
    before(input);
    inputs++;
    try {
      // A copy: what a target does to its input must not change what is kept and reported.
      await target.run(input.slice());
    } catch (error) {
      throw new FuzzFailure(error instanceof Error ? error.message : String(error), input, error);
    }
  };
  const feedAll = async (batch: readonly Uint8Array[]): Promise<void> => {
    const held = allocated();
    for (const input of batch) await feed(input);
    if (allocated() - held > MOST_BYTES) await findGreedy(batch, feed);
    if (coverage.take().length === 0) return;
    // Something is new: which of them was it?
    for (const input of batch) {
      await feed(input);
      const places = coverage.take();
      if (places.length === 0) continue;
      coverage.add(places);
      pool.push(input);
      if (!given.includes(input)) interesting.push(input);
    }
  };

  try {
    const first = [...given, ...target.seeds];
    for (let at = 0; at < first.length; at += BATCH) await feedAll(first.slice(at, at + BATCH));
    if (pool.length === 0) pool.push(new Uint8Array(0));
    while (inputs < limits.inputs && performance.now() < until) {
      const batch = Array.from({ length: BATCH }, () => {
        // Those found last have been changed least.
        const newest = pool.length - 1 - random.below(Math.min(8, pool.length));
        const chosen = pool[random.once(3) ? newest : random.below(pool.length)] ?? new Uint8Array(0);
        const other = pool[random.below(pool.length)] ?? chosen;
        return mutate(random, chosen, other, target.tokens, target.maxBytes);
      });
      await feedAll(batch);
      // Timers and whoever watches get a turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return { inputs, places: coverage.size, interesting };
  } finally {
    coverage.end();
  }
}

/** A batch took more memory than it may: names the input that does. */
async function findGreedy(
  batch: readonly Uint8Array[],
  feed: (input: Uint8Array) => Promise<void>,
): Promise<void> {
  for (const input of batch) {
    const held = allocated();
    await feed(input);
    const bytes = allocated() - held;
    if (bytes > MOST_BYTES / 2) throw new FuzzFailure(`allocates ${bytes} bytes`, input);
  }
}

function allocated(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
