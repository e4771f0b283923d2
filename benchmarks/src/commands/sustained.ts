import { directorySize, startProbe, withScratch } from '@shale/bench-kit';
import { openWal, type WalOptions } from '@shale/engine';
import { replayRate, spaceOfTrim, timeOpening } from '../sustained/afterwards.js';
import { type BacklogPart, type BacklogSpec, filesAtLevel0, growBacklog } from '../sustained/backlog.js';
import { bytesHandedOver } from '../sustained/handed-over.js';
import { untilQuiet } from '../sustained/quiet.js';
import { measuredDirectory } from './place.js';
import { count, parseCommand, UsageError } from './usage.js';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const WIDTHS = [5, 10, 8, 8, 8, 9, 9, 10, 9];
const HEADINGS = [
  'GiB',
  'entries/s',
  'handed',
  'on disk',
  'us each',
  'p99.9 ms',
  'worst ms',
  'loop p99',
  'level 0',
];

/** Grows a backlog GiB by GiB, prints what each costs, and then what passes, openings, reads and trims of it do. */
export async function sustainedCommand(args: readonly string[]): Promise<number> {
  const { values } = parseCommand({
    args: [...args],
    options: {
      gib: { type: 'string' },
      tables: { type: 'string' },
      bytes: { type: 'string' },
      batch: { type: 'string' },
      'in-flight': { type: 'string' },
    },
  });
  const spec: BacklogSpec = {
    tables: count('tables', values.tables) ?? 100,
    entryBytes: count('bytes', values.bytes) ?? 1024,
    batch: count('batch', values.batch) ?? 100,
    inFlight: count('in-flight', values['in-flight']) ?? 16,
  };
  const gib = count('gib', values.gib) ?? 10;
  if (process.platform !== 'linux') throw new UsageError('sustained counts what is written as Linux does');
  const options: WalOptions = {
    durability: 'os',
    rocksdb: JSON.parse(process.env.SHALE_BENCH_ROCKSDB ?? '{}'),
  };
  await withScratch(measuredDirectory(), (directory) => measure(directory, options, gib, spec));
  return 0;
}

async function measure(
  directory: string,
  options: WalOptions,
  gib: number,
  spec: BacklogSpec,
): Promise<void> {
  const { tables, entryBytes, batch, inFlight } = spec;
  console.log(
    `${batch} x ${entryBytes} B over ${tables} tables, 'os', ${inFlight} in flight, ${JSON.stringify(options.rocksdb)}`,
  );
  console.log(row(HEADINGS));
  const written = startProbe();
  const handedOver = await bytesHandedOver();
  {
    await using wal = await openWal(directory, options);
    const parts: BacklogPart[] = [];
    for (let part = 1; part <= gib; part++) {
      const grown = await growBacklog(wal, GIB, spec);
      parts.push(grown);
      console.log(row([`${part}`, ...cells(grown)]));
    }
    console.log(
      `last over first: ${ratio(parts, entryTime).toFixed(2)} of the entries/s, ${(1 / ratio(parts, processorTime)).toFixed(2)} times the processor time`,
    );
    const all = parts.reduce((sum, part) => sum + part.handedOver, 0) / parts.length;
    console.log(`handed over while it came in: ${all.toFixed(2)} times`);
    console.log(`replay of one table: ${thousands(await replayRate(wal, 1 % tables))}/s`);
    const before = performance.now();
    await untilQuiet();
    const size = await directorySize(directory);
    const [handed, reached] = [(await bytesHandedOver()) - handedOver, written().bytesWritten ?? Number.NaN];
    const times = (bytes: number): string => `${(bytes / (gib * GIB)).toFixed(2)} times`;
    console.log(
      `quiet after ${((performance.now() - before) / 1000).toFixed(0)} s, ${await filesAtLevel0(wal)} files in level 0, ${(size.total / MIB).toFixed(0)} MiB, handed over ${times(handed)}, on disk ${times(reached)}`,
    );
    console.log(`replay of one table: ${thousands(await replayRate(wal, 2 % tables))}/s`);
    const trimmed = Array.from({ length: Math.ceil(tables / 10) }, (_, i) => (10 * i) % tables);
    console.log(
      `trim of every tenth table: ${((await spaceOfTrim(wal, trimmed)) / MIB).toFixed(0)} MiB back of ${((gib * GIB) / MIB / 10).toFixed(0)}`,
    );
  }
  const [opening, first] = await timeOpening(directory, options);
  console.log(`opening: ${opening.toFixed(0)} ms, first append: ${first.toFixed(1)} ms`);
}

const entryTime = ({ measures }: BacklogPart): number => 1 / (measures.entriesPerSecond ?? Number.NaN);
const processorTime = ({ measures }: BacklogPart): number => measures.cpuSecondsPerMillion ?? Number.NaN;

/** What an entry of the first fifth costs over what one of the last fifth does. */
function ratio(parts: readonly BacklogPart[], cost: (part: BacklogPart) => number): number {
  const some = Math.ceil(parts.length / 5);
  const sum = (of: readonly BacklogPart[]): number => of.reduce((all, part) => all + cost(part), 0);
  return sum(parts.slice(0, some)) / sum(parts.slice(-some));
}

function cells({ measures, handedOver, p999Ms, worstMs, level0 }: BacklogPart): string[] {
  const { entriesPerSecond, writeAmplification, cpuSecondsPerMillion, loopDelayP99 } = measures;
  return [
    thousands(entriesPerSecond),
    handedOver.toFixed(2),
    `${writeAmplification?.toFixed(2)}`,
    `${cpuSecondsPerMillion?.toFixed(1)}`,
    p999Ms.toFixed(0),
    worstMs.toFixed(0),
    `${loopDelayP99?.toFixed(1)}`,
    `${level0}`,
  ];
}

function thousands(perSecond: number | undefined): string {
  return `${((perSecond ?? Number.NaN) / 1000).toFixed(0)} k`;
}

function row(values: readonly string[]): string {
  return values.map((value, at) => value.padStart(WIDTHS[at] ?? 0)).join(' ');
}
