import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openWal } from '@shale/engine';
import { describe, expect, it } from 'vitest';
import { linesOf, ok, type Running, scratch, shale, start, until } from '../support/shale.js';

const dir = scratch();
let made = 0;
function fresh() {
  made += 1;
  return { data: join(dir, `data${made}`), input: join(dir, `in${made}.txt`) };
}
const numbers = (from: number, to: number) =>
  `${Array.from({ length: to - from + 1 }, (_, i) => from + i).join('\n')}\n`;

/** Starts an ingest of standard input, and feeds it until it has acknowledged the lines. */
async function fed(args: readonly string[], text: string, table: string, lines: number): Promise<Running> {
  const running = start(args);
  running.child.stdin?.write(text);
  const data = args[1] ?? '';
  await until(
    async () =>
      existsSync(join(data, 'CURRENT')) &&
      (await shale(['read', data, table])).stdout.split('\n').length > lines,
    `${lines} lines of ${table}`,
  );
  return running;
}

describe('an interrupted ingest', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'by %s finishes what was read, says how far it came, and goes on exactly there',
    async (signal, code) => {
      const { data } = fresh();
      const running = await fed(['ingest', data, '-', '--table', 't'], numbers(1, 1000), 't', 1000);
      running.child.kill(signal);
      const ended = await running.ended;
      expect(ended.code).toBe(code);
      expect(ended.stderr).toContain(
        'everything up to line 1,000 (byte 3893) is durable'.replace('3893', '3,893'),
      );
      expect(ended.stderr).toContain(`shale ingest ${data} - --resume`);
      await ok(['ingest', data, '-', '--resume'], { input: numbers(1, 1500) });
      expect(await linesOf(data, 't')).toEqual(numbers(1, 1500).trim().split('\n'));
    },
  );

  it('is ended at once by a second signal, and still goes on exactly', async () => {
    const { data } = fresh();
    const running = await fed(['ingest', data, '-', '--table', 't'], numbers(1, 1000), 't', 1000);
    running.child.kill('SIGINT');
    running.child.kill('SIGTERM');
    expect([130, 143]).toContain((await running.ended).code);
    await ok(['ingest', data, '-', '--resume'], { input: numbers(1, 1200) });
    expect(await linesOf(data, 't')).toEqual(numbers(1, 1200).trim().split('\n'));
  });

  it('does not take half a line', async () => {
    const { data } = fresh();
    const running = await fed(['ingest', data, '-', '--table', 't'], '1\n2\n3', 't', 2);
    running.child.kill('SIGTERM');
    await running.ended;
    await ok(['ingest', data, '-', '--resume'], { input: '1\n2\n33\n' });
    expect(await linesOf(data, 't')).toEqual(['1', '2', '33']);
  });

  it('is not begun anew without being asked, and then keeps what is in', async () => {
    const { data } = fresh();
    const running = await fed(['ingest', data, '-', '--table', 't'], '1\n2\n', 't', 2);
    running.child.kill('SIGTERM');
    await running.ended;
    const refused = await shale(['ingest', data, '-', '--table', 't'], { input: '1\n2\n3\n' });
    expect(refused.code).toBe(3);
    expect(refused.stderr).toMatch(/stopped after line 2 and is not complete.*\n.*--resume/);
    // It would put everything in once more.
    expect(refused.stderr).not.toContain('--restart');
    await ok(['ingest', data, '-', '--table', 't', '--restart'], { input: '1\n2\n3\n' });
    expect(await linesOf(data, 't')).toEqual(['1', '2', '1', '2', '3']);
  });

  it('lets others write to its tables before it goes on, because nothing was in doubt', async () => {
    const { data } = fresh();
    const running = await fed(['ingest', data, '-', '--table', 't'], '1\n2\n', 't', 2);
    running.child.kill('SIGTERM');
    await running.ended;
    await ok(['ingest', data, '-', '--table', 't', '--name', 'other'], { input: 'x\n' });
    await ok(['ingest', data, '-', '--resume'], { input: '1\n2\n3\n' });
    expect(await linesOf(data, 't')).toEqual(['1', '2', 'x', '3']);
  });

  it('refuses an input that has changed', async () => {
    const { data } = fresh();
    const running = await fed(['ingest', data, '-', '--table', 't'], numbers(1, 1000), 't', 1000);
    running.child.kill('SIGTERM');
    await running.ended;
    for (const input of [
      numbers(2, 1500),
      `1\n2\n3\n${'x'.repeat(5000)}`,
      '1\n2\n',
      numbers(1, 1000).replace('999', '998'),
    ]) {
      const refused = await shale(['ingest', data, '-', '--resume'], { input });
      expect([refused.code, refused.stdout]).toEqual([3, '']);
      expect(refused.stderr).toContain('CLI_INPUT_CHANGED');
    }
    expect(await linesOf(data, 't')).toHaveLength(1000);
  });

  it('refuses other options than it began with', async () => {
    const { data } = fresh();
    const running = await fed(['ingest', data, '-', '--table', 't'], '1\n', 't', 1);
    running.child.kill('SIGTERM');
    await running.ended;
    const refused = await shale(['ingest', data, '-', '--resume', '--table', 'other'], { input: '1\n2\n' });
    expect([refused.code, refused.stderr.includes('--table t, not other')]).toEqual([3, true]);
  });

  it('goes on in the reject file where it belongs', async () => {
    const { data } = fresh();
    const running = await fed(
      ['ingest', data, '-', '--table', 't', '--format', 'ndjson', '--name', 'r'],
      '1\nbad\n2\n',
      't',
      2,
    );
    running.child.kill('SIGTERM');
    const { stdout } = await running.ended;
    const file = /kept in (.*)\n/.exec(stdout)?.[1] ?? '';
    // As if it had been killed after rejecting more than its last checkpoint knows.
    appendFileSync(file, `{"line":4}\n{"line":5,"torn":"${'x'.repeat(1000)}`);
    const resumed = await shale(['ingest', data, '-', '--name', 'r', '--resume'], {
      input: '1\nbad\n2\nworse\n3\n',
    });
    expect(resumed.code).toBe(1);
    const lines = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { line: number }).line);
    expect(lines).toEqual([2, 4]);
  });
});

