import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { saveLogFile } from '@shale/rocksdb';
import { type Log, type LogOptions, openLog } from '@shale/storage';
import type { Random } from '../../support/random.js';

/** What an entry is: its text says so, wherever it turns up. */
export interface EntryMark {
  readonly owner: string;
  /** How often a table of that id or name had been dropped when it was written. */
  readonly life: number;
  readonly sequence: bigint;
}

/** One table as the application knows it, by its ids or by its name. */
export interface OwnedTable {
  /** Of the instance and the ids or the name: no two tables have the same. */
  readonly owner: string;
  readonly instance: number;
  readonly name?: string;
  readonly id: { readonly region: bigint; readonly table: bigint } | null;
  life: number;
  /** The last one acknowledged in this life. */
  last: bigint;
  trimmedTo: bigint;
  /** By sequence - 1: what the entries of this life are. */
  payloads: Buffer[];
}

/** The files of a database as the death of its process left them, and what had been acknowledged. */
export interface RepairImage {
  readonly files: ReadonlyMap<string, Buffer>;
  /** Those of them that are not needed, because what is in them is in table files. */
  readonly flushed: ReadonlySet<string>;
  readonly tables: readonly OwnedTable[];
}

const INSTANCES: readonly [number, ...number[]] = [0, 0, 5];
const MARK = /^<([^<>|]+)\|(\d+)\|(\d+)>/;
/** Belong to the process, or nobody reads them. */
const IGNORED = new Set(['LOCK', 'LOG', 'IDENTITY', 'RESERVE']);

/** What the payload of an entry says that it is; null when it is none of these. */
export function markOf(payload: Uint8Array): EntryMark | null {
  const [, owner, life, sequence] = MARK.exec(Buffer.from(payload).toString('latin1')) ?? [];
  if (owner === undefined || life === undefined || sequence === undefined) return null;
  return { owner, life: Number(life), sequence: BigInt(sequence) };
}

/** How the payload of an entry begins. */
export function markText({ owner, life, sequence }: EntryMark): string {
  return `<${owner}|${life}|${sequence}>`;
}

/** How the files of a database come about. */
interface Shape {
  readonly rocksdb: LogOptions['rocksdb'];
  /** Payloads take up to so many bytes. */
  readonly payload: number;
  /** One step in so many ends with a compaction of everything. */
  readonly compactEach: number;
}

const SHAPES: readonly [Shape, ...Shape[]] = [
  { rocksdb: { level0FileNumCompactionTrigger: 6 }, payload: 400, compactEach: 15 },
  // A compaction makes several files, whose sequences nest, and trims span them.
  {
    rocksdb: { level0FileNumCompactionTrigger: 3, targetFileSizeBase: 65_536 },
    payload: 4000,
    compactEach: 6,
  },
];

/** A life of a database: appends, trims, drops, names, flushes, compactions and restarts in random order. */
export class History {
  readonly #directory: string;
  readonly #random: Random;
  readonly #shape: Shape;
  readonly #tables: OwnedTable[] = [];
  #logs = new Map<number, Log>();
  #reader: Generator | undefined;
  /** Each log file as it was when the next one was begun. */
  readonly #flushed = new Map<string, Buffer>();

  constructor(directory: string, random: Random) {
    this.#directory = directory;
    this.#random = random;
    this.#shape = random.of(SHAPES);
  }

