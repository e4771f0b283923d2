/** The entry that a table has at a sequence. */
export function payloadOf(table: number, sequence: number): Uint8Array {
  const bytes = new Uint8Array(16 + ((table + sequence) % 32));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, table);
  view.setUint32(4, sequence);
  view.setUint32(8, Math.imul(table, 31) ^ sequence);
  return bytes;
}

/** Whether it is that one. */
export function isPayloadOf(table: number, sequence: number, bytes: Uint8Array): boolean {
  return Buffer.compare(payloadOf(table, sequence), bytes) === 0;
}
