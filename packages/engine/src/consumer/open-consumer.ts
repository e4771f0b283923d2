import { mustBe } from '@shale/codec';
import type { Engine } from '../engine.js';
import { isTable } from '../write-parts.js';
import { Consumer } from './consumer.js';
import { type ConsumerOptions, readConsumerOptions } from './consumer-options.js';
import { keepEnd } from './keep-end.js';
import { LogPositions } from './log-positions.js';
import { Opening } from './opening.js';
import { findConsumer, noticed } from './stored-consumers.js';
import { readTarget, subscriptionOf } from './target.js';

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
    if (target.is === 'many' && checked.from === 'end') {
      const whole = readTarget(engine, tables, null);
      if (whole.is === 'many' && !(await wasOpened(engine, name))) {
        // It counts as opened when that is kept in every table: who dies meanwhile begins with it anew.
        const record = await noticed(engine, () =>
          engine.shard(0).request<'consumerAnnounce'>({ kind: 'consumerAnnounce', name }, 'retry'),
        );
        await keepEnd(engine, whole, checked, new LogPositions(engine, Opening.of(record)));
      }
    }
    const opening = await Opening.begin(engine, name, subscriptionOf(target));
    const positions = new LogPositions(engine, opening);
    const consumer = new Consumer<T>({ engine, name, target, options: checked, opening, positions });
    try {
      await consumer.open();
    } catch (error) {
      await consumer.close().catch(() => undefined);
      throw error;
    }
    return consumer;
  });
}

async function wasOpened(engine: Engine, name: string): Promise<boolean> {
  const found = await findConsumer(engine, name);
  return found !== null && found.epoch > 0n;
}
