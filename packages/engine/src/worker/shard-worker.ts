import { threadId } from 'node:worker_threads';
import { decodeAppendFrame, encodeAppendReply, errorToData, WalError } from '@shale/codec';
import { attachLog, type Log } from '@shale/storage';
import type {
  ShardResults,
  ShardTask,
  ShardTaskKind,
  ShardTasks,
  ShardWorkerData,
} from '../shard/protocol.js';
import { ChunkScratch } from './chunk-scratch.js';
import { Cursors } from './cursors.js';
import { findRegionBounds, readFloors, readHeads } from './recovery.js';

/** What a task came to, and the buffers that go back with it. */
export interface Outcome {
  readonly value: ShardResults[ShardTaskKind];
  readonly transfer: readonly ArrayBuffer[];
}

const NOTHING: readonly ArrayBuffer[] = [];

/** A shard's side of the log: the state of its tables, and every kind of task. Lives in the shard's thread. */
export class ShardWorker {
  readonly #scratch = new ChunkScratch();
  #data: ShardWorkerData | null = null;
  #log: Log | null = null;
  #cursors: Cursors | null = null;
  #busyMs = 0;

  /** Adds to the time spent in tasks. */
  spent(milliseconds: number): void {
    this.#busyMs += milliseconds;
  }

  /** Runs one task. Throws WalError. */
  run(task: ShardTask): Outcome | Promise<Outcome> {
    switch (task.kind) {
      case 'append':
        return this.#append(task);
      case 'load':
        return plain(null);
      case 'attach': {
        const { path, instance, view } = task.data;
        this.#log ??= attachLog(path, { instance, view });
        this.#data = task.data;
        return plain(null);
      }
      case 'life':
        return plain(threadId);
      case 'readStart':
        return this.#readStart(task);
      case 'readNext':
        return this.#read(task);
      case 'scanNext': {
        const value = this.#openCursors().scanNext(task);
        return { value, transfer: value.chunk === null ? NOTHING : [value.chunk.buffer] };
      }
      case 'ends': {
        const log = this.#open();
        return plain({ first: log.firstSequence(task.id), last: log.lastSequence(task.id) });
      }
      case 'trim': {
        const { trimmed, last, range } = this.#open().trim(task.id, task.upTo, { sync: task.sync });
        return plain({ first: trimmed, last, range });
      }
      case 'drop':
        this.#open().drop(task.id);
        return plain(null);
      case 'regionBounds':
        return plain(findRegionBounds(this.#open(), task.region));
      case 'regionHeads': {
        const value = readHeads(this.#open(), task);
        return { value, transfer: [value.heads.buffer as ArrayBuffer] };
      }
      case 'floors': {
        const value = readFloors(this.#open());
        return { value, transfer: [value.floors.buffer as ArrayBuffer] };
      }
      case 'reclaim':
        return this.#reclaim(task);
      case 'install':
        return this.#install(task);
      case 'listNext':
        return plain(this.#openCursors().listNext(task));
      case 'cursorEnd':
        this.#openCursors().end(task.cursor);
        return plain(null);
      case 'namesFind': {
        const { names } = this.#open();
        return plain(names.prepare() ? task.names.map((name) => names.find(name)) : null);
      }
      case 'namesMake': {
        const { names } = this.#open();
        return plain(names.prepare() ? names.make(task.names) : null);
      }
      case 'namesOf': {
        const { names } = this.#open();
        return plain(names.prepare() ? task.ids.map((id) => names.nameOf(id)) : null);
      }
      case 'stats':
        return plain({ recoveredTables: this.#open().stats().tablesKnown, busyMs: this.#busyMs });
      case 'detach':
        return this.#detach();
    }
  }

  #append(task: ShardTasks['append']): Outcome {
    const log = this.#open();
    const { firsts, trims, errors } = log.commit(decodeAppendFrame(task.frame));
    const reply = encodeAppendReply(
      task.frame.buffer as ArrayBuffer,
      firsts,
      errors.map(({ append, error }) => ({ append, error: errorToData(error) })),
      trims,
    );
    return { value: reply, transfer: [reply.buffer] };
  }

  #readStart(task: ShardTasks['readStart']): Outcome {
    const span = this.#open().resolveRange(task.id, task.bounds, task.watch, task.strict);
    if (span === null) return plain(null);
    const { id, chunkBytes, maxEntries } = task;
    const { value, transfer } = this.#read({ kind: 'readNext', id, span, chunkBytes, maxEntries });
    return { value: { ...value, span }, transfer };
  }

  #read(task: ShardTasks['readNext']): { value: ShardResults['readNext']; transfer: readonly ArrayBuffer[] } {
    const log = this.#open();
    const into = this.#scratch.take(task.chunkBytes);
    const { layout, next, neededBytes } = log.readChunk(task.id, task.span, into, task.maxEntries);
    const chunk = this.#scratch.handOut(layout);
    return { value: { chunk, next, neededBytes }, transfer: chunk === null ? NOTHING : [chunk.buffer] };
  }

  #install(task: ShardTasks['install']): Outcome {
    const { region, heads, floors, since } = task;
    const log = this.#open();
    if (task.life !== threadId) return plain(null);
    const found = [];
    for (let i = 0; i + 2 < heads.length; i += 3) {
      found.push({
        id: { region, table: heads[i] ?? 0n },
        first: heads[i + 1] ?? 0n,
        last: heads[i + 2] ?? 0n,
      });
    }
    const known = [];
    for (let i = 0; i + 1 < floors.length; i += 2) {
      known.push({ table: floors[i] ?? 0n, maxSequence: floors[i + 1] ?? 0n });
    }
    log.install(found, known, since);
    return plain(null);
  }

  /** Mostly waits: the thread serves appends meanwhile. */
  async #reclaim(task: ShardTasks['reclaim']): Promise<Outcome> {
    const { ranges, deep, since } = task;
    return plain(await this.#open().reclaim(ranges, { deep, since }));
  }

  async #detach(): Promise<Outcome> {
    this.#cursors?.close();
    await this.#log?.close();
    this.#log = null;
    return plain(null);
  }

  #open(): Log {
    if (this.#log !== null) return this.#log;
    const where = this.#data === null ? {} : { path: this.#data.path };
    throw new WalError('SHALE_CLOSED', 'the thread of the shard has let go of the database', where);
  }

  #openCursors(): Cursors {
    this.#cursors ??= new Cursors(this.#open(), this.#scratch);
    return this.#cursors;
  }
}

function plain(value: ShardResults[ShardTaskKind]): Outcome {
  return { value, transfer: NOTHING };
}
