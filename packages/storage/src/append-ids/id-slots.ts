const LEAST_SLOTS = 16;

/**
 * Where the rows of ids are found by their hashes: open addressing with linear probing. A slot has the hash, 0 where it
 * is empty, and the number of the row. What is removed leaves no trace, so that a search is short however many came and
 * went.
 */
export class IdSlots {
  #words = new Uint32Array(2 * LEAST_SLOTS);
  #used = 0;

  get bytes(): number {
    return this.#words.byteLength;
  }

  /** The first slot with a hash; -1 for none. */
  first(hash: number): number {
    return this.#search(hash, hash);
  }

  /** The next slot with the hash after one; -1 for none. */
  after(slot: number, hash: number): number {
    return this.#search(hash, slot + 1);
  }

  #search(hash: number, from: number): number {
    const words = this.#words;
    const mask = words.length / 2 - 1;
    for (let slot = from & mask; ; slot = (slot + 1) & mask) {
      const content = words[2 * slot];
      if (content === hash) return slot;
      if (content === 0) return -1;
    }
  }

  /** The row of a slot. */
  rowAt(slot: number): number {
    return this.#words[2 * slot + 1] ?? 0;
  }

  /** Gives a slot another row with the same hash. */
  replace(slot: number, row: number): void {
    this.#words[2 * slot + 1] = row;
  }

  /** Makes sure that {@link add} has room, which throws when there is no memory for it. */
  reserve(): void {
    const slots = this.#words.length / 2;
    if (3 * (this.#used + 1) <= 2 * slots) return;
    const old = this.#words;
    this.#words = new Uint32Array(4 * slots);
    this.#used = 0;
    for (let at = 0; at < old.length; at += 2) {
      const hash = old[at] ?? 0;
      if (hash !== 0) this.add(hash, old[at + 1] ?? 0);
    }
  }

  /** Adds a row whose id no other one has. After {@link reserve}. */
  add(hash: number, row: number): void {
    const words = this.#words;
    const mask = words.length / 2 - 1;
    let slot = hash & mask;
    while (words[2 * slot] !== 0) slot = (slot + 1) & mask;
    words[2 * slot] = hash;
    words[2 * slot + 1] = row;
    this.#used++;
  }

  /** Empties a slot, and moves what follows so that every search still gets to its end. */
  remove(slot: number): void {
    const words = this.#words;
    const mask = words.length / 2 - 1;
    let gap = slot;
    for (let next = (gap + 1) & mask; ; next = (next + 1) & mask) {
      const hash = words[2 * next] ?? 0;
      if (hash === 0) break;
      // It may move up only if that does not take it before the place where its search begins.
      if (((next - hash) & mask) < ((next - gap) & mask)) continue;
      words[2 * gap] = hash;
      words[2 * gap + 1] = words[2 * next + 1] ?? 0;
      gap = next;
    }
    words[2 * gap] = 0;
    this.#used--;
  }
}
