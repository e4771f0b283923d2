import { median, Payloads } from '@shale/bench-kit';
import { openWal, type Table } from '@shale/engine';
import { inScratch } from './in-scratch.js';
import type { Finding, PromiseBar } from './promise-bar.js';

const ENTRY_BYTES = 100;
const APPENDERS = 4;
/** Of each round. */
const APPENDS = 2000;
const ROUNDS = 7;
const MOST_P50 = 1.2;
const MOST_P99 = 1.5;

/** What each way of acknowledging promises a follower. */
const WAYS = [
  { durability: 'sync', visibility: 'durable' },
  { durability: 'os', visibility: 'acknowledged' },
] as const;

/** A follower that is caught up has an entry soon after its appender knows of it. */
export const deliveryBar: PromiseBar = {
  name: 'delivery',
  about: `from the call of append to the follower, beside to its acknowledgement: ${APPENDERS} appenders of ${ENTRY_BYTES} B; median of ${ROUNDS} rounds of ${APPENDS}`,
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

type Way = (typeof WAYS)[number];

async function compare(table: Table, way: Way): Promise<Finding[]> {
  // The first round warms up.
  await round(table, way);
  const rounds: Round[] = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push(await round(table, way));
  return ([50, 99] as const).map((percentile) => {
    const of = (which: keyof Round): number => median(rounds.map((each) => each[which](percentile)));
    const times = median(
      rounds.map(({ delivered, acknowledged }) => delivered(percentile) / acknowledged(percentile)),
    );
    const most = percentile === 50 ? MOST_P50 : MOST_P99;
    return {
      what: `'${way.durability}', p${percentile}`,
      measured: `delivered after ${of('delivered').toFixed(3)} ms, acknowledged after ${of('acknowledged').toFixed(3)} ms: ${times.toFixed(2)} times`,
      bar: `<= ${most} times`,
      holds: times <= most,
    };
  });
}

/** Milliseconds from the call on, by percentile. */
interface Round {
  readonly acknowledged: (percentile: number) => number;
  readonly delivered: (percentile: number) => number;
}

async function round(table: Table, { durability, visibility }: Way): Promise<Round> {
  const payload = new Payloads(ENTRY_BYTES, 1).one();
  await using follow = table.follow({ from: 'end', visibility });
  await follow.ready;
  const begun: number[] = [];
  const acknowledged: number[] = [];
  const delivered: number[] = [];
  const following = (async () => {
    for await (const chunk of follow.chunks()) {
      const now = performance.now();
      // The appends of a table are in the order of their calls.
      for (let i = 0; i < chunk.length; i++) delivered.push(now - (begun[delivered.length] ?? Number.NaN));
      if (delivered.length === APPENDS) return;
    }
  })();
  const appender = async (): Promise<void> => {
    while (begun.length < APPENDS) {
      const index = begun.push(performance.now()) - 1;
      await table.append(payload, { durability });
      acknowledged[index] = performance.now() - (begun[index] ?? Number.NaN);
    }
  };
  await Promise.all([following, ...Array.from({ length: APPENDERS }, appender)]);
  return { acknowledged: percentiles(acknowledged), delivered: percentiles(delivered) };
}

function percentiles(values: number[]): (percentile: number) => number {
  values.sort((a, b) => a - b);
  return (percentile) => values[Math.floor((values.length * percentile) / 100)] ?? Number.NaN;
}
