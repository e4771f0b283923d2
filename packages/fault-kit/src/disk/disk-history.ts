import { dirname } from 'node:path';
import { type ContentChange, FileHistory } from './file-content.js';
import type { DiskOperation } from './recording.js';

/** What a name stands for. */
export type Node = FileHistory | 'directory';

/** One change of the names below the root. `at` is its place in the recording. */
export type NameChange = { readonly at: number; readonly directory: string } & (
  | { readonly kind: 'add'; readonly path: string; readonly node: Node }
  | { readonly kind: 'remove'; readonly path: string; readonly node: Node }
  | { readonly kind: 'rename'; readonly from: string; readonly path: string; readonly node: Node }
);

interface SyncUnderWay {
  readonly begin: number;
  readonly of: FileHistory | string;
  /** Whether it makes a journaling file system commit. */
  readonly commits: boolean;
}

const KEEP_SIZE = 1;
const PUNCH_HOLE = 2;

/**
 * A watched disk up to some place of a recording: what was done to each file and to the names, and how much of it is on
 * the disk for certain. Throws an Error for what it has no model of.
 */
export class DiskHistory {
  readonly names: NameChange[] = [];
  /** Per directory: name changes before this place of the recording were covered by a sync of that directory. */
  readonly directorySyncedUpTo: Map<string, number> = new Map();
  /** On a file system with an ordered journal, such as ext4: name changes before this place are committed. */
  committedUpTo = 0;
  /** The file beside the disk that was recorded with it. */
  readonly beside: FileHistory = new FileHistory();
  /** What the names are, all changes done. */
  readonly tree: Map<string, Node> = new Map();

  readonly #root: string;
  readonly #nodes = new Map<bigint, FileHistory | { readonly directory: string }>();
  readonly #syncs = new Map<bigint, SyncUnderWay>();
  #at = 0;

  /** @param root the real path of the directory that was watched; it was empty when the recording began */
  constructor(root: string) {
    this.#root = root;
  }

  /** The history up to a place of the recording. */
  static upTo(
    operations: readonly DiskOperation[],
    root: string,
    end: number = operations.length,
  ): DiskHistory {
    const history = new DiskHistory(root);
    for (let at = 0; at < end; at++) {
      const operation = operations[at];
      if (operation !== undefined) history.add(operation);
    }
    return history;
  }

