import type { Random } from '../../support/random.js';
import { codeOf, type Ledger, type Settle } from './ledger.js';
import { isExcused, REFUSALS } from './refusals.js';
import { detach, type Passed, spoil } from './values.js';

/** What goes to one table in one call. */
export interface Part {
  readonly ledger: Ledger;
  readonly passed: readonly Passed<unknown>[];
}

/** How an append is passed, and what must come of it. */
export interface Appending {
  readonly what: string;
  readonly parts: readonly Part[];
  readonly isGood: boolean;
  /** Whether it may be refused all the same, since it changes while it is read. */
  readonly mayRefuse?: boolean;
  /** Calls, and resolves with the first sequence of each part. */
  readonly call: () => Promise<readonly bigint[]>;
  readonly afterwards?: () => void;
}

/** Holds what comes of calls against what must come of them, and counts. */
export class Checks {
  refused = 0;
  /** What was done of what is easily never done. */
  readonly done: { trims: number; drops: number; writes: number } = { trims: 0, drops: 0, writes: 0 };
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Appends, takes everything back that was passed, and holds the answer against what must come of it. */
  async append({ what, parts, isGood, mayRefuse = false, call, afterwards }: Appending): Promise<void> {
    const passed = parts.flatMap((part) => part.passed);
    const mustRefuse = !isGood || passed.some(({ bytes }) => bytes === null);
    const answer = call();
    // By now it is in its place among all that is asked of its tables.
    const settles = parts.map((part) =>
      part.ledger.append(part.passed.map(({ bytes }) => bytes ?? new Uint8Array(0))),
    );
    // The buffers are the caller's again.
    for (const { value } of passed) {
      try {
        spoil(value);
        if (this.#random.once(2)) detach(value);
      } catch {
        // It was detached already, or is none.
      }
    }
    afterwards?.();
    let firsts: readonly bigint[];
    try {
      firsts = await answer;
    } catch (error) {
      for (const settle of settles) settle(null);
      this.refused++;
      if (isExcused(error)) return;
      const code = codeOf(error);
      if ((mustRefuse || mayRefuse) && REFUSALS.has(code)) return;
      if (!isGood && code === 'SHALE_SEQUENCE_MISMATCH') return;
      throw new Error(`${what} was refused as ${code} and is good`, { cause: error });
    }
    if (mustRefuse) throw new Error(`${what} was taken, and must be refused`);
    for (const [i, settle] of settles.entries()) settle(firsts[i] ?? 0n);
    if (parts.length > 1) this.done.writes++;
  }

  /** Holds what came of a trim or drop against what must come of it. */
  async removal<R>(
    kind: 'trims' | 'drops',
    answer: Promise<R>,
    {
      settle,
      isGood,
      giveUp,
    }: { readonly settle: Settle<R>; readonly isGood: boolean; readonly giveUp: () => void },
  ): Promise<void> {
    giveUp();
    let result: R;
    try {
      result = await answer;
    } catch (error) {
      settle(null);
      this.refused++;
      if (isExcused(error)) return;
      const code = codeOf(error);
      if (!isGood && REFUSALS.has(code)) return;
      const what = isGood ? 'that are good' : 'that are not';
      throw new Error(`of ${kind} ${what} one was refused as ${code}`, { cause: error });
    }
    if (!isGood) throw new Error(`of ${kind} that must be refused one was taken`);
    settle(result);
    this.done[kind]++;
  }
}
