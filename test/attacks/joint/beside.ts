import { closeSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';
import { openWal, type Wal, WalError, type WalOptions } from '@shale/engine';
import { engineOf } from '#internals/engine';
import { pause } from '../parts/pause.js';
import { within } from '../parts/within.js';
import { excusedCode, REGIONS, type Site, untilDone } from './site.js';

/** Ends threads of the WAL at random moments. */
export async function endThreads(site: Site): Promise<void> {
  const { random, figures } = site;
  for (let before = -1; !site.isOver; before = site.done) {
    await pause(random.below(150));
    await untilDone(site, before);
    // Only threads that have started: one that is killed at every start is given up.
    await site.wal.stats().catch((error: unknown) => excusedCode(site, 'stats', error));
    const { shards } = engineOf(site.wal);
    await shards[random.below(shards.length)]?.thread?.worker?.terminate();
    figures.deaths++;
  }
}

/** Opens regions, scans them, lists tables, reclaims and syncs, all the time. */
export async function lookAround(site: Site): Promise<void> {
  const { random, figures } = site;
  while (!site.isOver) {
    const region = site.wal.region(random.of(REGIONS));
    const [what, call] = random.of<readonly [string, () => Promise<unknown>]>([
      ['the opening of a region', () => region.open()],
      ['the opening of a region', () => region.open()],
      ['a scan', () => scan(site.wal, random.of(REGIONS))],
      ['a list', () => list(site.wal)],
      ['a reclaim', () => site.wal.reclaim()],
      ['a sync', () => site.wal.sync()],
      ['a flush', () => site.wal.flush()],
    ]);
    try {
      await within(`${site.name}: ${what}`, call());
      if (what === 'a list') figures.lists++;
      if (what === 'the opening of a region') figures.regions++;
    } catch (error) {
      if (what !== 'a scan' || !isEndedByResume(site, error)) excusedCode(site, what, error);
    }
    await pause(random.below(10));
  }
}

/** Where the disk fills up there are calls of resume(), which end the scans that are under way. */
function isEndedByResume(site: Site, error: unknown): boolean {
  return site.excuses.has('SHALE_NO_SPACE') && error instanceof WalError && error.code === 'SHALE_CLOSED';
}

async function scan(wal: Wal, region: bigint): Promise<void> {
  let before: { readonly table: bigint; readonly sequence: bigint } | null = null;
  for await (const entry of wal.region(region).scan()) {
    const { table, sequence } = entry;
    const follows: boolean =
      before === null ||
      table > before.table ||
      (table === before.table && sequence === before.sequence + 1n);
    if (!follows)
      throw new Error(`a scan has ${table}/${sequence} after ${before?.table}/${before?.sequence}`);
    before = { table, sequence };
  }
}

async function list(wal: Wal): Promise<void> {
  const seen = new Set<string>();
  for await (const { id, first, last } of wal.tables()) {
    const key = `${id.table}`;
    if (seen.has(key)) throw new Error(`table ${key} is listed twice`);
    seen.add(key);
    if (first > last + 1n) throw new Error(`table ${key} is listed from ${first} to ${last}`);
  }
}

/** A file that takes room on the disk. */
export class Filler {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Takes all room but so many bytes. */
  takeAllBut(bytes: number): void {
    const file = openSync(this.#path, 'a');
    const block = new Uint8Array(64 * 1024);
    try {
      for (;;) writeSync(file, block);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
    this.giveBack(bytes);
  }

  /** Gives so many bytes back; false when it has none left. */
  giveBack(bytes: number): boolean {
    const { size } = statSync(this.#path);
    if (size === 0) return false;
    const file = openSync(this.#path, 'r+');
    ftruncateSync(file, Math.max(0, size - bytes));
    closeSync(file);
    return true;
  }
}

/** Gets the WAL out of a full disk: some room, and resume(), until it finds enough. */
export async function makeRoom(site: Site, filler: Filler): Promise<void> {
  const { random, figures } = site;
  await pause(random.below(60));
  for (;;) {
    const isLeft = filler.giveBack(random.of([64 * 1024, 512 * 1024, 2 * 1024 * 1024]));
    try {
      await within(`${site.name}: resume`, site.wal.resume());
      figures.resumes++;
      return;
    } catch (error) {
      const code = excusedCode(site, 'resume', error);
      if (code === 'SHALE_CLOSED') return;
      if (!isLeft) throw new Error(`${site.name}: resume() finds no room on an empty disk`, { cause: error });
    }
  }
}

/** While it is open, nobody else gets in, by whatever path. */
export async function requireLocked(paths: readonly string[], options: WalOptions): Promise<void> {
  for (const path of paths) {
    const refusal = await openWal(path, options).then(
      async (wal) => {
        await wal.close();
        return new Error(`${path} could be opened twice`);
      },
      (error: unknown) => error,
    );
    if (!(refusal instanceof WalError) || refusal.code !== 'SHALE_LOCKED') throw refusal;
  }
}
