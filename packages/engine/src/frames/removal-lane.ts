import type { TableRef } from '../table-ref.js';
import { isRemoval, type PendingChange, refsOf } from './pending-append.js';
import { TableCounts } from './table-counts.js';

/**
 * Trims and drops of one shard that are more than a frame takes, in order, and behind them whatever else concerns their
 * tables. Every frame takes some along, so that neither a great many of them hold up the other tables, nor the other
 * way round.
 */
export class RemovalLane {
  /** Items from `#head` on wait: changes, and calls to make between them. */
  #items: (PendingChange | (() => void))[] = [];
  #head = 0;
  readonly #tables = new TableCounts();

  get isEmpty(): boolean {
    return this.#head === this.#items.length;
  }

  /** Whether a change has to wait in here so as not to overtake. */
  concerns(change: PendingChange): boolean {
    if (this.isEmpty) return false;
    return isRemoval(change) || refsOf(change).some((ref) => this.#tables.has(ref.address));
  }

  /** Takes a change in, whole, with payloads of its own; or throws and has nothing of it. */
  push(change: PendingChange): void {
    if (!isRemoval(change)) change.copyPayloads();
    this.#pin(change);
    this.#items.push(change);
  }

  /** Calls `call` when everything taken in so far has left. */
  mark(call: () => void): void {
    if (this.isEmpty) call();
    else this.#items.push(call);
  }

  /** The first change that waits; null for none. Makes the calls before it. */
  first(): PendingChange | null {
    for (;;) {
      const item = this.#items[this.#head];
      if (item === undefined) return null;
      if (typeof item !== 'function') return item;
      this.#step();
      item();
    }
  }

  /** Lets everything go: the changes, and the calls that were to be made between them. */
  drain(): { readonly changes: PendingChange[]; readonly marks: (() => void)[] } {
    const changes: PendingChange[] = [];
    const marks: (() => void)[] = [];
    for (const item of this.#items.slice(this.#head)) {
      if (typeof item === 'function') marks.push(item);
      else changes.push(item);
    }
    this.#items = [];
    this.#head = 0;
    this.#tables.clear();
    return { changes, marks };
  }

  /** Lets the first change go. */
  shift(): void {
    const item = this.#items[this.#head];
    this.#step();
    if (item === undefined || typeof item === 'function') return;
    if (isRemoval(item)) this.#tables.subtract(item.ref.address);
    else for (const ref of refsOf(item)) this.#tables.subtract(ref.address);
  }

  #step(): void {
    this.#head++;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    } else if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }

  #pin(change: PendingChange): void {
    if (isRemoval(change)) change.ref = this.#enter(change.ref);
    else change.pin((ref) => this.#enter(ref));
  }

  #enter(ref: TableRef): TableRef {
    this.#tables.add(ref.address);
    return ref.pinned();
  }
}
