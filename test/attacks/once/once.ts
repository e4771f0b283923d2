import { spawn } from 'node:child_process';
import { once as happens } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openWal } from '@shale/engine';
import { randomFrom } from '../../support/random.js';
import type { Attack, AttackContext } from '../parts/attack.js';
import { pause } from '../parts/pause.js';
import { type Noted, notesIn, REGION, TABLES, tableOf, textsOf } from './appends.js';

const PROCESS = fileURLToPath(new URL('./process.js', import.meta.url));

/** Kills a process whose appends have ids, which the next one repeats. */
export const once: Attack = {
  name: 'once',
  summary: 'SIGKILL of producers that repeat their appends by id after each kill and each dead thread',
  unit: 'kills',
  option: 'count',
  longCount: 500,
  run: runOnce,
};

async function runOnce({ seed, count, directory, progress }: AttackContext): Promise<Record<string, number>> {
  const random = randomFrom(seed);
  const path = join(directory, 'db');
  const notes = join(directory, 'notes');
  writeFileSync(notes, '');
  const figures = { kills: 0, acknowledged: 0, repeated: 0, appends: 0 };
  for (let kill = 0; kill < count; kill++) {
    const shards = String(random.of([1, 2, 4]));
    const child = spawn(process.execPath, [PROCESS, path, notes, shards, random.of(['yes', 'no'])], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = happens(child, 'close');
    await Promise.race([happens(child.stdout, 'data'), closed]);
    await pause(random.below(500));
    child.kill('SIGKILL');
    const [code, signal] = await closed;
    if (signal !== 'SIGKILL') throw new Error(`the process ended with ${code ?? signal}`);
    figures.kills++;
    Object.assign(figures, await check(path, notesIn(readFileSync(notes, 'utf8'))));
    progress(kill + 1, `${figures.appends} appends, ${figures.repeated} repeated`);
  }
  return figures;
}

/** Each append is in once and whole, at the sequence that each of its acknowledgements said. */
async function check(
  path: string,
  notes: readonly Noted[],
): Promise<Record<'acknowledged' | 'repeated' | 'appends', number>> {
  await using wal = await openWal(path, { shards: 1 });
  for await (const event of wal.verify()) {
    if (event.type === 'finding') throw new Error(`verify: ${event.message}`);
  }
  const firsts = new Map<string, { readonly table: number; readonly first: number }>();
  for (let table = 0; table < TABLES; table++) {
    const found: string[] = [];
    for await (const { payload } of wal.table({ region: REGION, table }).read()) {
      found.push(Buffer.from(payload).toString());
    }
    for (let at = 0; at < found.length; ) {
      const [producer = Number.NaN, number = Number.NaN] = (found[at] ?? '').split('/').map(Number);
      if (found[at] === 'written') {
        at++;
        continue;
      }
      const id = `${producer}/${number}`;
      const other = firsts.get(id);
      if (other !== undefined) {
        throw new Error(
          `${id} is in twice: at ${other.first} of table ${other.table}, and at ${at + 1} of ${table}`,
        );
      }
      firsts.set(id, { table, first: at + 1 });
      for (const text of textsOf({ producer, number })) {
        if (found[at] !== text)
          throw new Error(`${text} is not at ${at + 1} of table ${table}: ${found[at]}`);
        at++;
      }
    }
  }
  for (const { producer, number, first } of notes) {
    const id = `${producer}/${number}`;
    const found = firsts.get(id);
    if (found?.first !== first || found.table !== tableOf({ producer, number })) {
      throw new Error(
        `${id} was acknowledged at ${first}, and is at ${found?.first} of table ${found?.table}`,
      );
    }
  }
  return {
    acknowledged: notes.length,
    repeated: notes.length - new Set(notes.map(idOf)).size,
    appends: firsts.size,
  };
}

function idOf({ producer, number }: Noted): string {
  return `${producer}/${number}`;
}
