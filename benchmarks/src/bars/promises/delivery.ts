import { median } from '@shale/bench-kit';
import { openWal, type Table } from '@shale/engine';
import { ENTRY_BYTES, percentile, type Round, runRound, WAYS, type Way } from '../../delivery/round.js';
import { inScratch } from './in-scratch.js';
import type { Finding, PromiseBar } from './promise-bar.js';

/** Of each round. */
const LOAD = { appenders: 4, appends: 2000 };
const ROUNDS = 7;
const MOST_P50 = 1.2;
const MOST_P99 = 1.5;

/** A follower that is caught up has an entry soon after its appender knows of it. */
export const deliveryBar: PromiseBar = {
  name: 'delivery',
  about: `from the call of append to the follower, beside to its acknowledgement: ${LOAD.appenders} appenders of ${ENTRY_BYTES} B; median of ${ROUNDS} rounds of ${LOAD.appends}`,
  run: () =>
    inScratch(async (directory) => {
      await using wal = await openWal(directory, { shards: 1 });
      const findings: Finding[] = [];
      for (const [index, way] of WAYS.entries()) {
        findings.push(...(await compare(wal.table({ region: 1, table: index }), way)));
      }
      return findings;
    }),
};

async function compare(table: Table, way: Way): Promise<Finding[]> {
  // The first round warms up.
  await runRound(table, way, LOAD);
  const rounds: Round[] = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push(await runRound(table, way, LOAD));
  return ([50, 99] as const).map((p) => {
    const of = (which: keyof Round): number => median(rounds.map((each) => percentile(each[which], p)));
    const times = median(
      rounds.map(({ delivered, acknowledged }) => percentile(delivered, p) / percentile(acknowledged, p)),
    );
    const most = p === 50 ? MOST_P50 : MOST_P99;
    return {
      what: `'${way.durability}', p${p}`,
      measured: `delivered after ${of('delivered').toFixed(3)} ms, acknowledged after ${of('acknowledged').toFixed(3)} ms: ${times.toFixed(2)} times`,
      bar: `<= ${most} times`,
      holds: times <= most,
    };
  });
}
