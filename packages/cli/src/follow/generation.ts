import type { FileHandle } from 'node:fs/promises';
import { type Head, hasEnds, headOf } from '../ingest/fingerprint.js';
import type { JournalState } from '../ingest/journal-records.js';
import type { SeenFile } from './file.js';

/**
 * A file of which a journal knows how far it was taken: under whatever name, and as long as its content goes on. When it is
 * cut short and written anew, that is another one.
 *
 *   missing ──► present ──► missing     its file was found, or is found no more
 *                  │
 *                  └──► displaced       its inode has another content: what was read is in a copy, if anywhere
 */
export class Generation {
  /** Of its journal. */
  readonly name: string;
  state: 'missing' | 'present' | 'displaced' = 'missing';
  journaled: JournalState | undefined;
  file: SeenFile | undefined;
  handle: FileHandle | undefined;
  /** The file as it was when it was last read from. */
  read: SeenFile | undefined;
  /** What it may not be read for; told once. */
  failure: unknown;
  /** Its content was found to be another one. */
  isStale = false;
  /** It was found under another inode, which the journal does not know yet. */
  isMoved = false;
  /** It is a copy of what this one was, and all of it is in. */
  coveredBy: Generation | undefined;
  /** It was deleted: what is left is read as long as it is open. */
  isGone = false;
  /** How often it was looked for where it was, in vain. */
  misses = 0;

  constructor(name: string, journaled: JournalState | undefined) {
    this.name = name;
    this.journaled = journaled;
  }

  /** Where its file was last. */
  get path(): string | undefined {
    return this.file?.path ?? this.journaled?.start.path;
  }

  /** Bytes that are in. */
  get offset(): number {
    return this.journaled?.checkpoint?.progress.offset ?? 0;
  }

  /** Entries beyond its position may be in: nothing else may be written before it has gone on. */
  get isInDoubt(): boolean {
    return this.journaled !== undefined && this.journaled.tables.length > 0;
  }

  /** There may be something to read. */
  get isBehind(): boolean {
    if (this.state !== 'present' || !this.file || this.failure !== undefined) return false;
    if (this.isMoved || this.coveredBy || (this.isInDoubt && !this.read)) return true;
    if (this.file.size <= this.offset) return false;
    // Nothing comes behind the last line any more, which waited for its end.
    if (this.isGone) return true;
    return this.read?.size !== this.file.size || this.read.modifiedMs !== this.file.modifiedMs;
  }

  /** Whether a file has its inode, and is not known to be another one. */
  hasInode({ inode, device, bornMs }: SeenFile): boolean {
    // The number of a device may be another one after a restart of the machine.
    if (this.file !== undefined && this.file.device !== device) return false;
    const known = this.file ?? this.journaled?.start;
    if (known === undefined || known.inode !== inode) return false;
    return known.bornMs === undefined || bornMs === undefined || known.bornMs === bornMs;
  }

  /** Whether a file begins with what was read of this one. */
  async hasContent(handle: FileHandle, size: number): Promise<boolean> {
    const { start, checkpoint } = this.journaled ?? {};
    if (start?.head && !(await beginsWith(handle, size, start.head))) return false;
    if (!checkpoint) return true;
    return size >= this.offset && (await hasEnds(handle, this.offset, checkpoint.fingerprint));
  }

  /** Whether so much is known of its content that another file can be told to be a copy of it. */
  get isTellable(): boolean {
    return this.offset > 0 || (this.journaled?.start.head?.bytes ?? 0) > 0;
  }

  /** Whether it was decoded on its way: its offsets are not those of a file. */
  get isDecoded(): boolean {
    const { encoding = 'utf-8', compression = 'none' } = this.journaled?.start.options ?? {};
    return encoding !== 'utf-8' || compression !== 'none';
  }

  async close(): Promise<void> {
    const { handle } = this;
    this.handle = undefined;
    await handle?.close();
  }
}

async function beginsWith(handle: FileHandle, size: number, head: Head): Promise<boolean> {
  return size >= head.bytes && (await headOf(handle, head.bytes)).hash === head.hash;
}
