/** What the process of the attack is told to do: one of the calls that write a directory. */
export interface Order {
  readonly call: 'checkpoint' | 'backup' | 'restore';
  /** Which of the two logs; of a restore, whose backup. */
  readonly log: number;
  readonly to: string;
  readonly keep?: number;
  /** Whether it must be refused. */
  readonly wrong: boolean;
}

/** What came of it: a backup's id, 0 for what has none, or the code of the error. */
export interface Outcome {
  readonly id?: number;
  readonly code?: string;
}

/** What the process says. */
export type Said =
  | { readonly say: 'opened'; readonly entries: readonly number[] }
  /** The calls are under way, and so many entries were acknowledged before, of each log. */
  | { readonly say: 'begun'; readonly entries: readonly number[] }
  | { readonly say: 'done'; readonly outcomes: readonly Outcome[] };
