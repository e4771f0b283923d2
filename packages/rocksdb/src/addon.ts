import { join } from 'node:path';
import { installedPackage, requireOf } from './installed.js';

/** A file that may be the addon, and why it is looked at. */
export interface AddonPlace {
  /** The file. */
  readonly path: string;
  /**
   * - `'prebuilt'`: the package of this platform, which brings its own RocksDB.
   * - `'local'`: what build-native.mjs has built, against the system's RocksDB.
   * - `'named'`: the caller, or SHALE_ROCKSDB_ADDON, says where it is.
   */
  readonly source: 'prebuilt' | 'local' | 'named';
  /** Why this one, in words. */
  readonly why: string;
}

/** The platforms that have a package with a binary. */
const PREBUILT = ['linux-x64', 'linux-arm64'];

/** Where the package is; said of a bundle without it as beside the bundle. */
function packageFolder(): string {
  return installedPackage('@shale/rocksdb', import.meta.url) ?? '.';
}

/** What builds the addon. Package managers put packages in different places, so it is looked up. */
export function buildScript(): string {
  return join(packageFolder(), 'scripts', 'build-native.mjs');
}

/** Where this thread was told to find the addon. */
let told: string | undefined;

/**
 * Tells this thread where the addon is: for code that does not run from where the package is, such as a bundle. Other
 * threads are not affected. Once the addon is loaded, at the first use of a database, it changes nothing.
 *
 * @param path an absolute path; best what {@link addonPath} is in the thread that starts this one, so that both share
 * their databases
 */
export function useAddon(path: string): void {
  told = path;
}

/** The package with the binary for this process, or undefined when there is none for its platform. */
export function prebuiltPackage(): string | undefined {
  const platform = `${process.platform}-${process.arch}`;
  return PREBUILT.includes(platform) ? `@shale/rocksdb-${platform}-gnu` : undefined;
}

/** Where the addon may be, the best place first. One that was named is the only one. */
export function addonPlaces(): readonly [AddonPlace, ...AddonPlace[]] {
  if (told !== undefined) return [{ path: told, source: 'named', why: 'the application names it' }];
  const { SHALE_ROCKSDB_ADDON } = process.env;
  if (SHALE_ROCKSDB_ADDON !== undefined) {
    return [{ path: SHALE_ROCKSDB_ADDON, source: 'named', why: 'SHALE_ROCKSDB_ADDON names it' }];
  }
  const folder = packageFolder();
  const name = prebuiltPackage();
  const prebuilt = name === undefined ? undefined : find(name, folder);
  const local: AddonPlace = {
    path: join(folder, 'build', 'shale_rocksdb.node'),
    source: 'local',
    why:
      name === undefined
        ? `there is no package with a binary for ${process.platform} on ${process.arch}`
        : prebuilt === undefined
          ? `${name} is not installed`
          : `${name} could not be loaded`,
  };
  if (prebuilt === undefined) return [local];
  return [{ path: prebuilt, source: 'prebuilt', why: `${name} is installed` }, local];
}

/**
 * The binary of a package, if it is installed as a dependency of the one in a folder. In Shale's own repository the
 * package is there without it.
 */
function find(name: string, from: string): string | undefined {
  try {
    return requireOf(join(from, 'package.json')).resolve(name);
  } catch {
    return undefined;
  }
}
