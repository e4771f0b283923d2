/**
 * Values that may not grow. The largest ones seen while warming up set the bound: it is `1 + share` times that, plus
 * `slack`.
 */
export class Bounds<K extends string> {
  readonly #where: string;
  readonly #rules: Readonly<Record<K, readonly [share: number, slack: number]>>;
  readonly #most = new Map<K, number>();

  constructor(where: string, rules: Readonly<Record<K, readonly [share: number, slack: number]>>) {
    this.#where = where;
    this.#rules = rules;
  }

  /** Takes values in; once `warm`, throws an Error for one that is beyond its bound. */
  sample(values: Readonly<Record<K, number>>, warm: boolean): void {
    // Keys of a record of K are K.
    for (const name of Object.keys(this.#rules) as K[]) {
      const value = values[name];
      const most = this.#most.get(name);
      if (!warm || most === undefined) {
        this.#most.set(name, Math.max(most ?? 0, value));
        continue;
      }
      const [share, slack] = this.#rules[name];
      const bound = Math.round(most * (1 + share) + slack);
      if (value > bound) {
        throw new Error(
          `${name} ${this.#where} grew to ${value}: it was at most ${most} when warm, so ${bound} may be`,
        );
      }
    }
  }
}
