import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { columns, versions } from '@shale/bench-kit';
import { type Baseline, holdAgainst, parseBaseline } from '../guard/baseline.js';
import { instructionsPerEntry } from '../guard/count-instructions.js';
import { WORKLOADS } from '../guard/workloads.js';
import { measuredDirectory } from './place.js';
import { parseCommand, UsageError } from './usage.js';

const BASELINE = fileURLToPath(new URL('../../guard-baseline.json', import.meta.url));

/**
 * Counts instructions and holds them against the stored baseline, or stores them. Resolves to 1 when there are more.
 */
export async function guardCommand(args: readonly string[]): Promise<number> {
  const { positionals, values } = parseCommand({
    args: [...args],
    allowPositionals: true,
    options: { update: { type: 'boolean', default: false } },
  });
  const unknown = positionals.filter((name) => !Object.hasOwn(WORKLOADS, name));
  if (unknown.length > 0) {
    throw new UsageError(
      `no workload is called ${unknown.join(', ')}; there are ${Object.keys(WORKLOADS).join(', ')}`,
    );
  }
  const names = positionals.length > 0 ? positionals : Object.keys(WORKLOADS);
  const { node, rocksdb } = versions();
  const environment = `${process.arch}, node ${node}, rocksdb ${rocksdb}`;
  const baseline = parseBaseline(JSON.parse(readFileSync(BASELINE, 'utf8')));
  if (!values.update && baseline.environment !== environment) {
    throw new UsageError(
      `the baseline is of ${baseline.environment}, and this is ${environment}: make one of an older commit with --update first`,
    );
  }
  const counted: Record<string, number> = {};
  for (const name of names) {
    console.error(`counting ${name} ...`);
    counted[name] = await instructionsPerEntry(measuredDirectory(), name).catch((error) => {
      if (error?.code === 'ENOENT') throw new UsageError('valgrind, which counts, is not installed');
      throw error;
    });
  }
  const outcomes = holdAgainst(counted, baseline);
  const rows = outcomes.map(({ name, counted: count, before, verdict }) => [
    name,
    verdict,
    count.toFixed(0),
    before === undefined ? '-' : before.toFixed(0),
    before === undefined ? '-' : `${((count / before - 1) * 100).toFixed(2)} %`,
  ]);
  console.log(columns(['workload', 'verdict', 'instructions per entry', 'before', 'change'], rows));
  if (values.update) {
    const kept = baseline.environment === environment ? baseline.instructions : {};
    const rounded = Object.fromEntries(
      Object.entries(counted).map(([name, count]) => [name, Math.round(count)]),
    );
    const next: Baseline = { environment, instructions: { ...kept, ...rounded } };
    writeFileSync(BASELINE, `${JSON.stringify(next, null, 2)}\n`);
    return 0;
  }
  return outcomes.some((one) => one.verdict === 'more') ? 1 : 0;
}
