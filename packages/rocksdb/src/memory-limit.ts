import { totalmem } from 'node:os';

const MIB = 2 ** 20;

/** The memory that this process may take: that of the machine, or less where a control group (a container) says so. */
function memoryLimit(): number {
  // 0, or more than any machine has, when there is no limit.
  const limit = process.constrainedMemory();
  const machine = totalmem();
  return limit > 0 && limit < machine ? limit : machine;
}

/**
 * The default of an option that says how much memory something takes: a sixteenth of what the process may take, in
 * whole MiB, at least 1 MiB and at most `most`. Six of them are in use at most (the block cache, two memtables, what is
 * in flight, what is queued, chunks of reads), so that more than half is left to the rest of the application.
 *
 * @param most the value where memory is no matter, in bytes
 */
export function shareOfMemory(most: number): number {
  return Math.min(most, Math.max(MIB, Math.floor(memoryLimit() / 16 / MIB) * MIB));
}
