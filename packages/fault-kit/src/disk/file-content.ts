/** One change of a file's content. `at` is its place in the recording. */
export type ContentChange = { readonly at: number } & (
  | { readonly kind: 'write'; readonly offset: number; readonly data: Uint8Array }
  | { readonly kind: 'resize'; readonly size: number }
  /** Zeros in what there is of the file; its size stays. */
  | { readonly kind: 'punch'; readonly offset: number; readonly length: number }
);

/** A file, whatever its names: all that was written to it, and how much of that is on the disk for certain. */
export class FileHistory {
  readonly changes: ContentChange[] = [];
  /** Changes before this place of the recording were covered by a sync that succeeded. */
  syncedUpTo = 0;
  /**
   * Places of changes that a failed sync has covered: no later sync is about them, and they may never reach the disk.
   */
  readonly abandoned: Set<number> = new Set();

  /**
   * Whether a change is on the disk for sure: a sync that began after it has succeeded, and none before that has
   * failed.
   */
  isSynced(change: ContentChange): boolean {
    return change.at < this.syncedUpTo && !this.abandoned.has(change.at);
  }

  /** A sync that began at this place of the recording has succeeded. */
  synced(begin: number): void {
    this.syncedUpTo = Math.max(this.syncedUpTo, begin);
  }

  /** A sync that began at this place of the recording has failed: the system may have given up what it was about. */
  syncFailed(begin: number): void {
    for (const change of this.changes) {
      if (change.at < begin && !this.isSynced(change)) this.abandoned.add(change.at);
    }
  }
}

/** The bytes of a file after these changes and no others. */
export function contentOf(changes: readonly ContentChange[]): Uint8Array {
  let bytes = new Uint8Array(4096);
  let size = 0;
  const makeRoom = (end: number): void => {
    if (end <= bytes.length) return;
    const larger = new Uint8Array(Math.max(end, bytes.length * 2));
    larger.set(bytes.subarray(0, size));
    bytes = larger;
  };
  for (const change of changes) {
    if (change.kind === 'write') {
      const end = change.offset + change.data.length;
      makeRoom(end);
      bytes.set(change.data, change.offset);
      size = Math.max(size, end);
    } else if (change.kind === 'resize') {
      makeRoom(change.size);
      // What is cut off does not come back with the next growth.
      if (change.size < size) bytes.fill(0, change.size, size);
      size = change.size;
    } else if (change.offset < size) {
      bytes.fill(0, change.offset, Math.min(size, change.offset + change.length));
    }
  }
  return bytes.subarray(0, size);
}
