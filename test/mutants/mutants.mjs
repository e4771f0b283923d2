import { cli } from './cli.mjs';
import { codec } from './codec.mjs';
import { engine } from './engine.mjs';
import { examples } from './examples.mjs';
import { replica } from './replica.mjs';
import { rocksdb } from './rocksdb.mjs';
import { storage } from './storage.mjs';

/**
 * What is broken on purpose, and which tests must notice. To add one: say in the file of its room what it takes
 * away, give text that occurs once in its file and what to put there, and name the test files that must fail, quickest
 * first.
 *
 * @typedef {object} Mutant
 * @property {string} name
 * @property {string} removes what Shale then no longer does
 * @property {{ file: string, from: string, to: string }[]} edits
 * @property {string[]} killers test files; the first that fails is enough
 */

/** Every mutant. @type {Mutant[]} */
export const MUTANTS = [...rocksdb, ...storage, ...engine, ...codec, ...cli, ...examples, ...replica];
