import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSyncCounter, describeMachine, versions, withScratch } from '@shale/bench-kit';
import { PROMISE_BARS } from '../bars/promises/all.js';
import type { PromiseBar } from '../bars/promises/promise-bar.js';
import { SPEED_BARS } from '../bars/speed/bars.js';
import { renderBars } from '../bars/speed/render.js';
import { runBars } from '../bars/speed/run-bars.js';
import type { SpeedBar } from '../bars/speed/speed-bar.js';
import { RIVALS } from '../rivals/all.js';
import { installRivals } from '../rivals/install.js';
import { measuredDirectory, REPORTS } from './place.js';
import { clearProgress } from './progress-line.js';
import { count, parseCommand, positive, UsageError } from './usage.js';

const ROUNDS = 5;
const SECONDS = 3;

/** How bars about speed are measured. */
interface SpeedOptions {
  readonly rounds: number;
  readonly seconds: number;
  /** Where the report goes. */
  readonly out: string;
}

/** Holds every bar, or those named, against what is measured. Resolves to 1 when one is missed. */
export async function barsCommand(args: readonly string[]): Promise<number> {
  const { positionals, values } = parseCommand({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      out: { type: 'string', default: REPORTS },
    },
  });
  // `speed` and `promises` name all bars of a kind.
  const names = ['speed', 'promises', ...[...SPEED_BARS, ...PROMISE_BARS].map(({ name }) => name)];
  const unknown = positionals.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new UsageError(`no bar is called ${unknown.join(', ')}; there are ${names.join(', ')}`);
  }
  const isNamed = (name: string): boolean => positionals.includes(name);
  const isEvery = (kind: string): boolean => positionals.length === 0 || isNamed(kind);
  const promises = PROMISE_BARS.filter(
    ({ name, isLong = false }) => isNamed(name) || (isEvery('promises') && !isLong),
  );
  const speed = SPEED_BARS.filter(({ name }) => isNamed(name) || isEvery('speed'));
  const rounds = count('rounds', values.rounds) ?? ROUNDS;
  const seconds = positive('seconds', values.seconds) ?? SECONDS;
  const kept = await holdPromises(promises);
  const reached = speed.length === 0 || (await holdSpeed(speed, { rounds, seconds, out: values.out }));
  return kept && reached ? 0 : 1;
}

/** Measures promises one after the other, and prints each. Whether all hold. */
async function holdPromises(bars: readonly PromiseBar[]): Promise<boolean> {
  let hold = true;
  for (const bar of bars) {
    console.log(`${bar.name}: ${bar.about}`);
    for (const { what, measured, bar: limit, holds } of await bar.run()) {
      console.log(`  ${holds ? 'holds' : 'MISSED'}  ${what}: ${measured}; bar: ${limit}`);
      hold &&= holds;
    }
  }
  return hold;
}

/** Measures bars about speed in rounds, prints them, and writes the report. Whether none is missed. */
async function holdSpeed(
  bars: readonly SpeedBar[],
  { rounds, seconds, out }: SpeedOptions,
): Promise<boolean> {
  if (bars.some((bar) => bar.measurements.some(({ key }) => isOfRival(key)))) {
    installRivals((line) => console.error(line));
  }
  const directory = measuredDirectory();
  const conditions = { machine: await describeMachine(directory), versions: versions() };
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort(new Error('interrupted')));
  const started = performance.now();
  const outcomes = await withScratch(directory, (tools) =>
    runBars(
      bars,
      rounds,
      { directory, seconds, counting: buildSyncCounter(tools), signal: stop.signal },
      (key, done, total) => {
        const each = done === 0 ? seconds + 2 : (performance.now() - started) / 1000 / done;
        const text = `${done + 1}/${total}  ${key}  about ${Math.ceil((each * (total - done)) / 60)} min left`;
        process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
      },
    ),
  );
  clearProgress();
  const { machine } = conditions;
  console.log(
    `${machine.cpu}, ${machine.cores} cores, ${machine.fileSystem}; load before: ${machine.load.join(' ')}`,
  );
  console.log(`medians of ${rounds} rounds in turn, ${seconds} s each\n`);
  console.log(renderBars(outcomes));
  mkdirSync(out, { recursive: true });
  const file = join(
    out,
    `bars-${new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}.json`,
  );
  writeFileSync(file, `${JSON.stringify({ ...conditions, rounds, seconds, bars: outcomes }, null, 1)}\n`);
  console.log(`\n${file}`);
  return !outcomes.some((one) => one.verdict === 'missed' && one.bar !== null);
}

function isOfRival(key: string): boolean {
  return RIVALS.some((url) => key.endsWith(`, ${/([^/]+)\.js$/.exec(url)?.[1]}`));
}
