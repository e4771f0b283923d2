/** What the writer of a table knows of one life of it: from its beginning, or from a drop, to the next drop. */
export interface Life {
  /** The entries that were acknowledged: sequence and number. */
  readonly acknowledged: Map<bigint, number>;
  /** The largest sequence that a trim was asked for. */
  trimmed: bigint;
}

/** What a follower was given of a table, in order. */
export type Seen =
  | { readonly is: 'entry'; readonly sequence: bigint; readonly life: number; readonly number: number }
  | { readonly is: 'gap'; readonly expected: bigint; readonly first: bigint };

/** What was asked for and told of one table. */
export interface TableTruth {
  readonly lives: readonly Life[];
  /** The table's last sequence at the end. */
  readonly last: bigint;
}

/**
 * Compares what a follower was given of a table with what its writer knows: dense or a gap that is told, each entry once,
 * and nothing missing that was acknowledged but what was trimmed or dropped. Throws what is wrong.
 */
export function compare(table: string, { lives, last }: TableTruth, seen: readonly Seen[]): void {
  const walk = new Walk(table, lives);
  for (const [i, each] of seen.entries()) {
    try {
      if (each.is === 'gap') walk.gap(each.expected, each.first);
      else walk.entry(each.sequence, each.life, each.number);
    } catch (error) {
      throw new Error(
        `${String(error)}, after ${seen
          .slice(Math.max(0, i - 4), i + 1)
          .map(inWords)
          .join(', ')}`,
      );
    }
  }
  walk.end(last);
}

function inWords(seen: Seen): string {
  if (seen.is === 'gap') return `a gap from ${seen.expected} to ${seen.first}`;
  return `${seen.sequence} (entry ${seen.number} of life ${seen.life})`;
}

class Walk {
  readonly #table: string;
  readonly #lives: readonly Life[];
  #life = 0;
  /** What has to come next; null for anything. */
  #next: bigint | null = null;
  /** A drop was told, and nothing came since. */
  #isDropped = false;
  #highest = -1;

  constructor(table: string, lives: readonly Life[]) {
    this.#table = table;
    this.#lives = lives;
  }

  gap(expected: bigint, first: bigint): void {
    if (this.#next !== null && expected !== this.#next)
      this.#fail(`a gap from ${expected} on, but ${this.#next} was next`);
    if (first === 0n) {
      this.#isDropped = true;
      this.#next = 1n;
      return;
    }
    if (first <= expected) {
      // All of it was given, and it begins again.
      this.#requireAllGiven(expected);
      this.#isDropped = true;
      this.#next = first;
      return;
    }
    const trimmed = Math.max(...this.#lives.map((life) => Number(life.trimmed)));
    if (Number(first) - 1 > trimmed)
      this.#fail(`a gap up to ${first}, but nothing was trimmed beyond ${trimmed}`);
    this.#next = first;
  }

  entry(sequence: bigint, life: number, number: number): void {
    if (this.#next !== null && sequence !== this.#next)
      this.#fail(`${sequence} came, but ${this.#next} was next`);
    if (this.#highest < 0 && !this.#isDropped) this.#life = life;
    if (this.#next === null) {
      // It began with the first entry there was.
      const trimmed = this.#lives[life]?.trimmed ?? 0n;
      if (sequence > trimmed + 1n)
        this.#fail(`${sequence} came first, but nothing was trimmed beyond ${trimmed}`);
    }
    if (life < this.#life) this.#fail(`${sequence} of an earlier life came`);
    if (life > this.#life && !this.#isDropped)
      this.#fail(`${sequence} is of another life, and no drop was told`);
    if (number <= this.#highest) this.#fail(`entry ${number} came after ${this.#highest}`);
    const known = this.#lives[life]?.acknowledged.get(sequence);
    if (known !== undefined && known !== number)
      this.#fail(`${sequence} is entry ${number} and not ${known}`);
    this.#life = life;
    this.#isDropped = false;
    this.#highest = number;
    this.#next = sequence + 1n;
  }

  end(last: bigint): void {
    if (last > 0n && this.#next !== null && this.#next !== last + 1n) {
      this.#fail(`${this.#next} was next at the end, but the last one is ${last}`);
    }
  }

  #requireAllGiven(next: bigint): void {
    for (const sequence of this.#lives[this.#life]?.acknowledged.keys() ?? []) {
      if (sequence >= next)
        this.#fail(`${sequence} was acknowledged before a drop, and neither came nor was told to be gone`);
    }
  }

  #fail(what: string): never {
    throw new Error(`table ${this.#table}, life ${this.#life}: ${what}`);
  }
}