  /** Takes in the next operation of the recording. */
  add(operation: DiskOperation): void {
    const at = this.#at++;
    switch (operation.op) {
      case 'open':
        this.#open(at, operation.path, operation.inode, operation.created);
        break;
      case 'write':
        this.#change(operation.inode, { at, kind: 'write', offset: operation.offset, data: operation.data });
        break;
      case 'truncate':
        this.#change(operation.inode, { at, kind: 'resize', size: operation.size });
        break;
      case 'allocate':
        this.#allocate(at, operation.inode, operation.offset, operation.length, operation.mode);
        break;
      case 'syncBegin':
        this.#syncBegin(at, operation.inode, operation.sync, operation.dataOnly);
        break;
      case 'syncEnd':
        this.#syncEnd(operation.sync, operation.error === 0, operation.leftOut);
        break;
      case 'mkdir':
        this.#nodes.set(operation.inode, { directory: operation.path });
        this.#name({
          at,
          kind: 'add',
          path: operation.path,
          node: 'directory',
          directory: dirname(operation.path),
        });
        break;
      case 'rename': {
        const node = this.#nodeAt(operation.path);
        if (node === 'directory')
          throw new Error(`the renaming of a directory is not modelled: ${operation.path}`);
        const directory = dirname(operation.to);
        this.#name({ at, kind: 'rename', from: operation.path, path: operation.to, node, directory });
        break;
      }
      case 'link':
        this.#name({
          at,
          kind: 'add',
          path: operation.to,
          node: this.#nodeAt(operation.path),
          directory: dirname(operation.to),
        });
        break;
      case 'unlink':
      case 'rmdir': {
        const { path } = operation;
        this.#name({ at, kind: 'remove', path, node: this.#nodeAt(path), directory: dirname(path) });
        break;
      }
      default:
        // A close changes nothing, and sync_file_range promises nothing.
        break;
    }
  }

  #nodeAt(path: string): Node {
    const node = this.tree.get(path);
    if (node === undefined) throw new Error(`the recording has not seen how ${path} came into being`);
    return node;
  }

  #name(change: NameChange): void {
    this.names.push(change);
    applyName(this.tree, change);
  }

  #open(at: number, path: string, inode: bigint, created: boolean): void {
    if (!path.startsWith(`${this.#root}/`)) {
      this.#nodes.set(inode, path === this.#root ? { directory: path } : this.beside);
    } else if (created) {
      const file = new FileHistory();
      this.#nodes.set(inode, file);
      this.#name({ at, kind: 'add', path, node: file, directory: dirname(path) });
    } else {
      const node = this.#nodeAt(path);
      this.#nodes.set(inode, node === 'directory' ? { directory: path } : node);
    }
  }

  #fileOf(inode: bigint): FileHistory {
    const node = this.#nodes.get(inode);
    if (node === undefined || 'directory' in node)
      throw new Error(`the recording has not seen how file ${inode} was opened`);
    return node;
  }

  #change(inode: bigint, change: ContentChange): void {
    this.#fileOf(inode).changes.push(change);
  }

  #allocate(at: number, inode: bigint, offset: number, length: number, mode: number): void {
    if (mode === (KEEP_SIZE | PUNCH_HOLE)) {
      this.#change(inode, { at, kind: 'punch', offset, length });
    } else if (mode === 0) {
      this.#change(inode, { at, kind: 'write', offset: offset + length, data: new Uint8Array(0) });
    } else if (mode !== KEEP_SIZE) {
      throw new Error(`fallocate with mode ${mode} is not modelled`);
    }
  }

  #syncBegin(begin: number, inode: bigint, sync: bigint, dataOnly: boolean): void {
    const node = this.#nodes.get(inode);
    if (node === undefined) throw new Error(`the recording has not seen how file ${inode} was opened`);
    if ('directory' in node) {
      this.#syncs.set(sync, { begin, of: node.directory, commits: true });
      return;
    }
    // fdatasync of a file that is no larger than at its last sync may leave the journal alone.
    const isLarger = sizeOf(node.changes) > sizeOf(node.changes.filter((change) => node.isSynced(change)));
    this.#syncs.set(sync, { begin, of: node, commits: !dataOnly || isLarger });
  }

  #syncEnd(sync: bigint, succeeded: boolean, leftOut: boolean): void {
    const underWay = this.#syncs.get(sync);
    if (underWay === undefined) throw new Error('the recording has the end of a sync without its begin');
    this.#syncs.delete(sync);
    const { begin, of, commits } = underWay;
    if (leftOut) return;
    if (!succeeded) {
      if (typeof of !== 'string') of.syncFailed(begin);
      return;
    }
    if (typeof of === 'string') {
      this.directorySyncedUpTo.set(of, Math.max(begin, this.directorySyncedUpTo.get(of) ?? 0));
    } else {
      of.synced(begin);
    }
    if (commits) this.committedUpTo = Math.max(this.committedUpTo, begin);
  }
}

/** Does one change of names, as far as the names it is about are there. */
export function applyName(tree: Map<string, Node>, change: NameChange): void {
  if (change.kind === 'remove') {
    if (tree.get(change.path) === change.node) tree.delete(change.path);
    return;
  }
  if (change.kind === 'rename' && tree.get(change.from) === change.node) tree.delete(change.from);
  tree.set(change.path, change.node);
}

/** How large a file is after these changes. */
export function sizeOf(changes: readonly ContentChange[]): number {
  let size = 0;
  for (const change of changes) {
    if (change.kind === 'write') size = Math.max(size, change.offset + change.data.length);
    else if (change.kind === 'resize') size = change.size;
  }
  return size;
}