  /** Leads it, up to the death of the process. */
  async run(): Promise<RepairImage> {
    const random = this.#random;
    // A third of them never sees a trim: with fewer deletions other parts of RocksDB are at work.
    const trims = !random.once(3);
    // In another third the log files are there still that were flushed, as after a death at the right moment or in an archive.
    const keepsLogs = random.once(3);
    this.#makeTables();
    await this.#open();
    const steps = 12 + random.below(30);
    for (let step = 0; step < steps; step++) {
      if (random.once(8)) this.#read();
      for (let i = random.below(6); i >= 0; i--) this.#append();
      if (trims && random.once(3)) this.#trim();
      if (trims && random.once(12)) this.#drop();
      this.#noteLogs();
      if (random.once(5)) await this.#log(0).flush();
      if (random.once(this.#shape.compactEach)) await this.#log(0).compact();
      if (random.once(10)) {
        await this.#close();
        await this.#open();
      }
    }
    const files = await this.#died();
    await this.#close();
    if (!keepsLogs) return { files, flushed: new Set(), tables: this.#tables };
    const flushed = await followingLogs(this.#flushed, files, this.#directory);
    const place = random.once(2) ? 'archive/' : '';
    const kept = [...flushed].map(([name, bytes]): [string, Buffer] => [place + name, bytes]);
    const all = new Map([...kept, ...files]);
    return { files: all, flushed: new Set(kept.map(([name]) => name)), tables: this.#tables };
  }

  #noteLogs(): void {
    for (const name of readdirSync(this.#directory)) {
      if (!name.endsWith('.log')) continue;
      try {
        this.#flushed.set(name, readFileSync(join(this.#directory, name)));
      } catch {
        // It has just been deleted, and was noted before its flush.
      }
    }
  }

  #makeTables(): void {
    for (let i = 0; i < 4; i++) {
      const id = { region: BigInt(i % 2), table: BigInt(10 + i) };
      const instance = this.#random.of(INSTANCES);
      this.#tables.push(newTable(instance, `${instance}/id ${id.region}.${id.table}`, { id }));
    }
    for (let i = 0; i < 4; i++) {
      const instance = this.#random.of(INSTANCES);
      this.#tables.push(newTable(instance, `${instance}/name ${i}`, { id: null, name: `name ${i}` }));
    }
  }

  #append(): void {
    const table = this.#pick();
    const payloads = Array.from({ length: 1 + this.#random.below(8) }, (_, i) => {
      const sequence = table.last + BigInt(i + 1);
      const text = markText({ owner: table.owner, life: table.life, sequence });
      return Buffer.from(text + '.'.repeat(this.#random.below(this.#shape.payload)));
    });
    const log = this.#log(table.instance);
    const { last } = log.append(idOf(log, table), payloads, { sync: this.#random.once(2) });
    table.payloads.push(...payloads);
    table.last += BigInt(payloads.length);
    if (last !== table.last) throw new Error(`${table.owner} goes on with ${last} instead of ${table.last}`);
  }

  #trim(): void {
    const table = this.#pick();
    if (table.last === 0n) return;
    const all = this.#random.once(6);
    const upTo = all ? table.last : BigInt(1 + this.#random.below(Number(table.last)));
    const log = this.#log(table.instance);
    log.trim(idOf(log, table), upTo);
    if (upTo > table.trimmedTo) table.trimmedTo = upTo;
  }

  /** Somebody reads on and on: compactions keep what was there when he began, and what is older than what. */
  #read(): void {
    this.#reader?.return(undefined);
    this.#reader = this.#log(0).scanRegion(0n);
    this.#reader.next();
  }

  #drop(): void {
    const table = this.#pick();
    if (table.last === 0n) return;
    const log = this.#log(table.instance);
    log.drop(idOf(log, table));
    table.life += 1;
    table.last = 0n;
    table.trimmedTo = 0n;
    table.payloads = [];
  }

  #pick(): OwnedTable {
    const table = this.#tables[this.#random.below(this.#tables.length)];
    if (table === undefined) throw new Error('there are no tables');
    return table;
  }

  #log(instance: number): Log {
    const log = this.#logs.get(instance);
    if (log === undefined) throw new Error(`instance ${instance} is not open`);
    return log;
  }

  async #open(): Promise<void> {
    const rocksdb = { blockSize: 1024, spaceReserve: 0, ...this.#shape.rocksdb };
    for (const instance of new Set(INSTANCES)) {
      this.#logs.set(instance, await openLog(this.#directory, { instance, rocksdb }));
    }
  }

  async #close(): Promise<void> {
    this.#reader?.return(undefined);
    this.#reader = undefined;
    for (const log of this.#logs.values()) await log.close();
    this.#logs = new Map();
  }

  /** The files as they are while it is open, at a moment at which nobody makes or deletes one. */
  async #died(): Promise<ReadonlyMap<string, Buffer>> {
    for (let attempt = 0; attempt < 500; attempt++) {
      try {
        const before = listing(this.#directory);
        const files = readFiles(this.#directory);
        if (listing(this.#directory) === before) return files;
      } catch {
        // One was deleted.
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    throw new Error('the files never rest');
  }
}

/** The files of a directory that say something. */
export function readFiles(directory: string): Map<string, Buffer> {
  return new Map(namesIn(directory).map((name) => [name, readFileSync(join(directory, name))]));
}

/** The log files that are not in an image, back to the first one behind which something is missing. */
async function followingLogs(
  logs: ReadonlyMap<string, Buffer>,
  image: ReadonlyMap<string, Buffer>,
  scratch: string,
): Promise<Map<string, Buffer>> {
  const following = new Map<string, Buffer>();
  let next: bigint | undefined;
  for (const name of [...new Set([...logs.keys(), ...namesOfLogs(image)])].sort().reverse()) {
    const bytes = image.get(name) ?? logs.get(name) ?? Buffer.of();
    const file = join(scratch, 'log');
    writeFileSync(file, bytes);
    const { runs } = await saveLogFile(
      file,
      join(scratch, `copy of ${name}`),
      BigInt(name.replace('.log', '')),
    );
    const [run, second] = runs;
    if (run === undefined) continue;
    if (second !== undefined || (next !== undefined && run.last + 1n !== next)) break;
    if (!image.has(name)) following.set(name, bytes);
    next = run.first;
  }
  return following;
}

function namesOfLogs(image: ReadonlyMap<string, Buffer>): string[] {
  return [...image.keys()].filter((name) => name.endsWith('.log'));
}

function newTable(instance: number, owner: string, of: Pick<OwnedTable, 'id' | 'name'>): OwnedTable {
  return { owner, instance, ...of, life: 0, last: 0n, trimmedTo: 0n, payloads: [] };
}

function idOf(log: Log, { id, name }: OwnedTable): { region: bigint; table: bigint } {
  if (id !== null) return id;
  const [made] = log.names.make([name ?? '']);
  if (made === undefined) throw new Error(`no table of the name ${name}`);
  return made;
}

function namesIn(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => !IGNORED.has(name) && !name.startsWith('LOG.'))
    .filter((name) => statSync(join(directory, name)).isFile())
    .sort();
}

function listing(directory: string): string {
  return namesIn(directory)
    .map((name) => `${name} ${statSync(join(directory, name)).size}`)
    .join('\n');
}
