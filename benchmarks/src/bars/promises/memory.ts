import { setTimeout as sleep } from 'node:timers/promises';
import { openWal, WalError } from '@shale/engine';
import { inScratch } from './in-scratch.js';
import { type Finding, mib, type PromiseBar } from './promise-bar.js';

const MIB = 1024 * 1024;
const APPENDERS = 4096;
const ENTRY_BYTES = 64 * 1024;
const SECONDS = 20;
const MAX_IN_FLIGHT = 64 * MIB;
const ALLOWANCE = 300 * MIB;
const MAX_QUEUED = 65_536;

/** Memory stays bounded when far more is pushed than the disk takes, and a flood is refused at once. */
export const memoryBar: PromiseBar = {
  name: 'memory',
  about: `${APPENDERS} appenders push ${ENTRY_BYTES / 1024} KiB entries as fast as they can; then one never awaits`,
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
    await using wal = await openWal(directory, { durability: 'os', maxInFlightBytes: MIB });
    const table = wal.table({ region: 1, table: 1 });
    const payload = new Uint8Array(100);
    const offered = 200_000;
    let accepted = 0;
    let overloaded = 0;
    let otherwise = 0;
    let overloadedBeforeFirstTick = 0;
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
    // Only microtasks have run here: whatever is refused by now was refused at once.
    await Promise.resolve().then(() => Promise.resolve());
    overloadedBeforeFirstTick = overloaded;
    await Promise.all(all);
    const written = await table.lastSequence();
    return [
      {
        what: 'a producer that never awaits',
        measured: `${offered} offered: ${accepted} in, ${overloaded} SHALE_OVERLOADED (${overloadedBeforeFirstTick} at once), ${otherwise} otherwise`,
        bar: `refused past ${MAX_QUEUED} waiting, at once`,
        holds:
          overloaded > 0 &&
          overloadedBeforeFirstTick === overloaded &&
          otherwise === 0 &&
          accepted >= MAX_QUEUED,
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
