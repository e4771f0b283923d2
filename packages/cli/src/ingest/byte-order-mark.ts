/**
 * Bytes of a UTF-8 byte order mark that a record begins with: the first one, and others where files were joined.
 */
export function byteOrderMarkLength(bytes: Uint8Array, start: number): number {
  return bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf ? 3 : 0;
}
