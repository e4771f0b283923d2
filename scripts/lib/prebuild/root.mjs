import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cache, root as repository } from '../paths.mjs';
import { run } from '../run.mjs';
import { SetupError } from '../say.mjs';

/** Roots of Debian and what is built in them: gigabytes, which `npm run clean` leaves alone. */
export const prebuildCache = process.env.SHALE_PREBUILD_CACHE ?? join(dirname(cache), 'shale-prebuild');

const MIRROR = process.env.SHALE_DEBIAN_MIRROR ?? 'http://deb.debian.org/debian';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** The name of the root that binaries are built in. */
export const BUILD_ROOT = 'build-debian-11';

/** Where the root of a name is. @param {string} name */
export const pathOfRoot = (name) => join(prebuildCache, 'roots', name);

/** A directory with a Debian in it, in which commands run. */
export class Root {
  /** @param {string} path */
  constructor(path) {
    this.path = path;
  }

  /** Where a path of the root is, seen from outside. @param {string} inside */
  at(inside) {
    return join(this.path, inside);
  }

  /**
   * Runs a command in it. Its output is shown when it fails.
   *
   * @param {string} label @param {string[]} command
   * @param {{ cwd?: string, env?: Record<string, string>, devices?: boolean }} [options] `devices`: whether it has the
   *   devices and control groups of this machine, too
   */
  run(label, command, { cwd = '/', env = {}, devices = false } = {}) {
    const [file = '', ...args] = this.#inside(command, cwd, env, devices);
    return run(label, file, args, { loud: devices, quiet: true });
  }

  /** What a command in it prints. @param {string[]} command @param {{ cwd?: string, env?: Record<string, string> }} [options] */
  async output(command, { cwd = '/', env = {} } = {}) {
    const [file = '', ...args] = this.#inside(command, cwd, env);
    const { stdout } = await promisify(execFile)(file, args, { maxBuffer: 1 << 24 });
    return stdout;
  }

  /**
   * The command as it is called from outside: with a /proc, which nobody else sees.
   *
   * @param {string[]} command @param {string} cwd @param {Record<string, string>} env @param {boolean} [devices]
   */
  #inside(command, cwd, env, devices = false) {
    const variables = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8', HOME: '/root', ...env };
    const settings = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    const more = devices ? 'mount --rbind /dev "$0/dev" && mount --rbind /sys "$0/sys" && ' : '';
    // Over itself: what makes mounts of its own in there needs a root that is one.
    const mounts = `mount --bind "$0" "$0" && mount -t proc proc "$0/proc" && ${more}`;
    const enter = `${mounts}exec chroot "$0" env -i "$@"`;
    const inside = ['unshare', '--mount', 'sh', '-c', enter, this.path, ...settings];
    return [...inside, 'sh', '-c', `cd "$0" && exec "$@"`, cwd, ...command];
  }

  /** Copies files of the repository to it. @param {string} from @param {string} inside */
  copy(from, inside) {
    rmSync(this.at(inside), { recursive: true, force: true });
    mkdirSync(dirname(this.at(inside)), { recursive: true });
    cpSync(join(repository, from), this.at(inside), { recursive: true, dereference: true });
  }
}

/**
 * The root of that name, made by debootstrap unless it is there.
 *
 * @param {string} name @param {string} suite such as `bullseye` @param {string[]} packages beside the least
 */
export async function debianRoot(name, suite, packages) {
  if (process.getuid?.() !== 0)
    throw new SetupError('a root of Debian can only be made and used as root (sudo)');
  for (const file of ['/usr/sbin/debootstrap', KEYRING]) {
    if (existsSync(file)) continue;
    throw new SetupError(`missing: ${file}; apt-get install debootstrap debian-archive-keyring`);
  }
  const path = pathOfRoot(name);
  const stamp = join(path, '.made-of');
  const wanted = JSON.stringify([suite, packages]);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return new Root(path);
  mkdirSync(dirname(path), { recursive: true });
  const partial = `${path}.partial`;
  rmSync(partial, { recursive: true, force: true });
  const include = packages.length === 0 ? [] : [`--include=${packages.join(',')}`];
  const options = ['--variant=minbase', `--keyring=${KEYRING}`, ...include, suite, partial, MIRROR];
  await run(`making a root of Debian ${suite} (minutes)`, 'debootstrap', options, {
    loud: true,
    quiet: true,
  });
  writeFileSync(join(partial, '.made-of'), wanted);
  rmSync(path, { recursive: true, force: true });
  renameSync(partial, path);
  return new Root(path);
}

export { KEYRING, MIRROR };
