import { join } from 'node:path';
import { describeMachine, type Measures, versions } from '@shale/bench-kit';
import { openWal, type Table } from '@shale/engine';
import { ENTRY_BYTES, percentile, runRound, WAYS, type Way } from './round.js';

/** Appends at once. */
const APPENDERS = [1, 4, 16] as const;
/** Seconds of appends, about, of each measurement. */
const SECONDS = 10;
const WARM_UP = 1000;

/** Appends of one way, by some at once. */
export interface DeliveryCase {
  readonly way: Way;
  readonly appenders: number;
  readonly appends: number;
  readonly acknowledged: Measures;
  readonly delivered: Measures;
}

/** What was measured, and where. */
export interface DeliveryRecord {
  readonly schema: 1;
  readonly startedAt: string;
  readonly machine: Awaited<ReturnType<typeof describeMachine>>;
  readonly versions: ReturnType<typeof versions>;
  readonly entryBytes: number;
  readonly cases: readonly DeliveryCase[];
}

/** Measures how long a follower that is caught up waits for entries, beside their appenders' waiting. */
export async function measureDelivery(
  directory: string,
  show: (measured: DeliveryCase) => void,
): Promise<DeliveryRecord> {
  const startedAt = new Date().toISOString();
  const machine = await describeMachine(directory);
  await using wal = await openWal(join(directory, 'log'), { shards: 1 });
  const cases: DeliveryCase[] = [];
  for (const [index, way] of WAYS.entries()) {
    for (const appenders of APPENDERS) {
      const measured = await measureCase(wal.table({ region: 1, table: index }), way, appenders);
      cases.push(measured);
      show(measured);
    }
  }
  return { schema: 1, startedAt, machine, versions: versions(), entryBytes: ENTRY_BYTES, cases };
}

async function measureCase(table: Table, way: Way, appenders: number): Promise<DeliveryCase> {
  const started = performance.now();
  await runRound(table, way, { appenders, appends: WARM_UP });
  const seconds = (performance.now() - started) / 1000;
  const appends = Math.max(WARM_UP, Math.round((WARM_UP / seconds) * SECONDS));
  const { acknowledged, delivered } = await runRound(table, way, { appenders, appends });
  return {
    way,
    appenders,
    appends,
    acknowledged: measuresOf(acknowledged),
    delivered: measuresOf(delivered),
  };
}

function measuresOf(times: Float64Array): Measures {
  return {
    latencyP50: percentile(times, 50),
    latencyP90: percentile(times, 90),
    latencyP99: percentile(times, 99),
    latencyP999: percentile(times, 99.9),
    latencyMax: percentile(times, 100),
  };
}
