import { mustBe, type TableId } from '@shale/codec';
import type { Engine } from '../engine.js';
import type { OpenConsumer } from '../open-consumers.js';
import { addressOf } from '../table-ref.js';
import { LogPositions } from './log-positions.js';
import { Opening } from './opening.js';
import { type ConsumedTable, readSeek, type SeekTo } from './seek.js';
import { findConsumer, noticed, requireConsumer } from './stored-consumers.js';

/** Drops a consumer; false when there was none. */
export async function dropConsumer(engine: Engine, name: string): Promise<boolean> {
  if (typeof name !== 'string') throw mustBe('name', 'a string', name);
  return await engine.consumers.inTurn(name, async () => {
    await engine.consumers.fence(name, null);
    if ((await findConsumer(engine, name)) === null) return false;
    let from: Uint8Array | null = null;
    do {
      const at: Uint8Array | null = from;
      from = await noticed(engine, () =>
        engine.shard(0).request<'consumerDrop'>({ kind: 'consumerDrop', name, from: at }, 'retry'),
      );
    } while (from !== null);
    // What it needed may go now.
    await engine.retention.lookAtAll();
    return true;
  });
}

/** Moves the position of a consumer in a table, open or not; returns the last sequence that counts as done with. */
export async function seekConsumer(
  engine: Engine,
  name: string,
  table: ConsumedTable,
  to: SeekTo,
): Promise<bigint> {
  if (typeof name !== 'string') throw mustBe('name', 'a string', name);
  const { id, after } = await readSeek(engine, null, table, to);
  for (;;) {
    const open = await engine.consumers.inTurn(name, () => seekStored(engine, name, id, after));
    // Not in its turn: the application may keep the position, and not come to an end with it.
    if (open === null || (await open.seek(id, after))) return after;
  }
}

/** Moves the position as it is stored, and returns null; or returns the consumer that is open and has the table. */
async function seekStored(
  engine: Engine,
  name: string,
  id: TableId,
  after: bigint,
): Promise<OpenConsumer | null> {
  engine.requireWritable();
  const record = await requireConsumer(engine, name);
  for (const open of [...engine.consumers]) {
    if (open.name === name && (await open.has(id))) return open;
  }
  const positions = new LogPositions(engine, Opening.of(record));
  await positions.load(addressOf(id, engine.routing));
  const sync = engine.options.durability === 'sync';
  await positions.store(id, after, { sync, isLate: false, isVoid: () => false });
  return null;
}
