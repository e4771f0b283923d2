import { compareReports } from '../compare/compare.js';
import { renderComparison } from '../compare/render.js';
import { readReport } from './read-report.js';
import { parseCommand, UsageError } from './usage.js';

/** Compares two reports. Resolves to 1 when something became worse. */
export async function compareCommand(args: readonly string[]): Promise<number> {
  const { positionals } = parseCommand({ args: [...args], allowPositionals: true });
  const [before, after] = positionals;
  if (before === undefined || after === undefined || positionals.length > 2) {
    throw new UsageError('compare takes two reports: the earlier one and the later one');
  }
  const comparison = compareReports(readReport(before), readReport(after));
  console.log(renderComparison(comparison));
  return comparison.differences.some((one) => one.verdict === 'worse') ? 1 : 0;
}
