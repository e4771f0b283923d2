import type { TableId } from '@shale/codec';
import type { Engine } from '../engine.js';
import type { Cursor } from '../follow/cursor.js';
import type { From } from '../follow/follow-options.js';
import { FollowStream } from '../follow/follow-stream.js';
import { TableFollow } from '../follow/table-follow.js';
import { whenReady } from '../follow/when-ready.js';
import { ManyTables } from '../follow/wide-follow.js';
import type { FollowedTable } from '../followed/followed-table.js';
import type { Address } from '../table-ref.js';
import type { CheckedConsumer } from './consumer-options.js';
import type { Places } from './places.js';
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
  readonly #positions: Places;
  readonly #progress = new Map<FollowedTable, TableProgress>();
  #stopWaiting: () => void = () => {};
  readonly #ended = new Promise<void>((resolve) => {
    this.#stopWaiting = resolve;
  });

  /** @param from where to begin in tables without a position */
  constructor(
    engine: Engine,
    target: Target,
    { read, cursors }: CheckedConsumer,
    positions: Places,
    from: From,
  ) {
    this.#positions = positions;
    if (target.is === 'table') {
      const tables = new TableFollow(engine, target.ref, cursors, (table) => this.#dropped(table));
      this.#tables = tables;
      this.stream = new FollowStream(engine, tables.inbox, read, () => tables.end());
      this.begun = this.#begun(engine, this.#beginIn(tables, target.ref.address, from));
      return;
    }
    const scope = {
      region: target.region,
      prefix: target.prefix,
      has: target.has,
      prepare: (ids: readonly TableId[]) => this.#prepare(ids),
      positionIn: positions.positionIn.bind(positions),
      unfinished: positions.unfinished.bind(positions),
      dropped: (table: FollowedTable) => this.#dropped(table),
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

  /** How many tables it is in. */
  get size(): number {
    return this.#tables.size;
  }

  /** Of how many tables it keeps how far it has come. */
  get kept(): number {
    return this.#progress.size;
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

  /**
   * The progress of a batch that tells of a drop, and has nothing to acknowledge. It is not kept: of a name the table does
   * not come again.
   */
  progressOfDrop(table: FollowedTable): TableProgress {
    return new TableProgress(table, 0n);
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
    this.#stopWaiting();
    this.stream.leave();
  }

  async #beginIn(tables: TableFollow, address: Address | null, from: From): Promise<void> {
    if (address !== null) await this.#prepare([address.id]);
    const after = address === null ? null : this.#positions.positionIn(address.id);
    await tables.begin(after === null ? from : { after });
  }

  async #prepare(ids: readonly TableId[]): Promise<void> {
    if (this.#positions.prepare === undefined) return;
    await Promise.race([this.#positions.prepare(ids), this.#ended]);
  }

  /** The drop took the position along. */
  #dropped(table: FollowedTable): void {
    this.#progress.delete(table);
    this.#positions.forget(table.address.id);
  }

  #begun(engine: Engine, begun: Promise<void>): Promise<void> {
    return whenReady(engine, this.stream, begun).catch(() => undefined);
  }
}
