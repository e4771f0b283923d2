/** A holder of entries that are in memory and were not asked for yet; it can release them. */
export interface Holder {
  /** Changes whenever something of it is used. */
  progress(): number;
  /** Releases them: what is wanted of them later is read again. */
  letGo(): void;
}

/** The least that a read gets for a chunk, however many share the memory, unless it wants less. */
const LEAST_BYTES = 16 * 1024;
/** After so long without use, a holder releases its entries. */
const IDLE_MS = 1000;

/** Memory booked for one chunk: for the fetch that fills it, and then for as long as some of it waits to be used. */
export class Room {
  readonly #memory: ReadMemory;
  #bytes: number;
  #holder: Holder | null = null;
  #seen = 0;

  /** @internal Use `ReadMemory`. */
  constructor(memory: ReadMemory, bytes: number) {
    this.#memory = memory;
    this.#bytes = bytes;
  }

  /** Bytes booked; 0 once it was given back. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Books the actual size of what was fetched, which may be larger than estimated. */
  resize(bytes: number): void {
    const before = this.#bytes;
    if (before === 0) return;
    this.#bytes = Math.max(1, bytes);
    this.#memory.changed(this.#bytes - before);
  }

  /** From now on it may be taken away, by a call of `letGo`, which gives it back. */
  lend(holder: Holder): void {
    if (this.#bytes === 0) return;
    this.#holder = holder;
    this.#seen = holder.progress();
    this.#memory.lent(this);
  }

  /** It is needed, and cannot be taken away any more. */
  pin(): void {
    this.#holder = null;
    this.#memory.unlent(this);
  }

  /** Gives it back. Idempotent. */
  release(): void {
    const bytes = this.#bytes;
    if (bytes === 0) return;
    this.#bytes = 0;
    this.pin();
    this.#memory.released(bytes);
  }

  /** Whether something of it was used since this was asked last. */
  wasUsed(): boolean {
    const progress = this.#holder?.progress() ?? 0;
    const used = progress !== this.#seen;
    this.#seen = progress;
    return used;
  }

  /** Takes it away. */
  takeAway(): void {
    const holder = this.#holder;
    this.release();
    holder?.letGo();
  }
}

interface Waiter {
  readonly wanted: number;
  readonly least: number;
  readonly admit: (room: Room) => void;
}

/**
 * The memory that all reads of a WAL share for their chunks. A read books room before it fetches a chunk, and gets less
 * than it wants when many do. What has been fetched and not used can be taken away, longest unused first, to make room
 * for what is wanted now, and after a second without use in any case: an idle read holds nothing. What a read has handed out is the application's, and does not count.
 */
export class ReadMemory {
  /** The bound on the bytes booked; one chunk that is larger by itself goes through alone. */
  readonly maxBytes: number;
  #bytes = 0;
  #rooms = 0;
  /** Rooms that can be taken away, in the order of their last known use. */
  readonly #lent = new Set<Room>();
  #waiting: Waiter[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Bytes booked now. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Books room for a chunk of `wanted` bytes, or of less, but at least of `least`. Waits for its turn, until others
   * have used up or let go of what they hold.
   */
  take(wanted: number, least: number = Math.min(wanted, LEAST_BYTES)): Promise<Room> {
    return new Promise((admit) => {
      this.#waiting.push({ wanted, least, admit });
      this.#admit();
    });
  }

  /** The same, for what is not needed yet: null unless there is room and no read waits for it. */
  tryTake(wanted: number): Room | null {
    if (this.#waiting.length > 0) return null;
    const bytes = this.#share(wanted, Math.min(wanted, LEAST_BYTES));
    return this.#bytes + bytes <= this.maxBytes ? this.#book(bytes) : null;
  }

  /** @internal For `Room`. */
  changed(by: number): void {
    this.#bytes += by;
    if (by < 0) this.#admit();
  }

  /** @internal For `Room`. */
  lent(room: Room): void {
    this.#lent.add(room);
    if (this.#timer === null) {
      this.#timer = setInterval(() => this.#sweep(), IDLE_MS);
      this.#timer.unref();
    }
    this.#admit();
  }

  /** @internal For `Room`. */
  unlent(room: Room): void {
    this.#lent.delete(room);
    if (this.#lent.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  /** @internal For `Room`. */
  released(bytes: number): void {
    this.#bytes -= bytes;
    this.#rooms--;
    this.#admit();
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const bytes = this.#share(next.wanted, next.least);
      // Taking away admits, too: then this one may be through already.
      if (!this.#fits(bytes)) {
        if (!this.#takeOneAway()) return;
        continue;
      }
      this.#waiting.shift();
      next.admit(this.#book(bytes));
    }
  }

  #fits(bytes: number): boolean {
    return this.#bytes === 0 || this.#bytes + bytes <= this.maxBytes;
  }

  /** What each gets when all get the same, as a power of two, so that buffers can be used again. */
  #share(wanted: number, least: number): number {
    const equal = this.maxBytes / Math.max(2, this.#rooms + this.#waiting.length + 1);
    if (wanted <= equal) return wanted;
    return Math.max(least, Math.min(wanted, 2 ** Math.floor(Math.log2(equal))));
  }

  #book(bytes: number): Room {
    this.#bytes += bytes;
    this.#rooms++;
    return new Room(this, bytes);
  }

  /** Takes away what has not been used for the longest time. False when there is nothing. */
  #takeOneAway(): boolean {
    for (let rounds = this.#lent.size; rounds >= 0; rounds--) {
      const [oldest] = this.#lent;
      if (oldest === undefined) return false;
      if (rounds === 0 || !oldest.wasUsed()) {
        oldest.takeAway();
        return true;
      }
      this.#lent.delete(oldest);
      this.#lent.add(oldest);
    }
    return false;
  }

  #sweep(): void {
    for (const room of [...this.#lent]) if (!room.wasUsed()) room.takeAway();
  }
}
