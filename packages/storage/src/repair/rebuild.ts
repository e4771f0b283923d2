import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { repairDirectory } from '@shale/rocksdb';
import { nativeAsync } from '../errors.js';
import type { DamageMap } from './damage.js';
import type { RepairLoss } from './events.js';

/** Bytes that an entry takes at least in a log file: its key, its version, and a byte for each length and the kind. */
const LEAST_BYTES = 30n;

/**
 * Makes a database of the gathered files, all of which can be read. What RocksDB leaves out nevertheless it names, and of
 * log files it says only how many bytes: then every table may have lost entries, though no more than fit into the file.
 *
 * @param most no file held more entries than so many
 */
export async function rebuild(
  files: string,
  from: string,
  damage: DamageMap,
  most: bigint,
): Promise<RepairLoss[]> {
  const said = await nativeAsync({ path: from }, () => repairDirectory(files));
  const losses: RepairLoss[] = [];
  for (const line of said) {
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
  return losses;
}
