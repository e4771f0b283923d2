import type { FileHandle } from 'node:fs/promises';
import { readAt } from '../ingest/fingerprint.js';
import { LF } from '../ingest/line-end.js';

const CHUNK_BYTES = 1 << 20;

/** Whether all that is in a file is what another one begins with, and that is something. */
export async function isPrefix(part: FileHandle, whole: FileHandle): Promise<boolean> {
  for (let at = 0; ; ) {
    const [a, b] = [await readAt(part, at, CHUNK_BYTES), await readAt(whole, at, CHUNK_BYTES)];
    if (a.length === 0) return at > 0;
    if (!a.equals(b.subarray(0, a.length))) return false;
    at += a.length;
  }
}

/** Line feeds among the first bytes of a file. */
export async function countLines(file: FileHandle, bytes: number): Promise<number> {
  let lines = 0;
  for (let at = 0; at < bytes; at += CHUNK_BYTES) {
    const chunk = await readAt(file, at, Math.min(CHUNK_BYTES, bytes - at));
    for (let next = chunk.indexOf(LF); next !== -1; next = chunk.indexOf(LF, next + 1)) lines += 1;
  }
  return lines;
}
