import { WalError } from '@shale/codec';
import { readBag } from '../arguments/option-bag.js';
import { toFlag } from '../arguments/switches.js';
import { makeWorkspace, moveIntoPlace, removeWorkspace } from '../targets/new-directory.js';
import { fromHere, realPath } from '../targets/real-path.js';
import { type AttemptDeath, type AttemptEnd, attempt } from './attempt.js';
import type { RepairEvent, RepairLoss } from './events.js';
import { checkPlaces, takeInventory } from './old-files.js';

/** How `repairDatabase` works. */
export interface RepairOptions {
  /**
   * Takes over every whole table file as it is, by a hard link where it can, and leaves out each damaged one with all
   * that it holds. For a large log of which little is damaged: files are read once and not written again. Needs a whole
   * manifest and whole logs.
   *
   * @defaultValue false
   */
  readonly keepFiles?: boolean | undefined;
}

/**
 * Saves what can be read of a damaged database into a new one, and reports what cannot. Nothing in the old directory is
 * changed. Entries before and behind damage keep their regions, tables and sequences, in all instances; names stay; and
 * metadata records are raised so far that no sequence that a lost entry may have had is given out again, but for tables
 * of which nothing at all is left.
 *
 * The files are read one by one, in a process of its own, which starts without the preloads of this one; the old
 * database is opened there only where every file of it opens. Where damage brings RocksDB to end that process, the file
 * that it was at is told as a loss, and it begins again without that file. Where no process may be started (Node's
 * permission model) it works in this one.
 *
 * It works in a directory `.<name>.partial-…` beside the new one, or, where `to` is a mount point or nothing can be written
 * beside it, `.partial-…` in it, needs as much space as the saved entries take
 * (twice that, if the old database is on another file system), and moves the new database to its place when it is
 * whole. Losses are told at the end, when it is known what was saved.
 *
 * Throws SHALE_INVALID_ARGUMENT (there is something at `to` already, or it is, lies in or holds `from`, or lies in
 * another log), SHALE_NOT_FOUND, SHALE_LOCKED (a process has the old one open for writing), SHALE_NO_SPACE, SHALE_IO
 * (also when its process is told to end), SHALE_UNSUPPORTED (a later version of Shale has left what this one does not
 * know), and SHALE_CORRUPT when nothing can be saved.
 */
export function repairDatabase(
  from: string | URL,
  to: string | URL,
  options: RepairOptions = {},
): AsyncGenerator<RepairEvent, void, undefined> {
  const { keepFiles } = readBag('repairDatabase', options, ['keepFiles']);
  return repair(fromHere(from, 'from'), fromHere(to, 'to'), toFlag('keepFiles', keepFiles, false), attempt);
}

/** Repairs by goes that are made as `go` makes them. */
export async function* repair(
  source: string,
  target: string,
  keepFiles: boolean,
  go: typeof attempt,
): AsyncGenerator<RepairEvent, void, undefined> {
  await takeInventory(source);
  const [from, to] = [await realPath(source), await realPath(target)];
  await checkPlaces(from, to);
  const started = performance.now();
  const distrusted = new Map<string, string>();
  // It may have been killed, as by a machine without memory: with nothing to blame, it gets one more go.
  let spare = 1;
  for (;;) {
    const workspace = await makeWorkspace(to);
    try {
      const losses: RepairLoss[] = [];
      let end: AttemptEnd | undefined;
      for await (const event of go({ from, workspace, distrusted, keepFiles })) {
        if (event.type === 'loss') losses.push(event);
        else if (event.type === 'progress') yield event;
        else end = event;
      }
      if (end?.type !== 'done') {
        if (end !== undefined && !distrust(from, distrusted, end) && spare-- === 0) throw hopeless(from, end);
        continue;
      }
      yield* losses;
      await moveIntoPlace(workspace);
      const elapsedMs = performance.now() - started;
      yield { type: 'totals', ...end.totals, losses: losses.length, elapsedMs };
      return;
    } finally {
      await removeWorkspace(workspace);
    }
  }
}

/** Takes what a process died of out of the next go. False when there is nothing left to take out. */
function distrust(
  path: string,
  distrusted: Map<string, string>,
  { place, how, asked }: AttemptDeath,
): boolean {
  if (asked) throw new WalError('SHALE_IO', `the process of the repair was told to end (${how})`, { path });
  const suspects = place.file === null ? place.mended : [place.file];
  const known = distrusted.size;
  for (const name of suspects) {
    distrusted.set(name, `reading it ended the process that did (${how}); nothing of it is saved`);
  }
  return distrusted.size > known;
}

function hopeless(path: string, { how }: AttemptDeath): WalError {
  const what = `putting together what can be read ended the process that did (${how}), twice`;
  return new WalError('SHALE_CORRUPT', `${what}: nothing is saved; restore a backup`, { path });
}
