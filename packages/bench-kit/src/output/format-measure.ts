import { MEASURES, type MeasureName } from '../report/measures.js';

/** A number with three significant digits or so, and `k` or `M` where that is shorter. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 1e6) return `${(value / 1e6).toFixed(size >= 1e7 ? 1 : 2)}M`;
  if (size >= 1e4) return `${(value / 1e3).toFixed(size >= 1e5 ? 0 : 1)}k`;
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return value.toFixed(size >= 1 ? 2 : 3);
}

/** A measure with its unit; a dash when the case has none. */
export function formatMeasure(name: MeasureName, value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '-';
  const { unit } = MEASURES[name];
  const number = shortNumber(value);
  if (unit === '') return number;
  return unit === '1/s' ? `${number}/s` : `${number} ${unit}`;
}
