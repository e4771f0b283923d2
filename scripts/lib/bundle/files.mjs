import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/**
 * A rename, and only when something is different: another run of tests may be loading it.
 *
 * @param {string} path
 * @param {string | Uint8Array} content
 */
export function writeIfOther(path, content) {
  if (read(path) === content) return;
  writeFileSync(`${path}.${process.pid}`, content);
  renameSync(`${path}.${process.pid}`, path);
}

/** What a file says; undefined when there is none. @param {string} path */
export function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
