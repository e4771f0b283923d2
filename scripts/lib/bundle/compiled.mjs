import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../paths.mjs';
import { read } from './files.mjs';

/** Where the modules of a library are that its bundle is made of, within its `dist`. */
export const COMPILED = '.compiled';

/**
 * Takes the packages of this checkout as they were compiled, module by module, so that of a library only that gets into a
 * program which it uses.
 *
 * @type {import('rolldown').Plugin}
 */
export const compiledPackages = {
  name: 'compiled-packages',
  resolveId(id) {
    const [, name, door = 'index'] = /^@shale\/([^/]+)(?:\/([^/]+))?$/.exec(id) ?? [];
    if (name === undefined) return null;
    const file = join(root, 'packages', name, 'dist', COMPILED, `${door}.js`);
    return existsSync(file) ? file : null;
  },
};

/**
 * Gives what was compiled from TypeScript with its map, so that the map of a bundle leads to the TypeScript.
 *
 * @type {import('rolldown').Plugin}
 */
export const withSourceMap = {
  name: 'source-maps',
  load(id) {
    const map = read(`${id}.map`);
    return map === undefined || isForeign(id) ? null : { code: readFileSync(id, 'utf8'), map };
  },
};

/** @param {string} id */
export function isForeign(id) {
  return id.includes('node_modules');
}
