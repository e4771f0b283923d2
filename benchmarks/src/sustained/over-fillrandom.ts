import { fillrandom } from '../bars/speed/db-bench.js';
import type { LoadSpec } from './load.js';
import type { Sample } from './record.js';

/** The rate at which the backlog grew, over that at which RocksDB's own benchmark writes random keys for as long. */
export async function overFillrandom(
  parts: readonly Sample[],
  spec: LoadSpec,
  directory: string,
): Promise<string> {
  const seconds = parts.reduce((sum, part) => sum + part.seconds, 0);
  const rate = parts.reduce((sum, part) => sum + part.entries, 0) / seconds;
  const theirs = await fillrandom(spec.entryBytes, seconds, directory);
  const rates = [rate, theirs].map((each) => `${Math.round(each / 1000)}k`).join(' and ');
  return `${(rate / theirs).toFixed(1)} times the entries/s of db_bench fillrandom for as long (${rates} in ${Math.round(seconds)} s)`;
}
