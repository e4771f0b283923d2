import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root: nothing here depends on the directory that a script was called from. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Stamps, locks and reports. Ignored by git, and gone with node_modules. */
export const cache = join(root, 'node_modules', '.cache', 'shale');
