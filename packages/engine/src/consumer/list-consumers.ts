import { mustBe, positionRangeOfTable, type TableId } from '@shale/codec';
import { readBag, type StoredPosition } from '@shale/storage';
import type { Engine } from '../engine.js';
import { type TableIdInput, toTableId } from '../ids.js';
import type { ShardResults } from '../shard/protocol.js';
import type {
  ConsumerInfo,
  ConsumerPosition,
  ConsumerPositionsOptions,
  ConsumersOptions,
} from './consumer-info.js';
import { allConsumers, requireConsumer } from './stored-consumers.js';

/** A position, and about when what is behind it was appended. */
type AgedPosition = StoredPosition & Pick<ConsumerPosition, 'oldestMs'>;
/** What is known of a consumer so far. */
type Sum = { -readonly [Field in keyof ConsumerInfo]: ConsumerInfo[Field] };

/** The names of all consumers: their positions are not looked at. */
export async function listConsumerNames(engine: Engine): Promise<readonly string[]> {
  return (await allConsumers(engine)).map(({ name }) => name);
}

/** Every consumer, and how far it is behind. */
export async function listConsumers(
  engine: Engine,
  options: ConsumersOptions | undefined,
): Promise<readonly ConsumerInfo[]> {
  const { ages } = options === undefined ? {} : readBag('consumers', options, ['ages']);
  const timed = readAges(ages);
  engine.lifecycle.requireOpen();
  const open = new Set([...engine.consumers].map(({ name }) => name));
  const found = new Map<bigint, Sum>();
  for (const { name, consumer, epoch } of await allConsumers(engine)) {
    const isOpen = open.has(name);
    found.set(consumer, { name, isOpen, epoch, tables: 0, behind: 0, overrun: 0, lag: 0n, oldestMs: null });
  }
  for await (const { consumer, position, first, last, oldestMs } of stored(engine, null, null, timed)) {
    const info = found.get(consumer);
    if (info === undefined) continue;
    info.tables++;
    if (last <= position) continue;
    info.behind++;
    info.lag += last - position;
    if (position + 1n < first) info.overrun++;
    if (oldestMs !== null) info.oldestMs = Math.min(info.oldestMs ?? oldestMs, oldestMs);
  }
  return [...found.values()];
}

/** Where a consumer is in each table that it has a position in, by (region, table). */
export async function* listPositions(
  engine: Engine,
  name: string,
  options: ConsumerPositionsOptions | undefined,
): AsyncGenerator<ConsumerPosition, void, undefined> {
  if (typeof name !== 'string') throw mustBe('name', 'a string', name);
  const { begin, timed } = readPositionsOptions(options);
  engine.lifecycle.requireOpen();
  engine.requireOpener('wal.consumerPositions');
  const { consumer } = await requireConsumer(engine, name);
  for await (const part of parts(engine, consumer, begin, timed)) {
    const names = await engine.catalog.namesOf(part);
    for (const [i, { region, table, position, last, oldestMs }] of part.entries()) {
      const lag = last > position ? last - position : 0n;
      yield { table: { region, table }, name: names[i] ?? null, position, last, lag, oldestMs };
    }
  }
}

/** The table to begin with, null for the first, and whether ages are asked for. Throws SHALE_INVALID_ARGUMENT. */
function readPositionsOptions(options: ConsumerPositionsOptions | undefined): {
  readonly begin: TableId | null;
  readonly timed: boolean;
} {
  if (options === undefined) return { begin: null, timed: false };
  const { from, ages } = readBag('consumerPositions', options, ['from', 'ages']);
  // It is checked there, whatever it is.
  const begin = from === undefined ? null : toTableId(from as TableIdInput);
  return { begin, timed: readAges(ages) };
}

function readAges(ages: unknown): boolean {
  if (ages !== undefined && typeof ages !== 'boolean') throw mustBe('ages', 'true or false', ages);
  return ages === true;
}

async function* stored(
  engine: Engine,
  consumer: bigint | null,
  from: TableId | null,
  timed: boolean,
): AsyncGenerator<AgedPosition, void, undefined> {
  for await (const part of parts(engine, consumer, from, timed)) yield* part;
}

async function* parts(
  engine: Engine,
  consumer: bigint | null,
  begin: TableId | null,
  timed: boolean,
): AsyncGenerator<readonly AgedPosition[], void, undefined> {
  let from = begin === null ? null : positionRangeOfTable(engine.routing.instance, begin).lower;
  do {
    const at: Uint8Array | null = from;
    const part: ShardResults['positions'] = await engine
      .nextShard()
      .request<'positions'>({ kind: 'positions', consumer, region: null, from: at, timed }, 'insist');
    const { items, oldest } = part;
    yield items.map((item, i) => ({ ...item, oldestMs: toNumber(oldest?.[i] ?? null) }));
    from = part.next;
  } while (from !== null);
}

function toNumber(ms: bigint | null): number | null {
  return ms === null ? null : Number(ms);
}
