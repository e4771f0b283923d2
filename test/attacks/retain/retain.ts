import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Consumer, openWal, type Wal } from '@shale/engine';
import { engineOf } from '#internals/engine';
import { randomFrom } from '../../support/random.js';
import type { Attack, AttackContext } from '../parts/attack.js';
import { pause } from '../parts/pause.js';
import { AT_MOST, KEEP, REGION, TABLES } from './limits.js';

const PROCESS = fileURLToPath(new URL('./process.js', import.meta.url));

/** Kills a process whose tables are retained beside a consumer that stops. */
export const retain: Attack = {
  name: 'retain',
  summary:
    'SIGKILL of a program whose tables are retained beside a consumer that stops, what is left compared',
  unit: 'kills',
  option: 'count',
  longCount: 200,
  run: runRetain,
};

interface Left {
  readonly table: number;
  readonly first: bigint;
  readonly last: bigint;
  readonly position: bigint;
  /** Whether the consumer has a position there: without it begins with the first entry that there is. */
  readonly isPlaced: boolean;
}

async function runRetain({
  seed,
  count,
  directory,
  progress,
}: AttackContext): Promise<Record<string, number>> {
  const random = randomFrom(seed);
  const path = join(directory, 'db');
  const figures = { kills: 0, entries: 0, gaps: 0 };
  for (let kill = 0; kill < count; kill++) {
    const threadsDie = random.of(['yes', 'no']);
    const child = spawn(process.execPath, [PROCESS, path, String(random.of([1, 2, 4])), threadsDie], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = once(child, 'close');
    await Promise.race([once(child.stdout, 'data'), closed]);
    await pause(random.below(2500));
    child.kill('SIGKILL');
    const [code, signal] = await closed;
    if (signal !== 'SIGKILL') throw new Error(`the process ended with ${code ?? signal}`);
    figures.kills++;
    // Now and then the consumer stays away, and is further behind the next time.
    await check(path, figures, random.below(3) > 0);
    progress(kill + 1, `${figures.entries} entries, ${figures.gaps} gaps`);
  }
  return figures;
}

async function check(
  path: string,
  figures: { entries: number; gaps: number },
  consumes: boolean,
): Promise<void> {
  await using wal = await openWal(path, { shards: 1 });
  for await (const event of wal.verify()) {
    if (event.type === 'finding') throw new Error(`verify: ${event.message}`);
  }
  // What was trimmed by whichever process, and what this one trims.
  for (const left of await leftOf(wal)) requireKept(left);
  for (;;) {
    const all = await leftOf(wal);
    for (const left of all) requireKept(left);
    const over = all.filter(({ first, last }) => last - first + 1n > AT_MOST);
    if (over.length === 0) break;
    await pause(50);
  }
  if (!consumes) return;
  const before = await leftOf(wal);
  await using consumer = await wal.consumer('reader', {
    tables: wal.region(REGION),
    chunkEntries: 50,
    onTrimmed: 'skip',
  });
  for (const left of before) figures.entries += Number(left.last);
  figures.gaps += await consumeAll(consumer, before);
}

/** Nothing is gone that is to be kept, nor that the consumer needs unless there is more than there may be at most. */
function requireKept({ table, first, last, position }: Left): void {
  const gone = first - 1n;
  const kept = last > KEEP ? last - KEEP : 0n;
  const most = last > AT_MOST ? last - AT_MOST : 0n;
  const allowed = position < kept ? position : kept;
  if (gone <= (allowed > most ? allowed : most)) return;
  throw new Error(`${gone} of ${last} are gone of table ${table}, whose consumer is at ${position}`);
}

/** Everything that is left, with one gap for each table that is overrun. Returns how many gaps there were. */
async function consumeAll(consumer: Consumer, before: readonly Left[]): Promise<number> {
  const expected = new Map(
    before.map(({ table, isPlaced, position, first }) => [BigInt(table), isPlaced ? position + 1n : first]),
  );
  const gaps = new Set<bigint>();
  let behind = before.filter(({ last, position }) => last > position).length;
  if (behind === 0) return 0;
  for await (const batch of consumer) {
    const { table } = batch.table;
    const next = expected.get(table) ?? 1n;
    const left = before.find((each) => BigInt(each.table) === table);
    if (batch.gap !== null) {
      if (gaps.has(table)) throw new Error(`table ${table} has another gap at ${batch.gap.expected}`);
      gaps.add(table);
      if (batch.gap.expected !== next || (left !== undefined && batch.gap.first < left.first))
        throw new Error(`the gap of table ${table} is from ${batch.gap.expected} to ${batch.gap.first}`);
    } else if (batch.length > 0 && batch.first !== next) {
      throw new Error(`table ${table} goes on at ${batch.first} instead of ${next}`);
    }
    expected.set(table, batch.last + 1n);
    if (left !== undefined && batch.last === left.last) behind--;
    if (behind === 0) {
      batch.ack();
      break;
    }
  }
  await consumer.commit();
  const overrun = before.filter(({ first, position, isPlaced }) => isPlaced && first > position + 1n);
  for (const { table } of overrun) {
    if (!gaps.has(BigInt(table))) throw new Error(`table ${table} is overrun and has no gap`);
  }
  return gaps.size;
}

async function leftOf(wal: Wal): Promise<Left[]> {
  const { log } = engineOf(wal);
  const consumer = log.consumers.find('reader')?.consumer ?? 0n;
  const all: Left[] = [];
  for (let table = 0; table < TABLES; table++) {
    const id = { region: REGION, table: BigInt(table) };
    // In this order: what has moved since was further behind, and no more is gone than was found then.
    const first = await wal.table(id).firstSequence();
    const last = await wal.table(id).lastSequence();
    const stored = log.consumers.position(id, consumer);
    if (last > 0n)
      all.push({ table, first, last, position: stored?.position ?? 0n, isPlaced: stored !== null });
  }
  return all;
}
