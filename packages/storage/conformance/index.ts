/**
 * The conformance suite: what every implementation of Shale's log must do, as tests that any framework can run.
 *
 * ```ts
 * import { registerConformance } from '@shale/storage/conformance';
 * registerConformance({ open: async (directory) => wrap(await openLog(directory)) }, test);
 * ```
 */
import { batches } from './batches.js';
import { bounds } from './bounds.js';
import { scenarios } from './fixture.js';
import { promises } from './promises.js';
import { regions } from './regions.js';
import { sequences } from './sequences.js';
import type { ConformanceTarget, RegisterTest } from './target.js';
import { trims } from './trims.js';

export type {
  ConformanceEntry,
  ConformanceLog,
  ConformancePart,
  ConformanceRange,
  ConformanceRegionEntry,
  ConformanceSpan,
  ConformanceTableInfo,
  ConformanceTarget,
  RegisterTest,
} from './target.js';

/** Registers every scenario with `test`. Each scenario works in a fresh temporary directory, which it removes. */
export function registerConformance(target: ConformanceTarget, test: RegisterTest): void {
  const scenario = scenarios(target, test);
  batches(scenario);
  bounds(scenario);
  regions(scenario);
  trims(scenario);
  sequences(scenario);
  promises(scenario);
}
