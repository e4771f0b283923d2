import { columns, shortNumber } from '@shale/bench-kit';
import type { BarOutcome } from './speed-bar.js';

/** The bars as text: figure, spread over rounds, bar, stretch, verdict, and how to repeat each. */
export function renderBars(outcomes: readonly BarOutcome[]): string {
  const rows = outcomes.map((one) => {
    const limit = (value: number | null): string => {
      if (value === null) return '-';
      return `${one.direction === 'at least' ? '>=' : '<='} ${value}${one.unit}`;
    };
    const spread =
      one.rounds.length < 2
        ? ''
        : `${shortNumber(Math.min(...one.rounds))} to ${shortNumber(Math.max(...one.rounds))}`;
    const figure = one.figure === null ? '-' : `${shortNumber(one.figure)}${one.unit}`;
    const verdict = one.verdict === 'missed' ? 'MISSED' : one.verdict;
    return [
      one.what,
      verdict,
      figure,
      spread,
      limit(one.bar),
      limit(one.stretch),
      `npm run bars -- ${one.name}`,
    ];
  });
  const table = columns(['what', 'verdict', 'figure', 'rounds', 'bar', 'stretch', 'again'], rows);
  const reasons = [...new Set(outcomes.flatMap((one) => one.reasons))];
  return reasons.length === 0
    ? table
    : `${table}\n\nmissing:\n${reasons.map((why) => `  ${why}`).join('\n')}`;
}
