import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

/** A file for rejects beside the log's directory, named after both, that is not there yet or empty. */
export async function unusedRejectPath(directory: string, inputName: string): Promise<string> {
  const base = `${resolve(directory)}.${inputName.replace(/[^\w.-]+/g, '_')}`;
  for (let number = 1; ; number += 1) {
    const path = `${base}${number === 1 ? '' : `.${number}`}.rejects.ndjson`;
    const size = await stat(path).then(
      (info) => info.size,
      () => 0,
    );
    if (size === 0) return path;
  }
}
