import type { TableId } from '@shale/codec';
import { addressOf, type Routing, TableRef } from '../table-ref.js';

/**
 * What is known of a name:
 *
 *   unknown ──► absent ──► creating ──► live ──► dropping ──► absent
 *      ▲  └───────────────────────────►  ▲           │
 *      │                    │            └───────────┤   its entries could not be removed
 *      └────────────────────┴────────────────────────┘   whether the record was written is not known
 *
 * `unknown` is left by reading the catalog, and by nothing else.
 */
export type NameState =
  | { readonly is: 'unknown' }
  | { readonly is: 'absent' }
  | { readonly is: 'creating'; readonly done: Promise<void> }
  | { readonly is: 'live'; readonly id: TableId }
  | { readonly is: 'dropping'; readonly id: TableId; readonly done: Promise<void> };

/** One name, and all that is known of it. */
export class NameEntry {
  readonly name: string;
  readonly #routing: Routing;
  #state: NameState;
  #ref: TableRef | null = null;

  constructor(name: string, routing: Routing, state: NameState) {
    this.name = name;
    this.#routing = routing;
    this.#state = state;
  }

  get state(): NameState {
    return this.#state;
  }

  /** The id that belongs to the name: while it is live, and until its drop is done. */
  get id(): TableId | null {
    return 'id' in this.#state ? this.#state.id : null;
  }

  /** What the append path knows of the table. The same object at all times. */
  get ref(): TableRef {
    this.#ref ??= new TableRef(this.#address(), this.name);
    return this.#ref;
  }

  /** Goes to a state; the table has an address while that is `live`. */
  to(state: NameState): void {
    this.#state = state;
    if (this.#ref === null) return;
    this.#ref.address = this.#address();
    // A frame may know this table by the address it had before.
    this.#ref.frameSerial = 0;
  }

  #address(): TableRef['address'] {
    return this.#state.is === 'live' ? addressOf(this.#state.id, this.#routing) : null;
  }
}
