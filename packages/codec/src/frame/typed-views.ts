/**
 * An array over memory that can be transferred, not over shared memory. `BigUint64Array<ArrayBuffer>` says the same from
 * TypeScript 5.7 on; applications with an older one check the types that they import, too.
 */
export type OverArrayBuffer<A extends ArrayBufferView> = A & { readonly buffer: ArrayBuffer };

/** The bytes at an address aligned for a typed array of this element size: the input itself when it is aligned. */
export function alignedCopy(bytes: Uint8Array, elementSize: 4 | 8): Uint8Array {
  if (bytes.byteOffset % elementSize === 0) return bytes;
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return copy;
}
