// The process of the attack `power-consume`: appends with ids, and a consumer that copies them by `batch.write`.
import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openWal } from '@shale/engine';
import { Random } from '@shale/fault-kit';
import { INPUTS, OUTPUTS, type Said, TABLES } from './said.js';

const APPENDS = 60;

const [root = '', journal = '', seed = ''] = process.argv.slice(2);
const random = new Random(Number(seed));
const lines = openSync(journal, 'a');
const say = (said: Said): void => {
  writeSync(lines, `${JSON.stringify(said)}\n`);
};
const anyDurability = (): 'sync' | 'os' => random.pick(['sync', 'os', 'os']);

const wal = await openWal(join(root, 'db'), {
  shards: random.pick([1, 2, 3]),
  durability: 'os',
  rocksdb: {
    writeBufferSize: 64 * 1024,
    memtable: random.pick(['log', 'skiplist']),
    level0FileNumCompactionTrigger: 2,
    targetFileSizeBase: 64 * 1024,
  },
});

async function produce(table: number): Promise<void> {
  const input = wal.table({ region: INPUTS, table });
  for (let number = 0; number < APPENDS; number++) {
    const durability = anyDurability();
    const payload = Buffer.alloc(random.integer(8, 800), `${number} `);
    const sequence = await input.append(payload, { id: String(number), durability });
    if (durability === 'sync') say({ say: 'in', table, number, first: Number(sequence) });
    if (random.chance(0.02)) await wal.flush();
    // What is in already stays where it is, and comes to stable storage.
    if (random.chance(0.1)) {
      const again = await input.append(payload, { id: String(number), durability: 'sync' });
      say({ say: 'in', table, number, first: Number(again) });
    }
  }
}

async function consume(): Promise<void> {
  const consumer = await wal.consumer('copy', { tables: wal.region(INPUTS), chunkEntries: 10 });
  let left = TABLES * APPENDS;
  for await (const batch of consumer) {
    const { table } = batch.table;
    const durability = anyDurability();
    const payloads = Array.from({ length: batch.length }, (_, i) => batch.payloadAt(i));
    const state = Buffer.from(String(batch.last));
    await batch.write([{ table: wal.table({ region: OUTPUTS, table }), payloads }], { state, durability });
    if (durability === 'sync') say({ say: 'out', table: Number(table), upTo: Number(batch.last) });
    left -= batch.length;
    if (left === 0) return;
  }
}

await Promise.all([consume(), ...Array.from({ length: TABLES }, (_, table) => produce(table))]);
await wal.close();
