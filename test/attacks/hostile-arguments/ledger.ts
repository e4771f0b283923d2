import { type Table, type TrimResult, WalError } from '@shale/engine';

/** What was asked of a table, and what came of it; null while it is not known. */
interface Asked {
  outcome: Outcome | null;
}

/** Refused; or done, as a model of the table says. */
type Outcome = 'refused' | ((state: State) => void);

/** A table as everything asked of it has left it, one thing after the other. */
interface State {
  readonly entries: Map<bigint, Uint8Array>;
  /** The smallest sequence that can be read, if there is an entry. */
  first: bigint;
  /** The sequence that the next entry gets. */
  next: bigint;
}

/** Says what came of something that was asked; null when it was refused. */
export type Settle<R> = (result: R | null) => void;

/**
 * What a table must hold: what was asked of it and done, in the order in which it was asked, and nothing else. Whoever
 * asks for something enters it when the call has returned, and says later what came of it.
 */
export class Ledger {
  readonly #state: State = { entries: new Map(), first: 1n, next: 1n };
  #asked: Asked[] = [];

  /** The sequence that the next entry gets; null while something is unanswered. */
  get next(): bigint | null {
    this.#fold();
    return this.#asked.length === 0 ? this.#state.next : null;
  }

  /** An append of some payloads, which comes to the sequence of its first entry. */
  append(payloads: readonly Uint8Array[]): Settle<bigint> {
    return this.#ask((first) => (state) => {
      if (first !== state.next) throw new Error(`an append got ${first}, and ${state.next} was next`);
      for (const payload of payloads) state.entries.set(state.next++, payload);
    });
  }

  trim(upTo: bigint): Settle<TrimResult> {
    return this.#ask((result) => (state) => {
      for (; state.first <= upTo && state.first < state.next; state.first++) {
        state.entries.delete(state.first);
      }
      const last = state.next - 1n;
      const first = last === 0n ? 0n : state.first;
      if (result.first === first && result.last === last) return;
      const told = `${result.first} to ${result.last}`;
      throw new Error(`a trim up to ${upTo} told ${told} of ${first} to ${last}`);
    });
  }

  drop(): Settle<true> {
    return this.#ask(() => (state) => {
      state.entries.clear();
      state.first = 1n;
      state.next = 1n;
    });
  }

  /** Rejects when the table holds anything else. Nothing may be under way. */
  async compare(name: string, table: Table): Promise<void> {
    try {
      this.#fold();
    } catch (cause) {
      throw new Error(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
    if (this.#asked.length > 0) throw new Error(`${name} has something unanswered`);
    const { entries, first, next } = this.#state;
    const last = await table.lastSequence();
    if (last !== next - 1n)
      throw new Error(`${name} ends at ${last}, and ${next - 1n} was acknowledged last`);
    const found = await table.firstSequence();
    if (found !== (last === 0n ? 0n : first)) throw new Error(`${name} begins at ${found}, not at ${first}`);
    let at = first;
    for await (const { sequence, payload } of table.read()) {
      if (sequence !== at) throw new Error(`${name} has ${sequence} where ${at} is to be`);
      const expected = entries.get(sequence);
      if (expected === undefined || Buffer.compare(payload, expected) !== 0) {
        throw new Error(`${name}: entry ${sequence} is not what was acknowledged`);
      }
      at++;
    }
    if (at !== next) throw new Error(`${name} ends before ${at}, not before ${next}`);
  }

  #ask<R>(done: (result: R) => Exclude<Outcome, 'refused'>): Settle<R> {
    const asked: Asked = { outcome: null };
    this.#asked.push(asked);
    return (result) => {
      asked.outcome = result === null ? 'refused' : done(result);
    };
  }

  /** Does in the model what is known. */
  #fold(): void {
    let at = 0;
    for (; at < this.#asked.length; at++) {
      const outcome = this.#asked[at]?.outcome ?? null;
      if (outcome === null) break;
      if (outcome === 'refused') continue;
      outcome(this.#state);
    }
    this.#asked = this.#asked.slice(at);
  }
}

/** The code of an error of Shale's. Throws for any other. */
export function codeOf(error: unknown): string {
  if (error instanceof WalError) return error.code;
  throw new Error('something came that is no WalError', { cause: error });
}
