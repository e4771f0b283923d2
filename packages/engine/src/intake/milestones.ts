/** The items that entered between two calls of `reached`. */
export interface Stretch {
  /** How many of them are still here. */
  left: number;
  /** Called when they and all earlier ones have left. */
  readonly calls: (() => void)[];
}

/** Tells when all items that are here at a moment have left, whatever enters afterwards. */
export class Milestones {
  /** Oldest first; what enters belongs to the last one. */
  readonly #stretches: Stretch[] = [{ left: 0, calls: [] }];

  /** An item enters; `leave` takes what this returns. */
  enter(): Stretch {
    const last = this.#last();
    last.left++;
    return last;
  }

  /** An item leaves. */
  leave(stretch: Stretch): void {
    stretch.left--;
    for (let first = this.#first(); first?.left === 0; first = this.#first()) {
      this.#stretches.shift();
      for (const call of first.calls) call();
    }
  }

  /** Resolves when all that are here now have left: at once if there are none. */
  reached(): Promise<void> {
    return new Promise((resolve) => {
      const open = this.#last();
      const before = this.#stretches.at(-2);
      if (open.left > 0) {
        open.calls.push(resolve);
        this.#stretches.push({ left: 0, calls: [] });
      } else if (before === undefined) {
        resolve();
      } else {
        before.calls.push(resolve);
      }
    });
  }

  /** The oldest stretch, closed to what enters; undefined when only the open one is left. */
  #first(): Stretch | undefined {
    return this.#stretches.length > 1 ? this.#stretches[0] : undefined;
  }

  #last(): Stretch {
    const last = this.#stretches.at(-1);
    if (last === undefined) throw new RangeError('there is always a stretch that is open');
    return last;
  }
}
