/*
 * The commands that messages print were not quoted: with a blank or a quote in a name they did something else, and one
 * with "<new directory>" in it read and wrote files when it was pasted. Each is run here as it is printed.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMAND, linesOf, ok, scratch, shale, start, until } from '../support/shale.js';

const dir = scratch();
let made = 0;
/** A directory to work in, and names with everything that a shell has a use for. */
function fresh() {
  const cwd = join(dir, `it's $(no) "place"; ${made++}`);
  mkdirSync(cwd);
  return { cwd, data: '-a log & more' };
}

/** Runs what a person would paste; bash, because of `$'…'`, which is POSIX only since 2024. */
function paste(command: string, cwd: string, input = ''): Promise<{ code: number; stderr: string }> {
  return new Promise((resolve) => {
    const script = `shale() { "$NODE" "$COMMAND" "$@"; }\n${command}`;
    const env = { ...process.env, NODE: process.execPath, COMMAND };
    const child = execFile('/bin/bash', ['-c', script], { cwd, env }, (error, _, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stderr }),
    );
    child.stdin?.end(input);
  });
}

describe.runIf(existsSync('/bin/bash'))('a command that is printed', () => {
  it('by an ingest that was stopped goes on with it; so does the one of a refusal', async () => {
    const { cwd } = fresh();
    const [data, name] = ['a log & more', "-it's\n$HOME"];
    const running = start(['ingest', data, '-', '--table', 't', `--name=${name}`], { cwd });
    running.child.stdin?.write('1\n2\n');
    await until(async () => (await shale(['read', data, 't'], { cwd })).stdout === '1\n2\n', 'two lines');
    running.child.kill('SIGTERM');
    const { stderr } = await running.ended;
    const command = /to: (shale .*)/.exec(stderr)?.[1] ?? '';
    const refused = await shale(['ingest', data, '-', '--table', 't', `--name=${name}`], { cwd });
    expect(/with: (shale .*)/.exec(refused.stderr)?.[1]).toBe(command);
    const pasted = await paste(command, cwd, '1\n2\n3\n');
    expect(pasted).toMatchObject({ code: 0 });
    expect(await linesOf(join(cwd, data), 't')).toEqual(['1', '2', '3']);
  });

  it('about a log that does not open says what is wrong, and saves it beside the log', async () => {
    const { cwd, data } = fresh();
    await ok(['ingest', `./${data}`, '-', '--table', 't'], { cwd, input: '1\n2\n' });
    rmSync(join(cwd, data, 'CURRENT'));
    const { stderr } = await shale(['read', `./${data}`, 't'], { cwd });
    const [, verify = '', repair = ''] = /by: (shale verify .*); .*by: (shale repair .*)/.exec(stderr) ?? [];
    const verified = await paste(verify, cwd);
    expect(verified.code).toBe(6);
    expect(verified.stderr).toContain(repair);
    expect((await paste(repair, cwd)).stderr).not.toContain('shale:');
    expect(await linesOf(join(cwd, `${data}.repaired`), 't')).toEqual(['1', '2']);
  });

  it.runIf(existsSync('/usr/bin/xz'))(
    'about an input that is compressed in another way takes it',
    async () => {
      const { cwd, data } = fresh();
      // The bytes of xz, by hand.
      const xz =
        '/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAJeyJoIjoiYSJ9CgAAAOhXKVma6jkHAAEiChUa4WcftvN9AQAAAAAEWVo=';
      writeFileSync(join(cwd, "h's.ndjson.xz"), Buffer.from(xz, 'base64'));
      const refused = await shale(['ingest', `./${data}`, "h's.ndjson.xz", '--table-by', 'h'], { cwd });
      expect(refused.code).toBe(2);
      const command = /pipe: (.*) \(if/.exec(refused.stderr)?.[1] ?? '';
      expect(await paste(command, cwd)).toEqual({ code: 0, stderr: 'read as NDJSON\n' });
      expect(await linesOf(join(cwd, data), 'a')).toEqual(['{"h":"a"}']);
    },
  );
});
