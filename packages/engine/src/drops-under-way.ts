import { type TableId, tableKey } from '@shale/codec';

/** Drops of tables that are asked for and not answered: whether what was given of a table still counts is not known. */
export class DropsUnderWay {
  readonly #drops = new Map<string, Set<Promise<unknown>>>();

  /** A drop was asked for. */
  add(id: TableId, drop: Promise<unknown>): void {
    const key = tableKey(id);
    const drops = this.#drops.get(key) ?? new Set();
    this.#drops.set(key, drops);
    const settled = drop.then(nothing, nothing).then(() => {
      drops.delete(settled);
      if (drops.size === 0 && this.#drops.get(key) === drops) this.#drops.delete(key);
    });
    drops.add(settled);
  }

  /** Resolves when the drops of a table that are under way are answered; null when there are none. */
  settled(id: TableId): Promise<unknown> | null {
    const drops = this.#drops.get(tableKey(id));
    return drops === undefined ? null : Promise.all(drops);
  }
}

function nothing(): void {}
