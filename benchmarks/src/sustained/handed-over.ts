import { readFile } from 'node:fs/promises';

/** Bytes that this process has handed to the operating system so far. */
export async function bytesHandedOver(): Promise<number> {
  const io = await readFile('/proc/self/io', 'utf8');
  return Number(/^wchar: (\d+)$/m.exec(io)?.[1] ?? Number.NaN);
}
