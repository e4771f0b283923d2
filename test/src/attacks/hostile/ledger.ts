import { type Table, WalError } from '@shale/engine';

/** What a table must hold: what was acknowledged, each at its sequence, and nothing else. */
export class Ledger {
  readonly #entries = new Map<bigint, Uint8Array>();
  #last = 0n;
  #trimmed = 0n;

  /** Entries that were acknowledged. */
  get size(): number {
    return this.#entries.size;
  }

  acknowledged(first: bigint, payloads: readonly Uint8Array[]): void {
    for (const [i, payload] of payloads.entries()) {
      const sequence = first + BigInt(i);
      if (this.#entries.has(sequence)) throw new Error(`sequence ${sequence} was acknowledged twice`);
      this.#entries.set(sequence, payload);
      if (sequence > this.#last) this.#last = sequence;
    }
  }

  /** A trim was asked for; what is up to there may be gone. */
  trimmed(upTo: bigint): void {
    if (upTo > this.#trimmed) this.#trimmed = upTo;
  }

  /** Rejects when the table holds anything else. Nothing may be under way. */
  async compare(name: string, table: Table): Promise<void> {
    const last = await table.lastSequence();
    if (last !== this.#last)
      throw new Error(`${name} ends at ${last}, and ${this.#last} was acknowledged last`);
    if (this.#entries.size !== Number(this.#last)) {
      throw new Error(`${name} has ${this.#last} sequences, and ${this.#entries.size} were acknowledged`);
    }
    let next = await table.firstSequence();
    if (next > this.#trimmed + 1n && next !== 0n) throw new Error(`${name} begins at ${next}, untrimmed`);
    for await (const { sequence, payload } of table.read()) {
      if (sequence !== next) throw new Error(`${name} has ${sequence} where ${next} is to be`);
      const expected = this.#entries.get(sequence);
      if (expected === undefined || Buffer.compare(payload, expected) !== 0) {
        throw new Error(`${name}: entry ${sequence} is not what was acknowledged`);
      }
      next++;
    }
    if (next !== 0n && next !== this.#last + 1n) throw new Error(`${name} ends before ${next}`);
  }
}

/** The code of an error of Shale's. Throws for any other. */
export function codeOf(error: unknown): string {
  if (error instanceof WalError) return error.code;
  throw new Error('something came that is no WalError', { cause: error });
}
