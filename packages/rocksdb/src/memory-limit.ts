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
 * The default of an option that says how much memory something takes: a share of what the process may take, in whole
 * MiB, at least 1 MiB and at most `most`. Seven sixteenths are in use at most (a 64th for each of twelve memtables; a
 * sixteenth each for the block cache, what is in flight, what is queued, and chunks of reads), so that more than half is
 * left to the rest of the application.
 *
 * @param most the value where memory is no matter, in bytes
 * @param parts how many such shares all of the memory has
 */
export function shareOfMemory(most: number, parts = 16): number {
  return Math.min(most, Math.max(MIB, Math.floor(memoryLimit() / parts / MIB) * MIB));
}
