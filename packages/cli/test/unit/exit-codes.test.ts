// What scripts and operators are told of errors is what the code does.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ERROR_CODES } from '@shale/codec';
import { describe, expect, it } from 'vitest';
import { CliError, type CliErrorCode, EXIT_BY_CODE } from '../../dist/cli-error.js';
import { EXIT, exitCodeOf, SIGNAL_EXIT } from '../../dist/exit-codes.js';

const page = (name: string) => readFileSync(new URL(`../../../../docs/${name}`, import.meta.url), 'utf8');
const cli = page('cli.md');
const documented = [...cli.matchAll(/^\| `((?:SHALE|CLI)_\w+)` \| (\d+) \|$/gm)].map(
  ([, code = '', exit]) => [code, Number(exit)] as const,
);
const own = Object.keys(EXIT_BY_CODE) as CliErrorCode[];
const expected = [
  ...ERROR_CODES.map((code) => [code, exitCodeOf(code)] as const),
  ...own.map((code) => [code, new CliError(code, '').exitCode] as const),
];

describe('errors', () => {
  it('have the exit codes of the table in docs/cli.md, each of them once', () => {
    const sorted = (rows: readonly (readonly [string, number])[]) =>
      [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
    expect(sorted(documented)).toEqual(sorted(expected));
  });

  it('share an exit code only where docs/cli.md tells of a kind, and every exit code is there', () => {
    const shared = groups(expected);
    const of = Object.entries(shared)
      .filter(([, rows]) => (rows?.length ?? 0) > 1)
      .map(([exit]) => Number(exit));
    expect(of).toEqual([2, 3, 4, 5, 6]);
    const told = [...cli.matchAll(/^\| ([\d, to]+) \| /gm)].flatMap(([, text = '']) => numbersIn(text));
    for (const code of [...Object.values(EXIT), ...Object.values(SIGNAL_EXIT)]) expect(told).toContain(code);
  });

  it('of a full disk tell the log’s from that of what is written beside it', () => {
    const script = `
      import { WalError } from '@shale/codec';
      import { reportError } from ${JSON.stringify(new URL('../../dist/output/report-error.js', import.meta.url).href)};
      import { Terminal } from ${JSON.stringify(new URL('../../dist/output/terminal.js', import.meta.url).href)};
      const terminal = new Terminal(process);
      const codes = [{}, { target: '/b' }].map((details) => reportError(new WalError('SHALE_NO_SPACE', 'full', { details }), terminal, { debug: false }));
      console.log(codes.join());`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      encoding: 'utf8',
    });
    expect(stdout.trim()).toBe('7,10');
  });

  it('are each a heading of docs/troubleshooting.md, with what to do under it', () => {
    const sections = page('troubleshooting.md').split(/^### /m).slice(1);
    const named = new Map(
      sections.map((text) => [text.slice(0, text.indexOf('\n')), text.split('\n').slice(1).join('')]),
    );
    expect([...named.keys()].sort()).toEqual(expected.map(([code]) => code).sort());
    for (const [code, text] of named) expect(text.length, code).toBeGreaterThan(20);
  });
});

function groups(rows: typeof expected): Partial<Record<string, typeof expected>> {
  const found: Record<string, (typeof expected)[number][]> = {};
  for (const row of rows) found[row[1]] = [...(found[row[1]] ?? []), row];
  return found;
}

function numbersIn(text: string): number[] {
  const range = /^(\d+) to (\d+)$/.exec(text);
  if (!range) return text.split(', ').map(Number);
  const [from, to] = [Number(range[1]), Number(range[2])];
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
