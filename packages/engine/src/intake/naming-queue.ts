import { setImmediate } from 'node:timers';
import type { Catalog } from '../catalog/catalog.js';
import type { PendingAppend } from '../frames/pending-append.js';
import type { TableRef } from '../table-ref.js';
import { Milestones, type Stretch } from './milestones.js';

/** What may go on before the event loop turns, as {@link Item.weight} counts. */
const WEIGHT_AT_ONCE = 512;
/** The bytes of an append that weigh as much as one append more. */
const BYTES_PER_WEIGHT = 16 * 1024;

/** Of the timers module as it was loaded: an application's tests may put clocks of their own in its place. */
const afterTurn = setImmediate;

/** What the queue needs of the WAL. */
export interface NamingContext {
  readonly catalog: Catalog;
  /** The error that every write gets now, or null. */
  trouble(): unknown;
}

/** An append, trim or drop that is held. */
interface Item {
  readonly tables: readonly TableRef[];
  readonly weight: number;
  readonly stretch: Stretch;
  /** How many of those right before it, at one of its tables, are still held. */
  behind: number;
  /** Those that are behind it. */
  readonly followers: Item[];
  /** Waits for what the item needs of the catalog; null when it can go on. */
  wait(): Promise<void> | null;
  go(): void;
  fail(error: unknown): void;
}

/**
 * Appends that were accepted and wait for the catalog to give a table its address, and what came after them for one of
 * their tables, in order per table: appends, trims and drops. Whatever concerns none of their tables does not wait.
 * Names are asked for at once, so that those asked for together are made together.
 */
export class NamingQueue {
  readonly #context: NamingContext;
  /** The last item that is held for each table with a name. */
  readonly #lastOfName = new Map<TableRef, Item>();
  /** The same for tables with an id, which may have any number of references. */
  readonly #lastOfId = new Map<string, Item>();
  readonly #milestones = new Milestones();
  /** Items whose turn has come. */
  #ready: Item[] = [];
  #isRunning = false;
  /** What may still go on before the event loop turns. */
  #budget = WEIGHT_AT_ONCE;
  #isTurnAwaited = false;
  /** The weight of what has come since that is so. */
  #arrived = 0;

  constructor(context: NamingContext) {
    this.#context = context;
  }

  /** Whether something is held that concerns a table, so that what comes now for the table has to wait, too. */
  holds(ref: TableRef): boolean {
    return this.#lastOf(ref) !== undefined;
  }

  /** Whether an append has to be held, for a name or behind something else. */
  wants(append: PendingAppend): boolean {
    if (!append.isAddressed()) return true;
    if (this.#lastOfName.size === 0 && this.#lastOfId.size === 0) return false;
    return append.refs().some((ref) => this.holds(ref));
  }

  /** Queues an append, whose payloads are copies; `go` is called when its tables have their addresses. */
  addAppend(append: PendingAppend, go: () => void, fail: (error: unknown) => void): void {
    const { catalog, trouble } = this.#context;
    this.#add(append.refs(), 1 + Math.floor(append.cost / BYTES_PER_WEIGHT), {
      wait: () => {
        // A drop before it may have taken an address away.
        if (append.isAddressed()) return null;
        const error = trouble();
        if (error !== null) throw error;
        const nameless = append.refs().filter((ref) => ref.address === null);
        return Promise.all(nameless.map((ref) => catalog.ensure(ref))).then(() => undefined);
      },
      go,
      fail,
    });
  }

  /** Queues a step that needs to know where a table is, if it is anywhere. */
  addStep(ref: TableRef, go: () => void, fail: (error: unknown) => void): void {
    let isKnown = false;
    this.#add([ref], 1, {
      wait: () => {
        if (isKnown || ref.address !== null) return null;
        isKnown = true;
        return this.#context.catalog.find(ref);
      },
      go,
      fail,
    });
  }

  /** Resolves when all that is held now has gone on: at once if nothing is. */
  barrier(): Promise<void> {
    return this.#milestones.reached();
  }

  #add(refs: readonly TableRef[], weight: number, does: Pick<Item, 'wait' | 'go' | 'fail'>): void {
    const tables = refs.length === 1 ? refs : [...new Set(refs)];
    const item: Item = {
      ...does,
      tables,
      weight,
      stretch: this.#milestones.enter(),
      behind: 0,
      followers: [],
    };
    this.#arrived += weight;
    const free: TableRef[] = [];
    for (const ref of tables) {
      const last = this.#lastOf(ref);
      // A second reference to one table is behind nothing.
      if (last === undefined) free.push(ref);
      else if (last !== item) {
        last.followers.push(item);
        item.behind++;
      }
      this.#setLastOf(ref, item);
    }
    if (item.behind === 0) {
      this.#try(item);
      this.#run();
    } else {
      this.#askEarly(free);
    }
  }

  /** Asks for the names that an item will need when its turn comes and that were not asked for yet. */
  #askEarly(free: readonly TableRef[]): void {
    for (const ref of free) {
      // Its turn tells how it went.
      if (ref.address === null) this.#context.catalog.ensure(ref).catch(() => undefined);
    }
  }

  /** Its turn has come. */
  #try(item: Item): void {
    try {
      const waiting = item.wait();
      if (waiting !== null) {
        waiting.then(
          () => this.#again(item),
          (error: unknown) => this.#fail(item, error),
        );
        return;
      }
      item.go();
    } catch (error) {
      item.fail(error);
    }
    this.#leave(item);
  }

  #again(item: Item): void {
    this.#ready.push(item);
    this.#run();
  }

  #fail(item: Item, error: unknown): void {
    item.fail(error);
    this.#leave(item);
    this.#run();
  }

  #leave(item: Item): void {
    for (const ref of item.tables) if (this.#lastOf(ref) === item) this.#setLastOf(ref, null);
    for (const follower of item.followers) if (--follower.behind === 0) this.#ready.push(follower);
    this.#milestones.leave(item.stretch);
  }

  /**
   * Lets those go on whose turn has come. As many may wait for one name as there is room for: so the event loop turns
   * now and then, and each time as much more may go on as has come meanwhile, or they would never be done.
   */
  #run(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    let at = 0;
    for (; this.#budget > 0; at++) {
      const item = this.#ready[at];
      if (item === undefined) break;
      this.#budget -= item.weight;
      this.#try(item);
    }
    if (at > 0) this.#ready = this.#ready.slice(at);
    this.#isRunning = false;
    if (this.#budget < WEIGHT_AT_ONCE && !this.#isTurnAwaited) this.#awaitTurn();
  }

  #awaitTurn(): void {
    this.#isTurnAwaited = true;
    this.#arrived = 0;
    afterTurn(() => {
      this.#isTurnAwaited = false;
      this.#budget = WEIGHT_AT_ONCE + this.#arrived;
      this.#run();
      // What was not used is not kept for later.
      this.#budget = Math.min(this.#budget, WEIGHT_AT_ONCE);
    });
  }

  #lastOf(ref: TableRef): Item | undefined {
    if (ref.name !== null) return this.#lastOfName.get(ref);
    return this.#lastOfId.size === 0 ? undefined : this.#lastOfId.get(keyOf(ref));
  }

  #setLastOf(ref: TableRef, item: Item | null): void {
    if (ref.name !== null) {
      if (item === null) this.#lastOfName.delete(ref);
      else this.#lastOfName.set(ref, item);
    } else if (item === null) this.#lastOfId.delete(keyOf(ref));
    else this.#lastOfId.set(keyOf(ref), item);
  }
}

function keyOf({ address }: TableRef): string {
  return `${address?.id.region}/${address?.id.table}`;
}
