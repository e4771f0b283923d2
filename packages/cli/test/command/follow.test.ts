// Files that grow and are rotated: every line is in once, whatever happens to the files and to the command.
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { linesOf, ok, type Running, scratch, shale, start, until } from '../support/shale.js';

const dir = scratch();
const { SHALE_CLI_KILLS = '5' } = process.env;
const KILLS = Number(SHALE_CLI_KILLS);
let made = 0;
function fresh(files: Readonly<Record<string, string | Uint8Array>> = {}) {
  const cwd = join(dir, `work${made++}`);
  mkdirSync(join(cwd, 'logs'), { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, 'logs', name), content);
  return { cwd, data: join(cwd, 'data'), log: (name: string) => join(cwd, 'logs', name) };
}
const once = (cwd: string, ...args: string[]) =>
  ok(['ingest', 'data', ...args, '--follow', '--once'], { cwd });
const entries = (running: Running, text: string) =>
  until(() => running.stderr.includes(text), `${text} in ${running.stderr}`);

describe('a file that is followed', () => {
  it('waits with a last line that has no end, and takes it when it has one, or with --final', async () => {
    const { cwd, data, log } = fresh({ 'app.log': 'l1\nl2\nl3-half' });
    await once(cwd, 'logs/app.log');
    expect(await linesOf(data, 'app')).toEqual(['l1', 'l2']);
    appendFileSync(log('app.log'), '-rest\nl4');
    const said = await once(cwd, 'logs/app.log');
    expect(said).toContain(`${log('app.log')}: durable up to line 3 (byte 19)`);
    await once(cwd, 'logs/app.log', '--final');
    expect(await linesOf(data, 'app')).toEqual(['l1', 'l2', 'l3-half-rest', 'l4']);
    await once(cwd, 'logs/app.log', '--final');
    expect(await linesOf(data, 'app')).toHaveLength(4);
  });

  it('is begun when its first line has an end', async () => {
    const { cwd, data, log } = fresh({ 'a.csv': 'na' });
    await once(cwd, 'logs/a.csv', '--table', 't');
    appendFileSync(log('a.csv'), 'me;v\n');
    await once(cwd, 'logs/a.csv', '--table', 't');
    appendFileSync(log('a.csv'), 'x;1\ny;');
    await once(cwd, 'logs/a.csv', '--table', 't');
    appendFileSync(log('a.csv'), '2\n');
    await once(cwd, 'logs/a.csv', '--table', 't');
    expect(await linesOf(data, 't')).toEqual(['{"name":"x","v":"1"}', '{"name":"y","v":"2"}']);
  });

  it('goes on after rotation by rename, also of what came before it, though only the one name is given', async () => {
    const { cwd, data, log } = fresh({ 'app.log': '1\n2\n' });
    await once(cwd, 'logs/app.log');
    appendFileSync(log('app.log'), '3\n');
    renameSync(log('app.log'), log('app.log.1'));
    writeFileSync(log('app.log'), '4\n');
    await once(cwd, 'logs/app.log');
    appendFileSync(log('app.log.1'), '5\n');
    renameSync(log('app.log.1'), log('app.log.2'));
    renameSync(log('app.log'), log('app.log.1'));
    await once(cwd, 'logs/app.log');
    expect((await linesOf(data, 'app')).sort()).toEqual(['1', '2', '3', '4', '5']);
  });

  it.each([['logs/app.log'], ['logs/app.log*']])(
    'goes on after it was copied and cut short: in the copy, too, which is no other file (%s)',
    async (pattern) => {
      const { cwd, data, log } = fresh({ 'app.log': '1\n2\n' });
      await once(cwd, pattern);
      appendFileSync(log('app.log'), '3\n');
      copyFileSync(log('app.log'), log('app.log.1'));
      await once(cwd, pattern);
      appendFileSync(log('app.log'), '4\n');
      copyFileSync(log('app.log'), log('app.log.1'));
      truncateSync(log('app.log'));
      appendFileSync(log('app.log'), '5\n');
      await once(cwd, pattern);
      await once(cwd, pattern);
      // Longer than what was read of the one before.
      truncateSync(log('app.log'));
      appendFileSync(log('app.log'), 'a much longer line\n6\n');
      await once(cwd, pattern);
      expect(await linesOf(data, 'app')).toEqual(['1', '2', '3', '4', '5', 'a much longer line', '6']);
    },
  );

  it('whose copy lacks the last lines is not taken again with the copy, also by a command that comes later', async () => {
    // A copy is left for ten seconds: where the machine is so busy that more have passed, that says nothing.
    for (let isInTime = false; !isInTime; ) {
      const { cwd, data, log } = fresh({ 'app.log': '1\n2\n' });
      const args = ['ingest', 'data', 'logs/*', '--follow', '--every', '10ms'];
      const running = start(args, { cwd });
      const has = (count: number) =>
        until(
          async () => (await shale(['read', data, 'app', '--raw'])).stdout.split('\n').length > count,
          `${count} lines`,
        );
      await entries(running, 'following');
      await has(2);
      const copied = performance.now();
      copyFileSync(log('app.log'), log('app.log.1'));
      // It is looked at some times until the next line is in.
      await sleep(200);
      appendFileSync(log('app.log'), 'between\n');
      await has(3);
      truncateSync(log('app.log'));
      appendFileSync(log('app.log'), '4\n');
      await has(4);
      isInTime = performance.now() - copied < 10_000;
      await sleep(200);
      running.child.kill('SIGKILL');
      await running.ended;
      if (!isInTime) continue;
      appendFileSync(log('app.log.1'), 'late\n');
      await once(cwd, 'logs/*');
      expect(await linesOf(data, 'app')).toEqual(['1', '2', 'between', '4', 'late']);
    }
  });

  it('is known again after a plain ingest of it', async () => {
    const { cwd, data, log } = fresh({ 'app.log': '1\n2\n' });
    await ok(['ingest', 'data', 'logs/app.log'], { cwd });
    appendFileSync(log('app.log'), '3\n');
    await once(cwd, 'logs/app.log');
    expect(await linesOf(data, 'app')).toEqual(['1', '2', '3']);
  });

  it('is followed while it grows, is deleted, and comes again; a signal ends that and says how far it came', async () => {
    const { cwd, data, log } = fresh();
    const running = start(['ingest', 'data', 'logs/*.log', '--follow', '--every', '20ms', '--json'], { cwd });
    await entries(running, 'following');
    const arrives = (count: number) =>
      until(async () => {
        const { stdout } = await shale(['read', data, 'app', '--raw']);
        return stdout.split('\n').length === count + 1;
      }, `${count} lines`);
    writeFileSync(log('app.log'), '1\n2');
    await arrives(1);
    appendFileSync(log('app.log'), '\n3');
    await arrives(2);
    // What was deleted is read to its end, also where it was waited for that.
    appendFileSync(log('app.log'), '\nlast');
    await arrives(3);
    rmSync(log('app.log'));
    await arrives(4);
    writeFileSync(log('app.log'), 'new\n');
    await arrives(5);
    appendFileSync(log('app.log'), 'end');
    rmSync(log('app.log'));
    await arrives(6);
    running.child.kill('SIGTERM');
    const { code, stdout } = await running.ended;
    expect(code).toBe(143);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'stopped', lines: 6, entries: 6, rejected: 0 });
    expect(await linesOf(data, 'app')).toEqual(['1', '2', '3', 'last', 'new', 'end']);
  });

  it('is left out where it is compressed or UTF-16; the others go on', async () => {
    const { cwd, data } = fresh({
      'app.log': 'a\n',
      'app.log.1.gz': gzipSync('old\n'),
      'u.log': Buffer.from('\ufeffx\ny\n', 'utf16le'),
    });
    const { code, stderr } = await shale(['ingest', 'data', 'logs', '--follow', '--once'], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(/app\.log\.1\.gz is compressed, and not followed/);
    expect(stderr).toMatch(/u\.log is left out: what is compressed or UTF-16 is not followed/);
    expect(await linesOf(data, 'app')).toEqual(['a']);
  });

  it.each([
    [['-', '--follow'], /standard input is none/],
    [['x', '--follow', '--resume'], /goes on by itself/],
    [['x', '--follow', '--name', 'n'], /--name is not for --follow/],
    [['x', '--follow', '--final'], /with --once only/],
    [['x', '--once'], /--once is for --follow/],
  ])('is refused with %j', async (args, message) => {
    const { cwd } = fresh();
    const { code, stderr } = await shale(['ingest', 'data', ...args], { cwd });
    expect([code, existsSync(join(cwd, 'data'))]).toEqual([2, false]);
    expect(stderr).toMatch(message);
  });
});

