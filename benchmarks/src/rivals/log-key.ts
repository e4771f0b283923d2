const BYTES = 16;

/** The key of an entry in a key-value store: table and sequence, big-endian, so that bytewise order is the log's. */
export function logKey(table: number, sequence: number): Buffer {
  const key = Buffer.allocUnsafe(BYTES);
  key.writeBigUInt64BE(BigInt(table), 0);
  key.writeBigUInt64BE(BigInt(sequence), 8);
  return key;
}

/** The sequence in a key, as a number. */
export function sequenceIn(key: Uint8Array): number {
  return Number(Buffer.from(key.buffer, key.byteOffset, key.length).readBigUInt64BE(8));
}

/** A view of any bytes as a Buffer, which most stores want. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
