import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { withScratch } from '@shale/bench-kit';
import { WORKLOADS } from './workloads.js';

const PROCESS = fileURLToPath(new URL('./workload-process.js', import.meta.url));
/** Node.js compiles and collects on the one thread, and in the same order, every time. */
const STEADY_NODE = ['--single-threaded', '--predictable', '--hash-seed=1', '--random-seed=1'];

/**
 * Instructions per entry of a workload, counted by callgrind: the difference between many and few entries, so that
 * starting Node.js and opening the database do not count.
 */
export async function instructionsPerEntry(directory: string, name: string): Promise<number> {
  const workload = WORKLOADS[name];
  if (workload === undefined) throw new RangeError(`there is no workload ${name}`);
  const few = await countOnce(directory, name, workload.few);
  const many = await countOnce(directory, name, workload.many);
  return (many - few) / (workload.many - workload.few);
}

function countOnce(parent: string, name: string, entries: number): Promise<number> {
  return withScratch(parent, async (scratch) => {
    const directory = join(scratch, 'store');
    await mkdir(directory);
    const tool = ['--tool=callgrind', '--callgrind-out-file=/dev/null'];
    const args = [...tool, process.execPath, ...STEADY_NODE, PROCESS, name, directory, String(entries)];
    const { stderr } = await promisify(execFile)('valgrind', args, { maxBuffer: 1 << 24 });
    return parseCollected(stderr);
  });
}

/** The instructions that callgrind says it has collected. */
export function parseCollected(output: string): number {
  const count = /Collected : (\d+)/.exec(output)?.[1];
  if (count === undefined) throw new Error('callgrind did not say how many instructions it collected');
  return Number(count);
}
