/** How an attack is to be run. */
export interface AttackContext {
  /** What all decisions follow from. */
  readonly seed: number;
  /** How much of it, in the attack's own unit. */
  readonly count: number;
  /** A directory of its own, which stays when the attack fails. */
  readonly directory: string;
  /** Says how far it is: `done` of `count`, and a word about it. */
  progress(done: number, note: string): void;
}

/** Something done to Shale to see whether it keeps its promise. */
export interface Attack {
  readonly name: string;
  /** What it does, in one line. */
  readonly summary: string;
  /** What is counted, in the plural. */
  readonly unit: string;
  /** The option of the command that sets it. Default `count`. */
  readonly option?: string;
  /** The count of the long form, unless another one is given. */
  readonly longCount: number;
  /** Does it. Resolves with figures for the report; rejects with what is wrong. */
  run(context: AttackContext): Promise<Readonly<Record<string, number>>>;
}
