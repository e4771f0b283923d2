import { openWal, type Wal, WalError, type WalOptions } from '@shale/engine';
import { afterEach, expect } from 'vitest';
import { temporary as newDirectory } from '../../../test/support/temporary.js';
import type { Engine } from '../dist/engine.js';
import { engineOf } from '../dist/internals.js';

const wals: Wal[] = [];

afterEach(async () => {
  await Promise.all(wals.splice(0).map((wal) => wal.close()));
});

/** A fresh directory that goes with the test. */
export async function temporary(): Promise<string> {
  return newDirectory('engine');
}

/** Opens a WAL that is closed with the test; in a fresh directory, unless one is given. */
export async function open(options: WalOptions & { path?: string } = {}): Promise<Wal> {
  const { path = await temporary(), ...rest } = options;
  const wal = await openWal(path, { shards: 2, ...rest });
  wals.push(wal);
  return wal;
}

/** What stands behind a WAL. */
export function behind(wal: Wal): Engine {
  return engineOf(wal);
}

/** Ends the thread of a shard, as a crash would. */
export async function endThread(wal: Wal, shard: number): Promise<void> {
  await behind(wal).shards[shard]?.thread?.worker?.terminate();
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function text(payload: Uint8Array): string {
  return new TextDecoder().decode(payload);
}

/** All of an async iterable. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** Expects a rejection with a code. */
export async function rejectsWith(code: string, promise: Promise<unknown>): Promise<void> {
  await expect(promise).rejects.toMatchObject({ name: 'WalError', code });
}

/** What a promise rejects with, which must be a WalError. */
export async function failureOf(promise: Promise<unknown>): Promise<WalError> {
  const error = await promise.then(
    () => new Error('it did not reject'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof WalError)) throw error;
  return error;
}

/** Two tables of region 1 that are on different shards, and a third that shares the first one's. */
export function apart(wal: Wal): { here: bigint; alsoHere: bigint; there: bigint } {
  const shardOf = (table: bigint) => wal.table({ region: 1n, table }).shard;
  const here = 1n;
  let there = 2n;
  while (shardOf(there) === shardOf(here)) there++;
  let alsoHere = 2n;
  while (shardOf(alsoHere) !== shardOf(here)) alsoHere++;
  return { here, alsoHere, there };
}
