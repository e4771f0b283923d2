import { mustBe, positionRangeOfTable, type TableId } from '@shale/codec';
import { type ListPart, readBag, type StoredPosition } from '@shale/storage';
import type { Engine } from '../engine.js';
import { type TableIdInput, toTableId } from '../ids.js';
import type { ConsumerInfo, ConsumerPosition, ConsumerPositionsOptions } from './consumer-info.js';
import { allConsumers, requireConsumer } from './stored-consumers.js';

/** Every consumer, and how far it is behind. */
export async function listConsumers(engine: Engine): Promise<readonly ConsumerInfo[]> {
  const open = new Set([...engine.consumers].map(({ name }) => name));
  const found = new Map(
    (await allConsumers(engine)).map(({ name, consumer, epoch }) => [
      consumer,
      { name, isOpen: open.has(name), epoch, tables: 0, behind: 0, overrun: 0, lag: 0n },
    ]),
  );
  for await (const { consumer, position, first, last } of stored(engine, null, null)) {
    const info = found.get(consumer);
    if (info === undefined) continue;
    info.tables++;
    if (last <= position) continue;
    info.behind++;
    info.lag += last - position;
    if (position + 1n < first) info.overrun++;
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
  const begin = readBegin(options);
  engine.lifecycle.requireOpen();
  engine.requireOpener('wal.consumerPositions');
  const { consumer } = await requireConsumer(engine, name);
  for await (const part of parts(engine, consumer, begin)) {
    const names = await engine.catalog.namesOf(part);
    for (const [i, { region, table, position, last }] of part.entries()) {
      const lag = last > position ? last - position : 0n;
      yield { table: { region, table }, name: names[i] ?? null, position, last, lag };
    }
  }
}

/** The table to begin with; null for the first. Throws SHALE_INVALID_ARGUMENT. */
function readBegin(options: ConsumerPositionsOptions | undefined): TableId | null {
  if (options === undefined) return null;
  const { from } = readBag('consumerPositions', options, ['from']);
  // It is checked there, whatever it is.
  return from === undefined ? null : toTableId(from as TableIdInput);
}

async function* stored(
  engine: Engine,
  consumer: bigint | null,
  from: TableId | null,
): AsyncGenerator<StoredPosition, void, undefined> {
  for await (const part of parts(engine, consumer, from)) yield* part;
}

async function* parts(
  engine: Engine,
  consumer: bigint | null,
  begin: TableId | null,
): AsyncGenerator<readonly StoredPosition[], void, undefined> {
  let from = begin === null ? null : positionRangeOfTable(engine.routing.instance, begin).lower;
  do {
    const at: Uint8Array | null = from;
    const part: ListPart<StoredPosition> = await engine
      .nextShard()
      .request<'positions'>({ kind: 'positions', consumer, region: null, from: at }, 'insist');
    yield part.items;
    from = part.next;
  } while (from !== null);
}
