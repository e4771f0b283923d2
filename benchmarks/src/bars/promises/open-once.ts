// Run as a process: prints the milliseconds from openWal to the answer of a first append.
import { openWal } from '@shale/engine';

const path = process.argv[2];
if (path === undefined) throw new Error('usage: open-once <database directory>');
const started = performance.now();
const wal = await openWal(path, { durability: 'os' });
// An empty batch recovers its table and answers, and leaves the database as it was for the next round.
await wal.table({ region: 1, table: 5 }).appendBatch([]);
process.stdout.write(String(performance.now() - started));
await wal.close();
