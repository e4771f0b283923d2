import {
  APPEND_DROPS,
  APPEND_EXPECTS,
  APPEND_ID,
  APPEND_JOINS,
  APPEND_POSITION,
  APPEND_TRIMS,
  APPEND_WORDS,
  type AppendFrame,
  decodeLogKeyPrefix,
  type ErrorCode,
  LOG_KEY_PREFIX_LENGTH,
  type TableId,
  tableInWords,
  tableKey,
  U64_MAX,
  WalError,
} from '@shale/codec';
import type { KnownAppend } from '../append-ids/table-ids.js';
import { native, toWalError } from '../errors.js';
import { readNameOfTable } from '../names/records.js';
import type { LogContext } from '../tables/context.js';
import type { TableSource } from '../tables/known-tables.js';
import { recoverTables } from '../tables/recover-tables.js';
import { readFloor, type TableState } from '../tables/table-state.js';
import type { AppendFailure, CommitResult } from './commit-result.js';
import { FrameIds } from './frame-ids.js';
import { FrameValues } from './frame-values.js';
import { PlainFrames } from './plain-frames.js';
import { PositionMoves } from './position-moves.js';
import { Removals } from './removals.js';
import { writeFrame } from './write-frame.js';
import { WriteRuns } from './write-runs.js';

/** Errors of reading one table, from damage or a lack of descriptors, that do not concern the other tables. */
const OF_ONE_TABLE: ReadonlySet<ErrorCode> = new Set(['SHALE_CORRUPT', 'SHALE_NO_RESOURCES', 'SHALE_IO']);

const NONE_BARRED: ReadonlyMap<number, WalError> = new Map();

/** What an attempt to write a frame leaves out, because the attempt before failed at it. */
interface Refused {
  appends: WalError | null;
  readonly trims: Map<TableState, WalError>;
  /** By table and not by state: a drop needs no state of its table. */
  readonly drops: Map<string, WalError>;
}

/**
 * Gives the appends of a frame their sequences and writes them with one native call, and with them the trims and drops,
 * and the positions of consumers, that stand among them. An append with an id that is in already gets the sequences that
 * it has, and is not written again.
 *
 * Frames of plain appends and trims, which are the hot path, go through {@link PlainFrames}. Here each table of a frame
 * has a state; the cost is a few number reads and one bigint addition per append, and nothing per entry.
 */
export class Committer {
  readonly #context: LogContext;
  readonly #plain: PlainFrames;
  readonly #runs = new WriteRuns();
  readonly #removals: Removals;
  readonly #moves: PositionMoves;
  readonly #ids: FrameIds;
  // The states of the current frame, by table index; null until needed.
  readonly #states: (TableState | WalError | null)[] = [];
  readonly #prefixes: Uint8Array[] = [];
  #expectAt = 0;
  /** The index of the next append's first entry. */
  #entryAt = 0;
  readonly #values = new FrameValues();
  /** Two for each repeat: the index of the append, and how many entries the one has that is in. */
  readonly #repeats: number[] = [];
  /** The consumers whose positions the atomic write moves, in order. */
  readonly #consumers: bigint[] = [];
  #source: TableSource;
  #barred: ReadonlyMap<number, WalError> = NONE_BARRED;

  constructor(context: LogContext) {
    this.#context = context;
    this.#plain = new PlainFrames(context);
    this.#source = context.tables;
    this.#removals = new Removals(context, this.#runs);
    this.#moves = new PositionMoves(context);
    this.#ids = new FrameIds(context);
  }

