import { setTimeout as sleep } from 'node:timers/promises';
import { openWal } from '@shale/engine';
import { bytesHandedOver } from '../../sustained/handed-over.js';
import { untilQuiet } from '../../sustained/quiet.js';
import { inScratch } from './in-scratch.js';
import { mib, type PromiseBar } from './promise-bar.js';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const BACKLOG_GIB = Number(process.env.SHALE_BACKLOG_GIB ?? 10);
const TABLES = 100;
const ENTRY_BYTES = 1024;
const MINUTE_MS = 60_000;
const MOST_BYTES = MIB;

/** A small trim costs nothing once the log is idle, whatever its backlog. */
export const idleBar: PromiseBar = {
  name: 'idle',
  about: `one entry of ${ENTRY_BYTES} B trimmed in a backlog of ${BACKLOG_GIB} GiB over ${TABLES} tables, and then nothing for a minute`,
  isLong: true,
  run: () =>
    inScratch(async (directory) => {
      await using wal = await openWal(directory, { durability: 'os' });
      const tables = Array.from({ length: TABLES }, (_, i) => wal.table({ region: 1, table: i }));
      const batch = Array.from({ length: 100 }, (_, i) => Buffer.alloc(ENTRY_BYTES, `entry ${i} `));
      for (let bytes = 0; bytes < BACKLOG_GIB * GIB; bytes += TABLES * batch.length * ENTRY_BYTES) {
        await Promise.all(tables.map((table) => table.appendBatch(batch)));
      }
      await wal.flush();
      // Compactions that the loading has left to do are no part of what is measured.
      await untilQuiet();
      await tables[0]?.trim(1n);
      const before = await bytesHandedOver();
      await sleep(MINUTE_MS);
      const bytes = (await bytesHandedOver()) - before;
      return [
        {
          what: 'bytes written in the minute after a trim',
          measured: mib(bytes),
          bar: `at most ${mib(MOST_BYTES)}`,
          holds: bytes <= MOST_BYTES,
        },
      ];
    }),
};
