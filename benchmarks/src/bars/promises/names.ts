import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median } from '@shale/bench-kit';
import { openWal } from '@shale/engine';
import { inScratch } from './in-scratch.js';
import type { FirstAppends } from './names-once.js';
import type { Finding, PromiseBar } from './promise-bar.js';

const ROUNDS = 9;
const AT_ONCE = 2000;
const FIRST_MS = 50;
const LATE_MS = 20;
/** What two threads on a shared machine may cost each other. */
const BESIDE_MS = 5;

/** The first append to a name costs the same however many names there are, and holds nothing up. */
export function namesBar(name: string, names: number, isLong: boolean): PromiseBar {
  return {
    name,
    about: `${names} names; medians of the first appends after ${ROUNDS} openings`,
    isLong,
    run: () =>
      inScratch(async (directory) => {
        const path = join(directory, 'wal');
        await fill(path, names);
        const rounds: FirstAppends[] = [];
        for (let round = 0; round < ROUNDS; round++) {
          rounds.push(await firstAppends(path, `name ${Math.floor((names * round) / ROUNDS)}`));
        }
        const typical = (pick: (round: FirstAppends) => number): number => median(rounds.map(pick));
        const alone = typical((round) => round.alone);
        return [
          within(
            'first append to a name',
            typical(({ named }) => named),
            FIRST_MS,
          ),
          within(
            'append to a new name',
            typical(({ made }) => made),
            FIRST_MS,
          ),
          within(
            `append by id beside it, ${alone.toFixed(2)} ms alone`,
            typical(({ beside }) => beside),
            alone + BESIDE_MS,
          ),
          within(
            'the event loop late',
            typical(({ late }) => late),
            LATE_MS,
          ),
        ];
      }),
  };
}

async function fill(path: string, names: number): Promise<void> {
  await using wal = await openWal(path, { durability: 'os' });
  const payload = new Uint8Array(100);
  for (let i = 0; i < names; i += AT_ONCE) {
    const count = Math.min(AT_ONCE, names - i);
    await Promise.all(Array.from({ length: count }, (_, j) => wal.table(`name ${i + j}`).append(payload)));
  }
}

/** In a process of its own, so that nothing is warm but the page cache. */
async function firstAppends(path: string, name: string): Promise<FirstAppends> {
  const script = fileURLToPath(new URL('./names-once.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, path, name]);
  return JSON.parse(stdout) as FirstAppends;
}

function within(what: string, milliseconds: number, most: number): Finding {
  return {
    what,
    measured: `${milliseconds.toFixed(2)} ms`,
    bar: `<= ${most.toFixed(1)} ms`,
    holds: milliseconds <= most,
  };
}
