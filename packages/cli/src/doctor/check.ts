/** How something stands. `warn`: it works, and there is something to know. `bad`: durability or the log is at risk. */
export type CheckState = 'ok' | 'warn' | 'bad';

/** One thing that the doctor has looked at. */
export interface Check {
  readonly name: string;
  readonly state: CheckState;
  /** What was found, for people. */
  readonly found: string;
  /** What to do about it; there unless the state is `ok`. */
  readonly advice?: string;
  /** What was found, for programs. */
  readonly data: Readonly<Record<string, string | number | boolean | bigint | null | readonly string[]>>;
}

/** A state with the advice that goes with it. */
export type Verdict = Pick<Check, 'state' | 'advice'>;

/** The first of some conditions that holds, else `ok`. */
export function judge(...cases: readonly (readonly [boolean, Exclude<CheckState, 'ok'>, string])[]): Verdict {
  const found = cases.find(([holds]) => holds);
  return found === undefined ? { state: 'ok' } : { state: found[1], advice: found[2] };
}
