import type { Engine } from './engine.js';
import type { Seat } from './seat.js';
import type { Wal } from './wal.js';

/** What stands behind each Wal, for tests that end its threads. Not part of the API. */
const seats = new WeakMap<Wal, Seat>();

/** Notes what a Wal drives. */
export function remember(wal: Wal, seat: Seat): void {
  seats.set(wal, seat);
}

/** The engine of a Wal: that of now, or the last one. */
export function engineOf(wal: Wal): Engine {
  const seat = seats.get(wal);
  if (seat === undefined) throw new TypeError('not a Wal made by openWal');
  return seat.engine;
}
