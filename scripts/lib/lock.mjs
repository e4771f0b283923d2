import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './say.mjs';

/** The holder touches its lock this often; one that is untouched for STALE_MS was left by a process that is gone. */
const BEAT_MS = 2_000;
const STALE_MS = 30_000;

/**
 * Runs `work` while holding the lock file at `path`, waiting for another holder to finish first.
 *
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, work) {
  mkdirSync(dirname(path), { recursive: true });
  const token = JSON.stringify({ host: hostname(), pid: process.pid, at: Date.now() });
  for (let waited = false; !take(path, token); ) {
    if (removeIfStale(path)) continue;
    if (!waited) say('waiting for another process to finish the same work ...');
    waited = true;
    await sleep(100);
  }
  const beat = setInterval(() => touch(path), BEAT_MS);
  const release = () => {
    clearInterval(beat);
    if (read(path) === token) rmSync(path, { force: true });
  };
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

/** @param {string} path @param {string} token */
function take(path, token) {
  try {
    writeFileSync(path, token, { flag: 'wx' });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  }
}

/** @param {string} path */
function removeIfStale(path) {
  const token = read(path);
  if (token === undefined) return true;
  if (!isStale(path, token)) return false;
  // Two waiters may see the same stale lock. Rename moves it for one of them; if what was moved turns out to be
  // the other's fresh lock, it is put back.
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    if (read(aside) !== token) linkSync(aside, path);
  } catch {
    // The other waiter was first.
  }
  rmSync(aside, { force: true });
  return true;
}

/** @param {string} path @param {string} token */
function isStale(path, token) {
  try {
    if (Date.now() - statSync(path).mtimeMs > STALE_MS) return true;
    const { host, pid } = JSON.parse(token);
    if (host !== hostname()) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // ESRCH: the process is gone. Anything else (half-written, just removed, another user's) is worth another look.
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH';
  }
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** @param {string} path */
function touch(path) {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // Removed with node_modules: nothing left to hold.
  }
}
