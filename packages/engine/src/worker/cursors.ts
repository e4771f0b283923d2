import { WalError } from '@shale/codec';
import type { Log } from '@shale/storage';
import type { ShardResults, ShardTasks } from '../shard/protocol.js';
import type { ChunkScratch } from './chunk-scratch.js';

type RegionScan = ReturnType<Log['regionScan']>;

/** Scans and listings that go on over several tasks. Nothing native is held open between two of them but a snapshot. */
export class Cursors {
  readonly #log: Log;
  readonly #scratch: ChunkScratch;
  readonly #scans = new Map<number, RegionScan>();
  readonly #lists = new Map<number, Iterator<unknown, void, undefined>>();

  constructor(log: Log, scratch: ChunkScratch) {
    this.#log = log;
    this.#scratch = scratch;
  }

  /** The next chunk of a region scan. */
  scanNext(task: ShardTasks['scanNext']): ShardResults['scanNext'] {
    if (task.begin) {
      this.end(task.cursor);
      this.#scans.set(task.cursor, this.#log.regionScan(task.region));
    }
    const scan = this.#scans.get(task.cursor);
    if (scan === undefined) throw lostCursor('scan');
    try {
      scan.seek(task.at);
      const { layout, neededBytes, done } = scan.read(this.#scratch.take(task.chunkBytes));
      // Not before its very end: its unused part may be asked for again.
      return { chunk: this.#scratch.handOut(layout), next: done ? null : scan.position, neededBytes };
    } catch (error) {
      this.end(task.cursor);
      throw error;
    }
  }

  /** The next items of a listing. */
  listNext(task: ShardTasks['listNext']): ShardResults['listNext'] {
    if (task.begin) {
      this.end(task.cursor);
      this.#lists.set(task.cursor, this.#list(task));
    }
    const list = this.#lists.get(task.cursor);
    if (list === undefined) throw lostCursor('listing');
    const items: unknown[] = [];
    // A page is also bounded in time: this thread has appends to serve.
    const until = performance.now() + 10;
    try {
      while (items.length < task.limit && performance.now() < until) {
        const { done, value } = list.next();
        if (done === true) {
          this.#lists.delete(task.cursor);
          return { items, done: true };
        }
        // Null stands for a step without an item.
        if (value !== null) items.push(value);
      }
    } catch (error) {
      // Hand over what was found first: a list that has failed fails again at the next call.
      if (items.length > 0) return { items, done: false };
      this.#lists.delete(task.cursor);
      throw error;
    }
    return { items, done: false };
  }

  end(cursor: number): void {
    this.#scans.get(cursor)?.close();
    this.#scans.delete(cursor);
    this.#lists.get(cursor)?.return?.();
    this.#lists.delete(cursor);
  }

  close(): void {
    for (const cursor of [...this.#scans.keys(), ...this.#lists.keys()]) this.end(cursor);
  }

  #list({ list, region }: ShardTasks['listNext']): Iterator<unknown, void, undefined> {
    if (list === 'heads') return this.#log.heads(region === null ? {} : { region });
    return list === 'tables' ? this.#log.tableSteps() : this.#log.verify();
  }
}

function lostCursor(what: string): WalError {
  return new WalError(
    'SHALE_OUTCOME_UNKNOWN',
    `the shard's thread that this ${what} ran on went away: begin a new one`,
  );
}
