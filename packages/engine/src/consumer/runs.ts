import type { Engine } from '../engine.js';
import type { From } from '../follow/follow-options.js';
import type { TableRef } from '../table-ref.js';
import type { Commits } from './commits.js';
import type { CheckedConsumer } from './consumer-options.js';
import type { LogPositions } from './log-positions.js';
import type { OwnPositions } from './own-positions.js';
import type { Places } from './places.js';
import { Run } from './run.js';
import type { Standing } from './standing.js';
import type { Target } from './target.js';

/** What the runs of a consumer are made of. */
export interface RunParts {
  readonly engine: Engine;
  readonly target: Target;
  readonly options: CheckedConsumer;
  readonly positions: LogPositions;
  readonly commits: Commits;
  readonly standing: Standing;
  /** Null when the log has the positions. */
  readonly own: OwnPositions | null;
  /** Where the consumer is. */
  readonly places: Places;
  /** What was handed out before is void: another run begins. */
  readonly restarted: () => void;
}

/**
 * The runs of a consumer, one at a time. One begins when something is asked for and there is none, from what is stored
 * by then; it ends when an iteration is left, a position is moved, or the consumer ends.
 */
export class Runs {
  readonly #parts: RunParts;
  #current: Promise<Run> | null = null;
  /** The run while it begins. */
  #starting: Run | null = null;
  #begun: Run | null = null;
  /** How often a run was ended: one that has not begun by then is over. */
  #ends = 0;
  /** Whether one has begun: from then on a table without a position is one that came later. */
  #hasBegun = false;
  /** Moves of a position that are under way: no run begins meanwhile. */
  readonly #moves = new Set<Promise<unknown>>();

  constructor(parts: RunParts) {
    this.#parts = parts;
  }

  /** The run that has begun; null for none. */
  get begun(): Run | null {
    return this.#begun;
  }

  /** The run, which begins if there is none. Rejects where it cannot begin as it was told to. */
  current(): Promise<Run> {
    if (this.#current !== null) return this.#current;
    const run = this.#begin();
    this.#current = run;
    run.catch(() => {
      if (this.#current === run) this.#current = null;
    });
    return run;
  }

  /** The same, and one that is not over by then. Throws also unless the consumer can be used. */
  async ensure(): Promise<Run> {
    for (;;) {
      await this.moved();
      this.#parts.standing.requireUsable();
      const run = await this.current();
      // It was moved, or its iteration left, meanwhile.
      if (!run.isOver) return run;
    }
  }

  /** Moves a position, after those that were begun before. */
  async move(begin: () => Promise<void>): Promise<void> {
    const move = Promise.allSettled([...this.#moves]).then(begin);
    this.#moves.add(move);
    try {
      await move;
    } finally {
      this.#moves.delete(move);
    }
  }

  /** Resolves when no position is being moved. */
  async moved(): Promise<void> {
    while (this.#moves.size > 0) await Promise.allSettled(this.#moves);
  }

  /** The run is over: another one begins when something is asked for. */
  async end(): Promise<void> {
    const run = this.#current;
    this.#current = null;
    this.#begun = null;
    this.endStarting();
    const begun = await run?.catch(nothing);
    begun?.end();
  }

  /** The application may not say where it begins before long, or at all. */
  endStarting(): void {
    this.#ends++;
    this.#starting?.end();
  }

  /** What is asked of the run fails. */
  fail(error: unknown): void {
    void this.#current?.then((begun) => begun.stream.fail(error), nothing);
  }

  async #begin(): Promise<Run> {
    const { engine, target, options, positions, commits, own, places, restarted } = this.#parts;
    const ends = this.#ends;
    // What the run before has acknowledged, so far as it can be stored: the rest comes again.
    await commits.flush(false).catch(nothing);
    // A write of that run is in, or is not, before its position is read.
    await commits.settled();
    commits.clear();
    restarted();
    own?.clear();
    if (target.is === 'many') await positions.loadAll(target.region, target.has);
    else await this.#loadTable(target.ref);
    // Of many tables it was kept when the name was opened for the first time.
    const from: From = this.#hasBegun || target.is === 'many' ? 'start' : options.from;
    this.#hasBegun = true;
    const run = new Run(engine, target, options, places, from);
    this.#starting = run;
    if (this.#ends !== ends) run.end();
    await run.begun;
    this.#starting = null;
    this.#begun = run;
    try {
      if (own !== null) await this.#copyPositions(run, own);
      if (target.is === 'many' || from === 'start' || this.#hasPosition(target.ref)) return run;
      // Where it cannot begin as it was told to, it does not begin at all.
      run.stream.requireNoFailure();
      await this.#keepBeginning(run);
      return run;
    } catch (error) {
      run.end();
      throw error;
    }
  }

  async #loadTable(ref: TableRef): Promise<void> {
    const { engine, positions, options } = this.#parts;
    if (ref.address === null && ref.name !== null) await engine.catalog.find(ref);
    // That it has no entries yet can be kept of a table only, and not of a name that none has.
    if (ref.address === null && options.from === 'end') await engine.catalog.ensure(ref);
    if (ref.address !== null) await positions.load(ref.address);
  }

  /**
   * What is known of the application's positions goes into the log, where the copy is another one: at once where it is
   * ahead, for what the application needs again is not to go.
   */
  async #copyPositions(run: Run, own: OwnPositions): Promise<void> {
    const { positions, commits, standing } = this.#parts;
    if (!run.stream.isRunning) return;
    let isAhead = false;
    for (const { table } of run.cursors) {
      const { id } = table.address;
      const copy = positions.positionIn(id);
      // Without a position it begins with the first entry that there is.
      const beginning = copy === null || table.begin === 0n ? null : table.begin - 1n;
      const position = own.positionIn(id) ?? beginning;
      if (position === null || position === copy) continue;
      isAhead ||= copy !== null && position < copy;
      commits.add(run.progressIn(table, position), 0n);
    }
    if (!isAhead) return;
    await commits.flush(false).catch((error: unknown) => {
      if (!standing.isClosed) throw error;
    });
  }

  #hasPosition({ address }: TableRef): boolean {
    return address !== null && this.#parts.positions.positionIn(address.id) !== null;
  }

  /** Stores where it begins in a table: that is not to be found out anew the next time. */
  async #keepBeginning(run: Run): Promise<void> {
    const { options, commits } = this.#parts;
    const { from } = options;
    for (const { table } of run.cursors) {
      commits.add(run.progressIn(table, typeof from === 'object' ? from.after : table.tail), 0n);
    }
    await commits.flush(false);
  }
}

function nothing(): void {}
