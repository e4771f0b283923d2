// Several inputs of one command: each an ingest of its own, so that all of them go on where they were.
import { appendFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { linesOf, ok, scratch, shale, start, until } from '../support/shale.js';

const dir = scratch();
let made = 0;
/** A fresh directory to work in. */
function fresh(files: Readonly<Record<string, string | Uint8Array>>) {
  const cwd = join(dir, `work${made++}`);
  mkdirSync(join(cwd, 'logs', 'old'), { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content);
  return { cwd, data: join(cwd, 'data') };
}
const outcomes = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { name: string; outcome: string; entries: number });

describe('several inputs', () => {
  it('are files, patterns and directories; each once, hidden files and rejected lines not', async () => {
    const { cwd, data } = fresh({
      'logs/a.log': 'a1\na2\n',
      'logs/b.log.gz': gzipSync('b1\n'),
      'logs/old/c.log.br': brotliCompressSync('c1\n'),
      'logs/.hidden': 'no\n',
      'logs/data.a.log.rejects.ndjson': 'no\n',
      'logs/data.a.log.rejects.2.ndjson': 'no\n',
      'x[1].ndjson': '{"a":1}\n',
    });
    symlinkSync('a.log', join(cwd, 'logs', 'same.log'));
    const args = ['x[1].ndjson', 'logs/*.log', 'logs'];
    const stdout = await ok(['ingest', 'data', ...args, '--json'], { cwd });
    expect(outcomes(stdout).map(({ name, entries }) => [name.slice(cwd.length + 1), entries])).toEqual([
      ['x[1].ndjson', 1],
      ['logs/a.log', 2],
      ['logs/b.log.gz', 1],
      ['logs/old/c.log.br', 1],
    ]);
    expect(await linesOf(data, 'a')).toEqual(['a1', 'a2']);
    expect(await linesOf(data, 'b')).toEqual(['b1']);
    expect(await linesOf(data, 'c')).toEqual(['c1']);

    // All of them are in: that is said before anything is taken.
    writeFileSync(join(cwd, 'logs', 'a0.log'), 'new\n');
    const again = await shale(['ingest', 'data', 'logs'], { cwd });
    expect([again.code, again.stdout]).toEqual([3, '']);
    expect((await shale(['read', 'data', 'a0'], { cwd })).code).toBe(4);

    // What was added, and what is new, also to what is compressed.
    appendFileSync(join(cwd, 'logs', 'b.log.gz'), gzipSync('b2\n'));
    await ok(['ingest', 'data', 'logs', '--resume'], { cwd });
    expect(await linesOf(data, 'a0')).toEqual(['new']);
    expect(await linesOf(data, 'b')).toEqual(['b1', 'b2']);
    expect(await linesOf(data, 'a')).toEqual(['a1', 'a2']);
  });

  it('leave out the log that they go to, though it is in the same directory', async () => {
    const { cwd } = fresh({ 'logs/a.log': 'a\n' });
    await ok(['ingest', 'logs/data', 'logs'], { cwd });
    const second = await ok(['ingest', 'logs/data', 'logs', '--resume', '--json'], { cwd });
    expect(outcomes(second).map(({ name }) => name.slice(cwd.length))).toEqual(['/logs/a.log']);
  });

  it.each([
    ['a pattern that nothing fits', ['logs/*.txt'], 4, /no input file that fits logs\/\*\.txt/],
    ['an empty directory', ['logs/old'], 4, /no input in logs\/old/],
    ['one that is not there', ['logs/a.log', 'nowhere'], 4, /no input file nowhere/],
    ['standard input among them', ['logs/a.log', '-'], 2, /standard input/],
    ['a name for all', ['logs/a.log', 'logs/b.log', '--name', 'x'], 2, /--name is for one/],
    ['one file of rejects', ['logs/a.log', 'logs/b.log', '--rejects', 'x'], 2, /--rejects is for one/],
  ] as const)('are refused with %s, and no log is made', async (_what, args, code, message) => {
    const { cwd } = fresh({ 'logs/a.log': 'a\n', 'logs/b.log': 'b\n' });
    const refused = await shale(['ingest', 'data', ...args], { cwd });
    expect([refused.code, refused.stdout]).toEqual([code, '']);
    expect(refused.stderr).toMatch(message);
    expect((await shale(['read', 'data', 'a'], { cwd })).code).toBe(4);
  });

  it('go on after a kill -9 in the middle, every line once', async () => {
    const line = (file: number, i: number) => `${file} ${i} ${'x'.repeat(i % 60)}`;
    const lines = (file: number) => Array.from({ length: 60_000 }, (_, i) => line(file, i));
    const textOf = (file: number) => `${lines(file).join('\n')}\n`;
    const { cwd, data } = fresh({
      'logs/1.log': textOf(1),
      'logs/2.log.gz': gzipSync(textOf(2)),
      'logs/3.log': Buffer.from(`\ufeff${textOf(3)}`, 'utf16le'),
    });
    for (const sign of ['reading logs/1', 'reading logs/2', 'reading logs/3', 'going on']) {
      const running = start(['ingest', 'data', 'logs/*', '--table', 't', '--resume'], { cwd });
      await Promise.race([running.ended, until(() => running.stderr.includes(sign), sign)]);
      running.child.kill('SIGKILL');
      await running.ended;
    }
    await ok(['ingest', 'data', 'logs/*', '--table', 't', '--resume'], { cwd });
    expect(await linesOf(data, 't')).toEqual([1, 2, 3].flatMap(lines));
  });

  it('that cannot be decompressed keep what came before, and go on with the whole file', async () => {
    const text = Array.from({ length: 50_000 }, (_, i) => `{"i":${i}}\n`).join('');
    const { cwd, data } = fresh({ 'logs/a.ndjson.gz': gzipSync(text).subarray(0, -20) });
    const broken = await shale(['ingest', 'data', 'logs/a.ndjson.gz'], { cwd });
    expect(broken.code).toBe(12);
    expect(broken.stderr).toContain('cannot be decompressed (gzip)');
    writeFileSync(join(cwd, 'logs/a.ndjson.gz'), gzipSync(text));
    await ok(['ingest', 'data', 'logs/a.ndjson.gz', '--resume'], { cwd });
    expect(`${(await linesOf(data, 'a')).join('\n')}\n`).toBe(text);
  });
});
