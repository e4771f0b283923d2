import { SIGNAL_EXIT, type StopSignal } from '../exit-codes.js';

/** Turns the first Ctrl-C (or SIGTERM, SIGHUP) into a request to finish, and the second into an end at once. */
export class StopSignals implements Disposable {
  readonly #controller = new AbortController();
  readonly #listener: (signal: NodeJS.Signals) => void;
  #received: StopSignal | undefined;

  constructor(say: (signal: StopSignal, time: 'first' | 'second') => void) {
    this.#listener = (name) => {
      const signal = name as StopSignal;
      if (this.#received) {
        say(signal, 'second');
        process.exit(SIGNAL_EXIT[signal]);
      }
      this.#received = signal;
      say(signal, 'first');
      this.#controller.abort();
    };
    for (const signal of SIGNALS) process.on(signal, this.#listener);
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The first signal, if one came. */
  get received(): StopSignal | undefined {
    return this.#received;
  }

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.#listener);
  }
}

const SIGNALS = Object.keys(SIGNAL_EXIT) as StopSignal[];
