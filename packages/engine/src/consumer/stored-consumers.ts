import { type ConsumerRecord, WalError } from '@shale/codec';
import type { StoredConsumer } from '@shale/storage';
import type { Engine } from '../engine.js';

/** A consumer as it is stored; null when there is none of the name. */
export async function findConsumer(engine: Engine, name: string): Promise<ConsumerRecord | null> {
  return await engine.nextShard().request<'consumerFind'>({ kind: 'consumerFind', name }, 'insist');
}

/** The same of one that must be there. Rejects with SHALE_NOT_FOUND. */
export async function requireConsumer(engine: Engine, name: string): Promise<ConsumerRecord> {
  const found = await findConsumer(engine, name);
  if (found !== null) return found;
  const message = `there is no consumer ${JSON.stringify(name)}: wal.consumers() and \`shale consumers\` list those that there are`;
  throw new WalError('SHALE_NOT_FOUND', message, { path: engine.path });
}

/** Every consumer, in the order of the names' bytes. */
export async function allConsumers(engine: Engine): Promise<readonly StoredConsumer[]> {
  return await engine.nextShard().request<'consumerList'>({ kind: 'consumerList' }, 'insist');
}

/** A write beside the frames: what keeps it from being written keeps every other from it. */
export async function noticed<R>(engine: Engine, act: () => Promise<R>): Promise<R> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof WalError) engine.health.notice(error);
    throw error;
  }
}
