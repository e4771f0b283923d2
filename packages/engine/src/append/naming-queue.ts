import type { Catalog } from '../catalog/catalog.js';
import type { TableRef } from '../table-ref.js';
import { isAddressed, type PendingAppend, refsOf } from './pending-append.js';

interface Item {
  /** Waits for what the item needs of the catalog. */
  wait(): Promise<void> | null;
  go(): void;
  fail(error: unknown): void;
}

/**
 * Appends that were accepted and wait for the catalog to give a table its address, and everything that came after
 * them, in order: appends, trims and drops. Names are asked for at once, so that those asked for together are made
 * together.
 */
export class NamingQueue {
  readonly #catalog: Catalog;
  readonly #route: (append: PendingAppend) => void;
  readonly #refuse: (append: PendingAppend, error: unknown) => void;
  #items: Item[] = [];
  #isDraining = false;

  constructor(
    catalog: Catalog,
    route: (append: PendingAppend) => void,
    refuse: (append: PendingAppend, error: unknown) => void,
  ) {
    this.#catalog = catalog;
    this.#route = route;
    this.#refuse = refuse;
  }

  /** Whether nothing is held, so that nothing can be overtaken. */
  get isEmpty(): boolean {
    return !this.#isDraining;
  }

  /** Queues an append, whose payloads are copies. */
  addAppend(append: PendingAppend): void {
    let naming = this.#name(append);
    this.#add({
      wait: () => {
        const asked = naming;
        naming = null;
        // A drop may have taken an address away again.
        return asked ?? this.#name(append);
      },
      go: () => this.#route(append),
      fail: (error) => this.#refuse(append, error),
    });
  }

  /** Queues a step that needs to know where a table is, if it is anywhere. */
  addStep(ref: TableRef, go: () => void, fail: (error: unknown) => void): void {
    let isKnown = false;
    this.#add({
      wait: () => {
        if (isKnown) return null;
        isKnown = true;
        return ref.address === null ? this.#catalog.find(ref) : null;
      },
      go,
      fail,
    });
  }

  /** Resolves when all that is held now has gone on: at once if nothing is. */
  barrier(): Promise<void> {
    return new Promise((resolve) => {
      if (this.isEmpty) resolve();
      else this.#add({ wait: () => null, go: resolve, fail: resolve });
    });
  }

  #add(item: Item): void {
    this.#items.push(item);
    if (!this.#isDraining) void this.#drain();
  }

  async #drain(): Promise<void> {
    this.#isDraining = true;
    while (this.#items.length > 0) {
      const batch = this.#items;
      this.#items = [];
      for (const item of batch) {
        try {
          for (let waiting = item.wait(); waiting !== null; waiting = item.wait()) await waiting;
          item.go();
        } catch (error) {
          item.fail(error);
        }
      }
    }
    this.#isDraining = false;
  }

  #name(append: PendingAppend): Promise<void> | null {
    if (isAddressed(append)) return null;
    const nameless = refsOf(append).filter((ref) => ref.address === null);
    const naming = Promise.all(nameless.map((ref) => this.#catalog.ensure(ref))).then(() => undefined);
    // It is awaited when its turn comes, which may be after it failed.
    naming.catch(() => undefined);
    return naming;
  }
}
