import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WalError } from '@shale/codec';
import {
  afterPowerLoss,
  anyPowerLoss,
  asAfterReboot,
  contentOf,
  DiskHistory,
  type DiskOperation,
  type PowerLoss,
  Random,
  WatchedDisk,
  writeImage,
} from '@shale/fault-kit';
import { listBackups, openLog, restoreBackup } from '@shale/storage';
import type { Attack, AttackContext } from '../parts/attack.js';
import type { Said } from './said.js';

const PROCESS = fileURLToPath(new URL('./process.js', import.meta.url));
const IMAGES_PER_RUN = 25;
const ID = { region: 1n, table: 1n };
/** What a directory that is not whole is refused with. */
const REFUSALS = new Set(['SHALE_CORRUPT', 'SHALE_NOT_FOUND']);

/** Cuts the power while directories are being made out of others. */
export const powerTargets: Attack = {
  name: 'power-targets',
  summary:
    'power failures during checkpoints, backups, restores and repairs: what is there is whole or refused, and the source is as it was',
  unit: 'images',
  longCount: 500,
  run: runPowerTargets,
};

async function runPowerTargets({
  seed,
  count,
  directory,
  progress,
}: AttackContext): Promise<Record<string, number>> {
  const figures = { runs: 0, operations: 0, whole: 0, refused: 0, absent: 0, restored: 0 };
  for (let image = 0; image < count; ) {
    const random = new Random(seed + figures.runs);
    const place = join(directory, `run-${figures.runs}`);
    await mkdir(place);
    const disk = new WatchedDisk(place);
    await record(disk, random);
    const operations = disk.recording();
    for (const end = Math.min(count, image + IMAGES_PER_RUN); image < end; image++) {
      const cut = anyCut(operations, disk, random);
      const loss = anyPowerLoss(random);
      const target = join(place, `image-${image}`);
      try {
        await check({ disk, operations, cut, loss, target }, random, figures);
      } catch (error) {
        const how = `${loss.fileSystem} file system, names: ${loss.names}, contents: ${loss.contents}`;
        const what = error instanceof Error ? error.message : String(error);
        throw new Error(
          `the power failed after ${cut} operations of run ${figures.runs} (${how}): ${what}\nthe image is ${target}`,
          { cause: error },
        );
      }
      await rm(target, { recursive: true });
      progress(image + 1, `${figures.whole} whole, ${figures.refused} refused`);
    }
    figures.runs++;
    figures.operations += operations.length;
    await rm(place, { recursive: true });
  }
  return figures;
}

