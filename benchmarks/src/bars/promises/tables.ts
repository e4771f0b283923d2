import { openWal, type Table, type Wal } from '@shale/engine';
import { inScratch } from './in-scratch.js';
import { type Finding, mib, type PromiseBar } from './promise-bar.js';

const MIB = 1024 * 1024;
const TABLES = 1_000_000;
const HOT_ENTRIES = 1_000_000;
const ENTRY_BYTES = 100;
const AT_ONCE = 2000;
const ALLOWANCE = 200 * MIB;
const LEAST_PART = 0.5;

/** A million tables cost little memory, and are written at half the rate of one. */
export const tablesBar: PromiseBar = {
  name: 'tables',
  about: `${TABLES} tables appended to in turn, against one table; ${ENTRY_BYTES} B entries`,
  run: () =>
    inScratch(async (directory) => {
      await using wal = await openWal(directory, { durability: 'os' });
      const one = wal.table({ region: 2, table: 1 });
      await rate(HOT_ENTRIES, () => one);
      const hot = await rate(HOT_ENTRIES, () => one);
      const idle = process.memoryUsage.rss();
      const inTurn = (i: number): Table => wal.table({ region: 1, table: i });
      const first = await rate(TABLES, inTurn);
      const again = await rate(TABLES, inTurn);
      const grown = process.memoryUsage.rss() - idle;
      return [
        compared('tables that are touched for the first time', first, hot),
        compared('tables that are known', again, hot),
        {
          what: 'RSS over the process that has written one table',
          measured: `${mib(grown)} with ${await known(wal)} tables known`,
          bar: `<= ${mib(ALLOWANCE)}`,
          holds: grown <= ALLOWANCE,
        },
      ];
    }),
};

/** Appends per second, so many under way at a time. */
async function rate(count: number, tableOf: (index: number) => Table): Promise<number> {
  const payload = new Uint8Array(ENTRY_BYTES);
  const started = performance.now();
  for (let i = 0; i < count; i += AT_ONCE) {
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, count - i) }, (_, j) => tableOf(i + j).append(payload)),
    );
  }
  return (count / (performance.now() - started)) * 1000;
}

function compared(what: string, found: number, hot: number): Finding {
  return {
    what,
    measured: `${Math.round(found)} appends/s, ${(found / hot).toFixed(2)} of ${Math.round(hot)}`,
    bar: `>= ${LEAST_PART}`,
    holds: found >= hot * LEAST_PART,
  };
}

async function known(wal: Wal): Promise<number> {
  return (await wal.stats()).recoveredTables;
}
