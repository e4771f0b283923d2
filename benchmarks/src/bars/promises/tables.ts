import { openWal, type Table, type Wal } from '@shale/engine';
import { inScratch } from './in-scratch.js';
import { type Finding, mib, type PromiseBar } from './promise-bar.js';

const MIB = 1024 * 1024;
const TABLES = 1_000_000;
const ENTRY_BYTES = 100;
const AT_ONCE = 2000;
/** Appends of each kind by turns. */
const SLICE = 50_000;
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
      const hot = (): Table => one;
      const inTurn = (i: number): Table => wal.table({ region: 1, table: i });
      await elapsed(0, TABLES, hot);
      const idle = process.memoryUsage.rss();
      const first = await byTurns(hot, inTurn);
      const again = await byTurns(hot, inTurn);
      const grown = process.memoryUsage.rss() - idle;
      return [
        compared('tables that are touched for the first time', first),
        compared('tables that are known', again),
        {
          what: 'RSS over the process that has written one table',
          measured: `${mib(grown)} with ${await known(wal)} tables known`,
          bar: `<= ${mib(ALLOWANCE)}`,
          holds: grown <= ALLOWANCE,
        },
      ];
    }),
};

interface Rates {
  /** Appends per second. */
  readonly found: number;
  readonly hot: number;
}

/** Each slice measures both, so that what else the machine does falls on both. */
async function byTurns(hot: (index: number) => Table, found: (index: number) => Table): Promise<Rates> {
  let [hotMs, foundMs] = [0, 0];
  for (let from = 0; from < TABLES; from += SLICE) {
    hotMs += await elapsed(from, SLICE, hot);
    foundMs += await elapsed(from, SLICE, found);
  }
  return { hot: (TABLES / hotMs) * 1000, found: (TABLES / foundMs) * 1000 };
}

/** Milliseconds of so many appends, some of them under way at a time. */
async function elapsed(from: number, count: number, tableOf: (index: number) => Table): Promise<number> {
  const payload = new Uint8Array(ENTRY_BYTES);
  const started = performance.now();
  for (let i = from; i < from + count; i += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, j) => tableOf(i + j).append(payload)));
  }
  return performance.now() - started;
}

function compared(what: string, { found, hot }: Rates): Finding {
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
