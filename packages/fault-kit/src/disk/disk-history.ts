import { type ContentChange, FileHistory } from './file-content.js';
import { applyName, DirectoryNode, type NameChange, type Node, type Place, walk } from './names.js';
import type { DiskOperation } from './recording.js';

interface SyncUnderWay {
  readonly begin: number;
  readonly of: Node;
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
  readonly directorySyncedUpTo: Map<DirectoryNode, number> = new Map();
  /** On a file system with an ordered journal, such as ext4: name changes before this place are committed. */
  committedUpTo = 0;
  /** The file beside the disk that was recorded with it. */
  readonly beside: FileHistory = new FileHistory();
  /** The directory that was watched, with all changes of names done. */
  readonly top: DirectoryNode = new DirectoryNode();

  readonly #root: string;
  readonly #nodes = new Map<bigint, Node>();
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
      case 'mkdir': {
        const node = new DirectoryNode();
        this.#nodes.set(operation.inode, node);
        this.#name({ at, kind: 'add', node, ...this.#placeOf(operation.path) });
        break;
      }
      case 'rename': {
        const from = this.#placeOf(operation.path);
        const node = this.#nodeAt(operation.path);
        this.#name({ at, kind: 'rename', from, node, ...this.#placeOf(operation.to) });
        break;
      }
      case 'link':
        this.#name({
          at,
          kind: 'add',
          node: this.#nodeAt(operation.path),
          ...this.#placeOf(operation.to),
        });
        break;
      case 'unlink':
      case 'rmdir': {
        const { path } = operation;
        this.#name({ at, kind: 'remove', node: this.#nodeAt(path), ...this.#placeOf(path) });
        break;
      }
      default:
        // A close changes nothing, and sync_file_range promises nothing.
        break;
    }
  }

  /** What the names are, all changes done, by path. */
  get tree(): ReadonlyMap<string, Node> {
    return new Map(walk(this.top, ({ entries }) => entries, `${this.#root}/`));
  }

  #nodeAt(path: string): Node {
    if (path === this.#root) return this.top;
    const { directory, name } = this.#placeOf(path);
    const node = directory.entries.get(name);
    if (node === undefined) throw new Error(`the recording has not seen how ${path} came into being`);
    return node;
  }

  #placeOf(path: string): Place {
    const slash = path.lastIndexOf('/');
    const directory = this.#nodeAt(path.slice(0, slash));
    if (!(directory instanceof DirectoryNode))
      throw new Error(`${path} is in something that is no directory`);
    return { directory, name: path.slice(slash + 1) };
  }

  #name(change: NameChange): void {
    this.names.push(change);
    applyName(change, ({ entries }) => entries);
  }

  #open(at: number, path: string, inode: bigint, created: boolean): void {
    if (path !== this.#root && !path.startsWith(`${this.#root}/`)) {
      this.#nodes.set(inode, this.beside);
    } else if (created) {
      const node = new FileHistory();
      this.#nodes.set(inode, node);
      this.#name({ at, kind: 'add', node, ...this.#placeOf(path) });
    } else {
      this.#nodes.set(inode, this.#nodeAt(path));
    }
  }

  #fileOf(inode: bigint): FileHistory {
    const node = this.#nodes.get(inode);
    if (!(node instanceof FileHistory))
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
    if (node instanceof DirectoryNode) {
      this.#syncs.set(sync, { begin, of: node, commits: true });
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
      if (of instanceof FileHistory) of.syncFailed(begin);
      return;
    }
    if (of instanceof DirectoryNode) {
      this.directorySyncedUpTo.set(of, Math.max(begin, this.directorySyncedUpTo.get(of) ?? 0));
    } else {
      of.synced(begin);
    }
    if (commits) this.committedUpTo = Math.max(this.committedUpTo, begin);
  }
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
