import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openWal, type Wal } from '@shale/engine';
import { randomFrom } from '../../support/random.js';
import type { Attack, AttackContext } from '../parts/attack.js';
import { pause } from '../parts/pause.js';
import { INPUTS, OUTPUTS, TABLES } from './tables.js';

const PROCESS = fileURLToPath(new URL('./process.js', import.meta.url));

/** Kills processes whose consumer writes what comes of its batches together with its positions, and that fight for it. */
export const consume: Attack = {
  name: 'consume',
  summary:
    'SIGKILL of a consumer that copies tables by batch.write, and of two processes that take it from each other',
  unit: 'kills',
  option: 'count',
  longCount: 500,
  run: runConsume,
};

async function runConsume({
  seed,
  count,
  directory,
  progress,
}: AttackContext): Promise<Record<string, number>> {
  const random = randomFrom(seed);
  const path = join(directory, 'db');
  const figures = { kills: 0, fights: 0, inputs: 0, outputs: 0 };
  for (let kill = 0; kill < count; kill++) {
    // The second one waits for the first one's lock, and takes over when it is closed or killed.
    const inTurns = kill % 2 === 1 ? 'yes' : 'no';
    const rivals = Array.from({ length: inTurns === 'yes' ? 2 : 1 }, () =>
      start([path, String(random.of([1, 2, 4])), random.of(['yes', 'no']), inTurns]),
    );
    await Promise.race(rivals.map(({ begun }) => begun));
    for (const { child, closed } of rivals) {
      await pause(random.below(600));
      child.kill('SIGKILL');
      const [code, signal] = await closed;
      if (signal !== 'SIGKILL') throw new Error(`the process ended with ${code ?? signal}`);
      figures.kills++;
    }
    if (rivals.length > 1) figures.fights++;
    Object.assign(figures, await check(path));
    progress(kill + 1, `${figures.outputs} of ${figures.inputs} copied`);
  }
  return figures;
}

interface Rival {
  readonly child: ChildProcess;
  /** Resolves when it has a consumer, or has ended. */
  readonly begun: Promise<unknown>;
  readonly closed: Promise<unknown[]>;
}

function start(args: readonly string[]): Rival {
  const child = spawn(process.execPath, [PROCESS, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  const begun = Promise.race([once(child.stdout, 'data'), closed]);
  child.stdout.resume();
  return { child, begun, closed };
}

/** Each input is in its output once, as far as the position says, and in order. */
async function check(path: string): Promise<{ readonly inputs: number; readonly outputs: number }> {
  await using wal = await openWal(path, { shards: 1 });
  for await (const event of wal.verify()) {
    if (event.type === 'finding') throw new Error(`verify: ${event.message}`);
  }
  const [info] = await wal.consumers();
  const sum = { inputs: 0, outputs: 0 };
  const consumer = await wal.consumer('copy', { tables: wal.region(INPUTS) });
  for (let table = 0; table < TABLES; table++) {
    const inputs = await texts(wal, INPUTS, table);
    const outputs = await texts(wal, OUTPUTS, table);
    for (const [i, output] of outputs.entries()) {
      if (output !== inputs[i])
        throw new Error(`output ${i + 1} of table ${table} is ${output}, not ${inputs[i]}`);
    }
    const state = consumer.state(wal.table({ region: INPUTS, table }));
    const position = state === null ? 0 : Number(Buffer.from(state).toString());
    if (position !== outputs.length)
      throw new Error(`the position in table ${table} is ${position}, with ${outputs.length} outputs`);
    sum.inputs += inputs.length;
    sum.outputs += outputs.length;
  }
  const { entries } = await consumer.lag();
  if (entries !== BigInt(sum.inputs - sum.outputs))
    throw new Error(`the lag is ${entries}, with ${sum.outputs} outputs of ${sum.inputs} inputs`);
  if (info !== undefined && info.tables > TABLES) throw new Error(`there are ${info.tables} positions`);
  return sum;
}

async function texts(wal: Wal, region: bigint, table: number): Promise<string[]> {
  const found: string[] = [];
  for await (const { payload } of wal.table({ region, table }).read()) {
    found.push(Buffer.from(payload).toString());
  }
  return found;
}
