// The process of the attack `consume`: appends to tables, and has a consumer copy them, until it is killed.
import { openWal } from '@shale/engine';
import { engineOf } from '#internals/engine';
import { INPUTS, OUTPUTS, TABLES } from './tables.js';

const [path = '', shards = '', threadsDie = ''] = process.argv.slice(2);
const wal = await openWal(path, { shards: Number(shards), durability: 'os' });
const fail = (error: unknown): void => {
  console.error(error);
  process.exit(1);
};

async function produce(table: number): Promise<void> {
  const input = wal.table({ region: INPUTS, table });
  for (;;) {
    const next = Number(await input.lastSequence()) + 1;
    const count = 1 + Math.floor(Math.random() * 20);
    const payloads = Array.from({ length: count }, (_, i) => Buffer.from(`${table}/${next + i}`));
    // A thread that dies may have taken it: the next round sees.
    await input.appendBatch(payloads).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'SHALE_OUTCOME_UNKNOWN')) fail(error);
    });
  }
}

async function consume(): Promise<void> {
  const consumer = await wal.consumer('copy', { tables: wal.region(INPUTS), chunkEntries: 50 });
  process.stdout.write('begun\n');
  for await (const batch of consumer) {
    const table = wal.table({ region: OUTPUTS, table: batch.table.table });
    const payloads = Array.from({ length: batch.length }, (_, i) => batch.payloadAt(i));
    await batch.write([{ table, payloads }], { state: Buffer.from(String(batch.last)) });
  }
}

for (let table = 0; table < TABLES; table++) produce(table).catch(fail);
consume().catch(fail);
if (threadsDie === 'yes') {
  setInterval(() => {
    const shard = Math.floor(Math.random() * Number(shards));
    void engineOf(wal).shards[shard]?.thread?.worker?.terminate();
  }, 150);
}
