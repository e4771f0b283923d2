import { readFileSync } from 'node:fs';

/** One call on the watched disk, in the order of their effects. Calls that failed changed nothing and are not there. */
export type DiskOperation = (
  | { readonly op: 'open'; readonly path: string; readonly created: boolean }
  | { readonly op: 'write'; readonly offset: number; readonly data: Uint8Array }
  | { readonly op: 'truncate'; readonly size: number }
  | { readonly op: 'allocate'; readonly offset: number; readonly length: number; readonly mode: number }
  /** What was changed before it is on the disk when the `syncEnd` with the same number comes without an error. */
  | { readonly op: 'syncBegin'; readonly sync: bigint; readonly dataOnly: boolean }
  /** `leftOut`: the interposer reported success and did nothing. */
  | { readonly op: 'syncEnd'; readonly sync: bigint; readonly error: number; readonly leftOut: boolean }
  | { readonly op: 'rename'; readonly path: string; readonly to: string }
  | { readonly op: 'unlink'; readonly path: string }
  | { readonly op: 'link'; readonly path: string; readonly to: string }
  | { readonly op: 'mkdir'; readonly path: string }
  | { readonly op: 'rmdir'; readonly path: string }
  | { readonly op: 'close' }
  | { readonly op: 'rangeSync'; readonly offset: number; readonly length: number }
) & {
  /** The file's number; the same number is another file once that one is gone and this one was created. */
  readonly inode: bigint;
  readonly thread: number;
};

const HEADER = 64;

/**
 * Reads a recording of the interposer (native/disk.c). A last record that is not all there is left out. Throws an Error
 * for anything else that is not a record.
 */
export function readRecording(path: string): DiskOperation[] {
  const bytes = readFileSync(path);
  const operations: DiskOperation[] = [];
  for (let at = 0; at + HEADER <= bytes.length; ) {
    const size = bytes.readUInt32LE(at);
    if (size < HEADER) throw new Error(`${path} has no record at byte ${at}`);
    if (at + size > bytes.length) break;
    operations.push(decode(bytes.subarray(at, at + size)));
    at += size;
  }
  return operations;
}

function decode(record: Buffer): DiskOperation {
  const a = record.readBigInt64LE(24);
  const b = record.readBigInt64LE(32);
  const c = record.readBigInt64LE(40);
  const pathEnd = HEADER + record.readUInt32LE(48);
  const toEnd = pathEnd + record.readUInt32LE(52);
  const path = record.toString('utf8', HEADER, pathEnd);
  const to = record.toString('utf8', pathEnd, toEnd);
  const about = { inode: record.readBigUInt64LE(16), thread: record.readUInt32LE(8) };
  const kind = record.readUInt32LE(4);
  switch (kind) {
    case 0:
      return { op: 'open', path, created: b === 1n, ...about };
    case 2:
      return { op: 'write', offset: Number(a), data: record.subarray(toEnd), ...about };
    case 3:
      return { op: 'syncBegin', sync: a, dataOnly: b === 1n, ...about };
    case 4:
      return { op: 'syncEnd', sync: a, error: record.readInt32LE(12), leftOut: b === 1n, ...about };
    case 5:
      return { op: 'truncate', size: Number(a), ...about };
    case 6:
      return { op: 'allocate', offset: Number(a), length: Number(b), mode: Number(c), ...about };
    case 7:
      return { op: 'rename', path, to, ...about };
    case 8:
      return { op: 'unlink', path, ...about };
    case 9:
      return { op: 'link', path, to, ...about };
    case 10:
      return { op: 'mkdir', path, ...about };
    case 11:
      return { op: 'rmdir', path, ...about };
    case 12:
      return { op: 'close', ...about };
    case 13:
      return { op: 'rangeSync', offset: Number(a), length: Number(b), ...about };
    default:
      throw new Error(`the recording has a record of unknown kind ${kind}`);
  }
}
