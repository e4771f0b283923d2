import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from './run.mjs';

/**
 * Installs Debian's packages, where that can be done unasked: with `apt-get`, as root. Resolves to whether it can.
 *
 * @param {string[]} packages
 * @param {string} hint what to do when it fails
 */
export async function installPackages(packages, hint) {
  const asRoot = rootPrefix();
  if (!onPath('apt-get') || asRoot === undefined) return false;
  const [command = '', ...args] = [
    ...asRoot,
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    '-o',
    'DPkg::Lock::Timeout=300',
    '-qq',
  ];
  /** @param {string} label @param {string[]} more */
  const apt = (label, ...more) => run(label, command, [...args, ...more], { loud: true, quiet: true, hint });
  await apt('updating the package lists', 'update').catch(() => {
    // One broken third-party source fails the update, though the lists that matter may be there.
  });
  await apt(`installing ${packages.join(' and ')}`, 'install', '-y', '--no-install-recommends', ...packages);
  return true;
}

/** @param {string} command */
export function onPath(command) {
  const dirs = command.includes('/') ? [''] : (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return dirs.some((dir) => {
    try {
      accessSync(join(dir, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** What to put before a command so that it runs as root, or undefined when it cannot without asking for a password. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  const sudo = onPath('sudo') && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0;
  return sudo ? ['sudo', '-n'] : undefined;
}
