import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WalError } from '@shale/codec';

/** The file in which RocksDB keeps what tells a database from every other, copies of it included. */
const FILE = 'IDENTITY';

/**
 * What tells a log from every other, those of the same database included. Rejects with SHALE_UNSUPPORTED where the database
 * has no such file.
 */
export async function identityOf(directory: string, instance: number): Promise<string> {
  const text = await readFile(join(directory, FILE), 'utf8').catch((cause: unknown) => {
    throw new WalError(
      'SHALE_UNSUPPORTED',
      `${directory} cannot be told from other logs: it has no file ${FILE}`,
      {
        cause,
        path: directory,
      },
    );
  });
  return `${text.trim()}/${instance}`;
}
