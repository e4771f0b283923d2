import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type TableId, tableKey } from '@shale/codec';
import type { Wal } from '@shale/engine';
import type { ReplicaSink } from './sink.js';

/** The engine's channel that tells of trims and drops. */
const CHANNEL = 'shale:trim';
/** How long after one is told it is looked for, together with those that follow. */
const SOON_MS = 200;
/** How often it is looked without: other threads and processes tell only their own. */
const SELDOM_MS = 10_000;
/** A look is followed by a rest of so many times its length. */
const REST = 20;
/** Tables that are trimmed at a time. */
const AT_A_TIME = 256;

/** What is done to a table that the log does not have any more. */
export type DropTable = (table: TableId) => Promise<void>;

/**
 * Removes from a replica what the log removes: the log's tables are listed, and compared with those that are there. Tables
 * that the log has not had since this began are left alone.
 */
export class Removals {
  readonly #wal: Wal;
  readonly #sink: ReplicaSink;
  readonly #drop: DropTable;
  /** The tables that the log has had. */
  readonly #seen = new Map<string, TableId>();
  /** How often a table was begun anew: what was listed before may be of the one before. */
  #anew = 0;
  #look: Promise<void> | null = null;
  #timer: NodeJS.Timeout | undefined;
  /** Whether something was told that the look before has not seen. */
  #isTold = false;
  #restsUntil = 0;
  #isEnded = false;
  readonly #hint = (message: unknown): void => {
    const isOurs =
      typeof message === 'object' && message !== null && Reflect.get(message, 'path') === this.#wal.path;
    if (isOurs) this.#hear();
  };

  constructor(wal: Wal, sink: ReplicaSink, drop: DropTable) {
    this.#wal = wal;
    this.#sink = sink;
    this.#drop = drop;
    subscribe(CHANNEL, this.#hint);
    this.#begin().catch(() => undefined);
  }

  /** The log has a table. */
  saw(table: TableId): void {
    const key = tableKey(table);
    if (!this.#seen.has(key)) this.#seen.set(key, table);
  }

  /** A table was begun anew. */
  begunAnew(): void {
    this.#anew++;
  }

  /** Looks now. Resolves when all that the log had removed before is removed there. Rejects with what keeps it from that. */
  async now(): Promise<void> {
    while (this.#look !== null) await this.#look.catch(() => undefined);
    await this.#begin();
  }

  /** Looks no more. */
  end(): void {
    this.#isEnded = true;
    unsubscribe(CHANNEL, this.#hint);
    clearTimeout(this.#timer);
  }

  #hear(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    if (this.#look === null) this.#wait();
  }

  #wait(): void {
    if (this.#isEnded) return;
    clearTimeout(this.#timer);
    const rest = this.#restsUntil - performance.now();
    this.#timer = setTimeout(
      () => {
        if (this.#look === null) this.#begin().catch(() => undefined);
      },
      Math.max(rest, this.#isTold ? SOON_MS : SELDOM_MS),
    );
    this.#timer.unref();
  }

  #begin(): Promise<void> {
    const began = performance.now();
    this.#isTold = false;
    const look = this.#once().finally(() => {
      this.#look = null;
      const now = performance.now();
      // A look may have waited for the cluster for long.
      this.#restsUntil = now + Math.min(REST * (now - began), SELDOM_MS);
      this.#wait();
    });
    this.#look = look;
    return look;
  }

  async #once(): Promise<void> {
    const anew = this.#anew;
    const missing = new Map(this.#seen);
    let trims: Promise<void>[] = [];
    for await (const { id, first } of this.#wal.tables()) {
      const { region, table } = id;
      // Only the record is left: it is asked for below.
      if (region === null) continue;
      const listed = { region, table };
      missing.delete(tableKey(listed));
      this.saw(listed);
      if (this.#anew !== anew) return await this.#once();
      if (first > this.#sink.floor(listed)) {
        const trim = this.#sink.trim(listed, first);
        // It is looked at below, when it may have failed already.
        trim.catch(() => undefined);
        trims.push(trim);
      }
      if (trims.length < AT_A_TIME) continue;
      await Promise.all(trims);
      trims = [];
    }
    await Promise.all(trims);
    for (const [key, table] of missing) {
      const first = await this.#wal.table(table).firstSequence();
      if (this.#anew !== anew) return await this.#once();
      if (first > 0n) {
        // All of it was trimmed.
        await this.#sink.trim(table, first);
        continue;
      }
      await this.#drop(table);
      this.#seen.delete(key);
    }
  }
}
