import { monitorEventLoopDelay } from 'node:perf_hooks';
import { openWal, type Table, type Wal } from '@shale/engine';
import { Chain } from './chain.js';
import type { WriterReport } from './messages.js';
import { Sampler } from './sampler.js';

const REPORT_MS = 50;
const LOOP_RESOLUTION_MS = 5;
/** Rounds of samples that may be on their way: enough to hide the time of a sync. */
const MAX_ROUNDS_IN_FLIGHT = 8;

interface Series {
  readonly index: number;
  readonly table: Table;
  readonly chain: Chain;
  last: bigint;
  moved: boolean;
}

/** Samples this machine into the log at `directory` as fast as it can, until the process is killed. */
export async function writeMetrics(
  directory: string,
  report: (message: WriterReport) => void,
): Promise<never> {
  const wal = await openWal(directory);
  const writer = new MetricsWriter(wal, report);
  return writer.run();
}

class MetricsWriter {
  readonly #wal: Wal;
  readonly #report: (message: WriterReport) => void;
  readonly #sampler = new Sampler();
  readonly #series = new Map<string, Series>();
  readonly #loopDelay = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  #unnamed: string[] = [];
  #moved: Series[] = [];
  #entries = 0;
  #warm = false;

  constructor(wal: Wal, report: (message: WriterReport) => void) {
    this.#wal = wal;
    this.#report = report;
  }

  async run(): Promise<never> {
    this.#loopDelay.enable();
    setInterval(() => this.#tell(), REPORT_MS);
    const rounds = new Set<Promise<void>>();
    for (;;) {
      const round = this.#round();
      rounds.add(round);
      const done = round.then(() => rounds.delete(round));
      if (rounds.size >= MAX_ROUNDS_IN_FLIGHT) await Promise.race(rounds);
      // A turn of the loop between rounds, for acknowledgements and reports.
      await new Promise<void>((resolve) => setImmediate(resolve));
      // An append that fails ends the writer.
      done.catch((error: unknown) => process.nextTick(() => Promise.reject(error)));
    }
  }

  /** One value of every series, durably. */
  async #round(): Promise<void> {
    const appends: Promise<void>[] = [];
    const at = (performance.timeOrigin + performance.now()).toFixed(3);
    this.#sampler.sample((name, value) => {
      const series = this.#series.get(name) ?? this.#add(name);
      const payload = Buffer.from(`{"at":${at},"value":${value}}`, 'latin1');
      appends.push(
        series.table.append(payload).then((sequence) => this.#acknowledged(series, sequence, payload)),
      );
    });
    await Promise.all(appends);
  }

  /** Acknowledgements of a table come in order. */
  #acknowledged(series: Series, sequence: bigint, payload: Uint8Array): void {
    series.chain.add(payload);
    series.last = sequence;
    this.#entries += 1;
    if (series.moved) return;
    series.moved = true;
    this.#moved.push(series);
  }

  #tell(): void {
    const moved = this.#moved;
    const newTables = this.#unnamed;
    this.#moved = [];
    this.#unnamed = [];
    const acknowledged = moved.map((series) => {
      series.moved = false;
      return [series.index, series.last.toString(), series.chain.digest()] as const;
    });
    if (this.#entries > 0 && !this.#warm) {
      // What the start cost is no measure of the running.
      this.#warm = true;
      this.#loopDelay.reset();
    }
    const loopDelayMs = this.#warm
      ? Math.max(0, this.#loopDelay.percentile(99) / 1e6 - LOOP_RESOLUTION_MS)
      : 0;
    this.#report({ newTables, acknowledged, entries: this.#entries, loopDelayMs });
  }

  #add(name: string): Series {
    const index = this.#series.size;
    const series = { index, table: this.#wal.table(name), chain: new Chain(), last: 0n, moved: false };
    this.#series.set(name, series);
    this.#unnamed.push(name);
    return series;
  }
}
