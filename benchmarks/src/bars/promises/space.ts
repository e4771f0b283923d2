import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { directorySize } from '@shale/bench-kit';
import { openWal, U64_MAX } from '@shale/engine';
import { inScratch } from './in-scratch.js';
import { mib, type PromiseBar } from './promise-bar.js';

const MIB = 1024 * 1024;
const TABLES = 100;
const ENTRIES_PER_TABLE = 5000;
const ENTRY_BYTES = 1024;
const WAIT_SECONDS = 30;
/** The info log, the manifest's history and one small table of meta records may stay. */
const SLACK = 1 * MIB;

/** After trimming everything the directory shrinks by itself. */
export const spaceBar: PromiseBar = {
  name: 'space',
  about: `${TABLES * ENTRIES_PER_TABLE} entries of ${ENTRY_BYTES} B over ${TABLES} tables, all trimmed, no further writes`,
  run: () =>
    inScratch(async (directory) => {
      const freshPath = join(directory, 'fresh');
      {
        await using fresh = await openWal(freshPath);
        await fresh.table({ region: 1, table: 1 }).appendBatch([]);
      }
      const fresh = await directorySize(freshPath);

      const path = join(directory, 'trimmed');
      await using wal = await openWal(path, { durability: 'os' });
      const tables = Array.from({ length: TABLES }, (_, i) => wal.table({ region: 1, table: i }));
      const batch = Array.from({ length: 100 }, (_, i) => Buffer.alloc(ENTRY_BYTES, `entry ${i} `));
      for (let done = 0; done < ENTRIES_PER_TABLE; done += batch.length) {
        await Promise.all(tables.map((table) => table.appendBatch(batch)));
      }
      const full = await directorySize(path);
      const started = performance.now();
      await Promise.all(tables.map((table) => table.trim(U64_MAX)));
      const trimmed = performance.now();
      const holds = (size: Awaited<ReturnType<typeof directorySize>>): boolean =>
        size.total - size.walFiles <= fresh.total - fresh.walFiles + SLACK && size.walFiles <= SLACK;
      let size = await directorySize(path);
      while (!holds(size) && performance.now() - trimmed < WAIT_SECONDS * 1000) {
        await sleep(50);
        size = await directorySize(path);
      }
      const seconds = (performance.now() - trimmed) / 1000;
      return [
        {
          what: 'directory after trimming everything',
          measured: `${mib(full.total)} -> ${mib(size.total)} (RocksDB's log ${mib(size.walFiles)}) ${seconds.toFixed(1)} s after the trims, which took ${(trimmed - started).toFixed(0)} ms for ${TABLES} tables`,
          bar: `a fresh one (${mib(fresh.total)}) + the current log file, within ${mib(SLACK)}`,
          holds: holds(size),
        },
      ];
    }),
};
