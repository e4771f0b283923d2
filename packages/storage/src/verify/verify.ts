import {
  CATALOG_INSTANCE,
  describeUnexamined,
  EntryChunk,
  type ErrorCode,
  floorRange,
  instanceRange,
  keySuccessor,
  logKey,
  metaRange,
  mustBe,
  WalError,
} from '@shale/codec';
import type { ScanResult, Snapshot } from '@shale/rocksdb';
import { readBag } from '../arguments/option-bag.js';
import { foreignKey, native, tableOfKey } from '../errors.js';
import { floors } from '../lists/floors.js';
import { recordPages } from '../raw-records.js';
import { layoutOf } from '../read/scan-layout.js';
import type { LogContext } from '../tables/context.js';
import { stepOverUnreadable } from './unreadable.js';
import { verifyAppendIds } from './verify-append-ids.js';
import { ConsumersCheck } from './verify-consumers.js';
import type { VerifyEvent, VerifyFinding, VerifyProgress } from './verify-events.js';
import { NamesCheck } from './verify-names.js';
import { RetentionCheck } from './verify-retention.js';
import { TableCheck } from './verify-table.js';

/** How to verify. */
export interface VerifyOptions {
  /** Bytes of one scan, between which progress is reported, 1 KiB to 1 GiB. Default 1 MiB. */
  readonly chunkBytes?: number | undefined;
}

const DEFAULT_CHUNK_BYTES = 1024 * 1024;
/** Floors between two reports of progress. */
const FLOORS_PER_STEP = 4096;
const DATABASE_FAILURES: readonly ErrorCode[] = ['SHALE_CORRUPT', 'SHALE_IO'];

/** Reads the options of a verification. Throws SHALE_INVALID_ARGUMENT. */
export function toVerifyChunkBytes(options: VerifyOptions): number {
  const { chunkBytes = DEFAULT_CHUNK_BYTES } = readBag('verify', options, ['chunkBytes']);
  if (
    typeof chunkBytes === 'number' &&
    Number.isInteger(chunkBytes) &&
    chunkBytes >= 1024 &&
    chunkBytes <= 2 ** 30
  ) {
    return chunkBytes;
  }
  throw mustBe('chunkBytes', `an integer from 1024 to ${2 ** 30}`, chunkBytes);
}

/**
 * Reads everything of the instance, checksums included, and checks that every key and value is of this format, that
 * sequences are dense, that seeks and scans agree, that the metadata records account for what was trimmed, that names and
 * their tables agree, and that positions of consumers and ids of appends lie within their tables, and that time marks follow each other. It checks the database as it was at the start, goes on after every finding, and works on
 * read-only logs.
 */
export function* verify(
  context: LogContext,
  snapshot: Snapshot,
  chunkBytes: number,
): Generator<VerifyEvent, void, undefined> {
  const started = performance.now();
  const run = new VerifyRun(context, snapshot, chunkBytes);
  try {
    let errors = 0;
    let warnings = 0;
    for (const event of run.events()) {
      if (event.type === 'finding') {
        if (event.severity === 'error') errors++;
        else warnings++;
      }
      yield run.named(event);
    }
    yield { type: 'totals', ...run.totals, errors, warnings, elapsedMs: performance.now() - started };
  } finally {
    snapshot.release();
  }
}

class VerifyRun {
  readonly totals = { entries: 0n, tables: 0, floors: 0, payloadBytes: 0n };
  readonly #context: LogContext;
  readonly #snapshot: Snapshot;
  readonly #estimatedEntries: number;
  readonly #floors = new Map<bigint, bigint>();
  readonly #names: NamesCheck;
  #buffer: ArrayBuffer;
  #table: TableCheck | undefined;

  constructor(context: LogContext, snapshot: Snapshot, chunkBytes: number) {
    this.#context = context;
    this.#snapshot = snapshot;
    this.#names = new NamesCheck(context, snapshot);
    this.#buffer = new ArrayBuffer(chunkBytes);
    const estimate = native({ path: context.path }, () => context.db.property('rocksdb.estimate-num-keys'));
    this.#estimatedEntries = Number(estimate ?? 0);
  }

