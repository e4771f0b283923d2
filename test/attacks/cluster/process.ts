// A program that appends to its tables and ships them, until it is killed: its log, the replica, the monitors.
import { openWal } from '@shale/engine';
import { replicate } from '@shale/replica';
import { patient } from './patient.js';
import { PARTITIONS, REGION, TABLES, textOf } from './tables.js';

const [path = '', url = '', monitors = ''] = process.argv.slice(2);
const wal = await openWal(path, { shards: 2 });
const options = { partitions: PARTITIONS, monitor: JSON.parse(monitors) };
const replica = await patient(() => replicate(wal, url, options));
process.stdout.write('ships\n');

async function append(table: number): Promise<void> {
  const log = wal.table({ region: REGION + BigInt(table % 2), table });
  let next = (await log.lastSequence()) + 1n;
  for (let round = 0; replica.failure === null; round++) {
    const count = (round % 30) + 1;
    const payloads = Array.from({ length: count }, (_, i) => textOf(table, next + BigInt(i)));
    const { last } = await log.appendBatch(payloads, { expect: next });
    next = last + 1n;
  }
}

await Promise.all(Array.from({ length: TABLES }, (_, table) => append(table)));
throw replica.failure;
