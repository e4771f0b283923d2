import type { Database } from '@shale/rocksdb';
import { nativeAsync } from './errors.js';
import { makeWorkspace, moveIntoPlace, removeWorkspace, requireNothing } from './targets/new-directory.js';
import { requireOutside } from './targets/places.js';
import { realPath } from './targets/real-path.js';

/**
 * Copies a database, as it is now, to a new directory, which appears when it is whole. RocksDB removes whatever has the
 * name of its own workspace, `<directory>.tmp`, so it works inside a directory made for it.
 */
export async function checkpoint(db: Database, directory: string): Promise<void> {
  const target = await realPath(directory);
  await requireOutside(target, [{ what: 'the log', path: db.path }]);
  await requireNothing(target);
  const workspace = await makeWorkspace(target);
  try {
    await nativeAsync({ path: target, target: workspace.root }, () => db.checkpoint(workspace.result));
    await moveIntoPlace(workspace);
  } finally {
    await removeWorkspace(workspace);
  }
}
