import type { Batch, Consumer, Table } from '@shale/engine';
import { bytes } from './support.js';

/** Appends so many entries, each with its number. */
export async function fill(table: Table, count: number, from = 1): Promise<void> {
  await table.appendBatch(Array.from({ length: count }, (_, i) => bytes(String(from + i))));
}

export function iterate<T>(consumer: Consumer<T>): AsyncIterator<Batch<T>, undefined> {
  return consumer[Symbol.asyncIterator]();
}

export async function next<T>(batches: AsyncIterator<Batch<T>, undefined>): Promise<Batch<T>> {
  const { done, value } = await batches.next();
  if (done === true) throw new Error('the iteration ended');
  return value;
}
