import { type Random, WatchedDisk, type WorkloadOptions, WorkloadProcess } from '@shale/fault-kit';
import { pause } from '../parts/pause.js';

/** How a run is made. */
export interface RunOptions {
  /** Operations of each process. Default 120 to 400. */
  readonly operations?: number;
  /** Makes every sync of a log do nothing and report success: what the attack must notice. Default false. */
  readonly lyingDisk?: boolean;
}

/**
 * Lets one to three processes work on a new database, one after the other, with a small memtable so that logs, tables
 * and manifests come and go, and records what they do to the disk. Some are killed, the others close.
 */
export async function recordRun(
  folder: string,
  random: Random,
  options: RunOptions = {},
): Promise<WatchedDisk> {
  const disk = new WatchedDisk(folder);
  if (options.lyingDisk === true)
    disk.control.setRules([{ calls: ['sync'], files: ['log'], fault: { kind: 'leaveOut' } }]);
  const processes = random.integer(1, 3);
  const operations = options.operations === undefined ? {} : { operations: options.operations };
  // The same for all: each process compares what it reads with what the others wrote.
  const bytes = [16, random.pick([60, 400, 3000])] as const;
  for (let run = 1; run <= processes; run++) {
    const workload: WorkloadOptions = { ...anyWorkload(disk, run, random), bytes, ...operations };
    const child = new WorkloadProcess(workload, { env: disk.env() });
    if (random.chance(0.3)) {
      await child.opened;
      await pause(random.integer(1, 300));
      await child.kill();
      continue;
    }
    const end = await child.ended;
    if (end.code !== 0 || end.failure !== null) {
      throw new Error(`the workload ended with ${end.signal ?? end.code}: ${end.failure ?? end.stderr}`);
    }
  }
  return disk;
}

function anyWorkload(disk: WatchedDisk, run: number, random: Random): WorkloadOptions {
  return {
    path: disk.database,
    journal: disk.journal,
    run,
    seed: random.integer(1, 2 ** 31 - 1),
    operations: random.integer(120, 400),
    inFlight: random.pick([1, 8, 64]),
    syncShare: random.pick([0.1, 0.5, 0.9]),
    batch: random.pick([2, 12]),
    keep: random.pick([10, 100]),
    follow: random.chance(0.5),
    wal: {
      shards: random.pick([1, 2, 4]),
      shardBy: random.pick(['table', 'region']),
      frameBytes: 16 * 1024,
      syncWithinMs: random.pick([0, 0, 20]),
      rocksdb: {
        writeBufferSize: 64 * 1024,
        memtable: random.pick(['log', 'skiplist']),
        level0FileNumCompactionTrigger: 2,
        targetFileSizeBase: 64 * 1024,
        walBytesPerSync: random.pick([0, 0, 16 * 1024]),
      },
    },
  };
}
