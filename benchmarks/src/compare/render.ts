import { columns, MEASURES } from '@shale/bench-kit';
import { type Comparison, type Difference, FEWEST_ROUNDS } from './compare.js';

/** The comparison as text: what is worse, what is better, and how much was noise. */
export function renderComparison({ differences, unmatched, warnings }: Comparison): string {
  const of = (verdict: Difference['verdict']): Difference[] =>
    differences.filter((one) => one.verdict === verdict);
  const parts = warnings.map((warning) => `mind: ${warning}`);
  for (const verdict of ['worse', 'better'] as const) {
    const found = of(verdict);
    if (found.length === 0) continue;
    const rows = found
      .sort((a, b) => Math.abs(Math.log(b.ratio.estimate)) - Math.abs(Math.log(a.ratio.estimate)))
      .map(({ id, store, measure, ratio, p }) => [
        id,
        store,
        MEASURES[measure].title,
        `${ratio.estimate.toFixed(3)} x`,
        `${ratio.low.toFixed(3)} to ${ratio.high.toFixed(3)}`,
        p.toFixed(3),
      ]);
    parts.push(`${verdict}\n${columns(['case', 'store', 'measure', 'ratio', '95 % interval', 'p'], rows)}`);
  }
  const tooFew = of('too few rounds').length;
  if (tooFew > 0)
    parts.push(
      `${tooFew} not judged: it takes ${FEWEST_ROUNDS} rounds on either side (--rounds ${FEWEST_ROUNDS})`,
    );
  if (unmatched.length > 0) parts.push(`in one report only: ${unmatched.join('; ')}`);
  parts.push(
    `${differences.length} compared: ${of('worse').length} worse, ${of('better').length} better, ${of('noise').length} within the noise`,
  );
  return parts.join('\n\n');
}