  /**
   * Writes a frame. Appends that cannot be written (an `expect` that does not hold, a table that cannot be recovered
   * or has no sequences left, the position of a consumer that somebody else has moved) are left out with the atomic write they belong to, and reported, as are trims of such a
   * table; the rest is one atomic write. When that fails, no sequence has advanced and SHALE_POISONED, SHALE_NO_SPACE,
   * SHALE_IO or what the native call says is thrown.
   *
   * On a full disk trims and drops are what makes room: they are then written without the appends.
   *
   * @param source where the states of its tables come from; default: what the log knows
   * @param barred tables of which nothing is written, by their index in the frame, and why
   */
  commit(
    frame: AppendFrame,
    source: TableSource = this.#context.tables,
    barred: ReadonlyMap<number, WalError> = NONE_BARRED,
  ): CommitResult {
    this.#barred = barred;
    if (source === this.#context.tables && barred.size === 0 && isPlain(frame)) {
      const plain = this.#commitPlain(frame);
      if (plain !== null) return plain;
    }
    this.#source = source;
    this.#context.tables.rest();
    const refused: Refused = { appends: null, trims: new Map(), drops: new Map() };
    for (;;) {
      try {
        return this.#attempt(frame, refused);
      } catch (error) {
        if (!this.#canDoWithout(toWalError(error, { path: this.#context.path }), refused)) throw error;
      }
    }
  }

  #commitPlain(frame: AppendFrame): CommitResult | null {
    try {
      return this.#plain.commit(frame);
    } catch (error) {
      const failure = toWalError(error, { path: this.#context.path });
      // Nothing is written. The trims of the frame may succeed without the rest, and what is of tables whose ids can be read.
      if (frame.expects.length > 0 && (failure.code === 'SHALE_NO_SPACE' || OF_ONE_TABLE.has(failure.code)))
        return null;
      if (frame.ids.length > 0 && OF_ONE_TABLE.has(failure.code)) return null;
      throw failure;
    }
  }

  #attempt(frame: AppendFrame, refused: Refused): CommitResult {
    const firsts = new BigUint64Array(frame.appendCount);
    const errors: AppendFailure[] = [];
    let removals = 0;
    let removalsRefused = 0;
    this.#begin(frame);
    try {
      if (frame.tableCount > 1 && this.#source === this.#context.tables) this.#lookUp(frame);
      for (let at = 0; at < frame.appendCount; ) {
        if (isRemoval(frame.appends[at * APPEND_WORDS + 2] ?? 0)) {
          const error = this.#remove(frame, at, firsts, refused);
          removals++;
          if (error !== null) {
            removalsRefused++;
            errors.push({ append: at, error });
          }
          at++;
          continue;
        }
        const end = writeEnd(frame, at);
        const error = hasId(frame, at)
          ? this.#assignOnce(frame, at, firsts, refused.appends)
          : this.#assign(frame, at, end, firsts, refused.appends);
        this.#moves.decide(error === null);
        this.#collect(frame, at, end, firsts, error, errors);
        at = end;
      }
      this.#write(frame);
    } catch (error) {
      this.#settle(false);
      throw toWalError(error, { path: this.#context.path });
    }
    this.#settle(true);
    const { counters } = this.#context;
    const appendsRefused = errors.length - removalsRefused;
    const { positions, entriesToWrite } = this.#runs;
    counters.appends += frame.appendCount - removals - appendsRefused - positions;
    counters.appendsRefused += appendsRefused;
    counters.entriesWritten += entriesToWrite - positions;
    return { firsts, trims: this.#removals.results, repeats: Uint32Array.from(this.#repeats), errors };
  }

  /**
   * Whether a frame that could not be written can be written in part: without appends on a full disk, without the
   * trims of tables whose metadata record cannot be raised because it cannot be read, and without the drops of tables
   * whose name, which the drop removes too, cannot be looked up.
   */
  #canDoWithout(error: WalError, refused: Refused): boolean {
    if (error.code === 'SHALE_NO_SPACE') {
      const mixed = this.#runs.removals > 0 && this.#runs.entriesToWrite > 0;
      if (mixed) refused.appends = error;
      return mixed;
    }
    if (!OF_ONE_TABLE.has(error.code)) return false;
    const before = refused.trims.size + refused.drops.size;
    for (const state of this.#removals.tables) {
      const { id } = state;
      if (!refused.trims.has(state)) this.#try(id, refused.trims, state, () => readFloor(this.#context, id));
    }
    for (const id of this.#removals.dropped) {
      this.#try(id, refused.drops, tableKey(id), () => readNameOfTable(this.#context, id));
    }
    return refused.trims.size + refused.drops.size > before;
  }

  /** Tries a read that a change of a table needs, and notes its failure. */
  #try<K>(table: TableId, refused: Map<K, WalError>, key: K, read: () => void): void {
    try {
      read();
    } catch (cause) {
      refused.set(key, toWalError(cause, { path: this.#context.path, table }));
    }
  }

  #begin(frame: AppendFrame): void {
    this.#runs.clear();
    this.#removals.clear();
    this.#moves.clear();
    this.#ids.begin(frame);
    this.#repeats.length = 0;
    this.#context.watch.begin();
    this.#states.length = 0;
    this.#prefixes.length = 0;
    this.#expectAt = 0;
    this.#entryAt = 0;
    this.#values.begin();
    for (let i = 0; i < frame.tableCount; i++) {
      const at = i * LOG_KEY_PREFIX_LENGTH;
      this.#prefixes.push(frame.tables.subarray(at, at + LOG_KEY_PREFIX_LENGTH));
      this.#states.push(this.#barred.get(i) ?? null);
    }
  }

  /**
   * Looks up all tables of a frame together. A table that cannot be recovered here is recovered alone later, and then
   * fails alone.
   */
  #lookUp(frame: AppendFrame): void {
    const missing: number[] = [];
    for (const [index, prefix] of this.#prefixes.entries()) {
      if (this.#states[index] !== null) continue;
      const id = this.#idOf(prefix);
      if (id instanceof WalError) continue;
      const known = this.#source.peek(id.region, id.table);
      if (known === undefined) missing.push(index);
      else this.#states[index] = known;
    }
    if (missing.length < 2) return;
    for (const [i, state] of recoverTables(this.#context, frame.tables, missing).entries()) {
      if (state === null) continue;
      // A frame can have a table several times.
      const known = this.#source.peek(state.id.region, state.id.table);
      if (known === undefined) this.#source.add(state);
      this.#states[missing[i] ?? 0] = known ?? state;
    }
  }

  /** Does one trim or drop; returns the error if it is refused. */
  #remove(frame: AppendFrame, at: number, firsts: BigUint64Array, refused: Refused): WalError | null {
    const table = frame.appends[at * APPEND_WORDS] ?? 0;
    const prefix = this.#prefixes[table] ?? frame.tables;
    if (frame.appends[at * APPEND_WORDS + 2] === APPEND_DROPS) return this.#drop(table, prefix, refused);
    const upTo = frame.expects[this.#expectAt++] ?? 0n;
    const state = this.#stateAt(table);
    const error = state instanceof WalError ? state : refused.trims.get(state);
    if (state instanceof WalError || error !== undefined) {
      this.#removals.refuseTrim();
      return error ?? null;
    }
    const left = this.#removals.trim(state, prefix, upTo, frame.sync);
    firsts[at] = left - 1n;
    const { watch } = this.#context;
    if (watch.hasMarks) watch.trimmed(state.id, left);
    return null;
  }

  /** Drops a table, even one that is unknown or cannot be recovered. */
  #drop(table: number, prefix: Uint8Array, refused: Refused): WalError | null {
    const id = this.#idOf(prefix);
    if (id instanceof WalError) return id;
    const refusal = refused.drops.size === 0 ? undefined : refused.drops.get(tableKey(id));
    if (refusal !== undefined) return refusal;
    const known = this.#states[table];
    const state = known instanceof WalError ? undefined : (known ?? this.#source.peek(id.region, id.table));
    const dropped = this.#removals.drop(id, state, prefix);
    this.#moves.drop(id);
    this.#ids.drop(id);
    this.#context.watch.dropped(id);
    // A frame can have a table several times.
    this.#prefixes.forEach((other, index) => {
      if (Buffer.compare(other, prefix) === 0) this.#states[index] = dropped;
    });
    return null;
  }

  #resolve(prefix: Uint8Array): TableState | WalError {
    try {
      const id = this.#idOf(prefix);
      return id instanceof WalError ? id : this.#source.get(id);
    } catch (error) {
      // One table that cannot be read must not block the others.
      const failure = toWalError(error, { path: this.#context.path });
      if (OF_ONE_TABLE.has(failure.code)) return failure;
      throw failure;
    }
  }

  #idOf(prefix: Uint8Array): TableId | WalError {
    const { path, instance } = this.#context;
    const id = decodeLogKeyPrefix(prefix);
    if (id.instance === instance) return { region: id.region, table: id.table };
    return new WalError(
      'SHALE_INVALID_ARGUMENT',
      `a frame for instance ${id.instance} was given to a log of instance ${instance}`,
      { path, details: { field: 'instance', expected: instance, actual: id.instance } },
    );
  }

  /** Gives the appends of one atomic write their sequences. On an error none of them has one. */
  #assign(
    frame: AppendFrame,
    from: number,
    end: number,
    firsts: BigUint64Array,
    refusal: WalError | null,
  ): WalError | null {
    const { appends, expects } = frame;
    let failure = refusal;
    let done = from;
    this.#consumers.length = 0;
    for (let i = from; i < end; i++) {
      const at = i * APPEND_WORDS;
      const entries = appends[at + 1] ?? 0;
      const entry = this.#entryAt;
      this.#entryAt += entries;
      if (isPosition(appends[at + 2] ?? 0)) {
        const consumer = expects[this.#expectAt++] ?? 0n;
        const stored = expects[this.#expectAt++] ?? 0n;
        this.#consumers.push(consumer);
        failure ??= this.#move(frame, appends[at] ?? 0, entry, consumer, stored);
        continue;
      }
      const expected =
        ((appends[at + 2] ?? 0) & APPEND_EXPECTS) === 0 ? undefined : expects[this.#expectAt++];
      if (failure !== null) continue;
      const state = this.#stateAt(appends[at] ?? 0);
      if (state instanceof WalError) {
        failure = state;
        continue;
      }
      const first = state.pending;
      failure = problemOf(state, first, entries, expected);
      if (failure !== null) continue;
      firsts[i] = entries === 0 ? first - 1n : first;
      state.pending = entries === 1 ? first + 1n : first + BigInt(entries);
      done = i + 1;
    }
    if (failure !== null) this.#unassign(frame, from, done, firsts);
    return failure;
  }

  /**
   * Gives an append that has an id the sequences that it has already, or else new ones.
   */
  #assignOnce(
    frame: AppendFrame,
    at: number,
    firsts: BigUint64Array,
    refusal: WalError | null,
  ): WalError | null {
    const table = frame.appends[at * APPEND_WORDS] ?? 0;
    const entries = frame.appends[at * APPEND_WORDS + 1] ?? 0;
    this.#ids.next();
    const state = refusal ?? this.#stateAt(table);
    const known = state instanceof WalError ? state : this.#repeatOf(state, table);
    if (known === null || known instanceof WalError) {
      const error = this.#assign(frame, at, at + 1, firsts, known);
      if (error !== null) return error;
      const first = firsts[at] ?? 0n;
      this.#ids.add(Number(BigInt.asUintN(32, first)), Number(first >> 32n), entries);
      return null;
    }
    this.#entryAt += entries;
    if (((frame.appends[at * APPEND_WORDS + 2] ?? 0) & APPEND_EXPECTS) !== 0) this.#expectAt++;
    this.#repeats.push(at, known.entries);
    firsts[at] = known.first;
    return null;
  }

  /** The append that has the current id already; null for none, or the error if that cannot be told. */
  #repeatOf(state: TableState, table: number): KnownAppend | WalError | null {
    const isLent = this.#source !== this.#context.tables;
    try {
      return this.#ids.repeatOf(table, state.pending - 1n, isLent);
    } catch (error) {
      const failure = toWalError(error, { path: this.#context.path, table: state.id });
      if (OF_ONE_TABLE.has(failure.code)) return failure;
      throw failure;
    }
  }

  /** Checks the move of a consumer's position; returns the error if it is refused. */
  #move(frame: AppendFrame, table: number, entry: number, consumer: bigint, stored: bigint): WalError | null {
    const state = this.#stateAt(table);
    if (state instanceof WalError) return state;
    try {
      return this.#moves.check(state, { consumer, stored, value: this.#values.at(frame, entry) });
    } catch (error) {
      const failure = toWalError(error, { path: this.#context.path, table: state.id });
      if (OF_ONE_TABLE.has(failure.code)) return failure;
      throw failure;
    }
  }

  #unassign(frame: AppendFrame, from: number, end: number, firsts: BigUint64Array): void {
    for (let i = from; i < end; i++) {
      if (isPosition(frame.appends[i * APPEND_WORDS + 2] ?? 0)) continue;
      const state = this.#stateAt(frame.appends[i * APPEND_WORDS] ?? 0);
      if (!(state instanceof WalError)) state.pending -= BigInt(frame.appends[i * APPEND_WORDS + 1] ?? 0);
    }
    firsts.fill(0n, from, end);
  }

  /** Turns one atomic write into runs to write, or into entries to step over. */
  #collect(
    frame: AppendFrame,
    from: number,
    end: number,
    firsts: BigUint64Array,
    error: WalError | null,
    errors: AppendFailure[],
  ): void {
    const { appends } = frame;
    const isRepeat = this.#repeats.at(-2) === from;
    const { watch } = this.#context;
    const tick = watch.tick();
    let positions = 0;
    for (let i = from; i < end; i++) {
      const table = appends[i * APPEND_WORDS] ?? 0;
      const entries = appends[i * APPEND_WORDS + 1] ?? 0;
      const prefix = this.#prefixes[table] ?? frame.tables;
      const flags = appends[i * APPEND_WORDS + 2] ?? 0;
      const state = error ?? this.#stateAt(table);
      if (isRepeat) {
        this.#runs.skip(prefix, entries);
      } else if (!(state instanceof WalError)) {
        if (isPosition(flags)) {
          this.#runs.move(prefix, this.#consumers[positions++] ?? 0n);
          this.#context.watch.touch(state.id);
        } else {
          if (entries > 0 && tick > 0) watch.appended(state.id, firsts[i] ?? 0n, tick);
          this.#runs.write(state, prefix, firsts[i] ?? 0n, entries);
        }
      } else {
        this.#runs.skip(prefix, entries);
        errors.push({ append: i, error: state });
      }
    }
  }

  #write(frame: AppendFrame): void {
    const repeated = this.#ids.repeated();
    if (this.#runs.entriesToWrite > 0) {
      for (const { index, upTo } of this.#ids.forgotten((table) => this.#lastOf(table))) {
        this.#runs.forgetIds(this.#prefixes[index] ?? frame.tables, upTo);
      }
      const changes = this.#ids.changesAfter(this.#context.watch.changes());
      writeFrame(this.#context, this.#runs.finish(), frame, changes);
    } else if (this.#runs.removals > 0) {
      const changes = this.#context.watch.changes();
      this.#context.db.remove(this.#runs.finishRemovals(), { sync: frame.sync }, changes);
    } else if (repeated !== null && frame.sync) {
      // What was written before is on stable storage with it.
      native({ path: this.#context.path }, () => this.#context.db.change([repeated], { sync: true }));
    }
  }

  /** The last sequence that a table of the frame has with it. */
  #lastOf(table: number): bigint {
    const state = this.#stateAt(table);
    return state instanceof WalError ? 0n : state.pending - 1n;
  }

  #settle(written: boolean): void {
    for (const state of this.#states) {
      if (state === null || state instanceof WalError) continue;
      if (written) state.advance();
      else state.rollBack();
    }
    this.#removals.settle(written, this.#source);
    this.#ids.settle(written);
    this.#context.watch.settle(written);
  }

  #stateAt(table: number): TableState | WalError {
    const known = this.#states[table];
    if (known !== null && known !== undefined) return known;
    const prefix = this.#prefixes[table];
    if (prefix === undefined) {
      return new WalError('SHALE_INTERNAL', `a frame names table ${table} of ${this.#states.length}`, {
        path: this.#context.path,
      });
    }
    const state = this.#resolve(prefix);
    this.#states[table] = state;
    return state;
  }
}

function hasId(frame: AppendFrame, append: number): boolean {
  return ((frame.appends[append * APPEND_WORDS + 2] ?? 0) & APPEND_ID) !== 0;
}

function isRemoval(flags: number): boolean {
  return (flags & (APPEND_TRIMS | APPEND_DROPS)) !== 0;
}

function isPosition(flags: number): boolean {
  return (flags & APPEND_POSITION) !== 0;
}

/** The index after the last append of the atomic write that begins at `from`. */
function writeEnd(frame: AppendFrame, from: number): number {
  let end = from + 1;
  while (end < frame.appendCount && ((frame.appends[end * APPEND_WORDS + 2] ?? 0) & APPEND_JOINS) !== 0)
    end++;
  return end;
}

/** Whether it has no expectations and no positions, with which {@link PlainFrames} would give up at last. */
function isPlain({ expects, appends, appendCount }: AppendFrame): boolean {
  // Trims have a number there, too.
  if (expects.length === 0) return true;
  for (let i = 0; i < appendCount; i++) {
    const flags = appends[i * APPEND_WORDS + 2] ?? 0;
    if (flags > APPEND_JOINS && flags !== APPEND_TRIMS && flags !== APPEND_ID) return false;
  }
  return true;
}

function problemOf(
  state: TableState,
  first: bigint,
  entries: number,
  expected: bigint | undefined,
): WalError | null {
  if (expected !== undefined && expected !== first) {
    return new WalError(
      'SHALE_SEQUENCE_MISMATCH',
      `the next sequence of ${tableInWords(state.id)} is ${first} and not ${expected} as expected; nothing was written: ${mismatchAdvice(first, expected)}`,
      { table: state.id, details: { expected, actual: first } },
    );
  }
  if (entries > 0 && first + BigInt(entries) - 1n > U64_MAX) {
    return new WalError(
      'SHALE_SEQUENCE_EXHAUSTED',
      `${tableInWords(state.id)} has no ${entries} sequences left after ${first - 1n}; nothing was written: go on in another table`,
      { table: state.id, details: { last: first - 1n, entries } },
    );
  }
  return null;
}

/** Only a table that is past the expected sequence can have the append of a retry. */
function mismatchAdvice(actual: bigint, expected: bigint): string {
  return actual > expected
    ? `if this is a retry and the table has no other writer, the append is in already; if it has one, read what is at ${expected} and compare`
    : 'the append is not in, and neither is what was to come before it: append that first, unless the table was dropped or restored meanwhile';
}
