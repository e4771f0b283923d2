import type { Engine } from '../engine.js';
import type { Cursor } from '../follow/cursor.js';
import type { From } from '../follow/follow-options.js';
import { FollowStream } from '../follow/follow-stream.js';
import { TableFollow } from '../follow/table-follow.js';
import { whenReady } from '../follow/when-ready.js';
import { ManyTables } from '../follow/wide-follow.js';
import type { FollowedTable } from '../followed/followed-table.js';
import type { CheckedConsumer } from './consumer-options.js';
import type { LogPositions } from './log-positions.js';
import { TableProgress } from './table-progress.js';
import type { Target } from './target.js';

/**
 * One follow of a consumer's tables, from the positions that are stored. Another one takes its place when an iteration
 * ends, or a position is moved.
 */
export class Run {
  readonly stream: FollowStream;
  /** Resolves when it is fixed where it begins; a failure is that of the stream. */
  readonly begun: Promise<void>;
  /** It is not the one of its consumer any more: what it has handed out cannot be acknowledged. */
  isOver = false;
  readonly #tables: TableFollow | ManyTables;
  readonly #positions: LogPositions;
  readonly #progress = new Map<FollowedTable, TableProgress>();

  /** @param from where to begin in tables without a position */
  constructor(
    engine: Engine,
    target: Target,
    { read, cursors }: CheckedConsumer,
    positions: LogPositions,
    from: From,
  ) {
    this.#positions = positions;
    if (target.is === 'table') {
      const id = target.ref.address?.id;
      const after = id === undefined ? null : positions.positionIn(id);
      const tables = new TableFollow(engine, target.ref, cursors);
      this.#tables = tables;
      this.stream = new FollowStream(engine, tables.inbox, read, () => tables.end());
      this.begun = this.#begun(engine, tables.begin(after === null ? from : { after }));
      return;
    }
    const scope = {
      region: target.region,
      has: target.has,
      positionIn: positions.positionIn.bind(positions),
      unfinished: positions.unfinished.bind(positions),
    };
    const tables = new ManyTables(engine, scope, cursors);
    this.#tables = tables;
    this.stream = new FollowStream(engine, tables.inbox, read, () => tables.end());
    this.begun = this.#begun(engine, tables.begin(from === 'end'));
  }

  /** Where it is in each table. */
  get cursors(): Iterable<Cursor> {
    return this.#tables.cursors;
  }

  /**
   * How far it has come in a table.
   *
   * @param before the sequence before the first one that it is given of a table without a position
   */
  progressIn(table: FollowedTable, before: bigint): TableProgress {
    const known = this.#progress.get(table);
    if (known !== undefined && !known.isDropped) return known;
    const { id } = table.address;
    // The drop took the position along.
    if (known !== undefined) this.#positions.forget(id);
    const progress = new TableProgress(table, this.#positions.positionIn(id) ?? before);
    this.#progress.set(table, progress);
    return progress;
  }

  /** How many entries of a table are acknowledged there, and not here. */
  lagIn({ table }: Cursor): bigint {
    if (table.tail === 0n) return 0n;
    const progress = this.#progress.get(table);
    const isKnown = progress !== undefined && !progress.isDropped;
    const done = isKnown ? progress.floor : (this.#positions.positionIn(table.address.id) ?? 0n);
    const start = done + 1n > table.begin ? done + 1n : table.begin;
    return start > table.tail ? 0n : table.tail - start + 1n;
  }

  end(): void {
    this.isOver = true;
    this.stream.leave();
  }

  #begun(engine: Engine, begun: Promise<void>): Promise<void> {
    return whenReady(engine, this.stream, begun).catch(() => undefined);
  }
}
