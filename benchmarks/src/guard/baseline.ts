/** What was counted once, and with what: other versions execute other instructions. */
export interface Baseline {
  /** `x64, node 20.20.2, rocksdb 7.8.3`. */
  readonly environment: string;
  /** Instructions per entry by workload. */
  readonly instructions: Readonly<Record<string, number>>;
}

/** A workload held against its baseline. */
export interface GuardOutcome {
  readonly name: string;
  readonly counted: number;
  /** Undefined when the workload is new. */
  readonly before: number | undefined;
  readonly verdict: 'same' | 'more' | 'fewer' | 'new';
}

/** Counts moved by up to 4 % when nothing had changed: the compiler of Node.js works by the clock in places. */
export const TOLERANCE = 0.08;

/** Holds counts against a baseline. */
export function holdAgainst(
  counted: Readonly<Record<string, number>>,
  baseline: Baseline,
): readonly GuardOutcome[] {
  return Object.entries(counted).map(([name, count]) => {
    const before = baseline.instructions[name];
    if (before === undefined) return { name, counted: count, before, verdict: 'new' };
    const change = count / before - 1;
    const verdict = Math.abs(change) <= TOLERANCE ? 'same' : change > 0 ? 'more' : 'fewer';
    return { name, counted: count, before, verdict };
  });
}

/** Reads a baseline out of JSON; throws when it is not one. */
export function parseBaseline(json: unknown): Baseline {
  if (typeof json !== 'object' || json === null || !('environment' in json) || !('instructions' in json)) {
    throw new TypeError('a baseline has an environment and instructions');
  }
  const { environment, instructions } = json;
  if (typeof environment !== 'string' || typeof instructions !== 'object' || instructions === null) {
    throw new TypeError('a baseline has an environment and instructions');
  }
  const counts = Object.entries(instructions).map(([name, count]): [string, number] => {
    if (typeof count !== 'number') throw new TypeError(`the baseline of ${name} is not a number`);
    return [name, count];
  });
  return { environment, instructions: Object.fromEntries(counts) };
}
