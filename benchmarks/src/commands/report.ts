import { basename, dirname } from 'node:path';
import { readReport } from './read-report.js';
import { parseCommand, UsageError } from './usage.js';
import { writePage } from './write-report.js';

/** Makes the page and the drawings once more from a stored report, beside it unless `--out` says otherwise. */
export async function reportCommand(args: readonly string[]): Promise<number> {
  const { positionals, values } = parseCommand({
    args: [...args],
    allowPositionals: true,
    options: { out: { type: 'string' } },
  });
  const [path] = positionals;
  if (path === undefined || positionals.length > 1) throw new UsageError('report takes one report in JSON');
  console.log(writePage(readReport(path), values.out ?? dirname(path), basename(path, '.json')));
  return 0;
}
