import { setImmediate as afterTurn, setTimeout as sleep } from 'node:timers/promises';
import { openWal, WalError } from '@shale/engine';
import { inScratch } from './in-scratch.js';
import { type Finding, mib, type PromiseBar } from './promise-bar.js';

const MIB = 1024 * 1024;
const APPENDERS = 4096;
const ENTRY_BYTES = 64 * 1024;
const SECONDS = 20;
const MAX_IN_FLIGHT = 64 * MIB;
const ALLOWANCE = 300 * MIB;
/** What the flood may have under way and waiting, together. */
const FLOOD_BYTES = 2 * MIB;
const FLOOD_ENTRY_BYTES = 100;

/** Memory stays bounded when far more is pushed than the disk takes, and a flood is refused at once. */
export const memoryBar: PromiseBar = {
  name: 'memory',
  about: `${APPENDERS} appenders push ${ENTRY_BYTES / 1024} KiB entries as fast as ready() lets them; then one never awaits`,
  run: async () => [await crowd(), ...(await flood())],
};

async function crowd(): Promise<Finding> {
  return inScratch(async (directory) => {
    await using wal = await openWal(directory, { durability: 'os', maxInFlightBytes: MAX_IN_FLIGHT });
    const tables = Array.from({ length: 64 }, (_, i) => wal.table({ region: 1, table: i }));
    // What the appenders hold themselves is part of the baseline: their own payloads, touched.
    const payloads = Array.from({ length: APPENDERS }, (_, i) => new Uint8Array(ENTRY_BYTES).fill(i));
    await Promise.all(tables.map((table) => table.append(new Uint8Array(1))));
    const idle = process.memoryUsage.rss();

    const stopAt = performance.now() + SECONDS * 1000;
    let entries = 0;
    let peak = idle;
    const appenders = payloads.map(async (payload, i) => {
      while (performance.now() < stopAt) {
        await wal.ready({ bytes: ENTRY_BYTES });
        await tables[i % tables.length]?.append(payload);
        entries += 1;
      }
    });
    const sampler = (async () => {
      while (performance.now() < stopAt) {
        peak = Math.max(peak, process.memoryUsage.rss());
        await sleep(20);
      }
    })();
    await Promise.all([...appenders, sampler]);
    peak = Math.max(peak, process.memoryUsage.rss());
    return {
      what: 'RSS over the idle process',
      measured: `${mib(peak - idle)} while ${mib((entries * ENTRY_BYTES) / SECONDS)}/s went in`,
      bar: `<= maxInFlightBytes + 300 MiB = ${mib(MAX_IN_FLIGHT + ALLOWANCE)}`,
      holds: peak - idle <= MAX_IN_FLIGHT + ALLOWANCE,
    };
  });
}

async function flood(): Promise<Finding[]> {
  return inScratch(async (directory) => {
    await using wal = await openWal(directory, {
      durability: 'os',
      maxInFlightBytes: FLOOD_BYTES / 2,
      maxQueuedBytes: FLOOD_BYTES / 2,
    });
    const table = wal.table({ region: 1, table: 1 });
    const payload = new Uint8Array(FLOOD_ENTRY_BYTES);
    const offered = 200_000;
    let [accepted, overloaded, otherwise] = [0, 0, 0];
    const all = Array.from({ length: offered }, () =>
      table.append(payload).then(
        () => {
          accepted += 1;
        },
        (error: unknown) => {
          if (error instanceof WalError && error.code === 'SHALE_OVERLOADED') overloaded += 1;
          else otherwise += 1;
        },
      ),
    );
    // What is refused is refused when the event loop has turned once.
    await afterTurn();
    const overloadedInNextTurn = overloaded;
    await Promise.all(all);
    const written = await table.lastSequence();
    const most = FLOOD_BYTES / FLOOD_ENTRY_BYTES;
    return [
      {
        what: 'a producer that never awaits',
        measured: `${offered} offered: ${accepted} in, ${overloaded} SHALE_OVERLOADED (${overloadedInNextTurn} in the next turn), ${otherwise} otherwise`,
        bar: `at most ${most} in, all others refused in the next turn`,
        holds: accepted > 0 && accepted <= most && overloaded === overloadedInNextTurn && otherwise === 0,
      },
      {
        what: 'entries written by refused appends',
        measured: `${written - BigInt(accepted)} (last sequence ${written})`,
        bar: '0',
        holds: written === BigInt(accepted),
      },
    ];
  });
}
