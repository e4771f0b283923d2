import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { COMMAND, ok, scratch, shale } from '../support/shale.js';

const dir = scratch();
const data = join(dir, 'data');
const COMMANDS = [
  'ingest',
  'read',
  'tail',
  'top',
  'tables',
  'stats',
  'trim',
  'consumers',
  'seek',
  'drop-consumer',
  'verify',
  'repair',
  'backup',
  'restore',
  'replicate',
  'doctor',
  'demo',
];

beforeAll(async () => {
  await ok(['ingest', data, '-', '--table', 't'], { input: 'line\n'.repeat(200_000) });
});

describe('help', () => {
  it('of the whole', async () => {
    expect(await ok(['--help'])).toMatchSnapshot();
  });

  it.each(COMMANDS)('of %s', async (command) => {
    expect(await ok([command, '--help'])).toMatchSnapshot();
  });

  it('does not show what is not for people', async () => {
    expect(await ok(['--help'])).not.toContain('demo-writer');
  });

  it('is what a command line without a command gets', async () => {
    const { code, stderr } = await shale([]);
    expect([code, stderr.startsWith('Usage: shale')]).toEqual([2, true]);
  });

  it('has a version', async () => {
    expect(await ok(['--version'])).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('a wrong command line', () => {
  it.each([
    [['tial', data], "shale: unknown command 'tial' (Did you mean tail?)"],
    [['read', data, 't', '--jsno'], "shale: unknown option '--jsno' (Did you mean --json?)"],
  ])('%s is answered with what may be meant, in one line', async (args, line) => {
    const { code, stderr } = await shale(args);
    expect([code, stderr.split('\n')[0]]).toEqual([2, line]);
  });

  it.each([
    [['frobnicate']],
    [['read']],
    [['read', data]],
    [['tables', data, '--frobnicate']],
    [['read', data, 't', '--gte', 'x']],
    [['ingest', data, '-', '--format', 'xml']],
    [['tables', data, 'more']],
  ])('%s exits with 2 and one line of message', async (args) => {
    const { code, stdout, stderr } = await shale(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^shale: [^\n]+\n+Try: shale [a-z -]*--help\n$/);
  });
});

describe('errors', () => {
  it('are one line with a code and a hint; the stack only with --debug', async () => {
    const plain = await shale(['tables', join(dir, 'nowhere')]);
    expect(plain.stderr).toMatch(/^shale: there is no log in [^\n]+ \(CLI_NOT_FOUND\)\n {2}[^\n]+\n$/);
    const debug = await shale(['tables', join(dir, 'nowhere'), '--debug']);
    expect(debug.stderr).toMatch(/\n {4}at /);
  });

  it('of a damaged log are told as such', async () => {
    const damaged = join(dir, 'damaged');
    mkdirSync(damaged);
    writeFileSync(join(damaged, 'CURRENT'), 'MANIFEST-000001\n');
    const { code, stderr } = await shale(['tables', damaged]);
    expect([4, 6, 8]).toContain(code);
    expect(stderr).toMatch(/^shale: .*\(SHALE_\w+\)\n/);
  });
});

describe('a closed pipe', () => {
  it.each([
    ['read', data, 't'],
    ['read', data, 't', '--json'],
  ])('ends %s %s %s quietly', async (...args) => {
    const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect([code, stderr]).toEqual([141, '']);
  });
});

describe('colours', () => {
  it('are not sent into pipes, are on request, and never against NO_COLOR', async () => {
    const sequence = '\x1b[';
    expect(await ok(['tables', data])).not.toContain(sequence);
    expect(await ok(['tables', data], { env: { FORCE_COLOR: '1' } })).toContain(sequence);
    expect(await ok(['tables', data], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })).not.toContain(sequence);
  });
});
