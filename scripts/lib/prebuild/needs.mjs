import { execFileSync } from 'node:child_process';

/** The oldest glibc that the binaries run with. */
export const OLDEST_GLIBC = [2, 31];

/** The libraries that a binary may need: glibc's own. */
const LIBRARIES = /^(?:libc|libm|libdl|libpthread|librt)\.so\.\d+$|^ld-linux-(?:x86-64|aarch64)\.so\.\d+$/;

/** What Node calls. */
const ENTRIES = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];

/**
 * What a shared library asks of the system that loads it, and what it shows to others, as readelf says.
 *
 * @param {string} addon
 */
export function needsOf(addon) {
  const readelf = (/** @type {string} */ option) =>
    execFileSync('readelf', ['--wide', option, addon], { encoding: 'utf8', maxBuffer: 1 << 26 });
  const dynamic = readelf('--dynamic');
  const symbols = readelf('--dyn-syms').split('\n');
  const libraries = [...dynamic.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name = '']) => name);
  const versions = [...readelf('--version-info').matchAll(/Name: (\w+_[\w.]+)/g)].map(
    ([, name = '']) => name,
  );
  const shown = symbols
    .filter((line) => / (?:GLOBAL|WEAK|UNIQUE) +DEFAULT +(?!UND)\S+ /.test(line))
    .map((line) => line.trim().split(/\s+/).at(-1)?.replace(/@.*/, '') ?? '');
  return {
    libraries,
    versions: [...new Set(versions)],
    shown,
    staysLoaded: /FLAGS_1.*NODELETE/.test(dynamic),
    /** Where it looks for libraries besides the system's folders. */
    searches: [...dynamic.matchAll(/\((?:RPATH|RUNPATH)\).*\[(.+)\]/g)].map(([, path = '']) => path),
  };
}

/**
 * What is wrong with a prebuilt addon: it shall need nothing but glibc, show nothing but what Node calls, and stay loaded
 * under the threads that it has started.
 *
 * @param {string} addon @returns {string[]}
 */
export function complaintsAboutNeeds(addon) {
  const { libraries, versions, shown, staysLoaded, searches } = needsOf(addon);
  return [
    ...libraries.filter((name) => !LIBRARIES.test(name)).map((name) => `it needs ${name}`),
    ...versions.filter((name) => !isInOldestGlibc(name)).map((name) => `it needs ${name}`),
    ...shown.filter((name) => !ENTRIES.includes(name)).map((name) => `it shows the symbol ${name}`),
    ...(shown.includes('napi_register_module_v1') ? [] : ['it does not show napi_register_module_v1']),
    ...searches.map((path) => `it looks for libraries in ${path}`),
    ...(staysLoaded ? [] : ['it can be unloaded (no -z nodelete)']),
  ];
}

/** @param {string} version such as `GLIBC_2.17` */
function isInOldestGlibc(version) {
  const [, major, minor] = /^GLIBC_(\d+)\.(\d+)(?:\.\d+)?$/.exec(version) ?? [];
  if (major === undefined || minor === undefined) return false;
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_GLIBC;
  return Number(major) < oldestMajor || (Number(major) === oldestMajor && Number(minor) <= oldestMinor);
}
