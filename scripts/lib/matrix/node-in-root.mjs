import { copyFileSync, cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { nodeFolder, npmFolder } from '../node-binaries.mjs';

/** The certificates that this machine trusts, in the root: a registry may be reached through a proxy of one's own. */
const CERTIFICATES = '/etc/ssl/shale-certificates.crt';

/**
 * Puts Node and npm into a root, in place of those that it has. Returns the variables that commands need there.
 *
 * @param {import('../prebuild/root.mjs').Root} root @param {20 | 22 | 24} major
 */
export async function putNode(root, major) {
  for (const folder of ['/opt/node', '/opt/npm', '/root/.npm']) {
    rmSync(root.at(folder), { recursive: true, force: true });
  }
  cpSync(await nodeFolder(major, 'x64'), root.at('/opt/node'), { recursive: true });
  cpSync(await npmFolder(), root.at('/opt/npm'), { recursive: true, dereference: true });
  for (const command of ['npm', 'npx']) {
    symlinkSync(`/opt/npm/bin/${command}-cli.js`, root.at(`/opt/node/bin/${command}`));
  }
  trustWhatThisMachineTrusts(root);
  return {
    PATH: '/opt/node/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ...(existsSync(root.at(CERTIFICATES)) ? { NODE_EXTRA_CA_CERTS: CERTIFICATES } : {}),
  };
}

/** @param {import('../prebuild/root.mjs').Root} root */
function trustWhatThisMachineTrusts(root) {
  const { NODE_EXTRA_CA_CERTS } = process.env;
  if (NODE_EXTRA_CA_CERTS === undefined) return;
  mkdirSync(root.at('/etc/ssl'), { recursive: true });
  copyFileSync(NODE_EXTRA_CA_CERTS, root.at(CERTIFICATES));
}
