import type { LogView } from '../log-view.js';

type Watching = Pick<LogView, 'watch' | 'watchAnew' | 'sawDrop' | 'unwatch'>;

/** So many tables another process can watch: each open name, follow and read has one. */
const MOST = 2 ** 20;

/** The watches of another process, which gives them numbers of its own. */
export class Watches {
  readonly #log: Watching;
  readonly #tokens = new Map<bigint, bigint>();

  constructor(log: Watching) {
    this.#log = log;
  }

  /** Begins one. Throws a RangeError when there are too many, or there is one of the number. */
  add(number: bigint, id: { readonly region: bigint; readonly table: bigint }): void {
    if (this.#tokens.size >= MOST || this.#tokens.has(number)) throw new RangeError('too many watches');
    this.#tokens.set(number, this.#log.watch(id));
  }

  /** The log's own token for it; undefined when there is none. */
  tokenOf(number: bigint): bigint | undefined {
    return this.#tokens.get(number);
  }

  anew(number: bigint): void {
    const token = this.#tokens.get(number);
    if (token !== undefined) this.#log.watchAnew(token);
  }

  delete(number: bigint): void {
    const token = this.#tokens.get(number);
    if (token !== undefined) this.#log.unwatch(token);
    this.#tokens.delete(number);
  }

  /** Those that have seen a drop. */
  get dropped(): bigint[] {
    const seen: bigint[] = [];
    for (const [number, token] of this.#tokens) if (this.#log.sawDrop(token)) seen.push(number);
    return seen;
  }

  end(): void {
    for (const number of [...this.#tokens.keys()]) this.delete(number);
  }
}
