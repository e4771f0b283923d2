import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { WalError } from '@shale/codec';
import { checkTableFile, copyManifestWithout } from '@shale/rocksdb';
import { nativeAsync } from '../errors.js';
import type { DamageMap } from './damage.js';
import type { Distrusted } from './distrusted.js';
import type { GatherEvent } from './gather.js';
import { gatherLogs } from './logs.js';
import { fileLoss, holding, lostWhole } from './lost-file.js';
import { surveyOld } from './old-database.js';
import { type Inventory, linkOrCopy } from './old-files.js';

/** Where files are taken over from and to. */
export interface KeptFiles {
  readonly from: string;
  /** Not there yet. */
  readonly to: string;
  readonly inventory: Inventory;
  readonly damage: DamageMap;
  readonly distrusted: Distrusted;
  /** Is told the name of each file before it is read. */
  readonly at: (name: string) => Promise<void>;
}

/**
 * Makes a database of the files of another one as they are, without those that are damaged: nothing is written again
 * but the logs and the manifest. Throws SHALE_CORRUPT unless the manifest and the logs are whole.
 */
export async function* keepFiles(kept: KeptFiles): AsyncGenerator<GatherEvent, void, undefined> {
  const { from, to, inventory, damage, distrusted, at } = kept;
  await mkdir(to, { mode: 0o700 });
  const logs = [];
  for await (const log of gatherLogs(from, to, inventory, { distrusted, at })) logs.push(log);
  const old = await surveyOld(from, inventory, logs);
  const trouble = old.unknown ?? old.lost[0];
  if (old.manifest === null || old.failure !== null || trouble !== undefined) {
    const why = trouble?.message ?? old.failure ?? 'there is no manifest';
    throw new WalError(
      'SHALE_CORRUPT',
      `${from}: not only table files are damaged (${why}), so they cannot be taken over as they are: repair it without keepFiles`,
      { path: from },
    );
  }
  const needed = new Set(old.logs.map(({ name }) => name));
  for (const { name } of logs) if (!needed.has(name)) await rm(join(to, name));
  const lost: string[] = [];
  for (const file of old.missing) {
    const message = 'the database needs it, and it is missing';
    lost.push(file.name);
    damage.spans.push(lostWhole(old, file.name, message));
    yield fileLoss(file.name, `${message}${holding(file)}`);
  }
  let done = 0;
  for (const name of old.tables) {
    await at(name);
    const { opens, entries, message } = await check(join(from, name), distrusted.get(name));
    if (message === null) await linkOrCopy(join(from, name), join(to, name));
    else {
      lost.push(name);
      damage.spans.push({ ...lostWhole(old, name, message), ...(opens ? { most: BigInt(entries) } : {}) });
      yield fileLoss(name, `${message}; it is left out with all that it holds`);
    }
    yield { type: 'file', done: ++done, total: old.tables.length };
  }
  for (const name of inventory.blobs) await linkOrCopy(join(from, name), join(to, name));
  const { manifest } = old;
  await nativeAsync({ path: from }, () => copyManifestWithout(from, manifest, lost, to));
}

async function check(
  path: string,
  reason: string | undefined,
): Promise<{ readonly opens: boolean; readonly entries: number; readonly message: string | null }> {
  if (reason !== undefined) return { opens: false, entries: 0, message: reason };
  const found = await checkTableFile(path);
  const opens = found.opens && found.entries > 0;
  return {
    opens,
    entries: found.entries,
    message: found.opens ? found.message : (found.message ?? 'it does not open'),
  };
}
