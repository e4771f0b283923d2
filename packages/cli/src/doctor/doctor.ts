import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Check } from './check.js';
import { database } from './database.js';
import { fileSystem, freeSpace } from './file-system.js';
import { limits } from './limits.js';
import { kernel, memory, processor } from './machine.js';
import { node, rocksdb } from './software.js';
import { syncCost } from './sync-cost.js';

/** Looks at everything that a log in a directory depends on, one thing after the other. */
export async function* examine(directory: string): AsyncGenerator<Check, void, undefined> {
  // A directory that is not there yet will be on the file system of the nearest one that is.
  let existing = resolve(directory);
  while (!existsSync(existing)) existing = dirname(existing);
  existing = realpathSync(existing);
  yield kernel();
  yield node();
  yield rocksdb();
  yield processor();
  yield memory();
  yield limits(existing);
  yield fileSystem(existing);
  yield freeSpace(existing);
  yield guarded('fdatasync of 4 KiB', () => syncCost(existing));
  if (existsSync(join(directory, 'CURRENT'))) yield* await database(directory);
}

/** A check that the system does not let us do is a finding, too. */
function guarded(name: string, check: () => Check): Check {
  try {
    return check();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      name,
      state: 'bad',
      found: 'cannot be measured',
      advice: `Nothing can be written there: ${message}`,
      data: { error: message },
    };
  }
}
