import { parentPort, threadId } from 'node:worker_threads';
import {
  type AppendFrame,
  decodeAppendFrame,
  decodeLogKeyPrefix,
  encodeAppendReply,
  errorToData,
  type KeyRange,
  LOG_KEY_PREFIX_LENGTH,
  type OverArrayBuffer,
  type TableId,
  tableRangeUpTo,
  WalError,
} from '@shale/codec';
import { attachLog, type CommitResult, type Log, type RetentionScope } from '@shale/storage';
import { sharedNow } from '../clock.js';
import { tellOutline } from '../followed/outline-events.js';
import { ShardCells } from '../metrics/shard-cells.js';
import { shardOf } from '../routing.js';
import {
  type ShardResults,
  type ShardTask,
  type ShardTasks,
  type ShardWorkerData,
  type SyncNews,
  TRIMMED_STRIDE,
} from '../shard/protocol.js';
import { Unsynced } from '../sync/unsynced.js';
import { Caller } from './caller.js';
import { ChunkScratch } from './chunk-scratch.js';
import { CommitGroup, type GroupedFrame } from './commit-group.js';
import type { Cursors } from './cursors.js';
import { Holds } from './holds.js';
import { keepSynced } from './keep-synced.js';
import { Lines } from './lines.js';
import { contentsOf } from './merge-frames.js';
import { NamedGuard } from './named-guard.js';
import type { Outcome } from './outcome.js';
import { findRegionBounds, readFloors, readHeads } from './recovery.js';

const NOTHING: readonly ArrayBuffer[] = [];

