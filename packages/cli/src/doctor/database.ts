import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openWal, type Wal } from '@shale/engine';
import { describeTables, describeUnexamined, diagnose, readDamagedFiles } from '@shale/engine/admin';
import { formatBytes, formatCount, plural } from '../output/units.js';
import { type Check, judge } from './check.js';

/** Whether the log opens, for reading only, and how large it is. */
export async function database(directory: string): Promise<Check[]> {
  const { logBytes, logFiles, totalBytes, open } = files(directory);
  const size = { logBytes, logFiles, totalBytes };
  const sizes = `${formatBytes(totalBytes)}, of it ${formatBytes(logBytes)} in ${plural(logFiles, 'log file')}`;
  let wal: Wal;
  try {
    wal = await openWal(directory, { readOnly: true, shards: 1 });
  } catch (error) {
    const [finding] = await diagnose(directory, error);
    return [
      {
        name: 'log',
        state: 'bad',
        found: `${sizes}; it does not open`,
        advice: `${finding?.message ?? String(error)}. See \`shale verify\` and \`shale repair\`.`,
        data: { opens: false, ...size },
      },
      damage(directory),
      permissions(open),
    ];
  }
  const stats = await wal.stats();
  const unexamined = wal.recovery.unexamined.map(describeUnexamined);
  await wal.close();
  const entries = stats.rocksdb.properties['estimate-num-keys'] ?? 0;
  return [
    {
      name: 'log',
      found: `opens; ${sizes}, about ${formatCount(entries)} entries`,
      data: { opens: true, ...size, estimatedEntries: entries, unexamined },
      ...judge(
        [
          unexamined.length > 0,
          'warn',
          `${unexamined.join('; ')}. The next opening for writing replays it; nothing vouches for what it has lost.`,
        ],
        [
          logBytes > 2 ** 30,
          'warn',
          'The next opening reads all of the log files: rocksdb.maxTotalWalSize bounds them, wal.flush() empties them.',
        ],
      ),
    },
    damage(directory),
    permissions(open),
  ];
}

/** Table files that a compaction could not read, in whatever process. */
function damage(directory: string): Check {
  const files = readDamagedFiles(directory);
  const [first] = files;
  return {
    name: 'table files',
    found:
      first === undefined
        ? 'none that a compaction could not read'
        : `${plural(files.length, 'file')} that a compaction could not read, such as ${first.file} with ${describeTables(first)}: ${first.message}`,
    data: { unreadable: files.map(({ file }) => file) },
    ...judge([
      files.length > 0,
      'bad',
      'Appends go on, but entries cannot be read, and space does not come back: `shale verify` shows how far it goes, `shale repair` saves the rest.',
    ]),
  };
}

function permissions(open: readonly string[]): Check {
  return {
    name: 'permissions',
    found:
      open.length === 0
        ? "the owner's alone"
        : `${plural(open.length, 'file')} others can read or write, such as ${open[0]}`,
    data: { openToOthers: open.length },
    ...judge([
      open.length > 0,
      'warn',
      "Entries are readable for other users of the machine: chmod -R go= on the directory. What Shale creates is the owner's alone.",
    ]),
  };
}

function files(directory: string): {
  logBytes: number;
  logFiles: number;
  totalBytes: number;
  open: string[];
} {
  const found = { logBytes: 0, logFiles: 0, totalBytes: 0, open: [] as string[] };
  const closed = (lstatSync(directory).mode & 0o077) === 0;
  for (const name of readdirSync(directory)) {
    const stats = lstatSync(join(directory, name), { throwIfNoEntry: false });
    if (!stats?.isFile()) continue;
    found.totalBytes += stats.size;
    if (!closed && (stats.mode & 0o066) !== 0) found.open.push(name);
    if (!name.endsWith('.log')) continue;
    found.logBytes += stats.size;
    found.logFiles += 1;
  }
  return found;
}
