import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Random, type WorkloadProcess, type WorkloadStats } from '@shale/fault-kit';
import { HANG_MS } from '../../support/patience.js';
import type { Attack, AttackContext } from '../parts/attack.js';
import { CrashSite } from '../parts/crash-site.js';
import { pause } from '../parts/pause.js';
import { Bounds } from './bounds.js';

/** The longest life of one process, in time and in operations: its journal has to fit into the oracle's memory. */
const LONGEST_LIFE_MS = 4 * 60_000;
const MOST_OPERATIONS = 300_000;
/** Fewer are no life, however long it takes: on a busy machine there would be nothing to see. */
const LEAST_OPERATIONS = 500;
/** The shortest: there must be something behind its warm-up. */
const SHORTEST_LIFE_MS = 4000;
const SAMPLE_EVERY_MS = 250;
/** Share of a life after which memory, files and threads should not grow any more. */
const WARM_UP = 0.4;

const MIB = 1024 * 1024;

/** Works for long, and holds everything that could leak against what it was after the warm-up. */
export const soak: Attack = {
  name: 'soak',
  summary: 'mixed appends, reads and trims with restarts: memory, files, threads and disk stay bounded',
  unit: 'minutes',
  option: 'minutes',
  longCount: 60,
  run: runSoak,
};

async function runSoak({ seed, count, directory, progress }: AttackContext): Promise<Record<string, number>> {
  const random = new Random(seed);
  const site = new CrashSite(directory);
  const total = count * 60_000;
  const life = Math.min(LONGEST_LIFE_MS, Math.max(SHORTEST_LIFE_MS, total / 6));
  const start = performance.now();
  const ends = new Bounds('after a check', { openFiles: [0, 4], threads: [0, 4] });
  const disk = new Bounds('on the disk', { bytes: [1, 64 * MIB] });
  const figures = {
    lives: 0,
    kills: 0,
    operations: 0,
    entriesCompared: 0,
    mostResidentMiB: 0,
    mostDiskMiB: 0,
  };
  try {
    // At least two lives: the first one sets bounds for the others.
    while (performance.now() - start < total || figures.lives < 2) {
      const workload = site.start({
        seed: random.integer(1, 2 ** 31 - 1),
        mix: { read: 6, trim: 10, drop: 0.2, maintain: 0.02 },
        tables: 6,
        bytes: [16, 2000],
        wal: { shards: 2, rocksdb: { writeBufferSize: MIB } },
      });
      await workload.opened;
      const last = await watch(workload, life, random, async ({ residentBytes }) => {
        const bytes = await sizeOf(site.path);
        disk.sample({ bytes }, figures.lives > 0);
        figures.mostDiskMiB = Math.max(figures.mostDiskMiB, Math.round(bytes / MIB));
        figures.mostResidentMiB = Math.max(figures.mostResidentMiB, Math.round(residentBytes / MIB));
        const minutes = (performance.now() - start) / 60_000;
        progress(minutes, `life ${figures.lives + 1}, ${Math.round(residentBytes / MIB)} MiB in memory`);
      });
      figures.operations += last.acknowledged;
      if (random.chance(0.3)) {
        figures.kills++;
        await workload.kill();
      } else {
        workload.stop();
        const { code, signal, failure, stderr } = await workload.ended;
        if (code !== 0) throw new Error(`the workload ended with ${signal ?? code}: ${failure ?? stderr}`);
      }
      const report = await site.check({ shards: 2, thorough: true });
      figures.entriesCompared += report.entries;
      // This process has opened and closed the log, too. The first time loads what stays.
      ends.sample(await ownResources(), figures.lives > 0);
      figures.lives++;
    }
  } finally {
    await site.killAll();
  }
  return figures;
}

/** Looks at a process for the length of its life. Resolves with its last numbers; rejects when something grows. */
async function watch(
  workload: WorkloadProcess,
  life: number,
  random: Random,
  sampled: (stats: WorkloadStats) => Promise<void>,
): Promise<WorkloadStats> {
  const bounds = new Bounds('in the process', {
    residentBytes: [0.3, 64 * MIB],
    // Table files come and go with compactions.
    openFiles: [0.5, 40],
    threads: [0, 6],
  });
  const start = performance.now();
  let last: WorkloadStats | null = null;
  /** How much of its life is over, from 0 to 1. */
  const lived = (): number => {
    const acknowledged = last?.acknowledged ?? 0;
    const least = Math.min((performance.now() - start) / life, acknowledged / LEAST_OPERATIONS);
    return Math.max(least, acknowledged / MOST_OPERATIONS);
  };
  while (lived() < 1) {
    if (performance.now() - start > life + HANG_MS)
      throw new Error('the workload hangs: too little was acknowledged');
    await pause(SAMPLE_EVERY_MS);
    const stats = await workload.stats();
    if (stats === null) {
      const { code, signal, failure, stderr } = await workload.ended;
      throw new Error(`the workload ended with ${signal ?? code}: ${failure ?? stderr}`);
    }
    const { residentBytes, openFiles, threads } = stats;
    bounds.sample({ residentBytes, openFiles, threads }, lived() > WARM_UP);
    await sampled(stats);
    last = stats;
    if (random.chance(SAMPLE_EVERY_MS / 60_000))
      workload.command({ do: 'endThread', pick: random.integer(0, 1) });
  }
  if (last === null) throw new Error('a life ended before it began');
  return last;
}

async function ownResources(): Promise<Record<'openFiles' | 'threads', number>> {
  const count = async (directory: string): Promise<number> => (await readdir(directory)).length;
  return { openFiles: await count('/proc/self/fd'), threads: await count('/proc/self/task') };
}

/** Bytes that the files of a directory take on the disk. */
async function sizeOf(directory: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(directory)) {
    // A file may go while it is looked at.
    const { blocks } = await stat(join(directory, name)).catch(() => ({ blocks: 0 }));
    bytes += blocks * 512;
  }
  return bytes;
}