/** A shard's side of the log: the state of its tables, and every kind of task. Lives in the shard's thread. */
export class ShardWorker {
  readonly #scratch = new ChunkScratch();
  readonly #holds = new Holds();
  #data: ShardWorkerData | null = null;
  #log: Log | null = null;
  /** The thread that opened the WAL. */
  #opener = new Caller(null);
  readonly #group = new CommitGroup(
    (frame, parts) => this.#commit(frame, parts),
    (work) => this.timed(work),
  );
  readonly #lines = new Lines({
    run: (task, caller) => this.run(task, caller),
    left: (caller) => this.#left(caller),
    timed: (work) => this.timed(work),
  });
  readonly #named = new NamedGuard((id) => this.#nameOf(id));
  /** How often tables were forgotten: what others listed of them before then is void. */
  #forgets = 0;
  #cells: ShardCells | null = null;
  #unsynced: Unsynced | null = null;

  /** Adds to the time spent in tasks. */
  spent(milliseconds: number): void {
    this.#cells?.spent(milliseconds);
  }

  /** Calls what does a task of a line; the entry sees to those of the thread that opened the WAL. */
  timed: <R>(work: () => R) => R = (work) => work();

  /** Runs one task. Throws WalError. */
  run(task: ShardTask, caller: Caller = this.#opener): Outcome | Promise<Outcome> {
    switch (task.kind) {
      case 'append':
        return this.#append(task, caller);
      case 'connect':
        this.#lines.open(task);
        return plain(null);
      case 'load':
        return plain(null);
      case 'attach': {
        const { path, instance, handleId, unsynced, idWindow } = task.data;
        this.#log ??= attachLog(path, { instance, handleId, idWindow });
        this.#data = task.data;
        this.#cells = new ShardCells(task.data.cells);
        this.#opener = new Caller(this.#cells);
        this.#unsynced = unsynced === null ? null : new Unsynced(unsynced);
        return plain(null);
      }
      case 'lend':
        return this.#lend(task, caller);
      case 'joint':
        return this.#joint(task);
      case 'takeBack':
        return this.#takeBack(task, caller);
      case 'incarnation':
        return plain(this.#incarnation);
      case 'readStart':
        return this.#holds.run([task.id], () => this.#readStart(task));
      case 'readNext':
        return this.#read(task);
      case 'scanNext': {
        const value = this.#cursorsOf(caller).scanNext(task);
        return { value, transfer: value.chunk === null ? NOTHING : [value.chunk.buffer] };
      }
      case 'ends':
        return this.#holds.run([task.id], () => this.#ends(task));
      case 'regionBounds':
        return plain(findRegionBounds(this.#open(), task.region));
      case 'regionHeads': {
        const value = readHeads(this.#open(), task);
        return { value, transfer: [value.heads.buffer as ArrayBuffer] };
      }
      case 'floors': {
        const value = readFloors(this.#open(), task);
        return { value, transfer: [value.floors.buffer as ArrayBuffer] };
      }
      case 'reclaim':
        return this.#reclaim(task);
      case 'weigh':
        return this.#weigh(task);
      case 'compactWorthwhile':
        return this.#compactWorthwhile(task);
      case 'install':
        return this.#install(task);
      case 'listNext':
        return plain(this.#cursorsOf(caller).listNext(task));
      case 'cursorEnd':
        this.#cursorsOf(caller).end(task.cursor);
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
      case 'consumerAnnounce':
        return plain(this.#open().consumers.announce(task.name));
      case 'consumerFind':
        return plain(this.#open().consumers.find(task.name));
      case 'consumerOpen':
        return plain(this.#open().consumers.open(task.name, task.target));
      case 'consumerDrop':
        return plain(this.#open().consumers.drop(task.name, task.from));
      case 'consumerList':
        return plain(this.#open().consumers.list());
      case 'position':
        return this.#holds.run([task.id], () =>
          plain(this.#open().consumers.position(task.id, task.consumer)),
        );
      case 'positions':
        return plain(this.#positions(task));
      case 'retentionSet':
        this.#open().retentions.set(task.target, task.record);
        return plain(null);
      case 'retentionList':
        return plain(this.#open().retentions.list());
      case 'retentionReload':
        this.#open().retentions.reload();
        return plain(null);
      case 'retentionTurn':
        return this.#retentionTurn(task);
      case 'retentionYield':
        return this.#retentionYield();
      case 'retentionHolder':
        return this.#retentionHolder();
      case 'timeAt':
        return this.#holds.run([task.id], () => plain(this.#open().retentions.at(task.id, task.ms)));
      case 'keepSynced':
        return this.#keepSynced(task);
      case 'stats':
        return plain({ recoveredTables: this.#open().stats().tablesKnown, busyMs: this.#cells?.busyMs ?? 0 });
      case 'detach':
        return this.#detach();
    }
  }

  #append(task: ShardTasks['append'], caller: Caller): Outcome | Promise<Outcome> {
    const frame = decodeAppendFrame(task.frame);
    const buffer = task.frame.buffer as ArrayBuffer;
    const answer = (result: CommitResult): Outcome => {
      const reply = replyInto(buffer, result);
      return { value: reply, transfer: [reply.buffer] };
    };
    return this.#holds.runFrame(frame.tables, () => {
      const grouped = { frame, caller, slot: task.slot };
      // Alone there is nobody to wait for.
      return this.#lines.size === 0
        ? answer(this.#commit(frame, [grouped]))
        : this.#group.add(grouped).then(answer);
    });
  }

  #commit(frame: AppendFrame, parts: readonly GroupedFrame[]): CommitResult {
    const startedAt = sharedNow();
    const isShared = this.#lines.size > 0;
    try {
      const log = this.#attached();
      const result = isShared ? log.commit(frame, this.#named.barred(frame)) : log.commit(frame);
      if (!frame.sync) this.#unsynced?.written();
      this.#cells?.wrote(frame.data.length);
      if (isShared) this.#tell(frame, result);
      return result;
    } finally {
      const endedAt = sharedNow();
      this.#cells?.took(startedAt, endedAt, frame.sync);
      for (const { caller, slot } of parts) caller.cells?.noted(slot, startedAt, endedAt);
    }
  }

  /** Tells those who listen what a frame has done to its tables. */
  #tell(frame: AppendFrame, result: CommitResult): void {
    if (contentsOf(frame).drops > 0) this.#named.forget();
    if (!this.#lines.isHeard) return;
    const wrote: bigint[] = [];
    const told = (table: number, first: bigint, last: bigint): void => {
      const id = decodeLogKeyPrefix(frame.tables, table * LOG_KEY_PREFIX_LENGTH);
      wrote.push(id.region, id.table, first, last);
    };
    tellOutline(frame, result, { appended: told, dropped: (table) => told(table, 0n, 0n) });
    if (wrote.length > 0) this.#lines.tell({ wrote: BigUint64Array.from(wrote), isDurable: frame.sync });
  }

  #nameOf(id: TableId): string | null {
    const { names } = this.#attached();
    return names.nameOf(id);
  }

  /** A caller is not there any more: its loans come to nothing, unless they are being written with. */
  #left(caller: Caller): void {
    for (const loan of [...caller.loans]) {
      try {
        this.#takeBack({ kind: 'takeBack', loan, states: null }, caller);
      } catch {
        // The log is closed: nothing is lent any more.
      }
    }
  }

  #keepSynced({ withinMs }: ShardTasks['keepSynced']): Outcome {
    const log = this.#open();
    const unsynced = this.#unsynced;
    if (unsynced === null) throw new WalError('SHALE_INTERNAL', 'there is nothing that says what to sync');
    const tell = (news: SyncNews): void => parentPort?.postMessage(news);
    // Once this is answered.
    setImmediate(() => void keepSynced(log, unsynced, withinMs, tell));
    return plain(null);
  }

  #lend(task: ShardTasks['lend'], caller: Caller): Outcome | Promise<Outcome> {
    const ids = pairsOf(task.ids);
    return this.#holds.run(ids, () => {
      // Nobody would give them back.
      if (caller.isGone) return plain(null);
      // What is written before it is answered first.
      const isBehind = this.#group.isWaiting;
      const states = this.#open().lend(task.loan, ids);
      if (states === null) return plain(null);
      this.#holds.hold(task.loan, ids);
      caller.loans.add(task.loan);
      const outcome = { value: states, transfer: [states.buffer as ArrayBuffer] };
      return isBehind ? afterAnswers(outcome) : outcome;
    });
  }

  #joint(task: ShardTasks['joint']): Outcome | Promise<Outcome> {
    const { loan, states, frame: bytes } = task;
    const frame = decodeAppendFrame(bytes);
    const buffer = bytes.buffer as ArrayBuffer;
    return this.#holds.runFrame(frame.tables, () => {
      // What it writes with this is answered first.
      const isBehind = this.#group.isWaiting;
      const log = this.#open();
      const barred = this.#lines.size > 0 ? this.#named.barred(frame) : undefined;
      const result = log.commitWithLoan(loan, states, frame, barred);
      if (result === null) return { value: { message: bytes, states: null }, transfer: [buffer] };
      if (!frame.sync) this.#unsynced?.written();
      this.#cells?.wrote(frame.data.length);
      if (this.#lines.size > 0) this.#tell(frame, result);
      const value = { message: replyInto(buffer, result), states: result.states };
      const outcome = { value, transfer: [value.message.buffer, value.states.buffer as ArrayBuffer] };
      return isBehind ? afterAnswers(outcome) : outcome;
    });
  }

  #takeBack({ loan, states }: ShardTasks['takeBack'], caller: Caller): Outcome {
    const ids = this.#holds.lentTo(loan);
    if (ids === undefined || !caller.loans.delete(loan)) return plain(null);
    try {
      if (states !== null) {
        this.#open().takeBack(states);
      } else {
        this.#forgets++;
        this.#open().endLoan(loan, ids);
      }
    } finally {
      this.#holds.release(loan);
    }
    return plain(null);
  }

  #ends({ id }: ShardTasks['ends']): Outcome {
    const log = this.#open();
    return plain({ first: log.firstSequence(id), last: log.lastSequence(id) });
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
    if (task.incarnation !== this.#incarnation) return plain(null);
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
      known.push({ table: floors[i] ?? 0n, floor: floors[i + 1] ?? 0n });
    }
    log.install(found, known, since);
    return plain(null);
  }

  async #retentionTurn({ again }: ShardTasks['retentionTurn']): Promise<Outcome> {
    const turn = await this.#open().retentions.turn(this.#scope(), again);
    return { value: turn, transfer: [turn.trims.buffer as ArrayBuffer] };
  }

  #positions({ consumer, region, from, timed = false }: ShardTasks['positions']): ShardResults['positions'] {
    const { consumers, retentions } = this.#open();
    const part = consumers.positions(consumer, region, from, timed);
    return { ...part, oldest: timed ? retentions.oldestBehind(part.items) : null };
  }

  async #retentionYield(): Promise<Outcome> {
    const value = await this.#open().retentions.yielding(this.#scope());
    return { value, transfer: [value.buffer as ArrayBuffer] };
  }

  async #retentionHolder(): Promise<Outcome> {
    return plain(await this.#open().retentions.mostBehind());
  }

  /** The tables that this shard retains. */
  #scope(): RetentionScope {
    const part = this.#data?.part ?? null;
    return {
      owns: ({ region, table }) =>
        part !== null && shardOf(region, table, part.shards, part.shardBy) === part.index,
      isLent: (id) => this.#holds.isTaken(id),
    };
  }

  /** Mostly waits: the thread serves appends meanwhile. */
  async #reclaim(task: ShardTasks['reclaim']): Promise<Outcome> {
    const { trimmed, deep, spans, since } = task;
    const log = this.#open();
    return plain(await log.reclaim(rangesOf(log.instance, trimmed), { deep, since, spans }));
  }

  async #weigh({ trimmed }: ShardTasks['weigh']): Promise<Outcome> {
    const log = this.#open();
    return plain(await log.storedBytes(rangesOf(log.instance, trimmed)));
  }

  async #compactWorthwhile({ trimmed, worth }: ShardTasks['compactWorthwhile']): Promise<Outcome> {
    const log = this.#open();
    return plain(await log.compactWorthwhile(rangesOf(log.instance, trimmed), worth));
  }

  async #detach(): Promise<Outcome> {
    this.#group.flush();
    this.#lines.close();
    this.#opener.closeCursors();
    await this.#log?.close();
    this.#log = null;
    this.#holds.releaseAll();
    return plain(null);
  }

  get #incarnation(): number {
    return threadId + this.#forgets * 2 ** 32;
  }

  /** The log, with all that was sent before written. */
  #open(): Log {
    this.#group.flush();
    return this.#attached();
  }

  #attached(): Log {
    if (this.#log !== null) return this.#log;
    const where = this.#data === null ? {} : { path: this.#data.path };
    throw new WalError('SHALE_CLOSED', 'the thread of the shard has let go of the database', where);
  }

  #cursorsOf(caller: Caller): Cursors {
    return caller.cursors(this.#open(), this.#scratch);
  }
}

