import { mustBe, WalError } from '@shale/codec';
import type { ListPart, StoredConsumer, StoredPosition } from '@shale/storage';
import type { Engine } from '../engine.js';
import { isTable } from '../write-parts.js';
import { Consumer } from './consumer.js';
import type { ConsumerInfo } from './consumer-info.js';
import { type ConsumerOptions, readConsumerOptions } from './consumer-options.js';
import { LogPositions } from './log-positions.js';
import { readTarget } from './target.js';

/** Opens a consumer, after it has fenced those that are open under the name. */
export async function openConsumer<T>(
  engine: Engine,
  name: string,
  options: ConsumerOptions<T>,
): Promise<Consumer<T>> {
  if (typeof name !== 'string') throw mustBe('name', 'a string', name);
  const { tables, ...checked } = readConsumerOptions(options, engine.options.durability, isTable);
  const target = readTarget(engine, tables, checked.partition);
  engine.requireWritable();
  return await engine.consumers.inTurn(name, async () => {
    engine.requireWritable();
    await engine.consumers.fence(name, checked.partition);
    const record = await noticed(engine, () =>
      engine.shard(0).request<'consumerOpen'>({ kind: 'consumerOpen', name }, 'retry'),
    );
    const positions = new LogPositions(engine, record);
    const isNew = record.epoch === 1n;
    const consumer = new Consumer<T>({ engine, name, target, options: checked, positions, isNew });
    try {
      await consumer.begin();
    } catch (error) {
      await consumer.close().catch(() => undefined);
      throw error;
    }
    return consumer;
  });
}

/** Drops a consumer; false when there was none. */
export async function dropConsumer(engine: Engine, name: string): Promise<boolean> {
  if (typeof name !== 'string') throw mustBe('name', 'a string', name);
  return await engine.consumers.inTurn(name, async () => {
    await engine.consumers.fence(name, null);
    if (!(await stored(engine)).some((consumer) => consumer.name === name)) return false;
    let from: Uint8Array | null = null;
    do {
      const at: Uint8Array | null = from;
      from = await noticed(engine, () =>
        engine.shard(0).request<'consumerDrop'>({ kind: 'consumerDrop', name, from: at }, 'retry'),
      );
    } while (from !== null);
    return true;
  });
}

/** Every consumer, and how far it is behind. */
export async function listConsumers(engine: Engine): Promise<readonly ConsumerInfo[]> {
  const open = new Set([...engine.consumers].map(({ name }) => name));
  const found = new Map(
    (await stored(engine)).map(({ name, consumer, epoch }) => [
      consumer,
      { name, isOpen: open.has(name), epoch, tables: 0, behind: 0, lag: 0n },
    ]),
  );
  for (let from: Uint8Array | null = null; ; ) {
    const at: Uint8Array | null = from;
    const part: ListPart<StoredPosition> = await engine
      .nextShard()
      .request<'positions'>({ kind: 'positions', consumer: null, region: null, from: at }, 'insist');
    for (const { consumer, position, last } of part.items) {
      const info = found.get(consumer);
      if (info === undefined) continue;
      info.tables++;
      if (last <= position) continue;
      info.behind++;
      info.lag += last - position;
    }
    if (part.next === null) return [...found.values()];
    from = part.next;
  }
}

async function stored(engine: Engine): Promise<readonly StoredConsumer[]> {
  return await engine.nextShard().request<'consumerList'>({ kind: 'consumerList' }, 'insist');
}

/** A write beside the frames: what keeps it from being written keeps every other from it. */
async function noticed<R>(engine: Engine, act: () => Promise<R>): Promise<R> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof WalError) engine.health.notice(error);
    throw error;
  }
}
