import { decodePosition, type Position, type TableId, tableInWords, tableKey, WalError } from '@shale/codec';
import { readPosition } from '../consumers/position-records.js';
import type { LogContext } from '../tables/context.js';
import type { TableState } from '../tables/table-state.js';

/** What a frame asks for: to put a position in the place of the one that is stored. */
export interface PositionMove {
  readonly consumer: bigint;
  /** The position that must be stored; 0n for none. */
  readonly stored: bigint;
  /** Where the value of the new one is among the frame's data. */
  readonly value: Uint8Array;
}

/**
 * The positions of consumers that the frame under way moves. What is stored is looked up each time, and never kept: so
 * it does not matter who has written it, and nothing has to be forgotten when a table is lent, dropped or changes hands.
 */
export class PositionMoves {
  readonly #context: LogContext;
  /** As the frame leaves them so far. */
  readonly #moved = new Map<string, Position>();
  /** Tables that the frame drops: what is stored of them is gone. */
  readonly #dropped = new Set<string>();
  /** Moves of an atomic write that is not decided yet. */
  readonly #open = new Map<string, Position>();

  constructor(context: LogContext) {
    this.#context = context;
  }

  /** Forgets the last frame. */
  clear(): void {
    this.#moved.clear();
    this.#dropped.clear();
    this.#open.clear();
  }

  /** A table is dropped. */
  drop(id: TableId): void {
    const table = tableKey(id);
    this.#dropped.add(table);
    for (const key of this.#moved.keys()) if (key.startsWith(`${table}/`)) this.#moved.delete(key);
  }

  /**
   * Checks a move of an atomic write; returns the error when it cannot be done. A position is never beyond the table as
   * the frame has left it so far.
   */
  check(state: TableState, { consumer, stored, value }: PositionMove): WalError | null {
    const { id } = state;
    const next = decodePosition(value);
    const key = positionKey(id, consumer);
    const known = this.#find(key, id, consumer);
    if (known !== null && known.epoch > next.epoch) {
      return new WalError(
        'SHALE_FENCED',
        `the consumer was opened again elsewhere, and has moved its position in ${tableInWords(id)}; nothing was written: let one program at a time use its name`,
        { table: id, details: { position: known.position, epoch: known.epoch, expected: next.epoch } },
      );
    }
    if ((known?.position ?? 0n) !== stored) {
      return new WalError(
        'SHALE_FENCED',
        `the position of the consumer in ${tableInWords(id)} is ${known?.position ?? 0n} and not ${stored} as expected, so somebody else has moved it; nothing was written: open the consumer again`,
        { table: id, details: { position: known?.position ?? 0n, expected: stored } },
      );
    }
    const last = state.pending - 1n;
    if (next.position > last) {
      return new WalError(
        'SHALE_AHEAD',
        `the position ${next.position} lies behind the end of ${tableInWords(id)}, whose last sequence is ${last}; nothing was written: the table may have been dropped meanwhile`,
        { table: id, details: { position: next.position, next: state.pending } },
      );
    }
    // The value is a view of the frame.
    this.#open.set(key, next);
    return null;
  }

  /** The atomic write is in the frame, or it is not. */
  decide(isIn: boolean): void {
    if (this.#open.size === 0) return;
    if (isIn) for (const [key, position] of this.#open) this.#moved.set(key, position);
    this.#open.clear();
  }

  #find(key: string, id: TableId, consumer: bigint): Position | null {
    const moved = this.#moved.get(key);
    if (moved !== undefined) return moved;
    const isGone = this.#dropped.size > 0 && this.#dropped.has(tableKey(id));
    return isGone ? null : readPosition(this.#context, id, consumer);
  }
}

function positionKey(id: TableId, consumer: bigint): string {
  return `${tableKey(id)}/${consumer}`;
}
