import { openWal, type Wal } from '@shale/engine';
import { CliError } from '../cli-error.js';
import type { Terminal } from '../output/terminal.js';
import { formatBytes, formatCount, formatDuration, formatRate, plural } from '../output/units.js';
import type { Ledger } from './ledger.js';
import { LiveLine } from './live-line.js';
import { nextSteps } from './next-steps.js';
import { replay } from './replay.js';
import { directoryBytes, spaceGivenBack } from './space.js';
import { WriterProcess } from './writer-process.js';

/** Longest time to wait for the disk space of the trimmed half. */
const RECLAIM_MS = 8000;

/** How to run the demo. */
export interface DemoOptions {
  readonly directory: string;
  /** Seconds to write before the kill. */
  readonly seconds: number;
  /** Ends the demo early. */
  readonly signal: AbortSignal;
}

/** Writes, kills, recovers, replays, trims; throws when an acknowledged entry is not there as it was. */
export async function runDemo(terminal: Terminal, options: DemoOptions): Promise<void> {
  const { bold, green, dim } = terminal.outColors;
  const say = async (text: string): Promise<void> => {
    await terminal.out.line(text);
    await terminal.out.flush();
  };
  await say(
    `${bold('Shale')} writes this machine's own metrics into ${options.directory}, one table per series.`,
  );
  await say(
    dim('Every entry is acknowledged only after an fdatasync. Then the writer is killed with SIGKILL.'),
  );
  const { ledger, seconds } = await writeAndKill(terminal, options, say);

  const opening = performance.now();
  await using wal = await openWal(options.directory, { create: false });
  const opened = performance.now() - opening;
  const region = await wal.region(0n).open();
  await say(
    `${green('recovered')}: opened in ${formatDuration(opened)}, and ${plural(region.tables, 'table')} with ${plural(region.entries, 'entry', 'entries')} found in ${formatDuration(region.elapsedMs)}`,
  );
  await verifyEverything(wal, ledger, say, green);
  await trimHalf(wal, options.directory, ledger, say, green);
  await say(nextSteps(options.directory, ledger.tables, { rate: ledger.entries / seconds, bold, dim }));
}

async function writeAndKill(
  terminal: Terminal,
  { directory, seconds, signal }: DemoOptions,
  say: (text: string) => Promise<void>,
): Promise<{ ledger: Ledger; seconds: number }> {
  const writer = new WriterProcess(directory);
  const { ledger } = writer;
  const killOnStop = (): void => void writer.kill();
  signal.addEventListener('abort', killOnStop);
  const live = new LiveLine(terminal, ledger);
  let started = performance.now();
  try {
    await writer.wrote();
    started = performance.now();
    // An arbitrary moment, so that the kill hits whatever is under way.
    await writer.runFor(seconds * 1000 + Math.random() * 200);
  } finally {
    await live.stop();
    await writer.kill();
    signal.removeEventListener('abort', killOnStop);
  }
  const elapsed = (performance.now() - started) / 1000;
  const { bold, red } = terminal.outColors;
  await say(
    `${red('killed')}: kill -9 ${writer.pid} after ${bold(plural(ledger.entries, 'durable entry', 'durable entries'))} in ${plural(ledger.tables.length, 'table')} (${formatRate(ledger.entries / elapsed)}, event loop late by ${ledger.loopDelayMs.toFixed(1)} ms at p99)`,
  );
  return { ledger, seconds: elapsed };
}

async function verifyEverything(
  wal: Wal,
  ledger: Ledger,
  say: (text: string) => Promise<void>,
  green: (text: string) => string,
): Promise<void> {
  const started = performance.now();
  const { acknowledged, further, problems } = await replay(wal, ledger.tables);
  const elapsed = performance.now() - started;
  if (problems.length > 0) {
    for (const problem of problems.slice(0, 10)) await say(problem);
    throw new CliError('CLI_DEMO', `${plural(problems.length, 'table')} did not come back as acknowledged`);
  }
  const rate = formatRate((Number(acknowledged + further) / Math.max(1, elapsed)) * 1000);
  await say(
    `${green('verified')}: all ${formatCount(acknowledged)} acknowledged entries are there, in order and byte for byte${further > 0n ? `, and ${formatCount(further)} more that were on their way` : ''} (${rate})`,
  );
}

async function trimHalf(
  wal: Wal,
  directory: string,
  ledger: Ledger,
  say: (text: string) => Promise<void>,
  green: (text: string) => string,
): Promise<void> {
  const before = await directoryBytes(directory);
  const started = performance.now();
  let removed = 0n;
  await Promise.all(
    ledger.tables.map(async ({ name, last }) => {
      await wal.table(name).trim(last / 2n);
      removed += last / 2n;
    }),
  );
  const elapsed = performance.now() - started;
  await spaceGivenBack(wal, RECLAIM_MS);
  const after = await directoryBytes(directory);
  await say(
    `${green('trimmed')}: ${plural(removed, 'entry', 'entries')}, the older half of each table, in ${formatDuration(elapsed)}; the directory went from ${formatBytes(before)} to ${formatBytes(after)}`,
  );
}
