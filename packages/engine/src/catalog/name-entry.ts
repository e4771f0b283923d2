import type { TableId } from '@shale/codec';
import { type Address, addressOf, type Routing, TableRef } from '../table-ref.js';

/**
 * What is known of a name:
 *
 *   unknown ──► asking ──► live ──► dropping ──► unknown
 *      ▲          │
 *      └──────────┘   there is no table of that name, or that could not be found out
 *
 * That there is none is not kept: it is asked again.
 */
export type NameState =
  | { readonly is: 'unknown' }
  | { readonly is: 'asking'; readonly makes: boolean; readonly done: Promise<void> }
  | { readonly is: 'live'; readonly id: TableId }
  | { readonly is: 'dropping'; readonly done: Promise<void> };

/** The watch that tells whether the table of a name is dropped; null without. It is given back when the name is not held. */
export interface NameWatch {
  readonly name: string;
  token: bigint | null;
}

/** One name, and all that is known of it. */
export class NameEntry {
  readonly name: string;
  /** What the append path knows of the table. */
  readonly ref: TableRef;
  readonly watch: NameWatch;
  readonly #routing: Routing;
  #state: NameState = { is: 'unknown' };
  readonly #named: ((address: Address) => void)[] = [];

  constructor(name: string, routing: Routing) {
    this.name = name;
    this.ref = new TableRef(null, name);
    this.watch = { name, token: null };
    this.#routing = routing;
  }

  get state(): NameState {
    return this.#state;
  }

  /** Goes to a state; the table has an address while that is `live`. */
  to(state: NameState): void {
    this.#state = state;
    this.ref.address = state.is === 'live' ? addressOf(state.id, this.#routing) : null;
    // A frame may know this table by the address it had before.
    this.ref.frameSerial = 0;
    const { address } = this.ref;
    if (address !== null) for (const call of this.#named.splice(0)) call(address);
  }

  /** Calls `call` when it gets an address the next time, before anything is done with that. Returns what cancels it. */
  whenNamed(call: (address: Address) => void): () => void {
    this.#named.push(call);
    return () => {
      const at = this.#named.indexOf(call);
      if (at >= 0) this.#named.splice(at, 1);
    };
  }
}
