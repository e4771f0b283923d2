import { closedLoop } from '../load/closed-loop.js';
import { openLoop } from '../load/open-loop.js';
import { Payloads } from '../load/payloads.js';
import { tablePicks } from '../load/table-picks.js';
import { directorySize } from '../measure/directory-size.js';
import { Latencies } from '../measure/latency.js';
import { perEntry, startProbe } from '../measure/probe.js';
import type { Measures } from '../report/measures.js';
import type { AppendSpec } from '../report/spec.js';
import type { Store } from '../store/store.js';
import type { CaseContext } from './context.js';

/** Size of a steady window, in bytes over all tables. */
const WINDOW_BYTES = 64 * 1024 * 1024;
/** A window is trimmed whenever it is too large by this share. */
const WINDOW_SLACK = 0.25;

/** Appends until the time is up. */
export async function runAppend(spec: AppendSpec, context: CaseContext): Promise<Measures> {
  const { driver, directory, seed } = context;
  const store = await driver.open(directory, spec);
  try {
    const work = new AppendWork(spec, store, seed);
    const written = startProbe();
    const warmUp = performance.now() + context.warmUpSeconds * 1000;
    const unmeasured = new Latencies();
    await closedLoop(spec.inFlight, warmUp, work.append, (ms) => unmeasured.add(ms));

    const latencies = new Latencies();
    const note = (ms: number): void => latencies.add(ms);
    let offered: number | undefined;
    let before = work.entries;
    let stop = startProbe();
    if (spec.loop === 'closed') {
      await closedLoop(spec.inFlight, performance.now() + context.seconds * 1000, work.append, note);
    } else {
      // The peak is measured here, under the same conditions as the share of it that follows.
      const peakUntil = performance.now() + context.seconds * 500;
      await closedLoop(spec.inFlight, peakUntil, work.append, () => {});
      const peak = (work.entries - before) / spec.batch / stop().seconds;
      offered = peak * spec.loop.openAt;
      const keptUp = await openLoop({
        perSecond: offered,
        seconds: context.seconds,
        operation: work.append,
        note,
        onBegin: () => {
          before = work.entries;
          stop = startProbe();
        },
      });
      if (!keptUp) {
        throw new Error(
          `did not keep up with ${Math.round(offered)} appends/s, ${spec.loop.openAt} of its peak`,
        );
      }
    }
    const probed = stop();
    const entries = work.entries - before;
    const measures = perEntry(probed, entries, entries * spec.entryBytes);
    // Flushes come in bursts: over everything appended, including the warm-up, they even out best.
    const whole = perEntry(written(), work.entries, work.entries * spec.entryBytes);
    const size = await directorySize(directory);
    return {
      ...measures,
      ...latencies.measures(),
      ...(whole.writeAmplification !== undefined && { writeAmplification: whole.writeAmplification }),
      spaceAmplification: size.total / (work.liveEntries * spec.entryBytes),
      ...(offered !== undefined && { offeredPerSecond: offered }),
    };
  } finally {
    await store.close();
  }
}

/** Appends to tables and trims them as the spec says, and counts. */
class AppendWork {
  entries = 0;
  readonly #spec: AppendSpec;
  readonly #store: Store;
  readonly #payloads: Payloads;
  readonly #pick: () => number;
  readonly #last: Float64Array;
  readonly #trimmed: Float64Array;
  readonly #window: number;

  constructor(spec: AppendSpec, store: Store, seed: number) {
    if (spec.trim !== 'none' && store.trim === undefined)
      throw new Error('this store is not measured with trims');
    this.#spec = spec;
    this.#store = store;
    this.#payloads = new Payloads(spec.entryBytes, seed);
    this.#pick = tablePicks(spec.tables, spec.spread, seed);
    this.#last = new Float64Array(spec.tables);
    this.#trimmed = new Float64Array(spec.tables);
    this.#window = Math.max(spec.batch, Math.floor(WINDOW_BYTES / spec.entryBytes / spec.tables));
  }

  /** Entries appended and not trimmed. */
  get liveEntries(): number {
    return this.entries - this.#trimmed.reduce((sum, count) => sum + count, 0);
  }

  readonly append = async (): Promise<void> => {
    const { batch, trim } = this.#spec;
    const table = this.#pick();
    await this.#store.append(table, this.#payloads.batch(batch));
    this.entries += batch;
    const last = (this.#last[table] ?? 0) + batch;
    this.#last[table] = last;
    if (trim === 'none' || (trim === 'lagging' && table === 0)) return;
    const upTo = last - this.#window;
    if (upTo - (this.#trimmed[table] ?? 0) < this.#window * WINDOW_SLACK) return;
    // Recorded before the trim is done, so that another append in flight does not repeat it.
    this.#trimmed[table] = upTo;
    await this.#store.trim?.(table, upTo);
  };
}
