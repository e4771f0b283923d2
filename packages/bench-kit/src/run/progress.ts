/** The progress of a run. */
export interface ProgressReport {
  readonly store: string;
  /** The id of the case. */
  readonly id: string;
  /** From 1. */
  readonly round: number;
  readonly rounds: number;
  /** Measurements done before this one, and in all. */
  readonly done: number;
  readonly total: number;
  /** Estimated remaining time. */
  readonly secondsLeft: number;
}

/** First estimate for starting a process, opening and closing. */
const OVERHEAD_SECONDS = 0.8;

/** Counts measurements and estimates the remaining time from those done so far. */
export class Progress {
  readonly #total: number;
  readonly #perRound: number;
  readonly #guess: number;
  readonly #onProgress: ((progress: ProgressReport) => void) | undefined;
  readonly #started = performance.now();
  #done = 0;

  constructor(
    perRound: number,
    rounds: number,
    secondsEach: number,
    onProgress: ((progress: ProgressReport) => void) | undefined,
  ) {
    this.#perRound = perRound;
    this.#total = perRound * rounds;
    this.#guess = secondsEach + OVERHEAD_SECONDS;
    this.#onProgress = onProgress;
  }

  begin(store: string, id: string, round: number): void {
    const elapsed = (performance.now() - this.#started) / 1000;
    // The first estimate weighs as much as a few measurements, so that the first ones do not make it jump.
    const weight = 3;
    const each = (elapsed + weight * this.#guess) / (this.#done + weight);
    this.#onProgress?.({
      store,
      id,
      round: round + 1,
      rounds: this.#total / Math.max(1, this.#perRound),
      done: this.#done,
      total: this.#total,
      secondsLeft: each * (this.#total - this.#done),
    });
  }

  end(): void {
    this.#done += 1;
  }
}
