import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';

/** A regular file as it is now. */
export interface SeenFile {
  /** Absolute, without symbolic links. */
  readonly path: string;
  readonly inode: number;
  readonly device: number;
  /** When it was made, where the file system tells; a copy is another file, and so is one that got its inode later. */
  readonly bornMs: number | undefined;
  readonly size: number;
  readonly modifiedMs: number;
  readonly changedMs: number;
}

/** The file at a path; undefined where there is none. */
export async function seeFile(path: string): Promise<SeenFile | undefined> {
  try {
    return toSeen(await realpath(path), await stat(path));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** A file that was opened, as it was then. */
export interface OpenFile {
  readonly handle: FileHandle;
  readonly file: SeenFile;
}

/** Opens a file that was seen; undefined where another one, or none, is at its path by now. */
export async function openSeen(seen: SeenFile): Promise<OpenFile | undefined> {
  const { path } = seen;
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (!handle) return undefined;
  const file = toSeen(path, await handle.stat());
  if (file && keyOf(file) === keyOf(seen)) return { handle, file };
  await handle.close();
  return undefined;
}

/** What tells a file from all others that there are now. */
export function keyOf({ device, inode }: SeenFile): string {
  return `${device}:${inode}`;
}

/** How many names an open file still has. */
export async function namesOf(handle: FileHandle): Promise<number> {
  return (await handle.stat()).nlink;
}

/** The file that is open, as it is now. */
export async function seeHandle(path: string, handle: FileHandle): Promise<SeenFile | undefined> {
  return toSeen(path, await handle.stat());
}

function toSeen(path: string, info: Stats): SeenFile | undefined {
  if (!info.isFile()) return undefined;
  // Where the time of its birth is not known, the time of its last change is told.
  const isKnown = info.birthtimeMs > 0 && info.birthtimeMs !== info.ctimeMs;
  return {
    path,
    inode: info.ino,
    device: info.dev,
    bornMs: isKnown ? info.birthtimeMs : undefined,
    size: info.size,
    modifiedMs: info.mtimeMs,
    changedMs: info.ctimeMs,
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
