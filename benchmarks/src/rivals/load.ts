import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The package that the rivals are dependencies of. */
const HOME = new URL('../../rivals/', import.meta.url);
const require = createRequire(new URL('package.json', HOME));

/**
 * Loads a package of benchmarks/rivals. Those are not there when this is compiled, so each wrapper declares what it
 * uses of its package as an interface, and the conformance test holds the two together.
 */
export function loadRival<T>(name: string): T {
  return require(name) as T;
}

/**
 * The installed version of a package; throws when it cannot be loaded, so that a store without its binary is absent.
 */
export function rivalVersion(name: string): string {
  loadRival<unknown>(name);
  // Read as a file: not every package exports its package.json.
  const text = readFileSync(new URL(`node_modules/${name}/package.json`, HOME), 'utf8');
  const { version }: { version: string } = JSON.parse(text);
  return version;
}
