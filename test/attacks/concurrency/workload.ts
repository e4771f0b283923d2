import { openWal } from '@shale/engine';
import { engineOf } from '#internals/engine';
import { randomFrom } from '../../support/random.js';
import { Clients, type Target } from './clients.js';
import type { Op } from './history.js';

/** What a history is made of. */
export interface Workload {
  readonly directory: string;
  readonly seed: number;
  /** Calls in all, about. */
  readonly calls: number;
  /** Whether threads of shards die meanwhile. */
  readonly deaths: boolean;
}

const REGION = 1n;
const BY_ID: readonly Target[] = [1n, 2n, 3n].map((table) => ({
  key: `${REGION}/${table}`,
  id: { region: REGION, table },
}));
const BY_NAME: readonly Target[] = ['a', 'b'].map((name) => ({ key: name, id: name }));

/** Lets many clients use the same tables of one WAL at the same time, and gives what they saw. */
export async function record({ directory, seed, calls, deaths }: Workload): Promise<Op[]> {
  const random = randomFrom(seed);
  const wal = await openWal(directory, {
    shards: 1 + random.below(3),
    shardBy: random.of(['table', 'region']),
    durability: random.of(['os', 'os', 'sync']),
    frameBytes: random.of([512 * 1024, 16 * 1024]),
    maxInFlightBytes: random.of([64 * 1024 * 1024, 64 * 1024]),
    maxQueuedBytes: 64 * 1024 * 1024,
    rocksdb: { memtable: random.of(['log', 'skiplist']), writeBufferSize: 64 * 1024 },
  });
  try {
    const clients = new Clients(wal, random, deaths);
    const targets: [Target, ...Target[]] = [BY_ID[0] as Target, ...BY_ID.slice(1), ...BY_NAME];
    let left = calls;
    const client = async (call: () => Promise<void>): Promise<void> => {
      while (left-- > 0) await call();
    };
    /** Keeps several appends under way. */
    const appender = async (): Promise<void> => {
      const width = 1 + random.below(16);
      while (left > 0) {
        const some = Array.from({ length: 1 + random.below(width) }, () => {
          left--;
          return clients.append(random.once(6) ? BY_ID.filter(() => random.once(2)) : [random.of(targets)]);
        });
        await Promise.all(some);
      }
    };
    const killer = async (): Promise<void> => {
      while (left > 0) {
        // Only threads that have started: one that dies at every start is given up.
        await wal.stats().catch(() => undefined);
        for (let pause = random.below(60); pause > 0; pause--) {
          await new Promise((resolve) => setImmediate(resolve));
        }
        await engineOf(wal).shards[random.below(wal.options.shards)]?.thread?.worker?.terminate();
      }
    };
    await Promise.all([
      ...Array.from({ length: 4 }, appender),
      ...Array.from({ length: 3 }, () => client(() => clients.read(random.of(targets)))),
      client(() => clients.end(random.of(targets))),
      client(() => clients.scan(REGION, BY_ID)),
      client(async () => {
        await clients.end(random.of(targets));
        if (random.once(3)) await clients.trim(random.of(targets));
      }),
      ...(deaths ? [killer()] : []),
    ]);
    // What is there when all is quiet.
    for (const target of targets) await clients.read(target, true);
    return clients.history;
  } finally {
    await wal.close();
  }
}
