import { appendIds } from './storage/append-ids.mjs';
import { commit } from './storage/commit.mjs';
import { opening } from './storage/opening.mjs';
import { read } from './storage/read.mjs';
import { repair } from './storage/repair.mjs';
import { retention } from './storage/retention.mjs';

/** Mutants of packages/storage: the log over one handle. @type {import('./mutants.mjs').Mutant[]} */
export const storage = [...appendIds, ...commit, ...opening, ...read, ...repair, ...retention];
