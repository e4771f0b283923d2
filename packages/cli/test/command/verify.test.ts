import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { damageAt, filesOf, filled, flip } from '../support/damage.js';
import { scratch, shale } from '../support/shale.js';

const dir = scratch();

/** JSON per line. */
function events(stdout: string): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('verify counts', () => {
  it('the journal of an ingest as what it is', async () => {
    const data = join(dir, 'journal');
    const input = join(dir, 'journal.txt');
    writeFileSync(input, 'a\nb\nc\n');
    expect((await shale(['ingest', data, input, '--table', 'lines'])).code).toBe(0);
    const forPeople = await shale(['verify', data]);
    expect(forPeople.stdout).toMatch(
      /^ok: \d+ entries, .* in 2 tables \(1 of them the journal of an ingest\), read in /,
    );
    const forPrograms = await shale(['verify', data, '--json']);
    expect(events(forPrograms.stdout)).toMatchObject([{ type: 'totals', tables: 2, journals: 1 }]);
    const without = join(dir, 'no-journal');
    await filled(without, { a: 5 });
    expect((await shale(['verify', without])).stdout).toMatch(/^ok: 5 entries, .* in 1 table, read in /);
  });
});

describe('verify names the file', () => {
  it('and the bytes in it, with table and sequences, of a damaged block', async () => {
    const data = join(dir, 'block');
    await filled(data, { a: 500, b: 2000 });
    const file = damageAt(data, 'b entry 1000 ');
    const forPrograms = await shale(['verify', data, '--json']);
    expect(forPrograms.code).toBe(1);
    expect(events(forPrograms.stdout)[0]).toMatchObject({
      kind: 'unreadable',
      name: 'b',
      sequences: { from: expect.any(Number), to: expect.any(Number) },
      file: { name: file, offset: expect.any(Number), size: expect.any(Number) },
    });
    expect(events(forPrograms.stdout).at(-1)).toMatchObject({ type: 'totals', errors: 1 });
    const forPeople = await shale(['verify', data]);
    expect(forPeople.stdout).toMatch(
      new RegExp(
        `\\(table b, region 0, table \\d+, sequences \\d+ to \\d+, file ${file}, bytes \\d+ to \\d+\\)`,
      ),
    );
  });

  it('of damage that no entry of the log can show', async () => {
    const data = join(dir, 'other-instance');
    await filled(data, { own: 10 });
    await filled(data, { foreign: 2000 }, { instance: 9 });
    const file = damageAt(data, 'foreign entry 1500 ');
    const { code, stdout } = await shale(['verify', data, '--json']);
    expect([code, events(stdout)[0]]).toMatchObject([
      1,
      { kind: 'file', severity: 'error', file: { name: file } },
    ]);
    expect(events(stdout).at(-1)).toMatchObject({ type: 'totals', entries: 10, errors: 1 });
  });
});

describe('verify of a log that does not open', () => {
  it.each([
    ['CURRENT is missing', (data: string) => rmSync(join(data, 'CURRENT')), /^CURRENT$/],
    ['CURRENT is empty', (data: string) => truncateSync(join(data, 'CURRENT')), /^CURRENT$/],
    [
      'CURRENT holds something else',
      (data: string) => writeFileSync(join(data, 'CURRENT'), '\x1b[31mhello\n'),
      /^CURRENT$/,
    ],
    [
      'the manifest is missing',
      (data: string) =>
        rmSync(join(data, filesOf(data, '').find((name) => name.startsWith('MANIFEST')) ?? '')),
      /^MANIFEST-\d+$/,
    ],
    [
      'the manifest is damaged',
      (data: string) =>
        flip(join(data, filesOf(data, '').find((name) => name.startsWith('MANIFEST')) ?? ''), 20),
      /^MANIFEST-\d+$/,
    ],
    [
      'a table file is missing',
      (data: string) => rmSync(join(data, filesOf(data, '.sst')[0] ?? '')),
      /^\d+\.sst$/,
    ],
    [
      'a table file is cut short',
      (data: string) => truncateSync(join(data, filesOf(data, '.sst')[0] ?? ''), 100),
      /^\d+\.sst$/,
    ],
  ])('says that %s, what to do, and exits with 6', async (what, damage, file) => {
    const data = join(dir, what.replaceAll(' ', '-'));
    await filled(data, { t: 100 });
    damage(data);
    const forPrograms = await shale(['verify', data, '--json']);
    expect([forPrograms.code, events(forPrograms.stdout)]).toMatchObject([
      6,
      [{ type: 'finding', severity: 'error', kind: 'file', file: { name: expect.stringMatching(file) } }],
    ]);
    const forPeople = await shale(['verify', data]);
    expect(forPeople.code).toBe(6);
    expect(forPeople.stdout).toMatch(/^error: the database cannot be opened: [^\n]+\(file [^\n]+\)\n$/);
    expect(forPeople.stdout).not.toContain('\x1b');
    expect(forPeople.stderr).toMatch(/shale repair .* --to .*\.repaired$/m);
    expect(await shale(['verify', data, '--quiet'])).toMatchObject({ code: 6, stdout: '', stderr: '' });
  });

  it('is told from a directory that holds no log at all', async () => {
    writeFileSync(join(dir, 'notes.txt'), '');
    expect((await shale(['verify', join(dir, 'nowhere')])).code).toBe(4);
  });
});
