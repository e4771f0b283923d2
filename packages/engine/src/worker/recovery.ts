import { type ErrorData, errorToData, U64_MAX, type WalError } from '@shale/codec';
import type { Log } from '@shale/storage';
import type { ShardResults, ShardTasks } from '../shard/protocol.js';

/** The smallest and largest table of a region that has entries: between them there is something to split. */
export function findRegionBounds(log: Log, region: bigint): ShardResults['regionBounds'] {
  const lowest = firstTable(log, region, 0n);
  if (lowest === null) return null;
  // The largest table by halving what is above the largest one known: at most 64 steps.
  let highest = lowest;
  let upper = U64_MAX;
  while (highest < upper) {
    const middle = highest + (upper - highest + 1n) / 2n;
    const found = firstTable(log, region, middle);
    if (found === null) upper = middle - 1n;
    else highest = found;
  }
  return { lowest, highest };
}

/** Heads of the tables from `lower` to `upper`, at most `limit`. */
export function readHeads(log: Log, task: ShardTasks['regionHeads']): ShardResults['regionHeads'] {
  const { region, lower, upper, limit } = task;
  const { problems, onProblem } = collectProblems();
  const heads = new BigUint64Array(limit * 3);
  let length = 0;
  const bounds = upper === U64_MAX ? {} : { upperTable: upper + 1n };
  for (const { id, first, last } of log.heads({ region, lowerTable: lower, ...bounds, onProblem })) {
    heads[length++] = id.table;
    heads[length++] = first;
    heads[length++] = last;
    if (length < heads.length) continue;
    return { heads, next: id.table < upper ? id.table + 1n : null, problems };
  }
  return { heads: heads.slice(0, length), next: null, problems };
}

/** Metadata records from a table on, at most so many. */
export function readFloors(log: Log, { from, limit }: ShardTasks['floors']): ShardResults['floors'] {
  const { problems, onProblem } = collectProblems();
  const found = new BigUint64Array(limit * 2);
  let length = 0;
  for (const { table, floor } of log.floors(onProblem, from)) {
    if (length === found.length) return { floors: found, next: table, problems };
    found[length++] = table;
    found[length++] = floor;
  }
  return { floors: found.slice(0, length), next: null, problems };
}

function firstTable(log: Log, region: bigint, lower: bigint): bigint | null {
  for (const { id } of log.heads({ region, lowerTable: lower, onProblem: () => {} })) return id.table;
  return null;
}

function collectProblems(): { problems: ErrorData[]; onProblem: (problem: WalError) => void } {
  const problems: ErrorData[] = [];
  return { problems, onProblem: (problem) => void problems.push(errorToData(problem)) };
}
