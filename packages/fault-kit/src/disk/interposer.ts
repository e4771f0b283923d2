import { fileURLToPath } from 'node:url';
import { buildPreload } from './preload.js';

const SOURCE = fileURLToPath(new URL('../../native/disk.c', import.meta.url));

/** Whether this machine can run the interposer: 64-bit Linux. */
export function canInterpose(): boolean {
  return process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);
}

/**
 * The library that watches a process's disk, for LD_PRELOAD. Throws an Error as {@link buildPreload} does, and
 * elsewhere.
 */
export function buildInterposer(): string {
  if (!canInterpose())
    throw new Error('the disk interposer is made for 64-bit Linux: these attacks run there only');
  return buildPreload(SOURCE);
}
