import { typeError } from './arguments.js';
import { type NativeSnapshot, native } from './native.js';

let unwrapSnapshot: (snapshot: Snapshot) => NativeSnapshot;

/**
 * A view of the database at one moment, for reads of the `Database` that made it. Hold it briefly: while it lives,
 * RocksDB keeps what has been deleted since. It ends by {@link Snapshot.release}, with its `Database`, or by garbage
 * collection. It belongs to the thread that made it.
 */
export class Snapshot {
  readonly #native: NativeSnapshot;

  /** @internal Made by `Database.snapshot`. */
  constructor(handle: NativeSnapshot) {
    this.#native = handle;
  }

  /** Gives the snapshot up. Idempotent; also fine after the `Database` was closed. */
  release(): void {
    native().releaseSnapshot(this.#native);
  }

  /** The same as `release()`, for `using`. */
  [Symbol.dispose](): void {
    this.release();
  }

  static {
    unwrapSnapshot = (snapshot) => snapshot.#native;
  }
}

/** The addon's handle of a snapshot; undefined for none. A TypeError if it is no `Snapshot`. */
export function nativeSnapshot(snapshot: Snapshot | undefined): NativeSnapshot | undefined {
  if (snapshot === undefined) return undefined;
  if (!(snapshot instanceof Snapshot)) {
    throw typeError('snapshot', 'a Snapshot');
  }
  return unwrapSnapshot(snapshot);
}
