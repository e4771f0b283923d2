import { decodeCatalogRecord, encodeCatalogRecord, type TableId, WalError } from '@shale/codec';
import type { Health } from '../health.js';
import { toName } from '../ids.js';
import type { Shard } from '../shard/shard.js';
import { addressOf, type Routing, TableRef } from '../table-ref.js';

/** Tables with a name are tables 2^63, 2^63 + 1, ... of this region. */
const NAMED_REGION = 0n;
const NAMED_BASE = 2n ** 63n;
/** Records that go into one append to the catalog's log. */
const MAX_RECORDS = 4096;

interface Wanted {
  readonly ref: TableRef;
  readonly id: TableId;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The names of a WAL's tables. They are kept as a log like any other, in instance 127, and read when a name is first
 * used: opening costs the same however many names there are. A name is made by its first append and is on stable
 * storage before that append is written; names that are made at the same time share a write.
 */
export class Catalog {
  readonly #shard: Shard;
  readonly #routing: Routing;
  readonly #readOnly: boolean;
  readonly #health: Health;
  readonly #refs = new Map<string, TableRef>();
  readonly #ids = new Map<string, TableId>();
  readonly #names = new Map<bigint, string>();
  readonly #creating = new Map<string, Promise<void>>();
  readonly #dropping = new Map<string, Promise<void>>();
  #next = NAMED_BASE;
  #loaded: Promise<void> | null = null;
  #wanted: Wanted[] = [];
  /** One request at a time, so that what is read and what is added never cross. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @param shard the one whose thread keeps the catalog's log */
  constructor(shard: Shard, routing: Routing, readOnly: boolean, health: Health) {
    this.#shard = shard;
    this.#routing = routing;
    this.#readOnly = readOnly;
    this.#health = health;
  }

  /** The table of a name, known or not. The same object for the same name. Throws SHALE_INVALID_ARGUMENT. */
  ref(name: string): TableRef {
    let ref = this.#refs.get(name);
    if (ref === undefined) {
      ref = new TableRef(null, toName(name));
      this.#refs.set(name, ref);
      this.#settle(ref);
    }
    return ref;
  }

  /** The name of a table, once the catalog has been read. */
  nameOf(id: TableId): string | undefined {
    return id.region === NAMED_REGION ? this.#names.get(id.table) : undefined;
  }

  /** Reads the catalog, the first time. */
  load(): Promise<void> {
    this.#loaded ??= this.#exclusive(() => this.#read()).catch((error: unknown) => {
      this.#loaded = null;
      throw error;
    });
    return this.#loaded;
  }

  /** Gives the table its address, and makes its name if there is none. */
  async ensure(ref: TableRef): Promise<void> {
    const name = nameOf(ref);
    while (ref.address === null) {
      await this.load();
      const dropping = this.#dropping.get(name);
      if (dropping !== undefined) await dropping.catch(() => undefined);
      else if (ref.address === null) await this.#create(ref, name);
    }
  }

  /** Gives the table its address if its name is known. */
  async find(ref: TableRef): Promise<void> {
    await this.load();
    const dropping = this.#dropping.get(nameOf(ref));
    if (dropping !== undefined) await dropping.catch(() => undefined);
  }

  /** Takes the name away after `dropData` has removed the table. Appends that come meanwhile make the name anew. */
  async drop(ref: TableRef, dropData: (address: TableRef['address']) => Promise<void>): Promise<void> {
    const name = nameOf(ref);
    // Nothing is awaited when the address is known: appends made after this belong to the new table.
    if (ref.address === null) await this.find(ref);
    const address = ref.address;
    if (address === null) return;
    ref.address = null;
    const dropping = (async () => {
      try {
        await dropData(address);
        await this.#append([encodeCatalogRecord({ kind: 'dropped', id: address.id, name })]);
        this.#forget(name, address.id);
      } finally {
        this.#dropping.delete(name);
        this.#settle(ref);
      }
    })();
    this.#dropping.set(name, dropping);
    await dropping;
  }

  #create(ref: TableRef, name: string): Promise<void> {
    let creating = this.#creating.get(name);
    if (creating === undefined) {
      if (this.#readOnly) return Promise.reject(new WalError('SHALE_READ_ONLY', `no table is named ${name}`));
      const id = { region: NAMED_REGION, table: this.#next++ };
      creating = new Promise<void>((resolve, reject) => {
        this.#wanted.push({ ref, id, resolve, reject });
        if (this.#wanted.length === 1) void this.#exclusive(() => this.#flush());
      }).finally(() => this.#creating.delete(name));
      this.#creating.set(name, creating);
    }
    return creating;
  }

  /** Writes the names that are wanted by now, together. */
  async #flush(): Promise<void> {
    while (this.#wanted.length > 0) {
      const batch = this.#wanted.splice(0, MAX_RECORDS);
      try {
        await this.#send(
          batch.map(({ ref, id }) => encodeCatalogRecord({ kind: 'name', id, name: nameOf(ref) })),
        );
        for (const { ref, id, resolve } of batch) {
          this.#remember(nameOf(ref), id);
          this.#settle(ref);
          resolve();
        }
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
  }

  async #read(): Promise<void> {
    const records = await this.#shard.request<'catalogLoad'>({ kind: 'catalogLoad' }, 'retry');
    this.#ids.clear();
    this.#names.clear();
    for (const record of records) {
      const { kind, id, name } = decodeCatalogRecord(record);
      if (id.table >= this.#next) this.#next = id.table + 1n;
      if (kind === 'name') this.#remember(name, id);
      else this.#forget(name, id);
    }
    for (const ref of this.#refs.values()) this.#settle(ref);
  }

  #append(records: readonly Uint8Array[]): Promise<void> {
    return this.#exclusive(() => this.#send(records));
  }

  async #send(records: readonly Uint8Array[]): Promise<void> {
    try {
      await this.#shard.request<'catalogAppend'>({ kind: 'catalogAppend', records }, 'fail');
    } catch (error) {
      // Whether it is in must be read again before any name is made.
      this.#loaded = null;
      if (error instanceof WalError) this.#health.notice(error);
      throw error;
    }
  }

  #exclusive<R>(work: () => Promise<R>): Promise<R> {
    const mine = this.#turn.then(work, work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  #remember(name: string, id: TableId): void {
    this.#ids.set(name, id);
    this.#names.set(id.table, name);
  }

  #forget(name: string, id: TableId): void {
    if (this.#ids.get(name)?.table === id.table) this.#ids.delete(name);
    this.#names.delete(id.table);
  }

  /** Gives a table the address that its name has, unless it is being dropped. */
  #settle(ref: TableRef): void {
    const name = nameOf(ref);
    const id = this.#ids.get(name);
    if (id === undefined || this.#dropping.has(name)) return;
    ref.address = addressOf(id, this.#routing);
    // A frame may know this table by the address it had before.
    ref.frameSerial = 0;
  }
}

function nameOf(ref: TableRef): string {
  return ref.name ?? '';
}
