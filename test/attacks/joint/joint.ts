import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HANG_MS } from '../../support/patience.js';
import { randomFrom } from '../../support/random.js';
import type { Attack, AttackContext } from '../parts/attack.js';
import type { JointFigures, JointRound } from './round.js';

const PROCESS = fileURLToPath(new URL('./process.js', import.meta.url));
/** Of each writer, in each of two lives of a WAL. */
const CALLS = 40;
/** A disk that the process alone sees, and that goes with it. */
const ON_SMALL_DISK = [
  'unshare',
  ...(process.getuid?.() === 0 ? [] : ['--map-root-user']),
  '--mount',
  'sh',
  '-c',
  'mount -t tmpfs -o size=40m,mode=700 shale "$1" && shift && exec "$@"',
  'sh',
];

/** Writes over several shards and names being made, beside all that can go on at the same time, in one or two WALs. */
export const joint: Attack = {
  name: 'joint',
  summary:
    'writes over several shards with expected sequences and names being made, beside threads that die, regions that are opened, reclaims, lists, a disk that is full and resumes, a second WAL that notices nothing',
  unit: 'rounds',
  longCount: 300,
  run: runJoint,
};

async function runJoint({
  seed,
  count,
  directory,
  progress,
}: AttackContext): Promise<Record<string, number>> {
  const figures: Record<string, number> = {};
  const canMount = isPossible(directory);
  for (let index = 0; index < count; index++) {
    const random = randomFrom(seed * 7919 + index);
    // Each kind of trouble by itself as well, so that it is clear which one it was.
    const trouble = (['deaths', 'disk', 'both', 'neighbour'] as const)[index % 4] ?? 'both';
    const folder = join(directory, `round-${index}`);
    const disk = join(folder, 'disk');
    mkdirSync(disk, { recursive: true });
    const round: JointRound = {
      seed: seed * 104_729 + index,
      home: folder,
      disk,
      deaths: trouble !== 'disk',
      fillsUp:
        canMount && (trouble === 'disk' || trouble === 'both' || (trouble === 'neighbour' && random.once(2))),
      neighbour: trouble === 'neighbour',
      calls: CALLS,
    };
    const what = `round ${index} (${trouble}) of seed ${seed}`;
    for (const [name, value] of Object.entries(await carryOut(what, round))) {
      figures[name] = (figures[name] ?? 0) + value;
    }
    rmSync(folder, { recursive: true });
    progress(index + 1, `${figures.deaths} deaths, ${figures.resumes} resumes`);
  }
  return figures;
}

async function carryOut(what: string, round: JointRound): Promise<JointFigures> {
  const command = [process.execPath, '--unhandled-rejections=strict', PROCESS, JSON.stringify(round)];
  const [program = '', ...args] = round.fillsUp ? [...ON_SMALL_DISK, round.disk, ...command] : command;
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 2 * HANG_MS,
    killSignal: 'SIGKILL',
  });
  let out = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const [code, signal] = await once(child, 'close');
  if (code !== 0) throw new Error(`${what} ended with ${code ?? signal}: ${errors}`);
  return JSON.parse(out) as JointFigures;
}

/** Whether this machine lets a process mount a disk of its own. */
function isPossible(directory: string): boolean {
  const [program = '', ...args] = [...ON_SMALL_DISK, directory, 'true'];
  return spawnSync(program, args).status === 0;
}
