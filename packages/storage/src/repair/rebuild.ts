import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gatherTableFiles, repairDirectory } from '@shale/rocksdb';
import { filePlaceIn } from '../damage/file-place.js';
import { nativeAsync } from '../errors.js';
import { around, type DamageMap, describeKey } from './damage.js';
import type { RepairLoss } from './events.js';
import { largest } from './largest.js';

/** Bytes that an entry takes at least in a log file: its key, its version, and a byte for each length and the kind. */
const LEAST_BYTES = 30n;

/** What a database is made of. */
export interface Gathered {
  /** Where the files are, and where the database will be. */
  readonly files: string;
  /** A directory to work in; not there yet, and gone afterwards. */
  readonly scratch: string;
  /** Where they came from. */
  readonly from: string;
  /** Deletions of ranges in all files, packed. */
  readonly deletions: Uint8Array;
  /** Some values may be in blob files. */
  readonly hasBlobs: boolean;
}

/**
 * Makes a database of the gathered files, all of which can be read. RocksDB makes a table file of each log; what it
 * leaves out it names, and of log files it says only how many bytes: then every table may have lost entries, though no
 * more than fit into the file.
 *
 * @param most no file held more entries than so many
 */
export async function rebuild(gathered: Gathered, damage: DamageMap, most: bigint): Promise<RepairLoss[]> {
  const { files, from, deletions, hasBlobs } = gathered;
  const losses: RepairLoss[] = [];
  for (const line of await convertLogs(gathered)) {
    const [, number, what] =
      /Log #(\d+): (dropping \d+ bytes;.*|ignoring .*)/.exec(line) ??
      /Table #(\d+): (ignoring .*)/.exec(line) ??
      [];
    if (number === undefined || what === undefined) continue;
    const isLog = line.includes('Log #');
    const name = `${number.padStart(6, '0')}.${isLog ? 'log' : 'sst'}`;
    const size = await stat(join(from, name)).then(
      (found) => BigInt(found.size),
      () => 0n,
    );
    const known = damage.logs.some(({ file }) => file.name === name);
    if (isLog && known) continue;
    if (isLog) damage.logs.push({ file: { name }, most: size / LEAST_BYTES + 1n, message: what });
    if (!isLog)
      damage.spans.push({ file: { name }, after: null, before: null, most, hadTrims: true, message: what });
    losses.push({ type: 'loss', kind: 'file', file: { name }, message: `${name}: ${what}` });
  }
  const lost = await nativeAsync({ path: from }, () => gatherTableFiles(files, deletions, hasBlobs));
  for (const { first, last, count, message } of lost) {
    const file = filePlaceIn(message) ?? { name: 'blob files' };
    damage.spans.push({ file, ...around(first, last), most: BigInt(count), hadTrims: false, message });
    losses.push({
      type: 'loss',
      kind: 'file',
      file,
      message: `${describeKey(first)} to ${describeKey(last)}: ${count} values that are in a file of their own cannot be read: ${message}`,
    });
  }
  return losses;
}

/** Makes table files of the log files, each by itself. Resolves with what RocksDB said. */
async function convertLogs({ files, scratch }: Gathered): Promise<string[]> {
  const names = (await readdir(files)).filter((name) => /^\d+\.(?:log|sst|blob)$/.test(name)).sort();
  let next = largest(...names.map((name) => BigInt(name.slice(0, name.indexOf('.')))), 0n);
  const said: string[] = [];
  for (const name of names.filter((each) => each.endsWith('.log'))) {
    await mkdir(scratch, { mode: 0o700 });
    await rename(join(files, name), join(scratch, name));
    said.push(...(await nativeAsync({ path: scratch }, () => repairDirectory(scratch))));
    for (const made of await readdir(scratch)) {
      if (!made.endsWith('.sst')) continue;
      next += 1n;
      await rename(join(scratch, made), join(files, `${String(next).padStart(6, '0')}.sst`));
    }
    await rm(scratch, { recursive: true });
  }
  return said;
}
