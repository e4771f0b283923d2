import type { Catalog } from '../catalog/catalog.js';
import { copyPayloads, isAddressed, type PendingAppend, refsOf } from './pending-append.js';

/**
 * Appends that were accepted and wait for the catalog to give a table its address, and everything accepted after
 * them, in order. Names are asked for at once, so that those asked for together are made together.
 */
export class HeldAppends {
  readonly #catalog: Catalog;
  readonly #route: (append: PendingAppend) => void;
  readonly #refuse: (append: PendingAppend, error: unknown) => void;
  #queue: { readonly append: PendingAppend; readonly naming: Promise<unknown> | null }[] = [];
  #draining: Promise<void> | null = null;

  constructor(
    catalog: Catalog,
    route: (append: PendingAppend) => void,
    refuse: (append: PendingAppend, error: unknown) => void,
  ) {
    this.#catalog = catalog;
    this.#route = route;
    this.#refuse = refuse;
  }

  get isEmpty(): boolean {
    return this.#draining === null;
  }

  add(append: PendingAppend): void {
    copyPayloads(append);
    this.#queue.push({ append, naming: this.#name(append) });
    this.#draining ??= this.#drain();
  }

  /** Resolves when all that are held now have gone on. */
  async drained(): Promise<void> {
    await this.#draining;
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      for (const { append, naming } of batch) {
        try {
          if (naming !== null) await naming;
          // A drop may have taken an address away again.
          while (!isAddressed(append)) await this.#name(append);
        } catch (error) {
          this.#refuse(append, error);
          continue;
        }
        this.#route(append);
      }
    }
    this.#draining = null;
  }

  #name(append: PendingAppend): Promise<unknown> | null {
    const nameless = refsOf(append).filter((ref) => ref.address === null);
    if (nameless.length === 0) return null;
    const naming = Promise.all(nameless.map((ref) => this.#catalog.ensure(ref)));
    // It is awaited when its turn comes, which may be after it failed.
    naming.catch(() => undefined);
    return naming;
  }
}
