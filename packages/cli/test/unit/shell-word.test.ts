import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pathWord, shellCommand } from '../../dist/output/shell-word.js';
import { showable } from '../../dist/output/showable.js';

const WORDS = [
  'plain-1.ndjson',
  '',
  'two words',
  "it's",
  '$HOME',
  '`id`',
  '$(id)',
  'a;b|c&d>e<f',
  '*?[x]{a,b}',
  '~',
  '#',
  '!!',
  'back\\slash',
  '"double"',
  'ünï',
];
const ACTING = ['line\nend', 'tab\t', '\u001b[31mred', "quote'\n\\", '\u202etxt', 'bell\u0007'];

/** What a shell makes of a command line that prints its words. */
function words(shell: string, command: string): string[] {
  return execFileSync(shell, ['-c', `printf '%s\\0' ${command}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);
}

describe('a command that is shown', () => {
  it('comes out of a shell as the words it was made of', () => {
    expect(words('/bin/sh', shellCommand(WORDS))).toEqual(WORDS);
  });

  it.runIf(existsSync('/bin/bash'))('holds nothing that a terminal acts on, and means the same', () => {
    const command = shellCommand([...WORDS, ...ACTING]);
    expect(showable(command)).toBe(command);
    expect(words('/bin/bash', command)).toEqual([...WORDS, ...ACTING]);
  });

  it('does not make options of paths', () => {
    expect(['-x', '-', 'x', '/-x'].map(pathWord)).toEqual(['./-x', '-', 'x', '/-x']);
  });
});