describe('a finished ingest', () => {
  it('of a file is not repeated by mistake, but on request', async () => {
    const { data, input } = fresh();
    writeFileSync(input, 'a\nb\n');
    await ok(['ingest', data, input, '--table', 't']);
    const refused = await shale(['ingest', data, input, '--table', 't']);
    expect([refused.code, refused.stderr.includes('--again')]).toEqual([3, true]);
    const resumed = await ok(['ingest', data, input, '--resume', '--json']);
    expect(JSON.parse(resumed)).toMatchObject({ outcome: 'complete', resumedAfterLine: 2, lines: 2 });
    expect(await linesOf(data, 't')).toEqual(['a', 'b']);
    await ok(['ingest', data, input, '--table', 't', '--again']);
    expect(await linesOf(data, 't')).toEqual(['a', 'b', 'a', 'b']);
  });

  it('takes what was added to the file, and nothing else', async () => {
    const { data, input } = fresh();
    writeFileSync(input, 'a\nb\n');
    await ok(['ingest', data, input, '--table', 't']);
    appendFileSync(input, 'c\n');
    await ok(['ingest', data, input, '--resume']);
    expect(await linesOf(data, 't')).toEqual(['a', 'b', 'c']);
  });

  it('refuses to take a last line that has grown for a new one', async () => {
    const { data, input } = fresh();
    writeFileSync(input, 'a\nb');
    await ok(['ingest', data, input, '--table', 't', '--final']);
    appendFileSync(input, 'bb\nc\n');
    const refused = await shale(['ingest', data, input, '--resume']);
    expect([refused.code, refused.stderr.includes('CLI_INPUT_CHANGED')]).toEqual([3, true]);
  });

  it('of a CSV goes on with the columns of its header', async () => {
    const { data } = fresh();
    const input = join(dir, 'grown.csv');
    writeFileSync(input, 's,v\nA,1\n');
    await ok(['ingest', data, input, '--table-by', 's']);
    appendFileSync(input, 'A,2\n');
    await ok(['ingest', data, input, '--resume']);
    expect(await linesOf(data, 'A')).toEqual(['{"s":"A","v":"1"}', '{"s":"A","v":"2"}']);
  });

  it('is known by its name when the file has moved', async () => {
    const { data, input } = fresh();
    writeFileSync(input, 'a\n');
    const running = await fed(['ingest', data, '-', '--table', 't', '--name', input], 'a\n', 't', 1);
    running.child.kill('SIGTERM');
    await running.ended;
    const moved = `${input}.moved`;
    renameSync(input, moved);
    const refused = await shale(['ingest', data, moved, '--resume', '--table', 't']);
    expect([refused.code, refused.stderr.includes(input)]).toEqual([3, true]);
  });
});

describe('another writer', () => {
  it('finds the log locked while an ingest runs', async () => {
    const { data } = fresh();
    const running = await fed(['ingest', data, '-', '--table', 't'], 'a\n', 't', 1);
    const refused = await shale(['ingest', data, '-', '--table', 'u'], { input: 'b\n' });
    expect([refused.code, refused.stderr.includes('SHALE_LOCKED')]).toEqual([5, true]);
    running.child.stdin?.end();
    expect((await running.ended).code).toBe(0);
  });

  it('that came after a kill -9 is noticed: no line is taken for in that is not', async () => {
    const { data } = fresh();
    const running = await fed(['ingest', data, '-', '--table', 't'], '1\n2\n', 't', 2);
    running.child.stdin?.write('3\n');
    await until(async () => (await linesOf(data, 't')).length === 3, 'line 3');
    running.child.kill('SIGKILL');
    await running.ended;
    const wal = await openWal(data);
    // The last checkpoint may know of line 3 or not; either way these are not lines 4 to 6.
    await wal.table('t').appendBatch(['x', 'y', 'z'].map((text) => Buffer.from(text)));
    await wal.close();
    const refused = await shale(['ingest', data, '-', '--resume'], { input: '1\n2\n3\n4\n5\n6\n' });
    expect([refused.code, refused.stderr.includes('CLI_INGEST_DISTURBED')]).toEqual([3, true]);
    expect(await linesOf(data, 't')).toEqual(['1', '2', '3', 'x', 'y', 'z']);
  });

  it('that dropped a table is noticed', async () => {
    const { data } = fresh();
    const running = await fed(['ingest', data, '-', '--table', 't'], '1\n2\n', 't', 2);
    // A checkpoint must know of the two lines.
    await until(
      async () =>
        (await ok(['tables', data, '--all', '--json'])).match(/"name":".ingest[^}]*"last":([3-9])/) !== null,
      'a checkpoint',
    );
    running.child.kill('SIGKILL');
    await running.ended;
    const wal = await openWal(data);
    await wal.table('t').drop();
    await wal.close();
    const refused = await shale(['ingest', data, '-', '--resume'], { input: '1\n2\n3\n' });
    expect([refused.code, refused.stderr.includes('CLI_INGEST_DISTURBED')]).toEqual([3, true]);
  });
});
