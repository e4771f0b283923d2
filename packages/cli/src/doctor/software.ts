import { type LibraryInfo, libraryInfo, rocksdbVersion } from '@shale/engine/admin';
import { version } from '../package-files.js';
import { type Check, judge } from './check.js';

/** Node's version. */
export function node(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return {
    name: 'Node.js',
    found: `${process.version}, Shale ${version()}`,
    data: { node: process.versions.node, shale: version() },
    ...judge([major < 20 || (major === 20 && minor < 19), 'bad', 'Shale needs Node.js 20.19 or newer.']),
  };
}

/** What there is to load, in words. */
const KINDS: Readonly<Record<LibraryInfo['addon']['source'], string>> = {
  prebuilt: 'linked into the prebuilt addon',
  local: "the system's, with an addon that was built here",
  named: 'with the addon of another place',
};

/** RocksDB: what is loaded, where it came from and why, and what the addon was compiled for. */
export function rocksdb(): Check {
  let built: string;
  let loaded: string;
  let properties: Readonly<Record<string, string>>;
  let addon: LibraryInfo['addon'];
  try {
    built = rocksdbVersion();
    ({ loaded, properties, addon } = libraryInfo());
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      name: 'RocksDB',
      state: 'bad',
      found: 'cannot be loaded',
      advice: message,
      data: { loaded: null, built: null, addon: null },
    };
  }
  const date = properties.rocksdb_build_date;
  const major = Number(loaded.split('.')[0]);
  return {
    name: 'RocksDB',
    found: `${loaded}${date === undefined ? '' : `, built ${date}`}, ${KINDS[addon.source]} (${addon.why})`,
    data: {
      loaded,
      built,
      addon: addon.path,
      source: addon.source,
      why: addon.why,
      properties: Object.entries(properties).map(([name, value]) => `${name}=${value}`),
    },
    ...judge(
      [loaded !== built, 'bad', `The addon was compiled for ${built}: build it again.`],
      [major < 7 || major > 10, 'warn', 'Shale knows RocksDB 7 to 10.'],
    ),
  };
}