  *events(): Generator<VerifyFinding | VerifyProgress, void, undefined> {
    yield* this.#unexamined();
    yield* this.#metadata();
    yield* this.#otherMetadata();
    for (const found of this.#names.run()) yield found ?? this.#progress();
    const consumers = new ConsumersCheck(this.#context, this.#snapshot);
    for (const found of consumers.run()) yield found ?? this.#progress();
    for (const found of verifyAppendIds(this.#context, this.#snapshot)) yield found ?? this.#progress();
    const retention = new RetentionCheck(this.#context, this.#snapshot);
    for (const found of retention.run()) yield found ?? this.#progress();
    yield* this.#logs();
  }

  /** The event, with the name of the table that it is about. */
  named<E extends VerifyEvent>(event: E): E {
    if (event.type !== 'finding' || event.id === undefined) return event;
    const name = this.#names.nameOf(event.id);
    return name === undefined ? event : { ...event, name };
  }

  /** What another program has written so that the opening could not check it. */
  *#unexamined(): Generator<VerifyFinding, void, undefined> {
    const { db, instance } = this.#context;
    if (instance === CATALOG_INSTANCE) return;
    for (const unexamined of db.recovery.unexamined) {
      yield {
        type: 'finding',
        severity: 'warning',
        kind: 'unexamined',
        file: { name: unexamined.file },
        message: describeUnexamined(unexamined),
      };
    }
  }

  *#metadata(): Generator<VerifyFinding | VerifyProgress, void, undefined> {
    const problems: WalError[] = [];
    for (const { table, floor } of floors(
      this.#context,
      (problem) => problems.push(problem),
      this.#snapshot,
    )) {
      this.#floors.set(table, floor);
      this.totals.floors++;
      // No step takes long, whatever there is.
      if (this.totals.floors % FLOORS_PER_STEP === 0) yield this.#progress();
    }
    for (const problem of problems) yield foreignFinding(problem);
    yield this.#progress();
  }

  /** Any other record in the namespace of the metadata records is of an unknown type. */
  *#otherMetadata(): Generator<VerifyFinding | VerifyProgress, void, undefined> {
    const { db, path, instance } = this.#context;
    if (instance === CATALOG_INSTANCE) return;
    const range = { lower: floorRange(instance).upper, upper: metaRange(instance).upper };
    for (const page of recordPages(db, range, this.#snapshot)) {
      for (const { key } of page) {
        yield foreignFinding(foreignKey(key, 'its key type is not known', { path }));
      }
      yield this.#progress();
    }
  }

  *#logs(): Generator<VerifyFinding | VerifyProgress, void, undefined> {
    const { upper, lower } = instanceRange(this.#context.instance);
    let from: Uint8Array | null = lower;
    while (from !== null) {
      const step: { next: Uint8Array | null; findings: VerifyFinding[] } = this.#step(from, upper);
      yield* step.findings;
      yield this.#progress();
      from = step.next;
    }
    if (this.#table !== undefined) yield* this.#table.finish(this.#floors);
  }

  /** Checks one chunk and says where to go on. */
  #step(from: Uint8Array, upper: Uint8Array): { next: Uint8Array | null; findings: VerifyFinding[] } {
    const findings: VerifyFinding[] = [];
    const result = this.#scan(from, upper);
    if (result instanceof WalError) {
      const last = this.#table;
      const { next, finding } = stepOverUnreadable(
        this.#context,
        { snapshot: this.#snapshot, from, upper, table: last?.id, expected: last?.expected },
        result,
      );
      findings.push(finding);
      last?.resumeAfterGap();
      return { next, findings };
    }
    if (result.neededBytes > 0) {
      this.#buffer = new ArrayBuffer(result.neededBytes);
      return { next: from, findings };
    }
    let next = this.#check(result, from, findings);
    if (result.foreign === undefined) return { next: result.more ? next : null, findings };
    const { key, reason } = result.foreign;
    const problem = foreignKey(key, reason, { path: this.#context.path, table: tableOfKey(key) });
    findings.push(foreignFinding(problem));
    this.#table?.passForeign(key);
    next = keySuccessor(key);
    return { next, findings };
  }

  /**
   * A chunk as large as can be read: on a failure smaller and smaller ones, to come as close to the damage as can be.
   */
  #scan(from: Uint8Array, upper: Uint8Array): ScanResult | WalError {
    const place = { path: this.#context.path };
    for (let maxEntries = 2 ** 20; ; maxEntries = Math.ceil(maxEntries / 16)) {
      const options = { snapshot: this.#snapshot, maxEntries, verifyChecksums: true };
      try {
        return native(place, () => this.#context.db.scan(from, upper, this.#buffer, options));
      } catch (error) {
        if (!(error instanceof WalError) || !DATABASE_FAILURES.includes(error.code)) throw error;
        if (maxEntries === 1) return error;
      }
    }
  }

  /** Walks the runs of a chunk: per run, not per entry, because a hole begins a new run. */
  #check(result: ScanResult, from: Uint8Array, findings: VerifyFinding[]): Uint8Array {
    const chunk = new EntryChunk(this.#buffer, layoutOf(result));
    this.totals.entries += BigInt(result.entries);
    this.totals.payloadBytes += BigInt(result.dataLength - result.entries);
    let next = from;
    for (const { id, first, count } of chunk.runs) {
      if (this.#table === undefined || !this.#table.isOf(id)) {
        if (this.#table !== undefined) findings.push(...this.#table.finish(this.#floors));
        this.#table = new TableCheck(this.#context, this.#snapshot, id, first);
        this.totals.tables++;
      }
      const hole = this.#table.run(first, count);
      if (hole !== null) findings.push(hole);
      next = keySuccessor(logKey({ instance: this.#context.instance, ...id }, first + BigInt(count) - 1n));
    }
    return next;
  }

  #progress(): VerifyProgress {
    return {
      type: 'progress',
      entries: this.totals.entries,
      tables: this.totals.tables,
      at: this.#table?.id ?? null,
      estimatedEntries: this.#estimatedEntries,
    };
  }
}

function foreignFinding(problem: WalError): VerifyFinding {
  const key = problem.details?.key;
  return {
    type: 'finding',
    severity: 'error',
    kind: 'foreign',
    message: problem.message,
    ...(typeof key === 'string' ? { key } : {}),
    ...(problem.table === undefined ? {} : { id: problem.table }),
  };
}
