import { mustBe, type TableId, tableInWords, WalError } from '@shale/codec';
import { NewLog, readBag, type TableInfo } from '@shale/storage';
import { type TableIdInput, toName, toTableId } from '../ids.js';
import type { Wal } from '../wal.js';

/** What `copyTables` copies. */
export interface CopyTablesOptions {
  /**
   * The tables, by names or ids; a table that is there twice is copied once.
   *
   * @defaultValue all, also those of which only the next sequence is left
   */
  readonly tables?: readonly (string | TableIdInput)[] | undefined;
}

/** What was copied. */
export interface CopiedTables {
  /** Tables, also those without entries. */
  readonly tables: number;
  /** Entries of all of them. */
  readonly entries: bigint;
  /** Bytes of these entries. */
  readonly payloadBytes: bigint;
}

/** Bytes and entries that are handed on at once. */
const PART_BYTES = 1 << 20;
const PART_ENTRIES = 4096;
const OPTIONS = ['tables'] as const;

/**
 * Makes a log of tables of another one: entries byte for byte, with the same sequences, tables with the same ids and names, and what
 * was trimmed is trimmed, so that no sequence is given out again. The directory appears when the log is whole; until then it grows in
 * `.<name>.partial-…` beside it, or, where it is a mount point or nothing can be written beside it, in `.partial-…` in it. Not
 * copied are positions of consumers, rules of retention, times and ids of appends.
 *
 * Each table is copied up to its last entry when it was listed. Of a log that is written meanwhile tables are not copied at one
 * moment; of one that was opened with `readOnly` they are.
 *
 * Rejects with SHALE_NOT_FOUND when one of the tables was never written, SHALE_INVALID_ARGUMENT (also when there is something at
 * the directory), SHALE_TOO_LARGE for a name, SHALE_TRIMMED when entries are trimmed meanwhile, SHALE_CORRUPT where something cannot be read,
 * SHALE_NO_SPACE, SHALE_NO_RESOURCES, SHALE_IO and SHALE_CLOSED; nothing is left at the directory then.
 */
export async function copyTables(
  wal: Wal,
  directory: string | URL,
  options: CopyTablesOptions = {},
): Promise<CopiedTables> {
  const wanted = readWanted(options);
  const { infos, floors } = await survey(wal, wanted);
  const log = await NewLog.begin(directory);
  try {
    let copied: CopiedTables = { tables: 0, entries: 0n, payloadBytes: 0n };
    for (const info of infos) {
      const id = idOf(info);
      const { entries, payloadBytes } = await copyEntries(wal, info, log);
      const first = info.id.region === null ? info.first : (floors.get(id.table) ?? info.first);
      log.table({ id, name: info.name ?? null, first, last: info.last });
      copied = {
        tables: copied.tables + 1,
        entries: copied.entries + entries,
        payloadBytes: copied.payloadBytes + payloadBytes,
      };
    }
    await log.finish();
    return copied;
  } finally {
    await log.abandon();
  }
}

/** The names and ids of the tables to copy, as {@link keysOf} has them; undefined for all. */
function readWanted(options: CopyTablesOptions): ReadonlySet<string> | undefined {
  const { tables } = readBag('copyTables', options, OPTIONS);
  if (tables === undefined) return undefined;
  if (!Array.isArray(tables)) throw mustBe('tables', 'an array of names and ids of tables', tables);
  const given: readonly (string | TableIdInput)[] = tables;
  return new Set(
    given.map((table) => (typeof table === 'string' ? nameKey(toName(table)) : idKey(toTableId(table)))),
  );
}

/**
 * The tables to copy, and of each table id the first sequence that one of its tables has: tables of the same id in several regions
 * share what says how far they are trimmed.
 */
async function survey(
  wal: Wal,
  wanted: ReadonlySet<string> | undefined,
): Promise<{ readonly infos: readonly TableInfo[]; readonly floors: ReadonlyMap<bigint, bigint> }> {
  const infos: TableInfo[] = [];
  const floors = new Map<bigint, bigint>();
  const missing = new Set(wanted);
  for await (const info of wal.tables()) {
    const keys = keysOf(info);
    if (wanted !== undefined && !keys.some((key) => wanted.has(key))) continue;
    for (const key of keys) missing.delete(key);
    infos.push(info);
    const { table } = info.id;
    const floor = floors.get(table);
    if (floor === undefined || info.first < floor) floors.set(table, info.first);
  }
  const [first] = missing;
  if (first !== undefined)
    throw new WalError('SHALE_NOT_FOUND', `there is nothing of the table ${first.slice(1)} to copy`);
  return { infos, floors };
}

async function copyEntries(
  wal: Wal,
  { id, name, last }: TableInfo,
  log: NewLog,
): Promise<{ readonly entries: bigint; readonly payloadBytes: bigint }> {
  const { region, table } = id;
  if (region === null) return { entries: 0n, payloadBytes: 0n };
  const source = name === undefined ? wal.table({ region, table }) : wal.table(name);
  let [entries, payloadBytes] = [0n, 0n];
  let part: Uint8Array[] = [];
  let [begin, bytes] = [0n, 0];
  const hand = (): void => {
    if (part.length === 0) return;
    log.entries({ region, table }, begin, part);
    entries += BigInt(part.length);
    payloadBytes += BigInt(bytes);
    [part, bytes] = [[], 0];
  };
  for await (const { sequence, payload } of source.read({ lte: last })) {
    // Another system may have left out sequences.
    if (sequence !== begin + BigInt(part.length)) hand();
    if (part.length === 0) begin = sequence;
    part.push(payload);
    bytes += payload.length;
    if (bytes >= PART_BYTES || part.length >= PART_ENTRIES) hand();
  }
  hand();
  return { entries, payloadBytes };
}

/** The ids of a table; of one of which only its next sequence is left, which all regions share, those in region 0. */
function idOf({ id: { region, table } }: TableInfo): TableId {
  return { region: region ?? 0n, table };
}

/** What a table can be told by. */
function keysOf({ id, name }: TableInfo): readonly string[] {
  const key = id.region === null ? [] : [idKey({ region: id.region, table: id.table })];
  return name === undefined ? key : [nameKey(name), ...key];
}

function nameKey(name: string): string {
  return `n${JSON.stringify(name)}`;
}

function idKey(id: TableId): string {
  return `i${tableInWords(id)}`;
}
