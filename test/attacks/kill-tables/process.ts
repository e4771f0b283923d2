// The process of the attack `kill-tables`: appends to a great many tables in turn, until it is killed.
import { openSync, readSync, writeSync } from 'node:fs';
import { openWal } from '@shale/engine';
import { payloadOf } from './payload.js';

const [path = '', journal = '', count = '', batches = ''] = process.argv.slice(2);
const tables = Number(count);
const wal = await openWal(path, {
  shards: 2,
  durability: 'os',
  // While there is room the loop below does not let the event loop turn, so the file would be written late.
  maxInFlightBytes: 2 ** 20,
  rocksdb: { writeBufferSize: 8 * 2 ** 20 },
});

/** The last sequence of each table that was acknowledged, as the parent finds it in the file. */
const acknowledged = new Uint32Array(tables);
const file = openSync(journal, 'r+');
readSync(file, new Uint8Array(acknowledged.buffer), 0, acknowledged.byteLength, 0);
/** The last sequence of each table that was given out. */
const given = new Uint32Array(tables);
for await (const { table, sequence } of wal.region(1n).scan()) given[Number(table)] = Number(sequence);

let [low, high] = [tables, -1];
setInterval(() => {
  if (high < low) return;
  const part = new Uint8Array(acknowledged.buffer, low * 4, (high - low + 1) * 4);
  writeSync(file, part, 0, part.length, low * 4);
  [low, high] = [tables, -1];
}, 2);

let isBegun = false;
const fail = (error: unknown): void => {
  console.error(error);
  process.exit(1);
};
for (;;) {
  for (let table = 0; table < tables; table++) {
    const sequence = (given[table] ?? 0) + 1;
    given[table] = sequence;
    const handle = wal.table({ region: 1n, table });
    const options = table % 1000 === 0 ? ({ durability: 'sync' } as const) : undefined;
    handle.append(payloadOf(table, sequence), options).then((at) => {
      if (at !== BigInt(sequence)) fail(new Error(`table ${table} got ${at} instead of ${sequence}`));
      acknowledged[table] = sequence;
      if (!isBegun) process.stdout.write('begun\n');
      isBegun = true;
      if (table < low) low = table;
      if (table > high) high = table;
    }, fail);
    if (table % Number(batches) === 0) await wal.ready();
  }
}
