import { statSync } from 'node:fs';
import { lstat, realpath, stat } from 'node:fs/promises';
import { WalError } from '@shale/codec';
import { toWalError } from '../errors.js';
import { toPath } from './location.js';

/**
 * A path or `file:` URL as a path made absolute as it is now, so that it still leads there when the process changes its
 * directory. Throws SHALE_INVALID_ARGUMENT for what is neither.
 */
export function fromHere(location: string | URL, field: string = 'directory'): string {
  const path = toPath(location, field);
  if (path.startsWith('/')) return path;
  const here = process.cwd();
  const [named, meant] = [
    statSync(here, { bigint: true, throwIfNoEntry: false }),
    statSync('.', { bigint: true, throwIfNoEntry: false }),
  ];
  if (named?.ino !== meant?.ino || named?.dev !== meant?.dev) throw unspeakable(path);
  return `${here}/${path}`;
}

/**
 * The one name of a file or directory, or of what is not there yet: links, `.` and `..` in it are resolved as the
 * system does it. Throws SHALE_INVALID_ARGUMENT when nothing could be made there: a file or a link that leads nowhere
 * is on the way, or it is too long.
 */
export async function realPath(path: string): Promise<string> {
  const absolute = fromHere(path);
  if (Buffer.byteLength(absolute) > MOST_BYTES_OF_PATH) throw refused(path, 'it is too long');
  const missing: string[] = [];
  let head = absolute;
  for (;;) {
    const real = await realOrNothing(head);
    if (real !== null) {
      await requireSame(head, real);
      const whole = [real === '/' ? '' : real, ...missing].join('/');
      return whole === '' ? '/' : whole;
    }
    head = head.replace(/(?<=.)\/+$/, '');
    const cut = head.lastIndexOf('/');
    const name = head.slice(cut + 1);
    if (name === '..') throw refused(path, 'it goes up from a directory that is not there');
    if (Buffer.byteLength(name) > MOST_BYTES) throw refused(path, `a name takes at most ${MOST_BYTES} bytes`);
    if (name !== '.' && name !== '') missing.unshift(name);
    head = head.slice(0, cut) || '/';
  }
}

/** PATH_MAX of Linux, less what files inside are called and their directory before it is moved to its place. */
const MOST_BYTES_OF_PATH = 4096 - 512;

/** Of one name, on every file system that Shale knows. */
const MOST_BYTES = 255;

/** The error for a target that cannot be used. */
export function refused(path: string, why: string): WalError {
  return new WalError('SHALE_INVALID_ARGUMENT', `${path} cannot be used: ${why}`, { path });
}

async function realOrNothing(path: string): Promise<string | null> {
  try {
    return await realpath(path);
  } catch (error) {
    switch (codeOf(error)) {
      case 'ENOENT':
        break;
      case 'ENOTDIR':
        throw refused(path, 'there is a file on the way');
      case 'ELOOP':
        throw refused(path, 'its links lead in a circle');
      case 'ENAMETOOLONG':
        throw refused(path, 'it is too long');
      default:
        throw toWalError(error, { path });
    }
  }
  // What has a name and no real path is a link to something that is not there.
  const link = await lstat(path.replace(/(?<=.)\/+$/, '')).catch(() => null);
  if (link?.isSymbolicLink()) throw refused(path, 'there is a link on the way that leads nowhere');
  // Anything else has come into being meanwhile.
  return link === null ? null : await realOrNothing(path);
}

/** A path is text here; one with other bytes would become the path of something else. */
async function requireSame(path: string, real: string): Promise<void> {
  if (!real.includes('\ufffd')) return;
  const [named, meant] = await Promise.all(
    [real, path].map((each) => stat(each, { bigint: true }).catch(() => null)),
  );
  if (named === null || named?.ino !== meant?.ino || named?.dev !== meant?.dev) throw unspeakable(path);
}

function unspeakable(path: string): WalError {
  return refused(path, 'a directory on the way has a name that is no UTF-8, or is gone');
}

/** The system's code of an error; undefined when it has none. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  return error.code;
}
