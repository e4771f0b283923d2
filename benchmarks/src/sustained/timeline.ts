import { setTimeout as sleep } from 'node:timers/promises';
import { directorySize } from '@shale/bench-kit';
import type { Wal } from '@shale/engine';
import type { Consumer } from './consumer.js';
import type { Load } from './load.js';
import { meter } from './meter.js';
import type { Cost, Phase, PhaseName, Sample } from './record.js';

const EVERY_MS = 1000;

/** What a log that is written to costs, second by second. */
export class Timeline {
  readonly samples: Sample[] = [];
  readonly phases: Phase[] = [];
  readonly #began: number;
  readonly #wal: Wal;
  readonly #load: Load;
  readonly #consumer: Consumer;
  readonly #sampling: Promise<void>;
  readonly #end = new AbortController();

  /** @param began when the measurement began, as `performance.now()` has it */
  constructor(began: number, wal: Wal, load: Load, consumer: Consumer) {
    this.#began = began;
    this.#wal = wal;
    this.#load = load;
    this.#consumer = consumer;
    this.#sampling = this.#sample();
  }

  /** Does the work of a phase, which says what the samples do not show. */
  async phase(name: PhaseName, work: () => Promise<readonly string[]>): Promise<Phase> {
    const from = this.#now();
    const stop = await meter(this.#wal, this.#load);
    const notes = await work();
    const phase: Phase = { name, from, to: this.#now(), cost: await stop(), notes };
    this.phases.push(phase);
    return phase;
  }

  /** What a stretch of work was like. */
  async part(work: () => Promise<void>): Promise<Sample> {
    const stop = await meter(this.#wal, this.#load);
    await work();
    return await this.#complete(await stop());
  }

  /** Ends the samples. */
  async end(): Promise<void> {
    this.#end.abort();
    await this.#sampling;
  }

  async #sample(): Promise<void> {
    while (!this.#end.signal.aborted) {
      const wait = sleep(EVERY_MS, undefined, { signal: this.#end.signal }).catch(() => undefined);
      this.samples.push(await this.part(async () => await wait));
    }
  }

  async #complete(cost: Cost): Promise<Sample> {
    const { rocksdb } = this.#wal.metrics();
    const { total } = await directorySize(this.#wal.path);
    const { bytes, entries } = this.#load;
    return {
      ...cost,
      at: this.#now(),
      directory: total,
      behind: entries === 0 ? 0 : bytes * (1 - this.#consumer.entries / entries),
      level0: rocksdb.properties['num-files-at-level0'] ?? Number.NaN,
    };
  }

  #now(): number {
    return (performance.now() - this.#began) / 1000;
  }
}
