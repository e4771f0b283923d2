// The process of the attack `once`: producers whose appends have ids and are repeated after whatever failure, until it
// is killed. It begins with what the one before has had under way, and with some of what was in.
import { openSync, readFileSync, writeSync } from 'node:fs';
import { openWal } from '@shale/engine';
import { engineOf } from '#internals/engine';
import {
  AT_ONCE,
  notesIn,
  OTHER_REGION,
  PRODUCERS,
  REGION,
  REPEATED,
  TABLES,
  tableOf,
  textsOf,
} from './appends.js';

const [path = '', notes = '', shards = '', threadsDie = ''] = process.argv.slice(2);
const file = openSync(notes, 'a');
const before = notesIn(readFileSync(notes, 'utf8'));
const wal = await openWal(path, { shards: Number(shards), durability: 'os' });
const fail = (error: unknown): void => {
  console.error(error);
  process.exit(1);
};

/** Appends until it is in. */
async function append(producer: number, number: number): Promise<void> {
  const table = wal.table({ region: REGION, table: tableOf({ producer, number }) });
  const payloads = textsOf({ producer, number }).map((text) => Buffer.from(text));
  const id = `${producer}/${number}`;
  for (;;) {
    try {
      const { first } = await table.appendBatch(payloads, { id });
      writeSync(file, `${producer} ${number} ${first}\n`);
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'SHALE_OUTCOME_UNKNOWN')) throw error;
    }
  }
}

async function produce(producer: number): Promise<never> {
  const done = new Set(before.filter((note) => note.producer === producer).map(({ number }) => number));
  let number = 0;
  while (done.has(number)) number++;
  for (number = Math.max(0, number - REPEATED); ; number += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => append(producer, number + i)));
  }
}

/** Writes over several shards take tables along that are appended to. */
async function write(): Promise<never> {
  for (let i = 0; ; i++) {
    const parts = [REGION, OTHER_REGION].map((region) => ({
      table: wal.table({ region, table: i % TABLES }),
      payloads: [Buffer.from('written')],
    }));
    await wal.write(parts).catch(() => {});
  }
}

process.stdout.write('begun\n');
for (let producer = 0; producer < PRODUCERS; producer++) produce(producer).catch(fail);
write().catch(fail);
if (threadsDie === 'yes') {
  setInterval(() => {
    const shard = Math.floor(Math.random() * Number(shards));
    void engineOf(wal).shards[shard]?.thread?.worker?.terminate();
  }, 150);
}
