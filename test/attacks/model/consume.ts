import type { Wal } from '@shale/engine';
import type { ConsumeCommand } from './commands.js';
import { requireEqual, requireSame } from './compare.js';
import { tableOf } from './tables.js';
import type { ModelEntry, WalModel } from './wal-model.js';

/** Lets a consumer go on where the model says that it is, and compares what it gets and how far it is behind. */
export async function consume(wal: Wal, command: ConsumeCommand, model: WalModel): Promise<void> {
  const { table, name, most, how, durability } = command;
  const handle = tableOf(wal, table);
  await using consumer = await wal.consumer(`${name} of ${table}`, {
    tables: handle,
    onTrimmed: 'skip',
    chunkEntries: 3,
    commit: { durability },
  });
  // What is not on stable storage is not given as long as nothing syncs it, which takes a moment.
  await wal.sync();
  const before = model.position(table, name);
  const first = model.first(table);
  const start = before + 1n > first ? before + 1n : first;
  const behind = first === 0n || start > model.last(table) ? 0n : model.last(table) - start + 1n;
  requireEqual(`the lag of ${name} in ${table}`, (await consumer.lag()).entries, behind);
  const expected = model.read(table, { gt: before }).slice(0, most);
  const found: ModelEntry[] = [];
  let position = before;
  if (expected.length === 0) return;
  for await (const batch of consumer) {
    found.push(...batch);
    const isLast = found.length >= expected.length;
    if (!isLast || how !== 'leave') {
      if (how === 'write') await batch.write([]);
      else batch.ack();
      position = batch.last;
    }
    if (isLast) break;
  }
  await consumer.commit();
  // A batch may be larger than what was wanted.
  requireSame(`what ${name} gets of ${table}`, found.slice(0, expected.length), expected);
  if (position > before) model.move(table, name, position);
}
