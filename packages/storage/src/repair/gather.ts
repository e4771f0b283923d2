import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describeRecovery, keySuccessor } from '@shale/codec';
import { checkTableFile, type LiveFile, rewriteTableFile } from '@shale/rocksdb';
import { toWalError } from '../errors.js';
import { filePlaceIn } from '../file-place.js';
import { type DamageMap, describeKey } from './damage.js';
import type { RepairLoss } from './events.js';
import type { OldDatabase } from './old-database.js';
import { copy, type Inventory, linkOrCopy } from './old-files.js';

/** A record that is no entry of a log. */
export interface PlainRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** A step of gathering: a file has been dealt with, or something is lost. */
export type GatherEvent =
  | { readonly type: 'file'; readonly done: number; readonly total: number }
  | RepairLoss;

/**
 * Brings everything that can be read of the old files together in one directory: sound table files as they are, what
 * can be read
 * of damaged ones as new table files of the same name, copies of the log files.
 */
export async function* gather(
  from: string,
  to: string,
  {
    inventory,
    old,
    damage,
    records,
  }: { inventory: Inventory; old: OldDatabase; damage: DamageMap; records: PlainRecord[] },
): AsyncGenerator<GatherEvent, void, undefined> {
  const { live, oldestLog } = old;
  const tables = inventory.tables.filter((name) => live === null || live.has(name));
  const logs = inventory.logs.filter((name) => BigInt(name.replace('.log', '')) >= oldestLog);
  const total = tables.length + logs.length;
  let done = 0;
  yield* missing(inventory, old, damage);
  yield* unacknowledged(old, damage);
  for (const name of inventory.strange) {
    yield fileLoss(name, 'it is no regular file, and nothing that it leads to was looked at');
  }
  for (const name of tables) {
    yield* gatherTable(join(from, name), join(to, name), { name, old, damage, records });
    yield { type: 'file', done: ++done, total };
  }
  for (const name of logs) {
    try {
      await copy(join(from, name), join(to, name));
    } catch (error) {
      const message = toWalError(error, {}).message;
      const { size } = await stat(join(from, name));
      damage.logs.push({ file: { name }, most: BigInt(size), message });
      yield fileLoss(name, message);
    }
    yield { type: 'file', done: ++done, total };
  }
}

/** Files that the old database wants and that are not there. */
function* missing(
  inventory: Inventory,
  { live, failure }: OldDatabase,
  damage: DamageMap,
): Generator<RepairLoss, void, undefined> {
  const there = new Set(inventory.tables);
  const wanted = new Map<string, LiveFile | null>(live ?? []);
  const blamed = failure === null ? undefined : filePlaceIn(failure.message);
  if (blamed?.name.endsWith('.sst')) wanted.set(blamed.name, null);
  for (const [name, file] of wanted) {
    if (there.has(name)) continue;
    const message = 'the database needs it, and it is missing';
    // Its size is not known when RocksDB cannot open the database: a generous guess is all there is.
    const most = file === null ? 1n << 32n : mostIn(file);
    damage.spans.push({ file: { name }, ...around(file), most, message });
    yield fileLoss(name, `${message}${holding(file)}`);
  }
}

/**
 * Writes that were acknowledged, going by the watermark, and that no log file has: no damage to see need be left of
 * them.
 */
function* unacknowledged({ db }: OldDatabase, damage: DamageMap): Generator<RepairLoss, void, undefined> {
  if (db === null || !db.recovery.missing) return;
  const { promised, reached, damages } = db.recovery;
  const name = damages.find(({ harmless }) => !harmless)?.file ?? 'WATERMARK';
  const most = reached === null || promised <= reached ? 1n : promised - reached;
  const message = describeRecovery(db.recovery) ?? 'acknowledged entries are missing';
  damage.logs.push({ file: { name }, most, message });
  yield fileLoss(name, message);
}

async function* gatherTable(
  source: string,
  target: string,
  {
    name,
    old,
    damage,
    records,
  }: { name: string; old: OldDatabase; damage: DamageMap; records: PlainRecord[] },
): AsyncGenerator<RepairLoss, void, undefined> {
  const check = await checkTableFile(source);
  if (check.message === null) {
    await linkOrCopy(source, target);
    return;
  }
  const file = filePlaceIn(check.message) ?? { name };
  if (!check.opens) {
    const known = old.live?.get(name) ?? null;
    const { size } = await stat(source);
    const most = known === null ? BigInt(size) : mostIn(known);
    damage.spans.push({ file, ...around(known), most, message: check.message });
    damage.lostTrims.push({ name });
    yield { ...fileLoss(name, `nothing of it can be read${holding(known)}: ${check.message}`), file };
    return;
  }
  const rewritten = await rewriteTableFile(source, target, old.db ?? undefined);
  for (const { key, value } of rewritten.records) records.push({ key, value });
  const most = BigInt(Math.max(0, check.entries - rewritten.entries - rewritten.deleted));
  for (const { after, before, message } of rewritten.gaps) {
    const place = filePlaceIn(message) ?? { name };
    damage.spans.push({ file: place, after, before, most, message });
    const start = after === null ? 'the beginning' : describeKey(after);
    const end = before === null ? 'the end' : describeKey(before);
    yield {
      ...fileLoss(name, `what is between ${start} and ${end} cannot be read: ${message}`),
      file: place,
    };
  }
  if (check.deletions === 0) return;
  damage.lostTrims.push({ name });
  if (old.db !== null) return;
  yield fileLoss(
    name,
    `${check.deletions} deletions that it holds, of trims or drops, cannot be told any more: entries that they removed may be back`,
  );
}

/** RocksDB knows the number of records only once it has read the file; there are never more of them than bytes. */
function mostIn({ entries, size }: LiveFile): bigint {
  return BigInt(entries > 0 ? entries : size);
}

/** The keys that a file lies between, as its database says. */
function around(file: LiveFile | null): { after: Uint8Array | null; before: Uint8Array | null } {
  if (file === null) return { after: null, before: null };
  const { smallest, largest } = file;
  // Just below the smallest key: without its last byte a key sorts before it, and behind all that came before.
  return { after: smallest.subarray(0, smallest.length - 1), before: keySuccessor(largest) };
}

function holding(file: LiveFile | null): string {
  return file === null ? '' : `; it holds ${describeKey(file.smallest)} to ${describeKey(file.largest)}`;
}

function fileLoss(name: string, message: string): RepairLoss {
  return { type: 'loss', kind: 'file', file: { name }, message: `${name}: ${message}` };
}
