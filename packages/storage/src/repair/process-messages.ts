import type { ErrorData } from '@shale/codec';
import type { RepairLoss, RepairProgress } from './events.js';
import type { RunPlace, RunTotals } from './run.js';

/** What the process of a repair is told, once. */
export interface ProcessOrder {
  readonly from: string;
  readonly root: string;
  readonly result: string;
  readonly distrusted: readonly (readonly [name: string, reason: string])[];
  readonly keepFiles: boolean;
  readonly addon: string;
}

/** What it says. The last message is `done` or `failed`, unless it dies. */
export type ProcessMessage =
  | { readonly kind: 'place'; readonly place: RunPlace }
  | { readonly kind: 'event'; readonly event: RepairLoss | RepairProgress }
  | { readonly kind: 'done'; readonly totals: RunTotals }
  | { readonly kind: 'failed'; readonly error: ErrorData };
