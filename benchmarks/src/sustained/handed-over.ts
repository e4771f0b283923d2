import { readFile } from 'node:fs/promises';

/** Bytes that this process has handed to the operating system so far. */
export async function bytesHandedOver(): Promise<number> {
  return await counted('wchar');
}

/** Those that are for a device: not what threads write to wake each other. */
export async function bytesForDevices(): Promise<number> {
  return await counted('write_bytes');
}

async function counted(name: string): Promise<number> {
  const io = await readFile('/proc/self/io', 'utf8');
  return Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(io)?.[1] ?? Number.NaN);
}
