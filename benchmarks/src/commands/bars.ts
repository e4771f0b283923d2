import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSyncCounter, describeMachine, versions, withScratch } from '@shale/bench-kit';
import { SPEED_BARS } from '../bar-table/bars.js';
import { renderBars } from '../bar-table/render.js';
import { runBars } from '../bar-table/run-bars.js';
import { RIVALS } from '../rivals/all.js';
import { installRivals } from '../rivals/install.js';
import { measuredDirectory, REPORTS } from './place.js';
import { clearProgress } from './progress-line.js';
import { count, parseCommand, positive, UsageError } from './usage.js';

const ROUNDS = 5;
const SECONDS = 3;

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
  const unknown = positionals.filter((name) => !SPEED_BARS.some((bar) => bar.name === name));
  if (unknown.length > 0) {
    const names = SPEED_BARS.map((bar) => bar.name).join(', ');
    throw new UsageError(`no bar is called ${unknown.join(', ')}; there are ${names}`);
  }
  const bars = SPEED_BARS.filter((bar) => positionals.length === 0 || positionals.includes(bar.name));
  const rounds = count('rounds', values.rounds) ?? ROUNDS;
  const seconds = positive('seconds', values.seconds) ?? SECONDS;
  if (bars.some((bar) => bar.ingredients.some(({ key }) => isOfRival(key)))) {
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
  mkdirSync(values.out, { recursive: true });
  const file = join(
    values.out,
    `bars-${new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}.json`,
  );
  writeFileSync(file, `${JSON.stringify({ ...conditions, rounds, seconds, bars: outcomes }, null, 1)}\n`);
  console.log(`\n${file}`);
  return outcomes.some((one) => one.verdict === 'missed' && one.bar !== null) ? 1 : 0;
}

function isOfRival(key: string): boolean {
  return RIVALS.some((url) => key.endsWith(`, ${/([^/]+)\.js$/.exec(url)?.[1]}`));
}
