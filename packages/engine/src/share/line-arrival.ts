import { type OnWrote, PortLine } from '../shard/port-line.js';
import type { Arrival, ShardLine } from '../shard/shard-line.js';
import type { Opener } from './opener.js';

/** What a line is asked for with. */
export interface LineWanted {
  readonly shard: number;
  readonly cells: SharedArrayBuffer;
  readonly ear: SharedArrayBuffer;
  readonly onWrote: OnWrote;
}

/** The way to a shard's thread that another thread has started: it is asked for a line, which it gives when there is one. */
export class LineArrival implements Arrival {
  readonly #opener: Opener;
  readonly #wanted: LineWanted;
  readonly #previous: ShardLine | null;
  #isStopped = false;

  constructor(opener: Opener, wanted: LineWanted, previous: ShardLine | null) {
    this.#opener = opener;
    this.#wanted = wanted;
    this.#previous = previous;
  }

  async run(ready: (line: ShardLine) => void): Promise<void> {
    await this.#previous?.end();
    for (;;) {
      const { shard, cells, ear, onWrote } = this.#wanted;
      const line = new PortLine(await this.#opener.line(shard, cells, ear), onWrote);
      if (this.#isStopped) {
        await line.end();
        return;
      }
      // It may have closed on its way.
      if (line.isGone) continue;
      line.start();
      ready(line);
      return;
    }
  }

  hurry(): void {}

  stop(): void {
    this.#isStopped = true;
  }
}
