import {
  EntryPacker,
  encodeLogKeyPrefix,
  encodeMetaValue,
  encodeNameCounter,
  encodeRun,
  FIRST_NAMED_TABLE,
  isNamedTable,
  LOG_KEY_PREFIX_LENGTH,
  logKey,
  META_VALUE_LENGTH,
  metaKey,
  nameCounterKey,
  RUN_STRIDE,
  type TableId,
  U64_MAX,
} from '@shale/codec';
import { type Database, openDatabase, type RecordChange } from '@shale/rocksdb';
import { native, nativeAsync } from '../errors.js';
import { markMoved } from '../names/catalog-log.js';
import { naming } from '../names/records.js';
import {
  makeWorkspace,
  moveIntoPlace,
  removeWorkspace,
  requireEmpty,
  type Workspace,
} from '../targets/new-directory.js';
import { requireOutside } from '../targets/places.js';
import { fromHere, realPath } from '../targets/real-path.js';

/** A table of a log that is written anew. */
export interface CopiedTable {
  readonly id: TableId;
  /** Its name; null when it has none. */
  readonly name: string | null;
  /** The first sequence that may have an entry. */
  readonly first: bigint;
  /** The last sequence that was given out. */
  readonly last: bigint;
}

const INSTANCE = 0;
const WRITE_BYTES = 4 * 1024 * 1024;

/**
 * A new log that is written with sequences and ids that are given, as from a copy of another one: instance 0. It grows in a
 * directory `.<name>.partial-…` beside its place, and is moved there when it is whole.
 */
export class NewLog {
  readonly #workspace: Workspace;
  readonly #db: Database;
  #packer = new EntryPacker(WRITE_BYTES);
  #runs: Uint8Array[] = [];
  #bytes = 0;
  /** By table id: the record is one for all regions. */
  readonly #floors = new Map<bigint, bigint>();
  #nextName = FIRST_NAMED_TABLE;

  private constructor(workspace: Workspace, db: Database) {
    this.#workspace = workspace;
    this.#db = db;
  }

  /**
   * Begins a log. Rejects with SHALE_INVALID_ARGUMENT when there is something at its place, or it lies in another log,
   * SHALE_NO_SPACE, SHALE_NO_RESOURCES, SHALE_IO.
   */
  static async begin(directory: string | URL): Promise<NewLog> {
    const target = await realPath(fromHere(directory));
    await requireOutside(target, []);
    await requireEmpty(target);
    const workspace = await makeWorkspace(target);
    try {
      const { result } = workspace;
      const db = await nativeAsync({ path: result, target }, () => openDatabase(result, { spaceReserve: 0 }));
      return new NewLog(workspace, db);
    } catch (error) {
      await removeWorkspace(workspace);
      throw error;
    }
  }

  /** Writes consecutive entries of a table from a sequence on. Throws SHALE_NO_SPACE, SHALE_IO. */
  entries(id: TableId, first: bigint, payloads: readonly Uint8Array[]): void {
    const prefix = new Uint8Array(LOG_KEY_PREFIX_LENGTH);
    encodeLogKeyPrefix(prefix, 0, { instance: INSTANCE, ...id });
    for (let at = 0; at < payloads.length; ) {
      const begin = at;
      for (; at < payloads.length && this.#bytes < WRITE_BYTES; at++) {
        const payload = payloads[at] ?? new Uint8Array(0);
        this.#packer.add(payload, payload.length);
        this.#bytes += payload.length + 1;
      }
      const run = new Uint8Array(RUN_STRIDE);
      encodeRun(run, 0, prefix, first + BigInt(begin), at - begin);
      this.#runs.push(run);
      if (this.#bytes >= WRITE_BYTES) this.#write();
    }
  }

  /** Says what a table is called and where it begins and ends, once all its entries are written. Throws as {@link entries}. */
  table({ id, name, first, last }: CopiedTable): void {
    this.#write();
    const context = { path: this.#db.path, table: id };
    const end = logKey({ instance: INSTANCE, ...id }, last);
    const hasLast = last > 0n && native(context, () => this.#db.get(end)) !== null;
    // What was trimmed, and that no sequence is given out again.
    this.#raise(id.table, hasLast ? first - 1n : last);
    if (name === null) return;
    native(context, () => this.#db.change(naming(INSTANCE, name, id), { sync: false }));
    if (isNamedTable(id) && id.table >= this.#nextName && id.table < U64_MAX) this.#nextName = id.table + 1n;
  }

  /** Puts the log on stable storage and moves it to its place. Rejects as {@link begin}. */
  async finish(): Promise<void> {
    this.#write();
    const { path } = this.#db;
    const changes: RecordChange[] = [...this.#floors].map(([table, floor]) => {
      const value = new Uint8Array(META_VALUE_LENGTH);
      encodeMetaValue(value, 0, floor);
      return { put: metaKey(INSTANCE, table), value };
    });
    if (this.#nextName > FIRST_NAMED_TABLE) {
      changes.push({ put: nameCounterKey(INSTANCE), value: encodeNameCounter(this.#nextName) });
      changes.push(...markMoved({ db: this.#db, path, instance: INSTANCE }));
    }
    try {
      native({ path }, () => this.#db.change(changes, { sync: false }));
      await nativeAsync({ path }, () => this.#db.flush());
      await this.#db.close();
      await moveIntoPlace(this.#workspace);
    } finally {
      await this.abandon();
    }
  }

  /** Removes what was written. Nothing to do once it is finished. */
  async abandon(): Promise<void> {
    await this.#db.close();
    await removeWorkspace(this.#workspace);
  }

  #raise(table: bigint, floor: bigint): void {
    if (floor > (this.#floors.get(table) ?? 0n)) this.#floors.set(table, floor);
  }

  #write(): void {
    if (this.#runs.length === 0) return;
    const { data, lengths } = this.#packer.finish();
    const runs = Buffer.concat(this.#runs);
    const ends = new Uint8Array(Uint32Array.from(lengths).buffer);
    this.#packer = new EntryPacker(WRITE_BYTES);
    this.#runs = [];
    this.#bytes = 0;
    native({ path: this.#db.path }, () => this.#db.write(runs, ends, data, { sync: false }));
  }
}
