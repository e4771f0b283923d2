import { isDeepStrictEqual } from 'node:util';
import { show } from '@shale/codec';
import { invalid } from '@shale/storage';
import type { Engine } from './engine.js';
import { remember } from './internals.js';
import type { ResolvedOptions } from './options.js';
import { Seat } from './seat.js';
import { Wal } from './wal.js';

/** A WAL that several openings share. Whichever copy of this module opened it also makes what it lends. */
interface SharedWal {
  readonly options: ResolvedOptions;
  /** One more `Wal` of it, once it is open. Rejects when the opening fails. */
  lend(): Promise<Wal>;
  /** Set when the last of them is closing it. */
  readonly closing: Promise<void> | null;
}

/**
 * The WALs of this thread that are shared, by instance and real path. The place is the same for all copies of this
 * module, since what is loaded twice is loaded with all that it imports.
 */
const PLACE: unique symbol = Symbol.for('@shale/engine: shared WALs');

function sharedWals(): Map<string, SharedWal> {
  // No type says what this module has put there.
  const global = globalThis as { [PLACE]?: Map<string, SharedWal> };
  global[PLACE] ??= new Map();
  return global[PLACE];
}

/**
 * A `Wal` of the WAL that this thread shares at a path; `open` opens it when there is none. Throws
 * SHALE_INVALID_ARGUMENT when it is open with other options, and as `open` does.
 *
 * @param path the real path
 */
export async function shareWal(
  path: string,
  options: ResolvedOptions,
  open: () => Promise<Engine>,
): Promise<Wal> {
  const wals = sharedWals();
  const key = `${options.instance} ${path}`;
  for (let wal = wals.get(key); wal !== undefined; wal = wals.get(key)) {
    if (wal.closing === null) {
      requireSame(wal.options, options);
      return await wal.lend();
    }
    // A failure is told to the one who closes it.
    await wal.closing.catch(() => undefined);
  }
  const wal = new OpenShared(options, open(), () => wals.delete(key));
  wals.set(key, wal);
  return await wal.lend();
}

class OpenShared implements SharedWal {
  readonly options: ResolvedOptions;
  readonly #engine: Promise<Engine>;
  readonly #forget: () => void;
  #holders = 0;
  #closing: Promise<void> | null = null;

  constructor(options: ResolvedOptions, engine: Promise<Engine>, forget: () => void) {
    this.options = options;
    this.#engine = engine;
    this.#forget = forget;
    engine.catch(forget);
  }

  get closing(): Promise<void> | null {
    return this.#closing;
  }

  async lend(): Promise<Wal> {
    this.#holders++;
    const engine = await this.#engine;
    const seat = new Seat(engine);
    const wal = new Wal(seat, () => this.#giveUp(engine));
    remember(wal, seat);
    return wal;
  }

  async #giveUp(engine: Engine): Promise<void> {
    this.#holders--;
    if (this.#holders > 0) await engine.settled();
    else {
      this.#closing = engine.close().finally(this.#forget);
      await this.#closing;
    }
  }
}

function requireSame(open: ResolvedOptions, asked: ResolvedOptions): void {
  const values: Readonly<Record<string, unknown>> = { ...open };
  for (const [name, value] of Object.entries(asked)) {
    if (isDeepStrictEqual(value, values[name])) continue;
    throw invalid(
      name,
      `${name} must be ${show(values[name])}, as of the WAL that is open in this process and that reuse: true asks for, got ${show(value)}`,
    );
  }
}
