import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openWal, type TableId, type Wal } from '@shale/engine';
import { engineOf } from '#internals/engine';
import { type Random, randomFrom } from '../../support/random.js';
import type { Attack, AttackContext } from '../parts/attack.js';
import { Follower } from './follower.js';
import { compare } from './truth.js';
import { tableOf, Writer } from './writer.js';

const TABLES = 6;
/** Of each writer in a round. */
const OPERATIONS = 60;

/** Follows of every kind, fast and slow, beside appends, trims, drops and threads that die. */
export const follow: Attack = {
  name: 'follow',
  summary:
    'follows of tables, regions and everything with random credit beside appends, trims, drops, resumes and threads that die: what comes is dense or a gap that is told',
  unit: 'rounds',
  longCount: 300,
  run: runFollow,
};

async function runFollow({
  seed,
  count,
  directory,
  progress,
}: AttackContext): Promise<Record<string, number>> {
  const figures = { entries: 0, gaps: 0, drops: 0, deaths: 0, follows: 0 };
  for (let index = 0; index < count; index++) {
    const path = join(directory, `round-${index}`);
    try {
      await runRound(path, randomFrom(seed * 6151 + index), figures);
    } catch (error) {
      throw new Error(
        `round ${index} of seed ${seed}: ${error instanceof Error ? error.message : String(error)}`,
        {
          cause: error,
        },
      );
    }
    await rm(path, { recursive: true });
    progress(index + 1, `${figures.entries} entries, ${figures.gaps} gaps, ${figures.deaths} deaths`);
  }
  return figures;
}

async function runRound(path: string, random: Random, figures: Figures): Promise<void> {
  await using wal = await openWal(path, { shards: 1 + random.below(3), maxReadBytes: 1024 * 1024 });
  const writers = Array.from(
    { length: TABLES },
    (_, i) => new Writer(tableOf(wal, i), randomFrom(random.below(1e9)), i % 3 > 0),
  );
  const operations = OPERATIONS / 4;
  await Promise.all(writers.map((writer) => writer.run(random.below(20))));
  const clock = (): number => engineOf(wal).shards.reduce((sum, { counters }) => sum + counters.frames, 0);
  const followers: Follower[] = [];
  const begin = (): void => {
    const options = () =>
      ({
        visibility: random.of(['durable', 'acknowledged'] as const),
        syncWithinMs: random.of([1, 10]),
        chunkEntries: random.of([1, 7, 1000]),
        onTrimmed: 'skip',
      }) as const;
    const rest = () => [randomFrom(random.below(1e9)), clock] as const;
    followers.push(new Follower(wal.follow(options()), () => true, ...rest()));
    const region = wal.region(random.below(2));
    followers.push(new Follower(region.follow(options()), (id) => id.region === region.id, ...rest()));
    for (const { table } of writers) {
      if (random.once(2))
        followers.push(
          new Follower(table.follow(options()), (id) => keyOf(id) === keyOf(table.id), ...rest()),
        );
    }
  };
  try {
    begin();
    for (let part = 0; part < 4; part++) {
      const writing = Promise.all(writers.map((writer) => writer.run(operations)));
      await disturb(wal, random, figures);
      await writing;
      if (part === 1) begin();
    }
    await finish(writers, followers, figures);
  } finally {
    // None waits any more for what the others do.
    for (const follower of followers) follower.hurry();
  }
}

interface Figures {
  entries: number;
  gaps: number;
  drops: number;
  deaths: number;
  follows: number;
}

async function disturb(wal: Wal, random: Random, figures: Figures): Promise<void> {
  for (let i = random.below(3); i > 0; i--) {
    for (let turns = random.below(40); turns > 0; turns--)
      await new Promise((resolve) => setImmediate(resolve));
    if (random.once(3)) await wal.resume();
    else {
      const { shards } = engineOf(wal);
      await shards[random.below(shards.length)]?.thread?.worker?.terminate();
      figures.deaths++;
    }
  }
}

/** Waits until every follower has all there is, and compares. */
async function finish(
  writers: readonly Writer[],
  followers: readonly Follower[],
  figures: Figures,
): Promise<void> {
  // The last entry of each table shows that a follower has come to its end.
  const last = new Map<string, bigint>();
  for (const { table, lives } of writers) {
    const sequence = await table.append(Buffer.from(`${lives.length - 1}/${1e9}/last`));
    last.set(keyOf(table.id), sequence);
  }
  for (const follower of followers) {
    follower.hurry();
    while (!hasCome(follower, writers, last)) {
      await Promise.race([follower.done, new Promise((resolve) => setImmediate(resolve))]);
    }
    await follower.leave();
    figures.follows++;
    for (const [key, seen] of follower.seen) {
      const writer = writers.find(({ table }) => keyOf(table.id) === key);
      if (writer === undefined) throw new Error(`entries of a table ${key} came, which nobody writes`);
      compare(key, { lives: writer.lives, last: last.get(key) ?? 0n }, seen);
      for (const each of seen) {
        if (each.is === 'entry') figures.entries++;
        else if (each.first === 0n) figures.drops++;
        else figures.gaps++;
      }
    }
  }
}

/** Whether a follower has got the last entry of every table that it has to get. */
function hasCome(
  { seen, covers }: Follower,
  writers: readonly Writer[],
  last: ReadonlyMap<string, bigint>,
): boolean {
  return writers.every(({ table: { id } }) => {
    if (id === null || !covers(id)) return true;
    const latest = seen.get(keyOf(id))?.at(-1);
    return latest?.is === 'entry' && latest.number === 1e9 && latest.sequence === last.get(keyOf(id));
  });
}

function keyOf(id: TableId | null): string {
  return `${id?.region}/${id?.table}`;
}
