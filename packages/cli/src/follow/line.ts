import type { FileHandle } from 'node:fs/promises';
import { CR, LF } from '../ingest/line-end.js';

const LOOK_BYTES = 1 << 16;

/** Whether a line has ended in what a file begins with, or that is more than anybody looks at. */
export async function hasLineEnd(handle: FileHandle, size: number): Promise<boolean> {
  if (size > LOOK_BYTES) return true;
  const bytes = Buffer.alloc(size);
  const { bytesRead } = await handle.read(bytes, 0, size, 0);
  const head = bytes.subarray(0, bytesRead);
  // A carriage return at the end may be half of one.
  return head.includes(LF) || head.subarray(0, -1).includes(CR);
}
