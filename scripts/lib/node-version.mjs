import { SetupError } from './say.mjs';

/**
 * @param {number} major
 * @param {number} minor
 * @param {string} what needs it
 */
export function requireNode(major, minor, what) {
  const [haveMajor = 0, haveMinor = 0] = process.versions.node.split('.').map(Number);
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return;
  throw new SetupError(
    `${what} needs Node.js ${major}.${minor} or newer; this is ${process.version} (${process.execPath}).`,
  );
}
