import { join } from 'node:path';
import { type Database, type DatabaseOptions, openDatabase } from '@shale/rocksdb';
import { afterEach } from 'vitest';
import { temporary } from '../../../../test/support/temporary.js';

const databases: Database[] = [];

/** A new folder, removed after the test. */
export function temporaryFolder(): string {
  return temporary('rocksdb');
}

/** A database that is closed after the test, in a folder of its own unless one is given. */
export async function temporaryDatabase(options: DatabaseOptions = {}, path?: string): Promise<Database> {
  const database = await openDatabase(path ?? join(temporaryFolder(), 'db'), options);
  databases.push(database);
  return database;
}

afterEach(async () => {
  await Promise.all(databases.splice(0).map((database) => database.close()));
});
