import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openWal, U64_MAX, type Wal, type WalError } from '@shale/engine';
import { engineOf } from '#internals/engine';
import type { AppendCommand, Command, OpenCommand, PartCommand, Point } from './commands.js';
import { requireEqual, requireSame } from './compare.js';
import { all, compareEnds, compareTables, readUntilClosed } from './compare-wal.js';
import { consume } from './consume.js';
import { takeImage } from './image.js';
import { payloadOf } from './payloads.js';
import { answered, type Pending, prepare, requireAnswer, submit } from './pending.js';
import { idOf, regionOf, TABLES, type TableKey, tableOf } from './tables.js';
import { requirePossible } from './torn.js';
import { type ModelEntry, type ModelRange, WalModel } from './wal-model.js';

type Burst = Extract<Command, { do: 'burst' }>;
type Once = Extract<Command, { do: 'once' }>;
type Read = Extract<Command, { do: 'read' }>;

/** A run of commands against a WAL and against the model; every step throws where they differ. */
export class Run {
  readonly #base: string;
  readonly #instance: number;
  #model = new WalModel();
  #wal: Wal | undefined;
  #serial = 0;
  #directories = 0;
  /** WALs that a crash has left behind, on their way to being closed. */
  readonly #left: Promise<void>[] = [];

  /** @param parent where the directories of the run are made and removed again */
  constructor(parent: string, instance: number) {
    mkdirSync(parent, { recursive: true });
    this.#base = mkdtempSync(join(parent, 'shale-model-'));
    this.#instance = instance;
  }

  async open(options: OpenCommand, directory = this.#directory()): Promise<void> {
    const { memtable, writeBufferSize, level0FileNumCompactionTrigger, ...rest } = options;
    const rocksdb = { memtable, writeBufferSize, level0FileNumCompactionTrigger };
    const queue = { maxQueuedBytes: 64 * 1024 * 1024 };
    this.#wal = await openWal(directory, { ...rest, ...queue, instance: this.#instance, rocksdb });
  }