/** More steps of promises than the answer to a frame takes that was written with others. */
const STEPS_OF_ANSWERS = 16;

/** The outcome, behind the answers to all frames that have been written. */
async function afterAnswers(outcome: Outcome): Promise<Outcome> {
  for (let step = 0; step < STEPS_OF_ANSWERS; step++) await null;
  return outcome;
}

/** The reply to a frame, in the frame's own buffer. */
function replyInto(
  buffer: ArrayBuffer,
  { firsts, trims, repeats, errors }: CommitResult,
): OverArrayBuffer<Uint8Array> {
  return encodeAppendReply(
    buffer,
    firsts,
    errors.map(({ append, error }) => ({ append, error: errorToData(error) })),
    trims,
    repeats,
  );
}

/** The keys that are gone, one range at a time: the consumer pauses between them. */
function* rangesOf(instance: number, trimmed: BigUint64Array): Generator<KeyRange, void, undefined> {
  for (let i = 0; i + 2 < trimmed.length; i += TRIMMED_STRIDE) {
    const id = { region: trimmed[i] ?? 0n, table: trimmed[i + 1] ?? 0n };
    yield tableRangeUpTo(instance, id, trimmed[i + 2] ?? 0n);
  }
}

function pairsOf(ids: BigUint64Array): TableId[] {
  const pairs: TableId[] = [];
  for (let i = 0; i + 1 < ids.length; i += 2) pairs.push({ region: ids[i] ?? 0n, table: ids[i + 1] ?? 0n });
  return pairs;
}

function plain(value: ShardResults[ShardTask['kind']]): Outcome {
  return { value, transfer: NOTHING };
}
