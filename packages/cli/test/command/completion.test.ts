import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ok, scratch, shale } from '../support/shale.js';

const dir = scratch();
const scripts: Record<string, string> = {};
beforeAll(async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    scripts[shell] = await ok(['completion', shell]);
    writeFileSync(join(dir, shell), scripts[shell]);
  }
  writeFileSync(join(dir, 'in put.csv'), '');
});

/** What bash offers for the last of these words. */
function offered(...words: string[]): string[] {
  const line = `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _shale; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', line, join(dir, 'bash'), ...words], {
    cwd: dir,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((word) => word !== '');
}

describe('completion', () => {
  it('in bash offers commands, options, their values, and files', () => {
    expect(offered('shale', 'in')).toEqual(['ingest']);
    expect(offered('shale', 'ingest', 'd', '--res')).toEqual(['--resume', '--restart']);
    expect(offered('shale', 'ingest', '--format', 'c')).toEqual(['csv']);
    expect(offered('shale', 'ingest', '-f', 'n')).toEqual(['ndjson']);
    expect(offered('shale', 'completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(offered('shale', 'ingest', 'd', '--table', 'in')).toContain('in put.csv');
    expect(offered('shale', 'read', 'fi')).toEqual(['fish']);
  });

  it('in every shell has each command and option that help lists, and none that it hides', async () => {
    const commands = [...(await ok(['--help'])).matchAll(/^ {2}([a-z-]+) [^<\n]*[<[]/gm)].map(
      ([, name = '']) => name,
    );
    expect(commands).toContain('ingest');
    for (const command of commands.filter((name) => name !== 'help')) {
      const help = await ok([command, '--help']);
      const options = [...help.matchAll(/^ {2}(?:-\w, )?--([a-z-]+)/gm)].map(([, name = '']) => name);
      for (const option of options)
        for (const [shell, text] of Object.entries(scripts))
          expect(
            text.includes(shell === 'fish' ? `-l ${option} ` : `--${option}`),
            `${shell} ${command} ${option}`,
          ).toBe(true);
    }
    for (const text of Object.values(scripts)) expect(text).not.toContain('demo-writer');
  });

  it('of another shell is refused', async () => {
    expect((await shale(['completion', 'tcsh'])).code).toBe(2);
  });
});

it.each(['zsh', 'fish'])('what %s reads has balanced quotes', (shell) => {
  // The shells themselves are seldom there: bash reads quotes of this kind in the same way.
  const quotes =
    (scripts[shell] ?? '')
      .replaceAll(/\\'|'\\''/g, '')
      .replaceAll(/^#.*$/gm, '')
      .split("'").length - 1;
  expect(quotes % 2).toBe(0);
});
