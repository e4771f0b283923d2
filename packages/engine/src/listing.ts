import type {
  FilePlace,
  TableInfo,
  VerifyEvent,
  VerifyFinding,
  VerifyProgress,
  VerifyTotals,
} from '@shale/storage';
import type { Engine } from './engine.js';
import { type ListCursor, withCursor } from './list-cursor.js';
import type { Listing } from './shard/protocol.js';
import { checkInTurn } from './turn.js';

/** Every table: those with entries by (region, table), then those of which only the metadata record is left. */
export function listTables(engine: Engine): AsyncGenerator<TableInfo, void, undefined> {
  return withCursor(engine, (cursor) => generateTables(engine, cursor));
}

async function* generateTables(
  engine: Engine,
  cursor: ListCursor,
): AsyncGenerator<TableInfo, void, undefined> {
  await checkInTurn(() => engine.lifecycle.requireOpen());
  // When that fails, so does the list, at the first table that has a name.
  await engine.catalog.prepare().catch(() => undefined);
  yield* list<TableInfo>(engine, cursor, 'tables');
}

/** Reads and checks everything: the tables, then the files. */
export function listVerifyEvents(engine: Engine): AsyncGenerator<VerifyEvent, void, undefined> {
  return withCursor(engine, (cursor) => generateVerifyEvents(engine, cursor));
}

async function* generateVerifyEvents(
  engine: Engine,
  cursor: ListCursor,
): AsyncGenerator<VerifyEvent, void, undefined> {
  await checkInTurn(() => engine.requireOpener('wal.verify'));
  const started = performance.now();
  const places: FilePlace[] = [];
  let totals: VerifyTotals | undefined;
  let progress: VerifyProgress | undefined;
  for await (const event of list<VerifyEvent>(engine, cursor, 'verify')) {
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
    yield event;
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

/** The finding with the name of the table that it is about, if that can be told. */
async function named(engine: Engine, finding: VerifyFinding): Promise<VerifyFinding> {
  if (finding.id === undefined) return finding;
  // Names that cannot be read are no reason not to tell the finding.
  const name = await engine.catalog.nameOf(finding.id).catch(() => undefined);
  return name === undefined ? finding : { ...finding, name };
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
