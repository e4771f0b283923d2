import { join } from 'node:path';
import { encodeLogKey, type TableId, type WalError } from '@shale/codec';
import { attachDatabase } from '@shale/rocksdb';
import { type Log, type LogOptions, openLog } from '@shale/storage';
import { afterEach, expect } from 'vitest';
import { temporary } from '../../../test/support/temporary.js';

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A directory for one test, removed afterwards. */
export async function directory(): Promise<string> {
  return join(temporary('storage'), 'wal');
}

/** A log that is closed after the test. */
export async function open(path: string, options: LogOptions = {}): Promise<Log> {
  const log = await openLog(path, options);
  cleanups.push(() => log.close());
  return log;
}

/** A log in a fresh directory. */
export async function fresh(options: LogOptions = {}): Promise<Log> {
  return await open(await directory(), options);
}

/** `count` payloads of `size` bytes that tell each other apart. */
export function payloads(count: number, size = 8): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => new Uint8Array(size).fill(i));
}

/** Appends without waiting for the disk. */
export function fill(log: Log, id: TableId, count: number, size = 8): void {
  log.append(id, payloads(count, size), { sync: false });
}

/** All sequences of a table. */
export function sequences(log: Log, id: TableId): bigint[] {
  return [...log.read(id)].map(({ sequence }) => sequence);
}

/** The code that a call fails with. */
export function codeOf(call: () => unknown): string | undefined {
  return errorOf(call)?.code;
}

/** The error that a call fails with. */
export function errorOf(call: () => unknown): WalError | undefined {
  try {
    call();
  } catch (error) {
    return error as WalError;
  }
  return undefined;
}

/** Expects a promise to fail with a code. */
export async function rejectsWith(code: string, promise: Promise<unknown>): Promise<void> {
  await expect(promise).rejects.toMatchObject({ code });
}

/** Puts a record into the database of an open log as it is, past all checks. */
export async function plant(log: Log, key: Uint8Array, value: Uint8Array): Promise<void> {
  const db = attachDatabase(log.path);
  db.put(key, value, { sync: false });
  await db.close();
}

/** Puts one entry with any sequence, as another system could have left it. */
export async function plantEntry(log: Log, id: TableId, sequence: bigint): Promise<void> {
  const key = new Uint8Array(26);
  encodeLogKey(key, 0, { instance: log.instance, ...id, sequence });
  await plant(log, key, Uint8Array.of(0, 1));
}
