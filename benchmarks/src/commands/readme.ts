import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { insertTable, readmeTable } from '../report/readme-table.js';
import { readReport } from './read-report.js';
import { parseCommand, UsageError } from './usage.js';

const README = fileURLToPath(new URL('../../../README.md', import.meta.url));

/** Writes the table of a report into the README, or into the file that `--file` names. */
export async function readmeCommand(args: readonly string[]): Promise<number> {
  const { positionals, values } = parseCommand({
    args: [...args],
    allowPositionals: true,
    options: { file: { type: 'string', default: README } },
  });
  const [path] = positionals;
  if (path === undefined || positionals.length > 1) throw new UsageError('readme takes one report in JSON');
  const table = readmeTable(readReport(path));
  writeFileSync(values.file, insertTable(readFileSync(values.file, 'utf8'), table));
  console.log(table);
  return 0;
}
