import { filePlaceIn } from '../damage/file-place.js';
import { around, describeKey, type LostSpan } from './damage.js';
import type { RepairLoss } from './events.js';
import type { OldDatabase, OldTableFile } from './old-database.js';

/** A table file of which nothing is left. */
export function lostWhole(old: OldDatabase, name: string, message: string): LostSpan {
  const facts = old.named.get(name);
  const file = filePlaceIn(message) ?? { name };
  const span = { file, most: old.most, hadTrims: true, message };
  if (facts === undefined) return { ...span, after: null, before: null };
  const { smallest, largest } = facts;
  return { ...span, ...around(smallest, largest), ends: [smallest, largest] };
}

/** What a table file holds, for people. */
export function holding({ smallest, largest }: OldTableFile): string {
  return `; it holds ${describeKey(smallest)} to ${describeKey(largest)}`;
}

/** The loss of a file, or of a part of it. */
export function fileLoss(name: string, message: string): RepairLoss {
  return { type: 'loss', kind: 'file', file: { name }, message: `${name}: ${message}` };
}