async function record(disk: WatchedDisk, random: Random): Promise<void> {
  const seed = String(random.integer(1, 2 ** 31 - 1));
  const child = spawn(process.execPath, [PROCESS, disk.root, disk.journal, seed], {
    env: { ...process.env, ...disk.env() },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code, signal] = await once(child, 'close');
  if (code !== 0) throw new Error(`the process ended with ${code ?? signal}`);
}

/** Any moment, or one in which something is being moved into place or was just said to be done. */
function anyCut(operations: readonly DiskOperation[], disk: WatchedDisk, random: Random): number {
  const cut = random.integer(1, operations.length);
  if (random.chance(0.4)) return cut;
  const journal = operations.find((each) => each.op === 'open' && each.path === disk.journal)?.inode;
  for (let at = cut; at < operations.length; at++) {
    const operation = operations[at];
    const isSaid = operation?.op === 'write' && operation.inode === journal;
    const isMove = operation?.op === 'rename';
    if (isMove || (isSaid && Buffer.from(operation.data).includes('done'))) {
      return Math.min(operations.length, at + random.integer(1, 4));
    }
  }
  return cut;
}

interface Failure {
  readonly disk: WatchedDisk;
  readonly operations: readonly DiskOperation[];
  readonly cut: number;
  readonly loss: PowerLoss;
  readonly target: string;
}

async function check(
  { disk, operations, cut, loss, target }: Failure,
  random: Random,
  figures: Record<'whole' | 'refused' | 'absent' | 'restored', number>,
): Promise<void> {
  const history = DiskHistory.upTo(operations, disk.root, cut);
  writeImage(afterPowerLoss(history, loss, random), target);
  const said = linesOf(contentOf(history.beside.changes));
  const done = new Map(
    said.flatMap((each) => (each.say === 'done' ? [[each.number, each.id] as const] : [])),
  );
  const last = Math.max(0, ...said.map((each) => (each.say === 'acknowledged' ? each.last : 0)));
  const backups = join(target, 'backups');
  let mustHave = 0;
  for (const each of said) {
    if (each.say !== 'begun') continue;
    const isDone = done.has(each.number);
    if (each.making === 'backup') {
      if (isDone) mustHave = each.least;
      continue;
    }
    const what = `the ${each.making} ${each.to}`;
    const path = join(target, each.to);
    if (!existsSync(path)) {
      if (isDone) throw new Error(`${what} is not there, and was done`);
      figures.absent++;
      continue;
    }
    const entries = await entriesIn(path);
    if (entries === null && isDone) throw new Error(`${what} is refused, and was done`);
    if (entries !== null && entries < each.least) {
      throw new Error(`${what} opens with ${entries} entries of ${each.least}`);
    }
    figures[entries === null ? 'refused' : 'whole']++;
  }
  if (said.some((each) => each.say === 'begun' && each.making === 'backup')) {
    await checkBackups(backups, said, mustHave, figures);
  }
  if (last === 0) return;
  // The log that it all came from; and the next backup goes to the same directory.
  asAfterReboot(join(target, 'db'));
  const log = await openLog(join(target, 'db'));
  try {
    const entries = count(log.read(ID));
    if (entries < last) throw new Error(`the log has ${entries} entries, and ${last} were acknowledged`);
    const { id } = await log.backup(backups);
    const to = join(target, 'restored-at-the-end');
    await restoreBackup(backups, to, { id });
    const restored = await entriesIn(to);
    if (restored !== entries)
      throw new Error(`a backup of ${entries} entries, made afterwards, has ${restored}`);
  } finally {
    await log.close();
  }
}

/** Each one that is listed is whole, or refused when it is restored; and the last one that was done is there. */
async function checkBackups(
  backups: string,
  said: readonly Said[],
  mustHave: number,
  figures: Record<'restored' | 'refused', number>,
): Promise<void> {
  const least = Math.min(
    ...said.flatMap((each) => (each.say === 'begun' && each.making === 'backup' ? [each.least] : [])),
  );
  let best = 0;
  const list = await listBackups(backups).catch((error: unknown) => {
    if (error instanceof WalError && error.code === 'SHALE_NOT_FOUND') return { backups: [] };
    throw error;
  });
  for (const { id } of list.backups) {
    const to = `${backups}-restored-${id}`;
    try {
      await restoreBackup(backups, to, { id });
    } catch (error) {
      if (!(error instanceof WalError) || !REFUSALS.has(error.code)) throw error;
      figures.refused++;
      continue;
    }
    const entries = (await entriesIn(to)) ?? 0;
    if (entries < least)
      throw new Error(`the backup ${id} is restored with ${entries} entries of ${least} at least`);
    best = Math.max(best, entries);
    figures.restored++;
  }
  if (best < mustHave)
    throw new Error(`a backup of ${mustHave} entries was done, and the best that is there has ${best}`);
}

/** How many entries a log has; null when it is refused. */
async function entriesIn(path: string): Promise<number | null> {
  asAfterReboot(path);
  try {
    const log = await openLog(path, { create: false });
    try {
      return count(log.read(ID));
    } finally {
      await log.close();
    }
  } catch (error) {
    if (error instanceof WalError && REFUSALS.has(error.code)) return null;
    throw error;
  }
}

function count(entries: Iterable<{ readonly sequence: bigint; readonly payload: Uint8Array }>): number {
  let at = 0;
  for (const { sequence, payload } of entries) {
    at++;
    const head = `${at} `.slice(0, payload.length);
    if (sequence !== BigInt(at) || !Buffer.from(payload).toString().startsWith(head)) {
      throw new Error(`${sequence} comes where ${at} was to come, or is another entry`);
    }
  }
  return at;
}

function linesOf(journal: Uint8Array): Said[] {
  const lines = Buffer.from(journal).toString().split('\n');
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Said);
}
