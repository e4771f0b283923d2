import type { Engine } from './engine.js';
import { newCursor } from './shard/cursor-number.js';
import type { Listing, ShardResults } from './shard/protocol.js';
import type { Shard } from './shard/shard.js';

/** Items that a thread hands over at a time. */
const PAGE = 1024;

/**
 * A list that was abandoned half-way is given up in the thread, which may hold a snapshot for it, when it is collected.
 */
const abandoned = new FinalizationRegistry<ListCursor>((cursor) => cursor.end());

/** Makes a list that goes on over several requests to one shard. */
export function withCursor<G extends object>(engine: Engine, generate: (cursor: ListCursor) => G): G {
  const cursor = new ListCursor(engine);
  const list = generate(cursor);
  abandoned.register(list, cursor);
  return list;
}

/** A list in a shard's thread, a page at a time. */
export class ListCursor {
  readonly #shard: Shard;
  readonly #cursor = newCursor();
  #state: 'new' | 'open' | 'over' = 'new';

  constructor(engine: Engine) {
    this.#shard = engine.nextShard();
  }

  /**
   * The next page. The first call begins the list.
   *
   * @param region of heads, null for all
   */
  async next(list: Listing, region: bigint | null = null): Promise<ShardResults['listNext']> {
    const begin = this.#state === 'new';
    this.#state = 'open';
    const page = await this.#shard.request<'listNext'>(
      { kind: 'listNext', list, region, cursor: this.#cursor, limit: PAGE, begin },
      begin ? 'retry' : 'fail',
    );
    if (page.done) this.#state = 'over';
    return page;
  }

  /** Gives the list up, if it is not through. Idempotent. */
  end(): void {
    if (this.#state === 'open') {
      this.#shard
        .request<'cursorEnd'>({ kind: 'cursorEnd', cursor: this.#cursor }, 'fail')
        .catch(() => undefined);
    }
    this.#state = 'over';
  }
}
