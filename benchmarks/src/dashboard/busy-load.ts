import { setTimeout as sleep } from 'node:timers/promises';
import { Payloads } from '@shale/bench-kit';
import { type Table, type Wal, WalError } from '@shale/engine';

/** From one high tide of the load to the next. */
const TIDE_SECONDS = 60;
const ORDER_TABLES = ['orders', 'payments', 'deliveries'];
const APPENDERS = 24;
const EVENT_TABLES = ['clicks', 'views'];
/** What a flood appends at once, and how often it comes. */
const FLOOD = { appends: 6000, entryBytes: 2048, everySeconds: 25 };

/** 0 at the beginning, 1 at high tide. */
function tide(): number {
  return (1 - Math.cos((performance.now() / 1000 / TIDE_SECONDS) * 2 * Math.PI)) / 2;
}

/** Repeats something, with a pause between, until the signal. */
async function repeat(ms: number, signal: AbortSignal, work: () => Promise<unknown>): Promise<void> {
  while (!signal.aborted) {
    await work();
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  }
}

/** What is refused or overtaken by trims meanwhile, the next turn tries again. */
async function again(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    const isExpected =
      error instanceof WalError && ['SHALE_OVERLOADED', 'SHALE_TRIMMED'].includes(error.code);
    if (!isExpected) throw error;
  }
}

/** Single appends on stable storage, more of them at a time with the tide; a follower, and trims behind it. */
export async function runOrders(wal: Wal, signal: AbortSignal): Promise<void> {
  const tables = ORDER_TABLES.map((name) => wal.table(name));
  const payloads = new Payloads(700, 1);
  const appender = async (table: Table, rank: number): Promise<void> => {
    while (!signal.aborted) {
      if (tide() * APPENDERS < rank) await sleep(100);
      else await table.append(payloads.one());
    }
  };
  const appenders = tables.flatMap((table, t) =>
    Array.from({ length: APPENDERS / tables.length }, (_, i) => appender(table, i * tables.length + t)),
  );
  const consumers = tables.map((table) => consume(table, signal));
  await Promise.all([...appenders, ...consumers]);
}

/** Follows a table, and trims what it has seen, half a second's worth at a time. */
async function consume(table: Table, signal: AbortSignal): Promise<void> {
  let trimmed = performance.now();
  try {
    for await (const chunk of table.follow({ signal }).chunks()) {
      if (performance.now() - trimmed < 500) continue;
      await table.trim(chunk.last);
      trimmed = performance.now();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Writers whose entries the operating system has, floods of appends that nobody holds up, and a slow reader. */
export async function runEvents(wal: Wal, signal: AbortSignal): Promise<void> {
  const tables = EVENT_TABLES.map((name) => wal.table(name));
  await Promise.all([
    ...tables.map((table) => write(table, signal)),
    ...tables.map((table) => repeat(1000, signal, () => again(keepNewest(table, 20_000n)))),
    repeat(FLOOD.everySeconds * 1000, signal, () => again(flood(wal.table('imports')))),
    repeat(500, signal, () => again(readSlowly(wal.table('clicks'), signal))),
    repeat(20_000, signal, () => wal.sync()),
    archive(wal, wal.table('clicks'), signal),
  ]);
}

/** A consumer that is slower than what comes at high tide, and then loses some of it to trims. */
async function archive(wal: Wal, table: Table, signal: AbortSignal): Promise<void> {
  const consumer = await wal.consumer('archive', { tables: table, onTrimmed: 'skip', chunkEntries: 500 });
  const end = (): void => void consumer.close().catch(() => undefined);
  signal.addEventListener('abort', end);
  const batches = consumer[Symbol.asyncIterator]();
  await repeat(100, signal, () => batches.next());
}

async function write(table: Table, signal: AbortSignal): Promise<void> {
  const payloads = new Payloads(1024, 2);
  await using writer = table.writer();
  await repeat(20, signal, async () => {
    const entries = Math.round(tide() * 200);
    for (let i = 0; i < entries; i++) if (!writer.write(payloads.one())) await writer.ready();
  });
}

async function keepNewest(table: Table, entries: bigint): Promise<void> {
  const last = await table.lastSequence();
  if (last > entries) await table.trim(last - entries);
}

async function flood(table: Table): Promise<void> {
  const payloads = new Payloads(FLOOD.entryBytes, 3);
  const appends = Array.from({ length: FLOOD.appends }, () => table.append(payloads.one()));
  await Promise.all(appends.map(again));
  await table.drop();
}

async function readSlowly(table: Table, signal: AbortSignal): Promise<void> {
  let seen = 0;
  for await (const _ of table.read()) {
    if (++seen % 500 === 0) await sleep(50);
    if (signal.aborted) return;
  }
}
