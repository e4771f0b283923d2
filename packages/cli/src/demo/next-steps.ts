import { relative, sep } from 'node:path';
import { pathWord, shellWord } from '../output/shell-word.js';
import { formatRate } from '../output/units.js';
import type { Acknowledged } from './ledger.js';

/** What a newcomer should try next: commands that work on what the demo left. */
export function nextSteps(
  directory: string,
  tables: readonly Acknowledged[],
  style: { rate: number; bold: (text: string) => string; dim: (text: string) => string },
): string {
  const dir = shellWord(pathWord(shortest(directory)));
  const table = shellWord(
    (tables.find(({ name }) => name === 'cpu0.user') ?? tables[0])?.name ?? 'cpu0.user',
  );
  const first = tables[0];
  const steps = [
    ['every table with its bounds', `npx shale tables ${dir}`],
    ['the last entries of one', `npx shale read ${dir} ${table} --last 5`],
    ['the same for programs', `npx shale read ${dir} ${table} --last 5 --json`],
    ['read and check everything', `npx shale verify ${dir}`],
    ['the numbers of RocksDB', `npx shale stats ${dir}`],
    ['give space back', `npx shale trim ${dir} ${table} --all`],
    ['your own data, resumable', `seq 1000000 | npx shale ingest ${dir} - --table numbers`],
  ] as const;
  const width = Math.max(...steps.map(([what]) => what.length));
  const lines = steps.map(([what, command]) => `  ${style.dim(what.padEnd(width))}  ${command}`);
  const rate = first ? style.dim(` (this machine: ${formatRate(style.rate)} durable)`) : '';
  return `\n${style.bold('Try next')}${rate}\n${lines.join('\n')}\n\nIn a program: import { openWal } from '@shale/engine'. README.md has it by example.`;
}

function shortest(directory: string): string {
  const path = relative(process.cwd(), directory);
  return path === '' || path.startsWith(`..${sep}..`)
    ? directory
    : `.${sep}${path}`.replace(/^\.[/\\]\.\./, '..');
}
