import type { Op, TrimOp } from './history.js';
import type { Placement } from './placement.js';

/** What must be, and what can be, at moments of one table's history. */
export class Bounds {
  readonly #placement: Placement;
  readonly #trims: readonly TrimOp[];

  constructor(ops: readonly Op[], placement: Placement) {
    this.#placement = placement;
    this.#trims = ops.filter((op) => op.kind === 'trim');
  }

  /** The last sequence that had been acknowledged before `time`. */
  acknowledged(time: number): bigint {
    let last = 0n;
    for (const { op, last: end } of this.#placement.placed) {
      if (op.outcome === 'ok' && op.returned < time && end > last) last = end;
    }
    return last;
  }

  /** Whether the entry with this sequence could be in before `time`: its append had been made. */
  couldBeIn(sequence: bigint, time: number): boolean {
    const owner = this.#placement.owners.get(sequence);
    if (owner !== undefined) return owner.op.invoked < time;
    return this.#placement.unseen.some((op) => op.invoked < time);
  }

  /** Up to where entries were trimmed for certain before `time`. */
  trimmed(time: number): bigint {
    let end = 0n;
    for (const { returned, result } of this.#trims) {
      if (result !== 'unknown' && returned < time && result.first - 1n > end) end = result.first - 1n;
    }
    return end;
  }

  /** Up to where entries could be trimmed before `time`. */
  maybeTrimmed(time: number): bigint {
    let end = 0n;
    for (const { invoked, upTo } of this.#trims) if (invoked < time && upTo > end) end = upTo;
    return end;
  }

  /** Whether a trim of `sequence` was under way at some time between the two. */
  trimBetween(sequence: bigint, from: number, to: number): boolean {
    return this.#trims.some(
      ({ upTo, invoked, returned, result }) =>
        upTo >= sequence && invoked < to && (result === 'unknown' || returned > from),
    );
  }
}
