import type {
  FilePlace,
  TableInfo as StoredTable,
  VerifyEvent as StoredVerifyEvent,
  VerifyFinding as StoredVerifyFinding,
  VerifyProgress,
  VerifyTotals,
} from '@shale/storage';
import type { Engine } from './engine.js';
import { type ListCursor, withCursor } from './list-cursor.js';
import type { Listing } from './shard/protocol.js';
import { checkInTurn } from './turn.js';

/** A table as the list of tables shows it. */
export interface TableInfo {
  /** Which table it is. */
  readonly id: {
    /** Null when only the metadata record is left, which does not say its region. */
    readonly region: bigint | null;
    /** The table's id inside its region. */
    readonly table: bigint;
  };
  /** The table's name, for one that has a name. */
  readonly name?: string;
  /** The smallest readable sequence; `last + 1n` when only the metadata record is left. */
  readonly first: bigint;
  /** The largest sequence that has an entry, or of the metadata record when only that is left. */
  readonly last: bigint;
  /** `last - first + 1`; more than there are where another system left holes. */
  readonly entries: bigint;
  /** Bytes on disk and in memory as RocksDB estimates them; coarse for small tables. */
  readonly bytes: number;
}

/** Something that `verify` found not to be as it should be. */
export interface VerifyFinding extends StoredVerifyFinding {
  /** The name of the table concerned, for one that has a name. */
  readonly name?: string;
}

/** One event of `verify`. */
export type VerifyEvent = VerifyFinding | VerifyProgress | VerifyTotals;

/** Every table: those with entries by (region, table), then those of which only the metadata record is left. */
export function listTables(engine: Engine): AsyncGenerator<TableInfo, void, undefined> {
  return withCursor(engine, (cursor) => generateTables(engine, cursor));
}

async function* generateTables(
  engine: Engine,
  cursor: ListCursor,
): AsyncGenerator<TableInfo, void, undefined> {
  await checkInTurn(() => engine.lifecycle.requireOpen());
  await engine.catalog.load();
  for await (const stored of list<StoredTable>(engine, cursor, 'tables')) {
    const { region, table } = stored.id;
    // Tables with a name are all in region 0, so a record that is left of one can be told as well.
    const name = engine.catalog.nameOf({ region: region ?? 0n, table });
    yield name === undefined ? stored : { ...stored, name };
  }
}

/** Reads and checks everything: the tables, then the files. */
export function listVerifyEvents(engine: Engine): AsyncGenerator<VerifyEvent, void, undefined> {
  return withCursor(engine, (cursor) => generateVerifyEvents(engine, cursor));
}

async function* generateVerifyEvents(
  engine: Engine,
  cursor: ListCursor,
): AsyncGenerator<VerifyEvent, void, undefined> {
  const started = performance.now();
  const places: FilePlace[] = [];
  let totals: VerifyTotals | undefined;
  let progress: VerifyProgress | undefined;
  for await (const event of list<StoredVerifyEvent>(engine, cursor, 'verify')) {
    if (event.type === 'totals') {
      totals = event;
      continue;
    }
    if (event.type === 'progress') {
      progress = event;
      yield event;
      continue;
    }
    if (event.file !== undefined) places.push(event.file);
    yield await named(engine, event);
  }
  let damagedFiles = 0;
  for await (const event of engine.log.checkFiles(places)) {
    if (event.type === 'finding') {
      damagedFiles++;
      yield await named(engine, event);
    } else if (progress !== undefined) {
      yield { ...progress, at: null, files: { checked: event.files, total: event.of } };
    }
  }
  if (totals === undefined) return;
  yield { ...totals, errors: totals.errors + damagedFiles, elapsedMs: performance.now() - started };
}

async function named(engine: Engine, finding: StoredVerifyFinding): Promise<VerifyFinding> {
  const name = await nameFor(engine, finding);
  return name === undefined ? finding : { ...finding, name };
}

/** The name of the table that a finding is about. A catalog that cannot be read is no reason not to tell the finding. */
async function nameFor(engine: Engine, { id }: StoredVerifyFinding): Promise<string | undefined> {
  if (id === undefined) return undefined;
  await engine.catalog.load().catch(() => undefined);
  return engine.catalog.nameOf(id);
}

async function* list<I>(
  engine: Engine,
  cursor: ListCursor,
  listing: Listing,
): AsyncGenerator<I, void, undefined> {
  await checkInTurn(() => engine.lifecycle.requireOpen());
  try {
    for (let done = false; !done; ) {
      const page = await cursor.next(listing);
      done = page.done;
      // The thread lists what the name of the listing says.
      yield* page.items as readonly I[];
      engine.lifecycle.requireOpen();
    }
  } finally {
    cursor.end();
  }
}
