import { type GatheredLog, gatherLog, type LogCopies, numberOf } from './logs.js';
import type { OldDatabase } from './old-database.js';
import type { Inventory } from './old-files.js';

/**
 * Log files whose entries are in table files, for where such a file is lost: RocksDB deletes them soon, or keeps them
 * in its archive. Those that count are with them in `to` afterwards, others may be.
 *
 * Only what follows each other without a gap, up to where the log files begin that count in any case, counts: then
 * every trim that came after an entry is known too, whatever has become of it in table files, and nothing comes back.
 */
export async function flushedLogs(
  from: string,
  to: string,
  { archived }: Inventory,
  { flushedLogs: old, logsFrom }: OldDatabase,
  copies: LogCopies,
): Promise<GatheredLog[]> {
  const taken: GatheredLog[] = [];
  if (logsFrom === null) return taken;
  let next = logsFrom;
  const known = new Set(old.map(({ number }) => number));
  const all: (GatheredLog | string)[] = [...old, ...archived.filter((name) => !known.has(numberOf(name)))];
  const numberIn = (log: GatheredLog | string) => (typeof log === 'string' ? numberOf(log) : log.number);
  for (const one of all.sort((a, b) => (numberIn(a) > numberIn(b) ? -1 : 1))) {
    const log = typeof one === 'string' ? await gatherLog(from, to, one, copies) : one;
    const { saved } = log;
    if (saved === null || saved.compressed || saved.damages.length > 0) break;
    const [run, second] = saved.runs;
    if (run === undefined) continue;
    if (second !== undefined || run.last + 1n < next) break;
    taken.push(log);
    if (run.first < next) next = run.first;
  }
  return taken;
}
