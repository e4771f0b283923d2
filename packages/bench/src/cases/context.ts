import type { StoreDriver } from '../store/store.js';

/** What a case needs besides its spec. */
export interface CaseContext {
  readonly driver: StoreDriver;
  /** Where the driver's module lies, for cases that need a process of their own for it. */
  readonly driverUrl: string;
  /** A new directory of this case's own. */
  readonly directory: string;
  readonly seed: number;
  /** How long to measure. */
  readonly seconds: number;
  /** How long to warm up before. */
  readonly warmUpSeconds: number;
}
