import { expect, test } from 'vitest';
import { forThread, splitNodeOptions, threadOptions } from '../dist/shard/thread-options.js';

test('preloads and what the main thread runs are left out, in each way to write them', () => {
  const args = [
    ...['-r', './a.cjs', '--require', './b.cjs', '--require=./c.cjs', '--import', './d.mjs'],
    ...[
      '--import=./e.mjs',
      '--loader',
      './f.mjs',
      '--experimental-loader=./g.mjs',
      '--experimental_loader',
      'h',
    ],
    ...['--experimental-config-file=node.config.json', '--experimental-default-config-file'],
    ...[
      '-e',
      'code()',
      '--eval=code()',
      '-p',
      'code()',
      '-pe',
      'code()',
      '--input-type=module',
      '--test',
      '-i',
    ],
  ];
  expect(forThread(args)).toEqual([]);
});

test('everything else is kept, with its values and in its order', () => {
  const args = [
    '--conditions',
    'dev',
    '-r',
    './a.cjs',
    '--enable-source-maps',
    '-C',
    'x',
    '--stack-trace-limit=9',
  ];
  expect(forThread(args)).toEqual([
    ['--conditions', 'dev'],
    ['--enable-source-maps'],
    ['-C', 'x'],
    ['--stack-trace-limit=9'],
  ]);
});

test("Yarn's Plug'n'Play is the one module that a thread is given", () => {
  const args = ['-r', '/app/.pnp.cjs', '--require=C:\\app\\.pnp.js', '-r', '.pnp.cjs'];
  expect(forThread(args).flat()).toEqual(args);
  expect(
    forThread(['--experimental-loader', 'file:///app/.pnp.loader.mjs', '-r', '/app/not.pnp.cjs']),
  ).toEqual([]);
});

test('NODE_OPTIONS is split as Node does', () => {
  expect(splitNodeOptions('')).toEqual([]);
  expect(splitNodeOptions('  -r  ./a.cjs ')).toEqual(['-r', './a.cjs']);
  expect(splitNodeOptions(String.raw`--require "./with space.cjs" --import="./\"b\\c\".mjs" -C ""`)).toEqual([
    '--require',
    './with space.cjs',
    String.raw`--import=./"b\c".mjs`,
    '-C',
  ]);
});

test('what a thread cannot be given is left out, and what it can is not', () => {
  const { NODE_OPTIONS } = process.env;
  const execArgv = [...process.execArgv];
  try {
    process.env.NODE_OPTIONS = '--no-warnings --max-old-space-size=900 --title=x -r ./preload.cjs';
    process.execArgv = ['--expose-gc', '--enable-source-maps', '--conditions', 'dev', '--icu-data-dir=/x'];
    const options = threadOptions();
    expect(options.execArgv).toEqual(['--no-warnings', '--enable-source-maps', '--conditions', 'dev']);
    expect(options.env.PATH).toBe(process.env.PATH);
    expect(options.env).not.toHaveProperty('NODE_OPTIONS');
  } finally {
    process.execArgv = execArgv;
    if (NODE_OPTIONS === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = NODE_OPTIONS;
  }
});
