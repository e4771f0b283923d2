// One process of the attack `joint`: one or two WALs, and everything at once in each of them.
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { openWal, type WalOptions } from '@shale/engine';
import { engineOf } from '#internals/engine';
import { type Random, randomFrom } from '../../support/random.js';
import { pause } from '../parts/pause.js';
import { within } from '../parts/within.js';
import { endThreads, Filler, lookAround, makeRoom, requireLocked } from './beside.js';
import type { JointFigures, JointRound } from './round.js';
import { type Site, untilDone } from './site.js';
import { Writer } from './writer.js';

const WRITERS = 8;
const LIVES = 2;
const MIB = 2 ** 20;

const round = JSON.parse(process.argv[2] ?? '') as JointRound;
const figures: JointFigures = {
  writes: 0,
  appends: 0,
  trims: 0,
  drops: 0,
  names: 0,
  unknown: 0,
  foundIn: 0,
  refusals: 0,
  deaths: 0,
  resumes: 0,
  closings: 0,
  regions: 0,
  lists: 0,
  entries: 0,
};

function optionsOf(random: Random): WalOptions {
  return {
    shards: 1 + random.below(4),
    shardBy: random.of(['table', 'table', 'region']),
    frameBytes: random.of([16 * 1024, 64 * 1024]),
    maxInFlightBytes: random.of([64 * 1024, 4 * MIB]),
    maxQueuedBytes: 64 * MIB,
    rocksdb: {
      memtable: random.of(['log', 'skiplist']),
      writeBufferSize: random.of([256 * 1024, 2 * MIB]),
      targetFileSizeBase: MIB,
      level0FileNumCompactionTrigger: random.of([2, 256]),
      spaceReserve: MIB,
    },
  };
}

/** What may be done to a WAL. */
interface Troubles {
  readonly deaths: boolean;
  readonly fillsUp: boolean;
  readonly closes: boolean;
}

/** A WAL with its writers from its first opening to the last comparison. */
async function inhabit(
  name: string,
  path: string,
  random: Random,
  troubles: Troubles,
  beside: (site: Site, life: number) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const writers: Writer[] = [];
  let filler: Filler | null = null;
  for (let life = 0; life < LIVES; life++) {
    const options = optionsOf(random);
    const wal = await within('opening', openWal(path, options));
    const excuses = new Set<string>();
    if (troubles.deaths) excuses.add('SHALE_OUTCOME_UNKNOWN');
    if (troubles.fillsUp) excuses.add('SHALE_NO_SPACE');
    if (troubles.closes) excuses.add('SHALE_CLOSED');
    const disk = filler;
    let making: Promise<void> | null = null;
    let reopening: Promise<void> = Promise.resolve();
    const site: Site = {
      name,
      random,
      options,
      figures,
      wal,
      excuses,
      done: 0,
      isOver: false,
      room: () => {
        if (filler === null) throw new Error('there is no disk that could be full');
        making ??= makeRoom(site, filler).finally(() => {
          making = null;
          // Again and again.
          if (!site.isOver && random.once(2)) filler?.takeAllBut(random.of([128 * 1024, MIB]));
        });
        return making;
      },
      reopened: () => reopening,
    };
    if (troubles.fillsUp && disk === null) {
      filler = new Filler(join(path, '..', 'filler'));
      filler.takeAllBut(random.of([256 * 1024, MIB, 4 * MIB]));
    }
    if (life === 0) {
      for (let i = 0; i < WRITERS; i++) writers.push(new Writer(site, i, randomFrom(random.below(2 ** 31))));
    } else {
      for (const writer of writers) writer.moveTo(site);
    }
    const around = [lookAround(site), lookAround(site), beside(site, life)];
    if (troubles.deaths) around.push(endThreads(site));
    if (troubles.closes) {
      around.push(
        (async () => {
          for (let before = -1; !site.isOver; before = site.done) {
            await pause(random.below(300));
            await untilDone(site, before);
            if (site.isOver) return;
            reopening = (async () => {
              await within(`${name}: closing`, site.wal.close());
              site.wal = await within(`${name}: opening`, openWal(path, options));
              figures.closings++;
            })();
            await reopening;
          }
        })(),
      );
    }
    const writing = Promise.all(writers.map((writer) => writer.run(round.calls)));
    // Whoever fails first ends it all.
    await Promise.race([writing, Promise.all(around)]);
    await writing;
    site.isOver = true;
    await Promise.all(around);
    for (const writer of writers) await writer.compareAll();
    const { inFlightBytes, queuedBytes, waiting } = engineOf(site.wal).flow;
    if (inFlightBytes !== 0 || queuedBytes !== 0 || waiting !== 0) {
      throw new Error(
        `${name}: left booked: ${inFlightBytes} in flight, ${queuedBytes} queued in ${waiting} appends`,
      );
    }
    for await (const event of site.wal.verify()) {
      if (event.type === 'finding') throw new Error(`${name}: verify finds ${JSON.stringify(event, show)}`);
    }
    await within(`${name}: closing`, site.wal.close());
  }
}

function show(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

const random = randomFrom(round.seed);
const troubled = join(round.disk, 'db');
const quiet = join(round.home, 'quiet');
const inhabited = [
  inhabit('the WAL', troubled, randomFrom(random.below(2 ** 31)), {
    deaths: round.deaths,
    fillsUp: round.fillsUp,
    closes: round.neighbour,
  }),
];
if (round.neighbour) {
  const none = { deaths: false, fillsUp: false, closes: false };
  const link = join(round.home, 'link');
  symlinkSync('quiet', link);
  const paths = [quiet, link, join(round.disk, '..', 'quiet'), `${round.home}/./link/`];
  inhabited.push(
    inhabit('the neighbour', quiet, randomFrom(random.below(2 ** 31)), none, ({ options }) =>
      requireLocked(paths, options),
    ),
  );
}
await Promise.all(inhabited);
process.stdout.write(JSON.stringify(figures));
