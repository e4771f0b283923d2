/** What one process of the attack does. Plain data: it is passed as JSON. */
export interface JointRound {
  readonly seed: number;
  /** Where the WAL is that notices nothing. */
  readonly home: string;
  /** Where the one is that has trouble. */
  readonly disk: string;
  /** Whether its threads die. */
  readonly deaths: boolean;
  /** Whether its disk is small, and full now and then. */
  readonly fillsUp: boolean;
  /** Whether there is another WAL in the process. Then the one with trouble is closed under load, too. */
  readonly neighbour: boolean;
  /** Of each writer, in each of two lives. */
  readonly calls: number;
}

/** How often what happened. */
export interface JointFigures {
  [name: string]: number;
  writes: number;
  appends: number;
  trims: number;
  drops: number;
  names: number;
  unknown: number;
  foundIn: number;
  refusals: number;
  deaths: number;
  resumes: number;
  closings: number;
  regions: number;
  lists: number;
  entries: number;
}
