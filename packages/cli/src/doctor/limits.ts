import { readdirSync, readFileSync } from 'node:fs';
import { formatCount } from '../output/units.js';
import { type Check, judge } from './check.js';

/** RocksDB keeps so many open, unless it is told otherwise. */
const KEPT_OPEN = 1024;

/** A soft limit out of `/proc/self/limits`; infinite when there is none, undefined when it is not listed. */
export function limitIn(text: string, name: string): number | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(name));
  const [soft] = line?.slice(name.length).trim().split(/\s+/) ?? [];
  if (soft === undefined || soft === '') return undefined;
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}

/** Whether RocksDB may open as many files, and the process start as many threads, as it takes. */
export function limits(directory: string): Check {
  let text = '';
  try {
    text = readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return { name: 'limits', state: 'ok', found: 'not known on this system', data: { openFiles: null } };
  }
  const openFiles = limitIn(text, 'Max open files') ?? Number.POSITIVE_INFINITY;
  const processes = limitIn(text, 'Max processes') ?? Number.POSITIVE_INFINITY;
  const tables = tableFiles(directory);
  const show = (limit: number): string => (Number.isFinite(limit) ? formatCount(limit) : 'unlimited');
  return {
    name: 'limits',
    found: `${show(openFiles)} open files (${formatCount(tables)} table files now), ${show(processes)} processes`,
    data: {
      openFiles: Number.isFinite(openFiles) ? openFiles : null,
      processes: Number.isFinite(processes) ? processes : null,
      tableFiles: tables,
    },
    ...judge(
      [
        openFiles < Math.min(tables, KEPT_OPEN) + 256,
        'bad',
        'RocksDB keeps table files open: raise the limit (ulimit -n, LimitNOFILE) or lower rocksdb.maxOpenFiles.',
      ],
      [
        openFiles < KEPT_OPEN * 2,
        'warn',
        'RocksDB keeps up to 1,024 table files open: raise the limit (ulimit -n, LimitNOFILE) in time.',
      ],
      [processes < 512, 'warn', 'Threads count as processes: worker threads and RocksDB need some dozens.'],
    ),
  };
}

function tableFiles(directory: string): number {
  try {
    return readdirSync(directory).filter((name) => name.endsWith('.sst')).length;
  } catch {
    return 0;
  }
}
