// The process of the attack `retain`: appends to tables that are retained, beside a consumer that stops now and then, until
// it is killed.
import { setTimeout as sleep } from 'node:timers/promises';
import { openWal } from '@shale/engine';
import { engineOf } from '#internals/engine';
import { AT_MOST, KEEP, REGION, TABLES } from './limits.js';

const [path = '', shards = '', threadsDie = ''] = process.argv.slice(2);
const wal = await openWal(path, { shards: Number(shards), durability: 'os' });
const fail = (error: unknown): void => {
  console.error(error);
  process.exit(1);
};

async function produce(table: number): Promise<void> {
  const input = wal.table({ region: REGION, table });
  for (;;) {
    const payloads = Array.from({ length: 1 + Math.floor(Math.random() * 40) }, () => new Uint8Array(20));
    // A thread that dies may have taken it, or not.
    await input.appendBatch(payloads).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'SHALE_OUTCOME_UNKNOWN')) fail(error);
    });
    await sleep(1);
  }
}

async function consume(): Promise<void> {
  const tables = wal.region(REGION);
  const consumer = await wal.consumer('reader', {
    tables,
    chunkEntries: 50,
    onTrimmed: 'skip',
    commit: { everyMs: 50 },
  });
  process.stdout.write('begun\n');
  for await (const _ of consumer) if (Math.random() < 0.01) await sleep(Math.random() * 1500);
}

const limits = { keep: { entries: KEEP }, atMost: { entries: AT_MOST } };
await wal.retain(wal.region(REGION), limits);
for (let table = 0; table < TABLES; table++) produce(table).catch(fail);
consume().catch(fail);
if (threadsDie === 'yes') {
  setInterval(() => {
    const shard = Math.floor(Math.random() * Number(shards));
    void engineOf(wal).shards[shard]?.thread?.worker?.terminate();
  }, 400);
}