describe('a set of files that is rotated', () => {
  it(`by renaming and by copying, while the command is killed (${KILLS} times), loses no line and has none twice`, async () => {
    const { cwd, data, log } = fresh();
    const written: string[] = [];
    let isOver = false;
    let number = 0;
    const write = (file: string): void => {
      const lines = Array.from(
        { length: 1 + (number % 40) },
        () => `${file} ${number++} ${'x'.repeat(number % 50)}`,
      );
      written.push(...lines);
      // In two pieces, the first of which ends in the middle of a line.
      const text = `${lines.join('\n')}\n`;
      const half = text.length >> 1;
      appendFileSync(log(`${file}.log`), text.slice(0, half));
      appendFileSync(log(`${file}.log`), text.slice(half));
    };
    const rotate = async (file: string, turn: number): Promise<void> => {
      const name = log(`${file}.log`);
      const isCopy = turn % 2 === 0;
      for (let i = 200; i > 0; i -= 1)
        if (existsSync(`${name}.${i}`)) renameSync(`${name}.${i}`, `${name}.${i + 1}`);
      if (!isCopy) {
        renameSync(name, `${name}.1`);
        await sleep(Math.random() * 40);
        return;
      }
      copyFileSync(name, `${name}.1`);
      // The command is killed here, too.
      await sleep(Math.random() * 40);
      truncateSync(name);
    };
    const writing = (async () => {
      for (let turn = 1; !isOver; turn += 1) {
        for (const file of ['a', 'b']) write(file);
        await sleep(3);
        if (turn % 40 === 0) for (const file of ['a', 'b']) await rotate(file, turn / 40);
      }
    })();
    const args = ['ingest', 'data', 'logs/*.log*', '--table', 't', '--follow', '--every', '15ms'];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const running = start(args, { cwd });
      await Promise.race([running.ended, entries(running, 'following')]);
      await sleep(Math.random() * 700);
      running.child.kill('SIGKILL');
      const { signal, stderr } = await running.ended;
      expect([signal, stderr.includes('left out')]).toEqual(['SIGKILL', false]);
    }
    isOver = true;
    await writing;
    await ok([...args, '--once'], { cwd });
    const found = await linesOf(data, 't');
    expect(found.length).toBe(written.length);
    expect(found.toSorted()).toEqual(written.toSorted());
  });
});
