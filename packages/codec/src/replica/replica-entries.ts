import { corrupt } from '../errors/refuse.js';

/*
 * The entries of one message of a replica:
 *
 *   [0 .. 4 x count)   u32 LE for each entry: the length of its payload
 *   [4 x count ..)     the payloads, back to back
 */

const LENGTH_BYTES = 4;

/** Bytes that an entry takes in a message, besides its payload. */
export const REPLICA_ENTRY_OVERHEAD: number = LENGTH_BYTES;

/** Packs payloads into one message. */
export function encodeReplicaEntries(payloads: readonly Uint8Array[]): Uint8Array {
  const head = payloads.length * LENGTH_BYTES;
  const total = payloads.reduce((sum, { length }) => sum + length, head);
  const target = new Uint8Array(total);
  const view = new DataView(target.buffer);
  let at = head;
  for (const [i, payload] of payloads.entries()) {
    view.setUint32(i * LENGTH_BYTES, payload.length, true);
    target.set(payload, at);
    at += payload.length;
  }
  return target;
}

/** The payloads of a message with `count` entries: views of it. Throws SHALE_CORRUPT (`length`). */
export function decodeReplicaEntries(source: Uint8Array, count: number): Uint8Array[] {
  const head = count * LENGTH_BYTES;
  if (source.length < head) throw wrongLength(source, count, head);
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  const payloads: Uint8Array[] = [];
  let at = head;
  for (let i = 0; i < count; i++) {
    const end = at + view.getUint32(i * LENGTH_BYTES, true);
    if (end > source.length) throw wrongLength(source, count, end);
    payloads.push(source.subarray(at, end));
    at = end;
  }
  if (at !== source.length) throw wrongLength(source, count, at);
  return payloads;
}

function wrongLength(source: Uint8Array, count: number, needed: number): Error {
  return corrupt(
    `a replica's message with ${count} entries takes ${needed} bytes at least, and has ${source.length}`,
    { field: 'length', expected: needed, actual: source.length },
  );
}
