import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openWal } from '@shale/engine';
import { randomFrom } from '../../support/random.js';
import type { Attack, AttackContext } from '../parts/attack.js';
import { pause } from '../parts/pause.js';
import { isPayloadOf } from './payload.js';

const PROCESS = fileURLToPath(new URL('./process.js', import.meta.url));
const KILLS = 3;

/** Kills a process that appends to a great many tables, again and again. */
export const killTables: Attack = {
  name: 'kill-tables',
  summary: 'SIGKILL while a great many tables are appended to in turn, each of them compared afterwards',
  unit: 'tables',
  option: 'tables',
  longCount: 1_000_000,
  run: runKillTables,
};

async function runKillTables({
  seed,
  count,
  directory,
  progress,
}: AttackContext): Promise<Record<string, number>> {
  const random = randomFrom(seed);
  const path = join(directory, 'db');
  const journal = join(directory, 'acknowledged');
  writeFileSync(journal, new Uint8Array(4 * count));
  const figures = { kills: 0, entries: 0, acknowledged: 0, tables: 0 };
  for (let kill = 0; kill < KILLS; kill++) {
    const inFlight = random.of([1, 64, 512]);
    const child = spawn(process.execPath, [PROCESS, path, journal, String(count), String(inFlight)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = once(child, 'close');
    await Promise.race([once(child.stdout, 'data'), closed]);
    // About when it comes to some table, in this pass or, after another kill, a later one.
    // One at a time takes a sync for each.
    await untilAppended(journal, random.below(inFlight === 1 ? Math.ceil(count / 20) : count), child);
    await pause(random.below(50));
    child.kill('SIGKILL');
    const [code, signal] = await closed;
    if (signal !== 'SIGKILL') throw new Error(`the process ended with ${code ?? signal}`);
    figures.kills++;
    Object.assign(figures, await compare(path, journal, count));
    progress((count * (kill + 1)) / KILLS, `${figures.entries} entries compared`);
  }
  return figures;
}

/** Everything that was acknowledged is there, each table is without a hole, and what is in it belongs there. */
async function compare(
  path: string,
  journal: string,
  count: number,
): Promise<{ readonly entries: number; readonly acknowledged: number; readonly tables: number }> {
  const bytes = readFileSync(journal);
  const acknowledged = new Uint32Array(bytes.buffer, bytes.byteOffset, count);
  const lasts = new Uint32Array(count);
  let entries = 0;
  await using wal = await openWal(path, { shards: 1 });
  for await (const { table, sequence, payload } of wal.region(1n).scan()) {
    const index = Number(table);
    const expected = (lasts[index] ?? 0) + 1;
    if (Number(sequence) !== expected)
      throw new Error(`table ${table}: ${sequence} comes where ${expected} was to come`);
    if (!isPayloadOf(index, expected, payload))
      throw new Error(`table ${table} has another entry at ${sequence}`);
    lasts[index] = expected;
    entries++;
  }
  for (let table = 0; table < count; table++) {
    const [last, least] = [lasts[table] ?? 0, acknowledged[table] ?? 0];
    if (last < least) throw new Error(`table ${table} ends at ${last}, and ${least} was acknowledged`);
  }
  // Recovered by another way: each by itself.
  for (let at = 0; at < 200; at++) {
    const table = (at * 7919) % count;
    const last = await wal.table({ region: 1n, table }).lastSequence();
    if (Number(last) !== lasts[table])
      throw new Error(`table ${table} ends at ${lasts[table]}, and is said to at ${last}`);
  }
  // What was not acknowledged and is in is there from now on.
  writeFileSync(journal, new Uint8Array(lasts.buffer));
  const sum = acknowledged.reduce((total, each) => total + each, 0);
  return { entries, acknowledged: sum, tables: lasts.filter((last) => last > 0).length };
}

/** Waits until a table has an entry more that was acknowledged, or the process has ended. */
async function untilAppended(journal: string, table: number, child: ChildProcess): Promise<void> {
  const file = openSync(journal, 'r');
  const last = (): number => {
    const bytes = new Uint32Array(1);
    readSync(file, bytes, 0, 4, table * 4);
    return bytes[0] ?? 0;
  };
  const before = last();
  while (last() === before && child.exitCode === null) await pause(5);
  closeSync(file);
}
