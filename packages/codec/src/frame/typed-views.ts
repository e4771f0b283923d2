/** The same bytes at an address that a typed array of this element size can view: the input itself when it is. */
export function alignedCopy(bytes: Uint8Array, elementSize: 4 | 8): Uint8Array {
  if (bytes.byteOffset % elementSize === 0) return bytes;
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return copy;
}
