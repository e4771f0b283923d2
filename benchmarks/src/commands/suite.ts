import { resolve } from 'node:path';
import { renderTables, runSuite, SUITES } from '@shale/bench-kit';
import { RIVALS, SHALE_ADDON } from '../rivals/all.js';
import { installRivals } from '../rivals/install.js';
import { measuredDirectory, REPORTS } from './place.js';
import { clearProgress, showProgress } from './progress-line.js';
import { count, parseCommand, pattern, positive } from './usage.js';
import { writeReport } from './write-report.js';

/** Runs a suite, and writes the report. Resolves to 1 when a case failed. */
export async function suiteCommand(name: keyof typeof SUITES, args: readonly string[]): Promise<number> {
  const { values } = parseCommand({
    args: [...args],
    options: {
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      seed: { type: 'string' },
      only: { type: 'string' },
      out: { type: 'string', default: REPORTS },
      'no-rivals': { type: 'boolean', default: false },
      addon: { type: 'string' },
    },
  });
  const options = {
    rounds: count('rounds', values.rounds),
    seconds: positive('seconds', values.seconds),
    seed: count('seed', values.seed),
    only: pattern('only', values.only),
  };
  const rivals = values['no-rivals'] ? [] : RIVALS;
  if (rivals.length > 0) installRivals((line) => console.error(line));
  if (values.addon !== undefined) process.env.SHALE_BENCH_ADDON = resolve(values.addon);
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort(new Error('interrupted')));
  const report = await runSuite(SUITES[name], {
    directory: measuredDirectory(),
    rivals: values.addon === undefined ? rivals : [...rivals, SHALE_ADDON],
    ...options,
    onProgress: showProgress,
    signal: stop.signal,
  });
  clearProgress();
  console.log(renderTables(report));
  const { json, page } = writeReport(report, values.out);
  console.log(`\n${json}\n${page}`);
  return report.cases.some((one) => one.failures.length > 0) ? 1 : 0;
}
