import { mkdirSync } from 'node:fs';
import { attachLog, type Log, openLog } from '@shale/storage';
import { expect, test } from 'vitest';
import { directory, fill, fresh } from './support.js';

const id = { region: 1n, table: 2n };
const refused = expect.objectContaining({ name: 'WalError', code: 'SHALE_INVALID_ARGUMENT' });

type Call = (options: never) => unknown;

/** Every call of a log that takes options, and what it takes. */
function calls(log: Log, path: string): Record<string, { call: Call; good: Record<string, unknown> }> {
  const one = [new Uint8Array(1)];
  return {
    openLog: {
      call: async (options) => await (await openLog(`${path}-other`, options)).close(),
      good: { instance: 0, create: true, readOnly: false, recovery: 'strict', rocksdb: {}, claim: true },
    },
    attachLog: {
      call: async (options) => await attachLog(path, options).close(),
      good: { instance: 0, handleId: 0 },
    },
    append: { call: (options) => log.append(id, one, options), good: { sync: false } },
    write: { call: (options) => log.write([{ id, payloads: one }], options), good: { sync: false } },
    part: {
      call: (part: object) => log.write([{ id, payloads: one, ...part }] as never, { sync: false }),
      good: { expect: undefined },
    },
    trim: { call: (options) => log.trim(id, 1n, options), good: { sync: false } },
    drop: { call: (options) => log.drop({ region: 9n, table: 9n }, options), good: { sync: false } },
    range: {
      call: (range) => [...log.read(id, range)],
      good: { gte: 0n, gt: 0n, lte: 9n, lt: 9n, limit: 5 },
    },
    read: {
      call: (options) => [...log.read(id, {}, options)],
      good: { chunkBytes: 2048, chunkEntries: 3, strict: false },
    },
    scanRegion: {
      call: (options) => [...log.scanRegion(1n, options)],
      good: { chunkBytes: 2048, chunkEntries: 3 },
    },
    heads: {
      call: (options) => [...log.heads(options)],
      good: { region: 1n, lowerTable: 0n, upperTable: 9n, onProblem: () => undefined },
    },
    verify: { call: (options) => [...log.verify(options)], good: { chunkBytes: 65536 } },
    reclaim: {
      call: (options) => log.reclaim([], options),
      good: { deep: false, spans: undefined, since: 0n },
    },
    backup: { call: (options) => log.backup(`${path}-backups`, options), good: { keep: 3 } },
  };
}

async function outcomeOf(call: Call, options: unknown): Promise<unknown> {
  try {
    return await call(options as never);
  } catch (error) {
    return error;
  }
}

test('every call refuses options that it does not know, reads each once, and none of another type', async () => {
  const path = await directory();
  mkdirSync(path);
  const log = await fresh();
  fill(log, id, 5);
  for (const [name, { call, good }] of Object.entries(calls(log, log.path))) {
    expect(await outcomeOf(call, good), name).not.toBeInstanceOf(Error);
    const reads = new Map<string, number>();
    const watched = Object.defineProperties(
      {},
      Object.fromEntries(
        Object.entries(good).map(([key, value]) => [
          key,
          {
            enumerable: true,
            get: () => {
              reads.set(key, (reads.get(key) ?? 0) + 1);
              return value;
            },
          },
        ]),
      ),
    );
    // A part is spread by the test itself.
    if (name !== 'part') {
      expect(await outcomeOf(call, watched), name).not.toBeInstanceOf(Error);
      expect([...reads.entries()], name).toEqual(Object.keys(good).map((key) => [key, 1]));
    }
    for (const [key, value] of Object.entries(good)) {
      const misspelt = { [`${key}x`]: value };
      expect(await outcomeOf(call, misspelt), `${name}: ${key}x`).toEqual(refused);
      expect(await outcomeOf(call, { [key]: Symbol('x') }), `${name}: ${key}`).toEqual(refused);
    }
    const throws = Object.defineProperty({}, Object.keys(good)[0] ?? '', {
      enumerable: true,
      get: () => {
        throw new Error('a getter');
      },
    });
    if (name !== 'part') {
      expect(await outcomeOf(call, throws), `${name}: a getter`).toEqual(refused);
      for (const none of [null, 5, 'x', []]) {
        expect(await outcomeOf(call, none), `${name}: ${none}`).toEqual(refused);
      }
    }
  }
});

test("RocksDB's options are read once, and unknown ones refused", async () => {
  let reads = 0;
  const rocksdb = {
    get writeBufferSize() {
      reads++;
      return 1024 * 1024;
    },
  };
  const log = await openLog(await directory(), { rocksdb });
  await log.close();
  expect(reads).toBe(1);
  await expect(openLog(await directory(), { rocksdb: { writeBufferSiz: 5 } as never })).rejects.toEqual(
    refused,
  );
});
