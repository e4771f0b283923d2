// A process that appends and ships until it is killed: its log, where it ships to, and the monitors.
export const SHIPPING_PROCESS = `
import { openWal } from '@shale/engine';
import { replicate } from '@shale/replica';
const [directory, url, monitor, round] = process.argv.slice(1);
const wal = await openWal(directory, { shards: 2 });
const tables = ['one', 'two'].map((name) => wal.table(name));
const replica = await replicate(wal, url, { partitions: 2, monitor: JSON.parse(monitor) });
console.log('ships');
for (let i = 0; ; i++) {
  await Promise.all(tables.map((table) => table.appendBatch(Array.from({ length: 20 }, (_, j) => Buffer.from(round + ' ' + i + ' ' + j)))));
  if (replica.failure !== null) throw replica.failure;
}
`;
