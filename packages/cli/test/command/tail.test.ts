// `shale tail` beside a process that appends.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { openWal, type Wal } from '@shale/engine';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Running, scratch, shale, start, until } from '../support/shale.js';

const dir = scratch();
let logs = 0;

/** A log that this process has open, with 12 entries in table `t`. */
async function log(inspect = true): Promise<Wal> {
  const wal = await openWal(join(dir, `log ${logs++}`), { shards: 1, inspect });
  onTestFinished(async () => await wal.close());
  await wal.table('t').appendBatch(Array.from({ length: 12 }, (_, i) => Buffer.from(`entry ${i + 1}`)));
  return wal;
}

function tail(...args: string[]): Running {
  const running = start(['tail', ...args]);
  onTestFinished(() => void running.child.kill('SIGKILL'));
  return running;
}

async function append(wal: Wal, payload: string): Promise<void> {
  await wal.table('t').append(Buffer.from(payload));
}

describe('tail', () => {
  it('prints the last ten entries of a table, then those that are appended, and ends with Ctrl-C', async () => {
    const wal = await log();
    const running = tail(wal.path, 't');
    await until(() => running.stdout.includes('entry 12\n'), 'the last entries');
    await append(wal, 'entry 13');
    await until(() => running.stdout.includes('entry 13\n'), 'the one that was appended');
    running.child.kill('SIGINT');
    const { code, stdout, stderr } = await running.ended;
    expect([code, stderr]).toEqual([130, '']);
    expect(stdout).toBe(Array.from({ length: 11 }, (_, i) => `entry ${i + 3}\n`).join(''));
  });

  it.each([
    [['-n', '1'], 'entry 12\n'],
    [['--last', '0'], ''],
    [['--from', 'end'], ''],
    [['--from', '12', '--durable'], 'entry 12\n'],
    [['--from', 'start'], Array.from({ length: 12 }, (_, i) => `entry ${i + 1}\n`).join('')],
  ])('with %s begins there, and ends when the process closes the log', async (options, expected) => {
    const wal = await log();
    const running = tail(wal.path, 't', '--json', ...options);
    // What is appended from here on comes in any case.
    await until(() => wal.metrics().reads.open > 0, 'the follow');
    await append(wal, 'behind');
    await until(() => running.stdout.includes('behind'), 'the entry that was appended');
    await wal.close();
    const { code, stdout, stderr } = await running.ended;
    const payloads = stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line).payload]));
    expect(payloads.map((payload) => `${payload}\n`).join('')).toBe(`${expected}behind\n`);
    expect([code, stderr]).toEqual([0, `process ${process.pid} has closed the log\n`]);
  });

  it('of all tables says whose each entry is; of a region only those', async () => {
    const wal = await log();
    const all = tail(wal.path, '--json');
    const region = tail(wal.path, '--region', '3', '--from', 'start', '--json');
    const one = tail(wal.path, '9', '--region', '3', '--raw', '--delimiter', ';');
    await until(() => wal.metrics().reads.open >= 3, 'the follows');
    await append(wal, 'named');
    await wal.table({ region: 3n, table: 9n }).append(Buffer.of(0xff));
    await until(() => all.stdout.split('\n').length === 3, 'both entries');
    await until(() => region.stdout !== '' && one.stdout !== '', 'the entry of the region');
    const lines = all.stdout.trim().split('\n').sort();
    expect(lines).toEqual(
      [
        '{"name":"t","region":0,"table":9223372036854775808,"sequence":13,"encoding":"utf8","payload":"named"}',
        '{"name":null,"region":3,"table":9,"sequence":1,"encoding":"base64","payload":"/w=="}',
      ].sort(),
    );
    expect(region.stdout).toBe(`${lines.find((line) => line.includes('null'))}\n`);
    expect(one.stdout.endsWith(';')).toBe(true);
  });

  it('waits for a table that has no entries yet, and tells what was trimmed', async () => {
    const wal = await log();
    const waiting = tail(wal.path, 'later');
    await until(() => waiting.stderr.includes('table "later" has no entries yet'), 'the note');
    await wal.table('later').append(Buffer.from('here'));
    await until(() => waiting.stdout === 'here\n', 'its first entry');
    await wal.table('t').trim(5n);
    const trimmed = tail(wal.path, 't', '--from', '2');
    await until(() => trimmed.stdout.includes('entry 12'), 'what is left');
    expect(trimmed.stdout.startsWith('entry 6\n')).toBe(true);
    expect(trimmed.stderr).toContain('entries 2 to 5 of table t are not there any more');
  });

  it('ends quietly when nobody reads what it prints, and the process goes on when it is killed', async () => {
    const wal = await log();
    const running = tail(wal.path, 't');
    await until(() => running.stdout.includes('entry 12'), 'the last entries');
    running.child.stdout?.destroy();
    await append(wal, 'into the closed pipe');
    await append(wal, 'and again');
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([141, '']);
    const other = tail(wal.path, 't');
    await until(() => other.stdout !== '', 'the last entries');
    other.child.kill('SIGKILL');
    await other.ended;
    await until(() => wal.metrics().reads.open === 0, 'the process to let go of the follow');
    await append(wal, 'well');
  });

  it('says what is the matter when no process shows the log', async () => {
    const wal = await log(false);
    const shut = await shale(['tail', wal.path, 't']);
    expect([shut.code, shut.stdout]).toEqual([4, '']);
    expect(shut.stderr).toMatch(
      new RegExp(
        `^shale: process ${process.pid} has .* inspect: true \\(CLI_NOT_SHOWN\\)\n {2}.*shale tables '[^']*'\n$`,
      ),
    );
    await wal.close();
    const closed = await shale(['tail', wal.path]);
    expect([closed.code, closed.stdout]).toEqual([4, '']);
    expect(closed.stderr).toMatch(/^shale: no process has the log .* \(CLI_NOT_OPEN\)\n {2}.*inspect: true/);
    const nothing = await shale(['tail', join(dir, 'nothing')]);
    expect([nothing.code, nothing.stderr.includes('CLI_NOT_FOUND')]).toEqual([4, true]);
  });

  it('says what to type for a number that names no table', async () => {
    const wal = await log();
    await wal.table({ region: 1n, table: 42n }).append(Buffer.from('of ids'));
    const { code, stdout, stderr } = await shale(['tail', wal.path, '42']);
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toMatch(/^shale: there is no table named "42" yet \(CLI_NOT_FOUND\)\n {2}.*--region <id>/);
    await wal.table('42').append(Buffer.from('of a name'));
    const named = tail(wal.path, '42');
    await until(() => named.stdout === 'of a name\n', 'the entry of the table that has it as a name');
  });

  it('says that the process has ended when it is killed', async () => {
    const path = join(dir, 'killed');
    const program = `
      import { openWal } from '@shale/engine';
      const wal = await openWal(process.argv[1], { shards: 1, inspect: true });
      await wal.table('t').append(Buffer.from('a'));
      process.stdout.write('open');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, path], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    const running = tail(path, 't');
    await until(() => running.stdout === 'a\n', 'the entry');
    child.kill('SIGKILL');
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([8, expect.stringMatching(`^shale: process ${child.pid} has ended`)]);
  });

  it.each([
    [['t', '--json', '--raw']],
    [['t', '--last', '1', '--from', 'end']],
    [['t', '--from', 'middle']],
    [['--last', '1']],
    [['--from', '7']],
    [['x', '--region', '1']],
  ])('refuses %s', async (args) => {
    const { code, stdout } = await shale(['tail', dir, ...args]);
    expect([code, stdout]).toEqual([2, '']);
  });
});
