import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openWal, type Wal } from '@shale/engine';
import {
  afterPowerLoss,
  anyPowerLoss,
  asAfterReboot,
  contentOf,
  DiskHistory,
  Random,
  WatchedDisk,
  writeImage,
} from '@shale/fault-kit';
import type { Attack, AttackContext } from '../parts/attack.js';
import { INPUTS, OUTPUTS, type Said, TABLES } from './said.js';

const PROCESS = fileURLToPath(new URL('./process.js', import.meta.url));
const IMAGES_PER_RUN = 25;

/** Cuts the power while a consumer copies what producers append with ids. */
export const powerConsume: Attack = {
  name: 'power-consume',
  summary:
    'power failures beside a consumer and appends with ids: positions and outputs agree, and what is repeated is in once',
  unit: 'images',
  longCount: 500,
  run: runPowerConsume,
};

async function runPowerConsume({
  seed,
  count,
  directory,
  progress,
}: AttackContext): Promise<Record<string, number>> {
  const figures = { runs: 0, operations: 0, inputs: 0, outputs: 0 };
  for (let image = 0; image < count; ) {
    const random = new Random(seed + figures.runs);
    const place = join(directory, `run-${figures.runs}`);
    await mkdir(place);
    const disk = new WatchedDisk(place);
    await record(disk, random);
    const operations = disk.recording();
    for (const end = Math.min(count, image + IMAGES_PER_RUN); image < end; image++) {
      const cut = random.integer(1, operations.length);
      const loss = anyPowerLoss(random);
      const target = join(place, `image-${image}`);
      try {
        const history = DiskHistory.upTo(operations, disk.root, cut);
        writeImage(afterPowerLoss(history, loss, random), target);
        const { inputs, outputs } = await check(join(target, 'db'), saidIn(history));
        figures.inputs += inputs;
        figures.outputs += outputs;
      } catch (error) {
        const how = `${loss.fileSystem} file system, names: ${loss.names}, contents: ${loss.contents}`;
        const what = error instanceof Error ? error.message : String(error);
        throw new Error(
          `the power failed after ${cut} operations of run ${figures.runs} (${how}): ${what}\nthe image is ${target}`,
          { cause: error },
        );
      }
      await rm(target, { recursive: true });
      progress(image + 1, `${figures.outputs} of ${figures.inputs} copied`);
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

function saidIn(history: DiskHistory): Said[] {
  const lines = Buffer.from(contentOf(history.beside.changes)).toString().split('\n');
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Said);
}

async function check(
  path: string,
  said: readonly Said[],
): Promise<{ readonly inputs: number; readonly outputs: number }> {
  const sum = { inputs: 0, outputs: 0 };
  if (said.length === 0) return sum;
  asAfterReboot(path);
  await using wal = await openWal(path, { shards: 1, durability: 'os' });
  // No position lies behind the end of its table, and no id is of entries that are not there.
  for await (const event of wal.verify()) {
    if (event.type === 'finding') throw new Error(`verify: ${event.message}`);
  }
  const consumer = await wal.consumer('copy', { tables: wal.region(INPUTS) });
  for (let table = 0; table < TABLES; table++) {
    const inputs = await numbersIn(wal, INPUTS, table);
    const outputs = await numbersIn(wal, OUTPUTS, table);
    if (new Set(inputs).size < inputs.length) throw new Error(`table ${table} has one twice: ${inputs}`);
    if (outputs.some((number, i) => number !== inputs[i]))
      throw new Error(`table ${table} has the inputs ${inputs} and the outputs ${outputs}`);
    const state = consumer.state(wal.table({ region: INPUTS, table }));
    const position = state === null ? 0 : Number(Buffer.from(state).toString());
    if (position !== outputs.length)
      throw new Error(`the position in table ${table} is ${position}, with ${outputs.length} outputs`);
    for (const each of said) {
      if (each.table !== table) continue;
      if (each.say === 'out' && each.upTo > position)
        throw new Error(`the position in table ${table} is ${position}, and was ${each.upTo}`);
      if (each.say === 'in' && inputs[each.first - 1] !== each.number)
        throw new Error(`append ${each.number} was at ${each.first} of table ${table}: ${inputs}`);
    }
    await repeat(wal, table, inputs);
    sum.inputs += inputs.length;
    sum.outputs += outputs.length;
  }
  return sum;
}

/** All appends once more: what is in gets its sequence, what is not comes behind. */
async function repeat(wal: Wal, table: number, inputs: readonly number[]): Promise<void> {
  const input = wal.table({ region: INPUTS, table });
  const most = Math.max(-1, ...inputs) + 3;
  for (let number = 0; number < most; number++) {
    const at = inputs.indexOf(number);
    const sequence = Number(await input.append(Buffer.from(`${number} `), { id: String(number) }));
    if (at >= 0 ? sequence !== at + 1 : sequence <= inputs.length)
      throw new Error(`append ${number} of table ${table} is at ${at + 1}, and at ${sequence} when repeated`);
  }
  const again = await numbersIn(wal, INPUTS, table);
  if (new Set(again).size !== most || again.length !== most)
    throw new Error(`after all were repeated, table ${table} has ${again}`);
}

async function numbersIn(wal: Wal, region: bigint, table: number): Promise<number[]> {
  const found: number[] = [];
  for await (const { payload } of wal.table({ region, table }).read()) {
    found.push(Number.parseInt(Buffer.from(payload).toString(), 10));
  }
  return found;
}
