import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';

/** The packages that bring a binary, each in a folder that is named after its platform. */
export const platformsFolder = join(root, 'packages', 'rocksdb', 'platforms');

/** What the binary is called, where it is built and in its package. */
export const ADDON = 'shale_rocksdb.node';

/** @returns {string[]} such as `linux-x64-gnu` */
export function platformNames() {
  return readdirSync(platformsFolder).sort();
}
