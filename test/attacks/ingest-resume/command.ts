import { type ChildProcess, spawn } from 'node:child_process';
import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { run } from '@shale/cli';

const COMMAND = fileURLToPath(new URL('../bin/shale.js', import.meta.resolve('@shale/cli')));
/** Milliseconds between the checkpoints of an ingest. */
const INTERVAL = 500;
/** Changes them, and says on descriptor 3 that the ingest has begun. */
const preload = (interval: number): string =>
  `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from 'node:fs';
  const real = globalThis.setInterval;
  globalThis.setInterval = (work, ms, ...rest) => {
    if (ms !== ${INTERVAL}) return real(work, ms, ...rest);
    try { writeSync(3, 'begun'); } catch {}
    return real(work, ${interval}, ...rest);
  };`)}`;
/** An ingest that has not begun by then never will: it waits for input up to where it was. */
const BEGIN_MS = 2000;

/** How a run is brought to its end before its input ends. */
export interface Stop {
  readonly signals: readonly NodeJS.Signals[];
  /** Wait for the ingest to begin first. */
  readonly begun: boolean;
  /** Milliseconds after that, or after the start. */
  readonly delay: number;
  /** Milliseconds between checkpoints: with few of them many lines are in doubt. */
  readonly interval: number;
}

/** What a run reads from standard input. */
export interface Feed {
  readonly bytes: Buffer;
  readonly pieces: number;
  /** Milliseconds between two of them. */
  readonly wait: number;
  /** The pipe ends behind the bytes. */
  readonly ends: boolean;
}

/** How a run ended. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** For people who read of a failure. */
  readonly command: string;
}

/** Runs `shale`, feeds it, and stops it if so asked. */
export async function shale(args: readonly string[], feed?: Feed, stop?: Stop): Promise<Outcome> {
  const { NO_COLOR: _, FORCE_COLOR: __, ...env } = process.env;
  const child = spawn(process.execPath, ['--import', preload(stop?.interval ?? INTERVAL), COMMAND, ...args], {
    env,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr, command: args.join(' ') }));
  });
  child.stdin?.on('error', () => {});
  const begun = new Promise<void>((resolve) => {
    for (const event of ['data', 'end']) (child.stdio[3] as Readable).on(event, () => resolve());
  });
  const over = new AbortController();
  ended.finally(() => over.abort()).catch(() => {});
  await Promise.all([pour(child, feed, over.signal), stop && end(child, begun, stop, over.signal)]);
  const outcome = await ended;
  child.stdin?.destroy();
  return outcome;
}

/** The same in this process, which saves the start of one; for a run that nobody stops. */
export async function shaleHere(args: readonly string[], feed?: Feed): Promise<Outcome> {
  let [stdout, stderr] = ['', ''];
  const [out, err] = [new PassThrough(), new PassThrough()];
  out.on('data', (bytes: Buffer) => {
    stdout += bytes;
  });
  err.on('data', (bytes: Buffer) => {
    stderr += bytes;
  });
  const stdin = Readable.from(feed ? cut(feed) : []);
  // A command asks its streams for no more than a stream that is no terminal has.
  const streams = {
    stdin,
    stdout: out as unknown as NodeJS.WriteStream,
    stderr: err as unknown as NodeJS.WriteStream,
  };
  const code = await run(args, streams);
  return { code, signal: null, stdout, stderr, command: args.join(' ') };
}

function cut({ bytes, pieces }: Feed): Buffer[] {
  const length = Math.max(1, Math.ceil(bytes.length / pieces));
  const count = Math.ceil(bytes.length / length);
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * length, (i + 1) * length));
}

async function pour(child: ChildProcess, feed: Feed | undefined, over: AbortSignal): Promise<void> {
  for (const [i, piece] of (feed ? cut(feed) : []).entries()) {
    if (i > 0) await pause(feed?.wait ?? 0, over);
    if (over.aborted) return;
    child.stdin?.write(piece);
  }
  if (feed?.ends !== false) child.stdin?.end();
}

async function end(child: ChildProcess, begun: Promise<void>, stop: Stop, over: AbortSignal): Promise<void> {
  if (stop.begun) await Promise.race([begun, pause(BEGIN_MS, over)]);
  for (const [i, signal] of stop.signals.entries()) {
    await pause(i === 0 ? stop.delay : stop.delay % 7, over);
    if (over.aborted) return;
    child.kill(signal);
  }
}

/** Waits, unless it is over. */
async function pause(ms: number, over: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: over }).catch(() => {});
}
