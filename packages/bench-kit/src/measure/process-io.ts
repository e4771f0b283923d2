import { readFileSync } from 'node:fs';

/**
 * Bytes that this process has caused to be written to disk so far, as the kernel counts them (`write_bytes` of
 * `/proc/self/io`: pages when they become dirty, less those truncated before they were written). Null where that file
 * does not exist.
 */
export function bytesWritten(): number | null {
  let text: string;
  try {
    text = readFileSync('/proc/self/io', 'utf8');
  } catch {
    return null;
  }
  const field = (name: string): number => Number(new RegExp(`^${name}: (\\d+)`, 'm').exec(text)?.[1] ?? 0);
  return field('write_bytes') - field('cancelled_write_bytes');
}
