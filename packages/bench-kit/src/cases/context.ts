import type { StoreDriver } from '../store/store.js';

/** What a case needs besides its spec. */
export interface CaseContext {
  readonly driver: StoreDriver;
  /** URL of the driver's module, for cases that load it in another process. */
  readonly driverUrl: string;
  /** A new directory for this case alone. */
  readonly directory: string;
  readonly seed: number;
  /** How long to measure. */
  readonly seconds: number;
  /** How long to warm up before. */
  readonly warmUpSeconds: number;
}
