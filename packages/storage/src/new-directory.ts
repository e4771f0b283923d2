import { mkdir, mkdtemp, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { WalError } from '@shale/codec';

/** A directory beside the one to be made, in which that one grows until it is whole. Its owner's alone. */
export interface Workspace {
  readonly root: string;
  /** What is to become the new directory; not there yet. */
  readonly result: string;
}

/** Throws SHALE_INVALID_ARGUMENT unless a path is an empty directory or nothing. */
export async function requireEmpty(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found === null) return;
  if (found.isDirectory() && (await readdir(path)).length === 0) return;
  const what = found.isDirectory() ? 'has files in it' : 'is a file';
  throw new WalError('SHALE_INVALID_ARGUMENT', `${path} ${what}: name a new or empty directory`, { path });
}

/** Makes the directory to work in. */
export async function makeWorkspace(to: string): Promise<Workspace> {
  const target = resolve(to);
  await mkdir(dirname(target), { recursive: true });
  const root = await mkdtemp(join(dirname(target), `.${basename(target)}.partial-`));
  return { root, result: join(root, 'result') };
}

/** Moves what was made to its place: from then on it is there, whole. */
export async function moveIntoPlace(workspace: Workspace, to: string): Promise<void> {
  const target = resolve(to);
  await rename(workspace.result, target);
  const parent = await open(dirname(target));
  try {
    await parent.sync();
  } finally {
    await parent.close();
  }
}

/** Removes the workspace with all that is left in it. */
export async function removeWorkspace({ root }: Workspace): Promise<void> {
  await rm(root, { recursive: true, force: true });
}
