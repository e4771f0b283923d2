import type { DamagedFile } from '@shale/storage';

/** Compactions find damage in the background, so the WAL polls for it. */
const EVERY_MS = 1000;

/** Polls for damaged files that compactions have found, and reports each once. Never keeps the process running. */
export class DamageWatch {
  readonly #find: () => readonly DamagedFile[];
  readonly #tell: (damage: DamagedFile) => void;
  readonly #told = new Set<string>();
  #timer: NodeJS.Timeout | null = null;

  /**
   * @param find all that are known
   * @param tell called for each file that was not known before
   */
  constructor(find: () => readonly DamagedFile[], tell: (damage: DamagedFile) => void) {
    this.#find = find;
    this.#tell = tell;
  }

  start(): void {
    this.#timer = setInterval(() => this.#tryToLook(), EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Looks now. Throws what `find` throws. */
  look(): void {
    for (const damage of this.#find()) {
      if (this.#told.has(damage.file)) continue;
      this.#told.add(damage.file);
      this.#tell(damage);
    }
  }

  /** What a timer throws would end the process: the caller of `stats()` gets the error instead. */
  #tryToLook(): void {
    try {
      this.look();
    } catch {
      // The next look finds what this one missed.
    }
  }
}
