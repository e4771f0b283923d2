import type { Engine } from '../engine.js';
import type { CheckedConsumer } from './consumer-options.js';
import type { LogPositions } from './log-positions.js';
import { Run } from './run.js';
import { TableProgress } from './table-progress.js';
import type { ManyTarget } from './target.js';

/** Positions that are stored at a time. */
const STORED_TOGETHER = 256;

/**
 * Stores of each table that there is, and that the consumer has no position in, that it begins behind the last entry.
 *
 * @param target all that the name is for, whatever the parts are that share it
 */
export async function keepEnd(
  engine: Engine,
  target: ManyTarget,
  options: CheckedConsumer,
  positions: LogPositions,
): Promise<void> {
  await positions.loadAll(target.region, target.has);
  const run = new Run(engine, target, options, positions, 'end');
  try {
    await run.begun;
    run.stream.requireNoFailure();
    const ends: TableProgress[] = [];
    for (const { table } of run.cursors) {
      const isKept = positions.positionIn(table.address.id) !== null;
      if (!isKept && table.tail > 0n) ends.push(new TableProgress(table, table.tail));
    }
    for (let at = 0; at < ends.length; at += STORED_TOGETHER) {
      await Promise.all(ends.slice(at, at + STORED_TOGETHER).map((end) => keep(end, options, positions)));
    }
  } finally {
    run.end();
  }
}

async function keep(end: TableProgress, { sync }: CheckedConsumer, positions: LogPositions): Promise<void> {
  const isVoid = (): boolean => end.isDropped;
  try {
    await positions.store(end.table.address.id, end.floor, { sync, isLate: false, isVoid });
  } catch (error) {
    // What may come under its name is another table.
    if (!end.isDropped) throw error;
  }
}
