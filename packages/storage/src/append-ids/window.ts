import { mustBe } from '@shale/codec';
import { readBag } from '../arguments/option-bag.js';

/** How long the id of an append is remembered: as long as both hold. */
export interface AppendIdWindow {
  /** Fewer entries than this have come after it in its table. */
  readonly entries: number;
  /** It is at most so many milliseconds old. */
  readonly ageMs: number;
}

/** The window where nothing is said. */
export const USUAL_ID_WINDOW: AppendIdWindow = { entries: 100_000, ageMs: 3_600_000 };

const MOST_ENTRIES = 10_000_000;
const FIELDS = ['entries', 'ageMs'] as const;

/** Reads a window, and fills in what is left out. Throws SHALE_INVALID_ARGUMENT. */
export function toIdWindow(window: unknown): AppendIdWindow {
  const given = window === undefined ? {} : readBag('idWindow', window, FIELDS);
  const { entries = USUAL_ID_WINDOW.entries, ageMs = USUAL_ID_WINDOW.ageMs } = given as Record<
    string,
    unknown
  >;
  return {
    entries: requireInteger('idWindow.entries', entries, MOST_ENTRIES),
    ageMs: requireInteger('idWindow.ageMs', ageMs, Number.MAX_SAFE_INTEGER),
  };
}

function requireInteger(field: string, value: unknown, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > most) {
    throw mustBe(field, `an integer from 1 to ${most}`, value);
  }
  return value;
}
