import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync, readSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openWal } from '@shale/engine';
import { randomFrom } from '../../support/random.js';
import type { Attack, AttackContext } from '../parts/attack.js';
import { pause } from '../parts/pause.js';

const PROGRAM = fileURLToPath(new URL('./program.js', import.meta.url));
const NOTE_BYTES = 16;
/** In a minute or more; fewer in less. */
const MOST_KILLS = 10;
const LEAST_KILLS = 2;

/** Kills a program that follows the table that it writes to, again and again. */
export const followKills: Attack = {
  name: 'follow-kills',
  summary:
    'SIGKILL, up to ten times, of a program that follows a table at full load with a position of its own',
  unit: 'minutes',
  option: 'minutes',
  longCount: 60,
  run: runFollowKills,
};

async function runFollowKills({
  seed,
  count,
  directory,
  progress,
}: AttackContext): Promise<Record<string, number>> {
  const random = randomFrom(seed);
  const path = join(directory, 'db');
  const notes = join(directory, 'notes');
  writeFileSync(notes, '');
  const kills = Math.min(MOST_KILLS, Math.max(LEAST_KILLS, Math.floor(count * MOST_KILLS)));
  const life = (count * 60_000) / (kills + 1);
  let position = 0n;
  for (let kill = 0; kill <= kills; kill++) {
    const before = statSync(notes).size;
    const program = spawn(process.execPath, [PROGRAM, path, notes], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const closed = once(program, 'close');
    await Promise.race([pause(life / 2 + random.below(life)), closed]);
    // A life has to come to something, however busy the machine is.
    while (statSync(notes).size === before && program.exitCode === null) await pause(5);
    program.kill('SIGKILL');
    const [code, signal] = await closed;
    if (signal !== 'SIGKILL') throw new Error(`the program ended with ${code ?? signal}`);
    position = compare(notes, before, position);
    progress((count * (kill + 1)) / (kills + 1), `${position} entries have arrived`);
  }
  return { kills, entries: Number(position), left: await compareRest(path, position) };
}

/** What has been noted since follows on what had been; returns where it ends. */
function compare(notes: string, from: number, after: bigint): bigint {
  const file = openSync(notes, 'r');
  const bytes = Buffer.alloc(fstatSync(file).size - from);
  readSync(file, bytes, 0, bytes.length, from);
  closeSync(file);
  if (bytes.length % NOTE_BYTES !== 0) throw new Error('a note is torn');
  let position = after;
  for (let at = 0; at < bytes.length; at += NOTE_BYTES) {
    const first = bytes.readBigUInt64LE(at);
    if (first !== position + 1n) throw new Error(`${first} arrives after ${position}`);
    position = bytes.readBigUInt64LE(at + 8);
  }
  return position;
}

/** What had not arrived yet is there. */
async function compareRest(path: string, position: bigint): Promise<number> {
  await using wal = await openWal(path);
  let next = position + 1n;
  for await (const { sequence, payload } of wal.table('numbers').read({ gt: position })) {
    const number = Buffer.from(payload.buffer, payload.byteOffset).readBigUInt64LE();
    if (sequence !== next++ || number !== sequence)
      throw new Error(`${number} at ${sequence} comes before ${next}`);
  }
  return Number(next - position - 1n);
}
