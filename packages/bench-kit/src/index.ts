export { Payloads } from './load/payloads.js';
export { seededRandom } from './load/random.js';
export { measureDevice } from './measure/device.js';
export { type DirectorySize, directorySize } from './measure/directory-size.js';
export { describeMachine } from './measure/machine.js';
export { type MainThreadLoad, watchMainThread } from './measure/main-thread.js';
export { type Probed, perEntry, startProbe } from './measure/probe.js';
export { withScratch } from './measure/scratch.js';
export { buildSyncCounter, countingEnvironment, type SyncCounting } from './measure/sync-counter.js';
export { columns } from './output/columns.js';
export { formatMeasure, shortNumber } from './output/format-measure.js';
export { renderConditions, renderTables } from './output/tables.js';
export {
  isMeasureName,
  MEASURES,
  type MeasureInfo,
  type MeasureName,
  type Measures,
} from './report/measures.js';
export { medians } from './report/medians.js';
export { parseReport } from './report/parse.js';
export {
  type CaseResult,
  type DeviceBaseline,
  type Machine,
  REPORT_FORMAT,
  type Report,
  type StoreInfo,
} from './report/schema.js';
export {
  type AppendSpec,
  type CaseSpec,
  caseId,
  type ReadSpec,
  type RecoverySpec,
  type Spread,
  shortBytes,
  shortCount,
  type TrimPattern,
  type TrimSpec,
} from './report/spec.js';
export { type CaseAnswer, type CaseTask, type ForkOptions, forkCase } from './run/fork-case.js';
export type { ProgressReport } from './run/progress.js';
export { type RunOptions, runSuite } from './run/run-suite.js';
export { versions } from './run/versions.js';
export { median } from './statistics/median.js';
export { SHALE_DRIVER } from './store/load-driver.js';
export type { Store, StoreDriver, StoreOptions } from './store/store.js';
export { append, read, recovery, trim } from './suites/make-case.js';
export type { Suite, SuiteCase } from './suites/suite.js';
export { SUITES } from './suites/suites.js';
