import { join } from 'node:path';
import { describeMachine, versions } from '@shale/bench-kit';
import { openWal, type WalOptions } from '@shale/engine';
import { coldReplay } from './cold-replay.js';
import { Consumer } from './consumer.js';
import { findings } from './findings.js';
import { Load, type LoadSpec } from './load.js';
import { overFillrandom } from './over-fillrandom.js';
import { catchUp, grow, quiet, trimALittle } from './phases.js';
import type { Phase, Sample, SustainedRecord } from './record.js';
import { replayRate } from './replay-rate.js';
import { timeOpening } from './time-opening.js';
import { Timeline } from './timeline.js';

/** What is measured. */
export interface SustainedOptions {
  readonly spec: LoadSpec;
  /** How large the backlog gets. */
  readonly gib: number;
  /** Whether the consumer comes back at once, before the log has a quiet moment. */
  readonly isBusy: boolean;
  /** Whether the consumer comes back at all. */
  readonly hasConsumer: boolean;
  /** Whether RocksDB's own benchmark writes beside it, for as long as the backlog took to grow. */
  readonly isCompared: boolean;
  readonly wal: WalOptions;
}

/** What the measurement tells of while it runs. */
export interface Listener {
  part(part: Sample): void;
  line(line: string): void;
}

/** Grows a backlog below a directory, opens it anew, and lets a consumer catch up while writing goes on. */
export async function measureSustained(
  directory: string,
  options: SustainedOptions,
  listener: Listener,
): Promise<SustainedRecord> {
  const began = performance.now();
  const startedAt = new Date().toISOString();
  const machine = await describeMachine(directory);
  const [full, empty] = [join(directory, 'full'), join(directory, 'empty')];
  const lines: string[] = [];
  const say = (line: string): void => {
    lines.push(line);
    listener.line(line);
  };
  const growing = await consumerAway(began, full, options, listener, say);
  say(await timeOpening(full, empty, options.wal));
  say(await coldReplay(full, join(directory, 'file'), options.spec, options.wal));
  const back = options.hasConsumer
    ? await consumerBack(began, full, options, growing.entries)
    : { samples: [], phases: [] };
  const phases = [...growing.phases, ...back.phases];
  for (const line of findings(growing.parts, phases)) say(line);
  if (options.isCompared) say(await overFillrandom(growing.parts, options.spec, directory));
  return {
    schema: 1,
    startedAt,
    machine,
    versions: versions(),
    spec: options.spec,
    gib: options.gib,
    rocksdb: options.wal.rocksdb ?? {},
    parts: growing.parts,
    samples: [...growing.samples, ...back.samples],
    phases,
    lines,
  };
}

/** The backlog grows. */
async function consumerAway(
  began: number,
  directory: string,
  { wal: options, spec, gib, isBusy }: SustainedOptions,
  listener: Listener,
  say: (line: string) => void,
) {
  await using wal = await openWal(directory, options);
  const load = new Load(wal, spec);
  const timeline = new Timeline(began, wal, load, new Consumer([]));
  const parts = await grow(timeline, load, gib, (part) => listener.part(part));
  const replay = async (index: number): Promise<string> =>
    `${Math.round((await replayRate(load.tables[index])) / 1000)} k entries/s`;
  say(`replay of one table: ${await replay(1)}`);
  if (!isBusy) {
    await quiet(timeline, 'quiet, full');
    say(`replay of one table, when all was quiet: ${await replay(2)}`);
  }
  await timeline.end();
  const { samples, phases } = timeline;
  return { parts, samples, phases, entries: load.entries };
}

/** The consumer catches up, and then little happens any more. */
async function consumerBack(
  began: number,
  directory: string,
  { wal: options, spec }: SustainedOptions,
  entries: number,
): Promise<{ readonly samples: readonly Sample[]; readonly phases: readonly Phase[] }> {
  await using wal = await openWal(directory, options);
  const load = new Load(wal, spec, entries);
  const consumer = new Consumer(load.tables);
  const timeline = new Timeline(began, wal, load, consumer);
  await catchUp(timeline, load, consumer);
  await quiet(timeline, 'quiet, read');
  await trimALittle(timeline, wal.table({ region: 1, table: 0 }), spec.entryBytes);
  await timeline.end();
  return timeline;
}
