import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

/** Bytes at either end of what has been read that must be the same when an ingest goes on. */
export const FINGERPRINT_BYTES = 1024;

/** Hashes of the first KiB of the input and of the last KiB before a position. */
export interface Fingerprint {
  readonly head: string;
  readonly tail: string;
}

/** Follows the bytes of an input so that the fingerprint of any position passed can be taken cheaply. */
export class FingerprintTracker {
  #head: Buffer;
  #tail: Buffer;

  /** For an ingest that goes on: the first bytes of the input and the last ones before the position. */
  constructor(head: Buffer = Buffer.alloc(0), tail: Buffer = Buffer.alloc(0)) {
    this.#head = Buffer.from(head.subarray(0, FINGERPRINT_BYTES));
    this.#tail = Buffer.from(tail.subarray(-FINGERPRINT_BYTES));
  }

  /** The next bytes of the input. Keeps copies of at most two KiB. */
  push(bytes: Buffer): void {
    if (this.#head.length < FINGERPRINT_BYTES) {
      this.#head = Buffer.concat([this.#head, bytes.subarray(0, FINGERPRINT_BYTES - this.#head.length)]);
    }
    this.#tail =
      bytes.length >= FINGERPRINT_BYTES
        ? Buffer.from(bytes.subarray(-FINGERPRINT_BYTES))
        : Buffer.concat([this.#tail, bytes]).subarray(-FINGERPRINT_BYTES);
  }

  /** Whether the bytes so far end with a line, or there are none. */
  endsWith(newline: number): boolean {
    return this.#tail.length === 0 || this.#tail.at(-1) === newline;
  }

  /** The fingerprint of the position reached. The work is done when the result is called, not now. */
  mark(): () => Fingerprint {
    const head = this.#head;
    const tail = this.#tail;
    return () => ({ head: hash(head), tail: hash(tail) });
  }
}

/** The bytes of a file that a fingerprint of `offset` covers. */
export async function readEnds(file: FileHandle, offset: number): Promise<{ head: Buffer; tail: Buffer }> {
  const length = Math.min(FINGERPRINT_BYTES, offset);
  return { head: await readAt(file, 0, length), tail: await readAt(file, offset - length, length) };
}

/** What a file begins with: the hash of so many bytes, at most a KiB. */
export interface Head {
  readonly bytes: number;
  readonly hash: string;
}

/** What a file of this size begins with. */
export async function headOf(file: FileHandle, size: number): Promise<Head> {
  const bytes = await readAt(file, 0, Math.min(FINGERPRINT_BYTES, size));
  return { bytes: bytes.length, hash: hash(bytes) };
}

/** Whether a file has the bytes up to `offset` that were read of another one, or of itself before. */
export async function hasEnds(file: FileHandle, offset: number, ends: Fingerprint): Promise<boolean> {
  const { head, tail } = await fingerprintOf(file, offset);
  return head === ends.head && tail === ends.tail;
}

/** The fingerprint of a position in a file. */
export async function fingerprintOf(file: FileHandle, offset: number): Promise<Fingerprint> {
  const { head, tail } = await readEnds(file, offset);
  return { head: hash(head), tail: hash(tail) };
}

/** So many bytes from a position on, or as many as there are. */
export async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, position);
  return bytes.subarray(0, bytesRead);
}

function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}
