/** The bytes of the `serial`-th payload of a run: no two of more than a few bytes are the same. */
export function payloadOf(serial: number, size: number): Uint8Array {
  const payload = new Uint8Array(size);
  let state = Math.imul(serial + 1, 0x9e3779b1) | 1;
  for (let i = 0; i < size; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    payload[i] = state;
  }
  return payload;
}
