import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withScratch } from '@shale/bench-kit';
import { entriesWritten, type Measurement } from './measurement.js';

/** The sizes of Shale: its keys of 26 bytes, its batches, its memtables, its two background jobs, no compression. */
const COMMON = [
  '--key_size=26',
  '--batch_size=100',
  '--compression_type=none',
  '--disable_wal=0',
  '--write_buffer_size=67108864',
  '--max_write_buffer_number=2',
  '--max_background_jobs=2',
  '--compression_ratio=0.5',
];

/**
 * RocksDB's own `fillseq` in batches of 100, one thread. It writes as many entries as `beside` did in the same round:
 * the more is written, the more memtables have to wait for the disk.
 */
export function fillseq(
  valueBytes: number,
  beside: Measurement,
  memtable: 'skip_list' | 'vector' = 'skip_list',
): Measurement {
  const sizes = [`--value_size=${valueBytes}`, `--memtablerep=${memtable}`];
  // A vector is not made for writers beside each other.
  if (memtable === 'vector') sizes.push('--allow_concurrent_memtable_write=false');
  return {
    key: `db_bench fillseq ${valueBytes} B, ${memtable}`,
    run: async (context, soFar) => {
      const measured = soFar(beside);
      const entries = measured && entriesWritten(context, measured);
      if (entries === undefined) throw new Error(`how much to write is not known without '${beside.key}'`);
      return withScratch(context.directory, async (scratch) => ({
        entriesPerSecond: await dbBench('fillseq', scratch, [`--num=${entries}`, ...sizes], context.signal),
      }));
    },
  };
}

/** RocksDB's own `readseq`, in a process that opens what another one has filled, as replays of the suite do. */
export function readseq(valueBytes: number, entries: number): Measurement {
  const sizes = [`--num=${entries}`, `--value_size=${valueBytes}`];
  return {
    key: `db_bench readseq ${valueBytes} B, ${entries} entries`,
    run: ({ directory, signal }) =>
      withScratch(directory, async (scratch) => {
        await dbBench('fillseq', scratch, sizes, signal);
        const reading = [...sizes, '--use_existing_db=1'];
        return { entriesPerSecond: await dbBench('readseq', scratch, reading, signal) };
      }),
  };
}

/** Keys that are chosen at random among so many: hardly one twice. */
const RANDOM_KEYS = 2 ** 30;

/** Entries per second of RocksDB's own `fillrandom` in batches of 100, one thread, as it compacts by default. */
export async function fillrandom(valueBytes: number, seconds: number, directory: string): Promise<number> {
  const sizes = [`--value_size=${valueBytes}`, `--num=${RANDOM_KEYS}`, `--duration=${Math.ceil(seconds)}`];
  return await withScratch(directory, (scratch) => dbBench('fillrandom', scratch, sizes));
}

async function dbBench(
  benchmark: string,
  scratch: string,
  sizes: readonly string[],
  signal?: AbortSignal,
): Promise<number> {
  const args = [`--benchmarks=${benchmark}`, `--db=${join(scratch, 'db')}`, ...COMMON, ...sizes];
  const { stdout } = await promisify(execFile)('db_bench', args, {
    ...(signal && { signal }),
    maxBuffer: 1 << 24,
  }).catch((error) => {
    if (error?.code !== 'ENOENT') throw error;
    throw new Error('db_bench is not installed (Debian: rocksdb-tools)');
  });
  return parseRate(stdout, benchmark);
}

/** The operations per second that db_bench prints for a benchmark: `fillseq : 1.2 micros/op 833333 ops/sec ...`. */
export function parseRate(output: string, benchmark: string): number {
  const rate = new RegExp(`^\\s*${benchmark}\\s*:.*?([\\d.]+) ops/sec`, 'm').exec(
    output.replaceAll('\r', '\n'),
  )?.[1];
  if (rate === undefined) throw new Error(`db_bench did not tell how fast ${benchmark} was`);
  return Number(rate);
}
