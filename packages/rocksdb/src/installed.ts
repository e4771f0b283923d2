import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * A `require` as a file, by its path or URL, would have it. Bundlers follow the calls of a `createRequire` that they see
 * imported, and put something into their place that fails.
 */
export function requireOf(from: string): NodeJS.Require {
  return process.getBuiltinModule('node:module').createRequire(from);
}

/** Each is a dependency of the one before it, and of the application perhaps only the first. */
const CHAIN = ['@shale/engine', '@shale/storage', '@shale/rocksdb'];

/**
 * The directory where a package of Shale is installed, for its files that are no modules of the application: the code
 * of the threads, the addon, and what must be one with the threads. Where a bundler has put the package's code into a
 * file of the application, the package is looked up from that file, from the program that was started and from the
 * working directory: the one that the engine there depends on, for the application may have another one. Null when it is in
 * none of these places.
 *
 * @param url `import.meta.url` of a module of the package; undefined in a bundle that is CommonJS
 */
export function installedPackage(name: string, url: string | undefined): string | null {
  const own = url?.startsWith('file:') ? packageOf(fileURLToPath(url), name) : null;
  if (own !== null) return own;
  const bundle = typeof __filename === 'string' ? __filename : undefined;
  for (const from of [url, bundle, process.argv[1], process.execPath, `${process.cwd()}/.`]) {
    if (from === undefined) continue;
    const found = throughChain(name, from) ?? dependency(name, from);
    if (found !== null) return found;
  }
  return null;
}

/**
 * Loads a dependency of a package that is installed in a directory, so that no bundler takes it in: it has files of its
 * own that must lie beside it.
 */
export function loadDependency(directory: string, name: string): unknown {
  return requireOf(join(directory, 'package.json'))(name);
}

/** Loads a CommonJS file, so that no bundler takes it in. */
export function loadFile(path: string): unknown {
  return requireOf(path)(path);
}

/** The file that a dependency of such a package is entered by. */
export function dependencyPath(directory: string, name: string): string {
  return requireOf(join(directory, 'package.json')).resolve(name);
}

/** The directory of the package that a file belongs to, if that is its name. */
function packageOf(file: string, name: string): string | null {
  for (let dir = dirname(file); ; dir = dirname(dir)) {
    const description = join(dir, 'package.json');
    if (existsSync(description)) {
      const { name: found }: { readonly name?: unknown } = JSON.parse(readFileSync(description, 'utf8'));
      return found === name ? dir : null;
    }
    if (dir === dirname(dir)) return null;
  }
}

/** The directory of a package as a file, by its path or URL, would import it. */
function dependency(name: string, from: string): string | null {
  try {
    return dirname(requireOf(from).resolve(`${name}/package.json`));
  } catch {
    return null;
  }
}

/** The same for what is a dependency of a dependency: pnpm lets an application import its own ones alone. */
function throughChain(name: string, from: string): string | null {
  let place: string | null = from;
  for (const link of CHAIN) {
    const directory: string | null = dependency(link, place);
    if (directory === null || link === name) return directory;
    place = join(directory, 'package.json');
  }
  return null;
}
