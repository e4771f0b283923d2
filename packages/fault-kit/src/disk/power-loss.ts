import type { Random } from '../random.js';
import type { DiskHistory } from './disk-history.js';
import type { DiskImage } from './disk-image.js';
import { type ContentChange, contentOf, type FileHistory } from './file-content.js';
import { applyName, DirectoryNode, type NameChange, type Node, walk } from './names.js';

/**
 * What a file system promises beyond POSIX.
 * - `journaled`, as ext4: names are committed in order, and a sync of any file commits those before it.
 * - `strict`: a name is durable only after a sync of its directory. What is not synced there comes in order, or not at
 *   all; another file's sync says nothing about it.
 */
export type FileSystem = 'journaled' | 'strict';

/** How much of what was not synced has reached the disk. */
export type Unsynced =
  | 'none'
  | 'all'
  /** The first writes, the last of them in part. */
  | 'prefix'
  /** Any of the writes. */
  | 'subset'
  /** Any 512-byte sectors of the writes. */
  | 'torn'
  /** The same, with random bytes where the file grew and its new bytes did not arrive. */
  | 'garbage';

/** How the power failed. */
export interface PowerLoss {
  readonly fileSystem: FileSystem;
  /** Of the names. */
  readonly names: 'none' | 'all' | 'prefix';
  /** Of each file's content; `mixed`: each file another way. */
  readonly contents: Unsynced | 'mixed';
}

const SECTOR = 512;
const CONTENTS: readonly Unsynced[] = ['none', 'all', 'prefix', 'subset', 'torn', 'garbage'];

/** Some way in which the power can fail. */
export function anyPowerLoss(random: Random): PowerLoss {
  return {
    fileSystem: random.pick<FileSystem>(['journaled', 'strict']),
    names: random.pick<PowerLoss['names']>(['none', 'all', 'prefix', 'prefix']),
    contents: random.pick<PowerLoss['contents']>([...CONTENTS, 'mixed', 'mixed']),
  };
}

/** What is on the disk when the power comes back, by path below the watched directory. */
export function afterPowerLoss(history: DiskHistory, loss: PowerLoss, random: Random): DiskImage {
  const states = new Map<DirectoryNode, Map<string, Node>>();
  const entriesOf = (directory: DirectoryNode): Map<string, Node> => {
    const entries = states.get(directory) ?? new Map<string, Node>();
    states.set(directory, entries);
    return entries;
  };
  for (const change of survivingNames(history, loss, random)) applyName(change, entriesOf);
  const image = new Map<string, Uint8Array | null>();
  const contents = new Map<FileHistory, Uint8Array>();
  for (const [path, node] of walk(history.top, entriesOf)) {
    if (node instanceof DirectoryNode) {
      image.set(path, null);
      continue;
    }
    // Two names of a file show the same bytes.
    let bytes = contents.get(node);
    if (bytes === undefined) {
      const any = loss.contents === 'mixed' ? random.pick(CONTENTS) : loss.contents;
      bytes = contentOf(survivingChanges(node, any, random));
      contents.set(node, bytes);
    }
    image.set(path, bytes);
  }
  return image;
}

function survivingNames(history: DiskHistory, loss: PowerLoss, random: Random): NameChange[] {
  const directories = new Set(history.names.map((change) => change.directory));
  const upTo = new Map<DirectoryNode, number>();
  const place = (synced: number, changes: readonly NameChange[]): number => {
    const open = changes.filter((change) => change.at >= synced);
    const kept =
      loss.names === 'none' ? 0 : loss.names === 'all' ? open.length : random.integer(0, open.length);
    return kept === 0 ? synced : (open[kept - 1]?.at ?? synced) + 1;
  };
  if (loss.fileSystem === 'journaled') {
    const everywhere = place(history.committedUpTo, history.names);
    for (const directory of directories) upTo.set(directory, everywhere);
  } else {
    for (const directory of directories) {
      const own = history.names.filter((change) => change.directory === directory);
      upTo.set(directory, place(history.directorySyncedUpTo.get(directory) ?? 0, own));
    }
  }
  return history.names.filter((change) => change.at < (upTo.get(change.directory) ?? 0));
}

function survivingChanges(file: FileHistory, unsynced: Unsynced, random: Random): ContentChange[] {
  const open = file.changes.filter((change) => !file.isSynced(change));
  if (open.length === 0 || unsynced === 'all') return file.changes;
  const survivors = new Map<number, readonly ContentChange[]>(open.map((change) => [change.at, []]));
  if (unsynced === 'prefix') {
    const whole = random.integer(0, open.length);
    for (const change of open.slice(0, whole)) survivors.set(change.at, [change]);
    const next = open[whole];
    if (next?.kind === 'write') {
      survivors.set(next.at, [{ ...next, data: next.data.subarray(0, random.integer(0, next.data.length)) }]);
    }
  } else if (unsynced !== 'none') {
    const share = random.pick([0.1, 0.5, 0.9]);
    const synced = contentOf(file.changes.filter((change) => file.isSynced(change))).length;
    for (const change of open) {
      if (unsynced === 'subset' || change.kind !== 'write') {
        if (random.chance(share)) survivors.set(change.at, [change]);
      } else {
        survivors.set(change.at, tear(change, share, unsynced === 'garbage' ? synced : null, random));
      }
    }
  }
  return file.changes.flatMap((change) => survivors.get(change.at) ?? [change]);
}

/** Some sectors of a write; those from `garbageFrom` on that are lost may have random bytes. */
function tear(
  change: Extract<ContentChange, { kind: 'write' }>,
  share: number,
  garbageFrom: number | null,
  random: Random,
): ContentChange[] {
  const pieces: ContentChange[] = [];
  const end = change.offset + change.data.length;
  for (let from = change.offset; from < end; ) {
    const to = Math.min(end, (Math.floor(from / SECTOR) + 1) * SECTOR);
    const data = change.data.subarray(from - change.offset, to - change.offset);
    if (random.chance(share)) {
      pieces.push({ at: change.at, kind: 'write', offset: from, data });
    } else if (garbageFrom !== null && from >= garbageFrom && random.chance(0.5)) {
      const garbage = Uint8Array.from(data, () => random.bits() & 0xff);
      pieces.push({ at: change.at, kind: 'write', offset: from, data: garbage });
    }
    from = to;
  }
  return pieces;
}
