import { constants, type Stats } from 'node:fs';
import { access, mkdir, mkdtemp, open, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { toWalError } from '../errors.js';
import { codeOf, refused } from './real-path.js';

/**
 * A directory beside the one to be made, in which that one grows until it is whole; in it, where nothing can be moved to its
 * place: a mount point is the place. Its owner's alone.
 */
export interface Workspace {
  /** Where the new directory is to be; as `realPath` gives it. */
  readonly target: string;
  readonly root: string;
  /** What is to become the new directory; not there yet. */
  readonly result: string;
  /** Directories above the target that were made for it, the innermost first. */
  readonly above: readonly string[];
  /** It lies in the target, which is there already. */
  readonly isInside: boolean;
}

/** What a new volume has at its top. */
const OF_A_VOLUME = 'lost+found';

/** By which a log is opened: without it there is none. */
const LAST_NAME = 'CURRENT';

/** Throws SHALE_INVALID_ARGUMENT if there is something, even an empty directory. */
export async function requireNothing(path: string): Promise<void> {
  if ((await statOrNull(path)) === null) return;
  throw refused(path, 'it is there already: name a directory that is not');
}

/** Throws SHALE_INVALID_ARGUMENT unless a path is an empty directory, a new volume, or nothing. */
export async function requireEmpty(path: string): Promise<void> {
  const found = await statOrNull(path);
  if (found === null) return;
  if (!found.isDirectory()) throw refused(path, 'it is a file: name a new or empty directory');
  if ((await listed(path)).some((name) => name !== OF_A_VOLUME)) {
    throw refused(path, 'it has files in it: name a new or empty directory');
  }
}

/**
 * Makes the directory to work in, under a name that is free. What a killed process leaves of it stays: it cannot
 * be told from a directory of another owner.
 *
 * @param target as `realPath` gives it
 */
export async function makeWorkspace(target: string): Promise<Workspace> {
  const parent = dirname(target);
  const above: string[] = [];
  try {
    await makeDirectories(parent, above);
    const isInside = await isFixed(target);
    const root = await mkdtemp(
      isInside ? join(target, '.partial-') : join(parent, `.${shortened(basename(target))}.partial-`),
    );
    return { target, root, result: join(root, 'result'), above, isInside };
  } catch (error) {
    await removeMade(above);
    throw toWalError(error, { path: target, target });
  }
}

/** Moves what was made to its place: from then on it is there, whole, and a crash of the machine does not undo it. */
export async function moveIntoPlace({ result, target, above, isInside }: Workspace): Promise<void> {
  try {
    if (isInside) await moveFiles(result, target);
    else await rename(result, target);
    for (const parent of new Set([dirname(target), ...above.map((each) => dirname(each))]))
      await sync(parent);
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(codeOf(error) ?? '')) {
      throw refused(target, 'something has come to be there meanwhile: name another directory');
    }
    throw toWalError(error, { path: target, target });
  }
}

/** Whether a directory that is there cannot be replaced by another one. */
async function isFixed(target: string): Promise<boolean> {
  const found = await statOrNull(target);
  if (found === null) return false;
  if (found.dev !== (await stat(dirname(target))).dev) return true;
  if ((await readdir(target)).includes(OF_A_VOLUME)) return true;
  if (await isReadOnly(dirname(target))) return true;
  // A directory of the same file system may be mounted there, too.
  const mounts = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  return mounts.split('\n').some((line) => unescaped(line.split(' ')[4] ?? '') === target);
}

async function isReadOnly(directory: string): Promise<boolean> {
  return await access(directory, constants.W_OK).then(
    () => false,
    () => true,
  );
}

/** A path of the list of mounts, in which space is written as octal numbers. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** Moves what is in a directory, and at last that by which it is a log: it is there as a whole, or is none. */
async function moveFiles(from: string, to: string): Promise<void> {
  const names = await readdir(from);
  const there = new Set(await readdir(to));
  if (names.some((name) => there.has(name)))
    throw refused(to, 'something has come to be there meanwhile: name another directory');
  for (const name of names) if (name !== LAST_NAME) await rename(join(from, name), join(to, name));
  await sync(to);
  if (names.includes(LAST_NAME)) await rename(join(from, LAST_NAME), join(to, LAST_NAME));
  await sync(to);
}

/** Removes the workspace with all that is left in it, and, if nothing came of it, what was made above the target. */
export async function removeWorkspace({ root, above }: Workspace): Promise<void> {
  // A leftover workspace does not make a finished operation a failure.
  await rm(root, { recursive: true, force: true }).catch(() => undefined);
  await removeMade(above);
}

/** Makes a directory and what is missing above it; `made` gets what was made, the innermost first. */
async function makeDirectories(path: string, made: string[]): Promise<void> {
  try {
    await makeOne(path, made);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeDirectories(dirname(path), made);
    await makeOne(path, made);
  }
}

async function makeOne(path: string, made: string[]): Promise<void> {
  try {
    await mkdir(path);
    made.unshift(path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

/** Removes directories that were made here as long as nothing is in them. */
async function removeMade(innermostFirst: readonly string[]): Promise<void> {
  for (const path of innermostFirst) {
    try {
      await rmdir(path);
    } catch {
      return;
    }
  }
}

/** So much of a name that the name of a workspace is not too long. */
function shortened(name: string): string {
  let short = name;
  while (Buffer.byteLength(short) > 200) short = [...short].slice(0, -1).join('');
  return short;
}

async function sync(directory: string): Promise<void> {
  await using file = await open(directory);
  await file.sync();
}

async function statOrNull(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw toWalError(error, { path });
  }
}

async function listed(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    throw toWalError(error, { path });
  }
}