  async step(command: Command): Promise<void> {
    const wal = this.#open();
    switch (command.do) {
      case 'single':
      case 'batch':
      case 'write': {
        const [pending] = this.#submit([command]);
        await pending?.settled;
        if (pending !== undefined) requireAnswer(wal, pending, this.#model);
        await this.#knowEmpty(command.parts);
        return;
      }
      case 'trim': {
        const upTo = this.#resolve(command.table, command.upTo);
        const { durability } = command;
        const result = await tableOf(wal, command.table).trim(upTo, { durability });
        const expected = this.#model.trim(command.table, upTo, durability === 'sync');
        requireEqual(`trim of ${command.table} to ${upTo}`, result, expected);
        return;
      }
      case 'drop':
        await tableOf(wal, command.table).drop();
        this.#model.drop(command.table);
        return;
      case 'once':
        return await this.#once(wal, command);
      case 'consume':
        return await consume(wal, command, this.#model);
      case 'read':
        return await this.#read(command);
      case 'get':
        return await this.#get(command.table, this.#resolve(command.table, command.at));
      case 'ends':
        return await compareEnds(wal, command.table, this.#model);
      case 'scan':
        return await this.#scan(BigInt(command.region));
      case 'openRegion': {
        const report = await wal.region(command.region).open();
        const { tables, entries, floors, problems } = report;
        const found = { tables, entries, floors, problems: problems.length };
        const expected = this.#model.openRegion(BigInt(command.region));
        requireEqual('region', found, { ...expected, floors: this.#model.floors, problems: 0 });
        return;
      }
      case 'tables':
        return await compareTables(wal, this.#model);
      case 'sync':
        return await wal.sync();
      case 'flush':
        return await wal.flush();
      case 'compact':
        return await wal.compact();
      case 'reclaim':
        await wal.reclaim();
        return;
      case 'look':
        return await this.#look(wal);
      case 'die':
        return await this.#die(wal, command.shard % wal.options.shards);
      case 'reopen':
        return await this.#reopen(wal, command.how, command.open);
      case 'burst':
        return await this.#burst(wal, command);
    }
  }

  /** Compares everything there is. */
  async finish(): Promise<void> {
    const wal = this.#open();
    for (const table of TABLES) {
      requireSame(`all of ${table}`, await all(tableOf(wal, table).read()), this.#model.read(table));
      await compareEnds(wal, table, this.#model);
    }
    await compareTables(wal, this.#model);
    for (const region of [0n, 1n, 2n]) await this.#scan(region);
    const found: string[] = [];
    for await (const event of wal.verify()) {
      if (event.type !== 'finding') continue;
      const { kind, id, sequences } = event;
      const key = event.name ?? `${id?.region}/${id?.table}`;
      found.push(`${kind} ${key} ${sequences?.from}..${sequences?.to}`);
    }
    requireEqual('what verify finds', found.sort(), this.#model.findings().sort());
  }

  /** Closes and removes everything, whatever state it is in. */
  async end(): Promise<void> {
    await Promise.allSettled([...this.#left, this.#wal?.close()]);
    rmSync(this.#base, { recursive: true, force: true });
  }

  async #once(wal: Wal, { table, id, sizes, durability }: Once): Promise<void> {
    const payloads = sizes.map((size) => payloadOf(this.#serial++, size));
    const result = await tableOf(wal, table).appendBatch(payloads, { id, durability });
    requireEqual(`append ${id} to ${table}`, result, this.#model.once(table, id, payloads));
  }

  async #burst(wal: Wal, command: Burst): Promise<void> {
    const pendings = this.#submit(command.appends);
    if (command.upon === 'crash') return await this.#crash(wal, command, pendings);
    if (command.upon === 'close') await this.#close(wal, command.appends[0]?.parts[0]);
    await Promise.all(pendings.map(({ settled }) => settled));
    for (const pending of pendings) requireAnswer(wal, pending, this.#model);
    if (command.upon !== 'close') {
      for (const { parts } of command.appends) await this.#knowEmpty(parts);
      return;
    }
    this.#model.forget();
    await this.open(command.open, wal.path);
  }

  /** Closes with appends under way, and a read of one of their tables. */
  async #close(wal: Wal, part: PartCommand | undefined): Promise<void> {
    const read = part === undefined ? undefined : readUntilClosed(tableOf(wal, part.table).read());
    const closed = wal.close();
    if (part !== undefined) {
      const late = await tableOf(wal, part.table)
        .append(new Uint8Array(1))
        .then(String, (error: WalError) => error.code);
      requireEqual('an append after close()', late, 'SHALE_CLOSED');
    }
    await closed;
    await read;
  }

  /** Goes on with what the end of the process at this moment would have left. */
  async #crash(wal: Wal, command: Burst, pendings: readonly Pending[]): Promise<void> {
    await answered(pendings, command.answers);
    const image = this.#directory();
    takeImage(wal.path, image);
    const known = new Set(pendings.filter(({ answer }) => answer?.ok === true));
    // What would have come of all of it, and what must be in.
    await Promise.all(pendings.map(({ settled }) => settled));
    const before = this.#model;
    const planned = before.fork();
    const units = pendings.map((pending) => {
      const spans = requireAnswer(wal, pending, planned);
      return { parts: spans === null ? [] : pending.parts, spans: spans ?? [], mustBeIn: known.has(pending) };
    });
    this.#left.push(wal.close());
    await this.open(command.open, image);
    this.#model.forget();
    if (pendings.length === 0) return;
    const found = new Map<TableKey, readonly ModelEntry[]>();
    for (const table of TABLES) found.set(table, await all(tableOf(this.#open(), table).read()));
    requirePossible(before, units, found);
    for (const [table, entries] of found) this.#model.adopt(table, entries);
    for (const table of TABLES) await this.#know(table);
  }

  async #reopen(wal: Wal, how: 'close' | 'checkpoint', options: OpenCommand): Promise<void> {
    const copy = this.#directory();
    if (how === 'checkpoint') await wal.checkpoint(copy);
    await wal.close();
    this.#model.forget();
    await this.open(options, how === 'checkpoint' ? copy : wal.path);
  }

  /** The thread of a shard ends. */
  async #die(wal: Wal, shard: number): Promise<void> {
    await engineOf(wal).shards[shard]?.thread?.worker?.terminate();
    this.#model.forget(TABLES.filter((table) => tableOf(wal, table).shard === shard));
  }

  async #look(wal: Wal): Promise<void> {
    const rocksdb = wal.options.rocksdb;
    const view = await openWal(wal.path, { readOnly: true, shards: 1, instance: this.#instance, rocksdb });
    try {
      const model = this.#model.fork();
      model.forget();
      for (const table of TABLES) {
        requireSame(`a look at ${table}`, await all(tableOf(view, table).read()), model.read(table));
        await compareEnds(view, table, model);
      }
      await compareTables(view, model);
    } finally {
      await view.close();
    }
  }

  async #read(command: Read): Promise<void> {
    const { table, range, limit, chunks, chunkEntries, chunkBytes } = command;
    const resolved: ModelRange = {
      ...(range.gte === undefined ? {} : { gte: this.#resolve(table, range.gte) }),
      ...(range.gt === undefined ? {} : { gt: this.#resolve(table, range.gt) }),
      ...(range.lte === undefined ? {} : { lte: this.#resolve(table, range.lte) }),
      ...(range.lt === undefined ? {} : { lt: this.#resolve(table, range.lt) }),
      ...(limit === null ? {} : { limit }),
    };
    const read = tableOf(this.#open(), table).read(resolved, { chunkEntries, chunkBytes });
    const entries: ModelEntry[] = [];
    if (chunks) {
      for await (const chunk of read.chunks()) {
        requireEqual('chunk', chunk.length > 0 && chunk.length <= chunkEntries, true);
        requireEqual('first of chunk', chunk.first, chunk.at(0).sequence);
        requireEqual('last of chunk', chunk.last, chunk.at(chunk.length - 1).sequence);
        entries.push(...chunk);
      }
    } else {
      for await (const entry of read) entries.push(entry);
    }
    requireSame(`read of ${table}`, entries, this.#model.read(table, resolved));
    await this.#know(table);
  }

  /** Lets the shard get to know a table, and the model with it: a read goes past the shard. */
  async #know(table: TableKey): Promise<void> {
    await tableOf(this.#open(), table).lastSequence();
    this.#model.next(table);
  }

  /** The same of tables that nothing was appended to: whether their shard keeps them depends on the frame. */
  async #knowEmpty(parts: readonly PartCommand[]): Promise<void> {
    for (const { table, sizes } of parts) if (sizes.length === 0) await this.#know(table);
  }

  async #get(table: TableKey, sequence: bigint): Promise<void> {
    const entry = await tableOf(this.#open(), table).get(sequence);
    const expected = this.#model.read(table, { gte: sequence, lte: sequence });
    requireSame(`entry ${sequence} of ${table}`, entry === null ? [] : [entry], expected);
  }

  async #scan(region: bigint): Promise<void> {
    const wal = this.#open();
    const keys = TABLES.filter((key) => regionOf(key) === region);
    // A name has an id once it has been asked for.
    for (const key of keys) if (idOf(key) === null) await compareEnds(wal, key, this.#model);
    const tables = keys.map((key) => ({ key, id: tableOf(wal, key).id?.table ?? 0n }));
    tables.sort((a, b) => (a.id < b.id ? -1 : 1));
    const expected = tables.flatMap(({ key, id }) =>
      this.#model.peek(key).map((entry) => ({ ...entry, table: id })),
    );
    const found = await all(wal.region(region).scan({ chunkBytes: 1024 }));
    requireSame(`scan of region ${region}`, found, expected);
    const tablesOf = (entries: readonly { readonly table: bigint }[]) => entries.map((entry) => entry.table);
    requireEqual(`tables in the scan of region ${region}`, tablesOf(found), tablesOf(expected));
  }

  #submit(commands: readonly AppendCommand[]): Pending[] {
    const wal = this.#open();
    const plan = this.#model.fork();
    return commands.map((command) =>
      submit(
        wal,
        command,
        prepare(command, plan, () => this.#serial++),
      ),
    );
  }

  /** The sequence that a point means now. Looks without touching. */
  #resolve(table: TableKey, { at, by }: Point): bigint {
    const model = this.#model.fork();
    const places = { zero: 0n, max: U64_MAX, first: model.first(table), last: model.last(table) };
    const sequence = places[at] + BigInt(by);
    return sequence < 0n ? 0n : sequence > U64_MAX ? U64_MAX : sequence;
  }

  #directory(): string {
    return join(this.#base, String(this.#directories++));
  }

  #open(): Wal {
    if (this.#wal === undefined) throw new Error('the run has not been opened');
    return this.#wal;
  }
}
