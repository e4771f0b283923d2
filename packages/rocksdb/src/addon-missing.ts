import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { type AddonPlace, buildScript, prebuiltPackage } from './addon.js';
import { RocksDBError } from './errors.js';

/** A place where the addon could not be loaded from, and what was thrown. */
export interface FailedPlace {
  readonly place: AddonPlace;
  readonly cause: unknown;
}

/** The machines of ELF files, by the names that Node has for processors. */
const MACHINES: Readonly<Record<number, string>> = {
  3: 'ia32',
  21: 'ppc64',
  22: 's390x',
  40: 'arm',
  62: 'x64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
};

/** The error for an addon that could not be loaded from any place: each one's reason, and what to do. */
export function libraryMissing(failed: readonly FailedPlace[]): RocksDBError {
  const [first] = failed;
  const worth = failed.filter(({ place }) => existsSync(place.path));
  // Of the places where there is something, the last one that was tried is the one that somebody built or named.
  const { place, cause } = worth.at(-1) ?? failed.at(-1) ?? { place: undefined, cause: undefined };
  const message = forbidden(first?.cause) ?? `${reasons(failed, worth)} ${ways(worth)}`;
  return new RocksDBError('ROCKSDB_LIBRARY_MISSING', message, 'none', 'none', place?.path, { cause });
}

function forbidden(cause: unknown): string | undefined {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code !== 'ERR_DLOPEN_DISABLED' && code !== 'ERR_ACCESS_DENIED') return undefined;
  return (
    'Node was told not to load the RocksDB addon. Start it without --no-addons; and where it was started with ' +
    '--permission, with --allow-addons, --allow-worker and --allow-fs-read for the packages of Shale and Piscina'
  );
}

function reasons(failed: readonly FailedPlace[], worth: readonly FailedPlace[]): string {
  if (worth.length > 0) return worth.map((each) => reasonOf(each)).join(' ');
  const named = failed.find(({ place }) => place.source === 'named')?.place;
  if (named !== undefined) {
    return `The RocksDB addon is not where it was said to be (${named.why}): ${named.path} does not exist.`;
  }
  const name = prebuiltPackage();
  if (name === undefined) return `The RocksDB addon is missing: there is no binary of it for ${platform()}.`;
  if (isMusl()) {
    return 'The RocksDB addon is missing: its binaries are for glibc, and this system has musl (Alpine).';
  }
  return `The RocksDB addon is missing: ${name} is not installed, and none was built.`;
}

function platform(): string {
  const systems: Readonly<Record<string, string>> = { win32: 'Windows', darwin: 'macOS', linux: 'Linux' };
  return `${systems[process.platform] ?? process.platform} on ${process.arch}`;
}

/** Whether the C library is not glibc. Slow (it asks for a whole report), so asked for an error alone. */
function isMusl(): boolean {
  if (process.platform !== 'linux') return false;
  const report: unknown = process.report?.getReport();
  const header = isObject(report) ? report.header : undefined;
  return isObject(header) && header.glibcVersionRuntime === undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Why a file that is there does not load: the loader's own words, and what they mean. */
function reasonOf({ place, cause }: FailedPlace): string {
  const loader = cause instanceof Error ? cause.message.trim() : String(cause);
  const means = meaningOf(place.path, loader);
  return `The RocksDB addon cannot be loaded${means === undefined ? '' : `: ${means}`} (${loader}; ${place.why}).`;
}

function meaningOf(path: string, loader: string): string | undefined {
  const machine = machineOf(path);
  if (machine === undefined) return 'the file is no shared library of Linux';
  if (machine !== process.arch) return `it was built for ${machine}, and this Node is for ${process.arch}`;
  const [, library] = /(\S+\.so[\d.]*): cannot open shared object file/.exec(loader) ?? [];
  if (library !== undefined) return `${library} is not installed`;
  const [, glibc] = /version [`'](GLIBC_[\d.]+)' not found/.exec(loader) ?? [];
  if (glibc !== undefined) return `it needs ${glibc}, and this system's glibc is older`;
  if (isMusl()) return 'it was built for glibc, and this system has musl (Alpine)';
  return undefined;
}

/** The processor that a shared library is for, by Node's names; undefined when the file is not one of Linux. */
function machineOf(path: string): string | undefined {
  if (process.platform !== 'linux') return process.arch;
  const header = Buffer.alloc(20);
  const file = openSync(path, 'r');
  try {
    readSync(file, header, 0, header.length, 0);
  } finally {
    closeSync(file);
  }
  if (header.toString('latin1', 0, 4) !== '\x7fELF') return undefined;
  const machine = header[5] === 2 ? header.readUInt16BE(18) : header.readUInt16LE(18);
  return MACHINES[machine] ?? `another processor (ELF machine ${machine})`;
}

/** What to do. A librocksdb that is missing takes its package and no compiler. */
function ways(worth: readonly FailedPlace[]): string {
  const loaders = worth.map(({ cause }) => (cause instanceof Error ? cause.message : ''));
  const [, version] =
    loaders
      .map((text) => /librocksdb\.so\.?([\d.]*): cannot open shared object file/.exec(text))
      .find((found) => found !== null) ?? [];
  const install = binaryWay();
  if (version !== undefined) {
    const debian = /^\d+\.\d+$/.test(version) ? `librocksdb${version}` : 'librocksdb-dev';
    return (
      `Install the library that it was built against (apt-get install ${debian} | dnf install rocksdb | ` +
      `apk add rocksdb); ${install === undefined ? '' : `or ${install}; `}or build the addon again for another ` +
      `version: node ${buildScript()} --force`
    );
  }
  if (process.platform === 'win32') return 'Shale does not run on Windows itself: use WSL 2 or a container.';
  const force = worth.some(({ place }) => place.source === 'local') ? ' --force' : '';
  const build =
    `build the addon against the system's RocksDB, which takes a C++ compiler and librocksdb's headers (apt-get ` +
    'install g++ librocksdb-dev | dnf install gcc-c++ rocksdb-devel | apk add g++ rocksdb-dev | brew install rocksdb): ' +
    `node ${buildScript()}${force}`;
  const sentence = install === undefined ? build : `${install}; or ${build}`;
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}`;
}

/** How the binary gets there, where there is one for this platform. */
function binaryWay(): string | undefined {
  const name = prebuiltPackage();
  if (name === undefined || isMusl()) return undefined;
  return `install ${name}, an optional dependency of @shale/rocksdb (do not leave optional dependencies out, and install on the platform that runs it)`;
}
