import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onPath } from '../apt.mjs';
import { withLock } from '../lock.mjs';
import { cache } from '../paths.mjs';
import { KEYRING, MIRROR } from '../prebuild/root.mjs';
import { run } from '../run.mjs';
import { SetupError } from '../say.mjs';

/** The oldest nats-server that is used: it syncs what it acknowledges, and takes atomic batches. */
const OLDEST = [2, 15, 1];
const PROGRAM = 'nats-server';
/** The release of Debian that has it; its program runs on older ones, too. */
const SUITE = 'sid';
/** `npm run clean` leaves it alone. */
const HOME = join(dirname(cache), 'shale-nats');
const FETCHED = join(HOME, 'usr', 'sbin', PROGRAM);

const BY_HAND = `Get ${PROGRAM} ${OLDEST.join('.')} or newer, and name it, then run this again:
  export NATS_SERVER=/path/to/nats-server
Debian ${SUITE} has it. Its package runs on Debian 12 and later, and need not be installed, only unpacked:
  dpkg -x nats-server_*.deb /some/directory`;

/**
 * The path of a nats-server that is new enough: the one that NATS_SERVER names, the system's, or Debian's, which is
 * fetched once, unpacked and not installed. Throws a SetupError that says what to do when there is none.
 */
export async function ensureNatsServer() {
  const named = process.env.NATS_SERVER;
  if (named !== undefined && named !== '') {
    const complaint = complaintAbout(named);
    if (complaint !== undefined) throw new SetupError(`NATS_SERVER: ${complaint}\n${BY_HAND}`);
    return named;
  }
  const known = [PROGRAM, FETCHED].find((program) => complaintAbout(program) === undefined);
  if (known !== undefined) return known;
  for (const program of ['apt-get', 'dpkg', KEYRING]) {
    if (program === KEYRING ? existsSync(program) : onPath(program)) continue;
    throw new SetupError(`${PROGRAM} is missing, and so is ${program}, to fetch it with.\n${BY_HAND}`);
  }
  await withLock(join(dirname(HOME), 'shale-nats.lock'), fetchServer);
  const complaint = complaintAbout(FETCHED);
  if (complaint !== undefined) throw new SetupError(`${complaint}\n${BY_HAND}`);
  return FETCHED;
}

/** Why a program does not do; undefined when it does. @param {string} program */
function complaintAbout(program) {
  const { error, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  if (error !== undefined) return `${program} cannot be started: ${error.message}`;
  const version = /\d+\.\d+\.\d+/.exec(stdout)?.[0];
  if (version === undefined) return `${program} does not say its version`;
  return isOlder(version.split('.').map(Number))
    ? `${program} is ${version}, and must be ${OLDEST.join('.')} or newer`
    : undefined;
}

/** @param {number[]} version */
function isOlder(version) {
  const i = OLDEST.findIndex((part, at) => part !== version[at]);
  return i !== -1 && (version[i] ?? 0) < (OLDEST[i] ?? 0);
}

/** Reads a package list of its own, so that the system's stays what it is, and unpacks the one package. */
async function fetchServer() {
  if (complaintAbout(FETCHED) === undefined) return;
  const partial = `${HOME}.partial`;
  rmSync(partial, { recursive: true, force: true });
  for (const folder of ['lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(partial, folder), { recursive: true });
  }
  const list = join(partial, 'sources.list');
  writeFileSync(list, `deb [signed-by=${KEYRING}] ${MIRROR} ${SUITE} main\n`);
  const settings = [
    `Dir::Etc::SourceList=${list}`,
    'Dir::Etc::SourceParts=/dev/null',
    `Dir::State::Lists=${join(partial, 'lists')}`,
    'Dir::State::Status=/dev/null',
    `Dir::Cache=${join(partial, 'cache')}`,
    'Acquire::Languages=none',
    // A mirror may stand still: that the list is signed is checked, and an old one would do.
    'Acquire::Check-Valid-Until=false',
    'APT::Sandbox::User=',
  ];
  const options = ['-qq', ...settings.flatMap((setting) => ['-o', setting])];
  const apt = (/** @type {string} */ label, /** @type {string[]} */ ...command) =>
    run(label, 'apt-get', [...options, ...command], { loud: true, quiet: true, hint: BY_HAND, cwd: partial });
  await apt(`reading the package list of Debian ${SUITE}`, 'update');
  await apt(`fetching ${PROGRAM}`, 'download', PROGRAM);
  const file = readdirSync(partial).find((name) => name.endsWith('.deb'));
  if (file === undefined) throw new SetupError(`Debian ${SUITE} has given no ${PROGRAM}.\n${BY_HAND}`);
  const unpacked = join(partial, 'unpacked');
  await run(`unpacking ${PROGRAM}`, 'dpkg', ['-x', join(partial, file), unpacked], { quiet: true });
  rmSync(HOME, { recursive: true, force: true });
  renameSync(unpacked, HOME);
  rmSync(partial, { recursive: true, force: true });
}
