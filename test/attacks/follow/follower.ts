import type { Entry, Follow, TableId } from '@shale/engine';
import type { Random } from '../../support/random.js';
import type { Seen } from './truth.js';

/** Takes what a follow gives, as fast and as slowly as it happens to. */
export class Follower<E extends Entry = Entry> {
  /** What came, by the table's ids. */
  readonly seen = new Map<string, Seen[]>();
  /** Whether it has to get a table. */
  readonly covers: (table: TableId) => boolean;
  readonly done: Promise<void>;
  readonly #follow: Follow<Uint8Array, E>;
  readonly #random: Random;
  /** How often the others have done something: what a slow follower waits for. */
  readonly #clock: () => number;
  #isPatient = true;

  constructor(
    follow: Follow<Uint8Array, E>,
    covers: (table: TableId) => boolean,
    random: Random,
    clock: () => number,
  ) {
    this.covers = covers;
    this.#follow = follow;
    this.#random = random;
    this.#clock = clock;
    this.done = this.#run();
    this.done.catch(() => undefined);
  }

  /** From now on it takes everything at once. */
  hurry(): void {
    this.#isPatient = false;
  }

  async leave(): Promise<void> {
    await this.#follow[Symbol.asyncDispose]();
    await this.done;
  }

  async #run(): Promise<void> {
    for await (const chunk of this.#follow.chunks()) {
      const key = `${chunk.table.region}/${chunk.table.table}`;
      const seen = this.seen.get(key) ?? [];
      this.seen.set(key, seen);
      if (chunk.gap !== null) seen.push({ is: 'gap', ...chunk.gap });
      for (const { sequence, payload } of chunk) {
        const [life = '', number = ''] = Buffer.from(payload).toString().split('/');
        seen.push({ is: 'entry', sequence, life: Number(life), number: Number(number) });
      }
      if (this.#random.once(3)) await this.#pause(this.#random.of([1, 3, 30]));
    }
  }

  async #pause(operations: number): Promise<void> {
    const until = this.#clock() + operations;
    while (this.#isPatient && this.#clock() < until) await new Promise((resolve) => setImmediate(resolve));
  }
}
