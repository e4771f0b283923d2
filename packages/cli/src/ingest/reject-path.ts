import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

const EXTENSION = '.rejects.ndjson';
/** Bytes that a name made of others' names may have, so that a number still fits into the 255 of a file system. */
const NAME_BYTES = 200;

/** Where the rejects of an ingest go. */
export interface RejectPlace {
  /** Absolute. */
  readonly path: string;
  /** Where the file is made when nothing can be made there. Absolute. */
  readonly otherwise?: string;
  /** With something there already: take the same name with a number, or refuse. */
  readonly taken: 'number' | 'refuse';
}

/**
 * The file beside the log's directory, named after both; where nothing can be written but the log, it is in there, in a
 * directory of its own.
 */
export function besideDirectory(directory: string, inputName: string): RejectPlace {
  const log = resolve(directory);
  const name = `${basename(log)}.${inputName.replace(/[^\w.-]+/g, '_')}`;
  const file = `${shortened(name)}${EXTENSION}`;
  return { path: join(dirname(log), file), otherwise: join(log, 'rejects', file), taken: 'number' };
}

/** The path with a number, from 2 on, before its extension. */
export function numbered(path: string, number: number): string {
  if (number === 1) return path;
  return path.endsWith(EXTENSION)
    ? `${path.slice(0, -EXTENSION.length)}.${number}${EXTENSION}`
    : `${path}.${number}`;
}

/** What is at this path, and at the same one with a number. */
export async function pathsLike(path: string): Promise<string[]> {
  const directory = dirname(path);
  const names = await readdir(directory).catch(() => []);
  const [before, after] = path.endsWith(EXTENSION)
    ? [basename(path).slice(0, -EXTENSION.length), EXTENSION]
    : [basename(path), ''];
  const isLike = (name: string): boolean =>
    name.startsWith(before) &&
    name.endsWith(after) &&
    /^(?:\.\d{1,9})?$/.test(name.slice(before.length, name.length - after.length));
  return names.filter(isLike).map((name) => join(directory, name));
}

/** A name cut to what fits, between two characters. */
function shortened(name: string): string {
  let text = name;
  while (Buffer.byteLength(text) > NAME_BYTES) text = text.slice(0, -1);
  return text;
}
