import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { openWal } from '@shale/engine';
import { describe, expect, it } from 'vitest';
import { filled, flip, payloadsOf } from '../support/damage.js';
import { linesOf, ok, scratch, shale } from '../support/shale.js';

const dir = scratch();
let made = 0;

function place(): { data: string; backups: string; restored: string } {
  made += 1;
  const own = join(dir, String(made));
  mkdirSync(own);
  return { data: join(own, 'data'), backups: join(own, 'backups'), restored: join(own, 'restored') };
}

interface Told {
  readonly id: number;
  readonly bytes: number;
  readonly copied: number;
  readonly damaged?: boolean;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
}

async function backup(data: string, backups: string, ...more: string[]): Promise<Told> {
  return JSON.parse(await ok(['backup', data, backups, '--json', ...more])) as Told;
}

async function list(backups: string): Promise<Told[]> {
  const text = await ok(['backup', '--list', backups, '--json']);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Told);
}

describe('backup and restore', () => {
  it('bring back every entry, name and sequence, of table files and of what is in the log alone', async () => {
    const { data, backups, restored } = place();
    await filled(data, { a: 500, trimmed: 50 });
    await filled(data, { b: 500 }, { keepInLog: true });
    const wal = await openWal(data);
    await wal.table('trimmed').trim(50n);
    await wal.close();
    expect(await ok(['backup', data, backups])).toMatch(/^backup 1: .* in \d+ files, .* of it new, in /);
    rmSync(data, { recursive: true });
    expect(await ok(['restore', backups, restored])).toMatch(
      /^restored: backup 1 of 20.*, .* in \d+ files, to .* in .*\nof the log [\w-]{36}, which was in .*\n$/,
    );
    expect((await shale(['verify', restored])).code).toBe(0);
    expect(await linesOf(restored, 'a')).toEqual(payloadsOf('a', 1, 500).map(String));
    expect(await linesOf(restored, 'b')).toEqual(payloadsOf('b', 1, 500).map(String));
    const again = await openWal(restored);
    expect(await again.table('trimmed').append(Buffer.from('x'))).toBe(51n);
    await again.close();
  });

  it('say what a backup has that no other had, also when an older one is removed for it', async () => {
    const { data, backups } = place();
    await filled(data, { a: 5_000 });
    await backup(data, backups);
    const wal = await openWal(data);
    await wal.table('a').trim(5_000n);
    await wal.reclaim();
    await wal.close();
    await filled(data, { b: 100 });
    const { copied, bytes } = await backup(data, backups, '--keep', '1');
    expect(copied).toBe(bytes);
  });

  it('copy a table file once, however many backups have it, and go back to any of them', async () => {
    const { data, backups, restored } = place();
    await filled(data, { large: 20_000 });
    const first = await backup(data, backups);
    const manifest = JSON.parse(readFileSync(join(backups, 'manifests', '1.json'), 'utf8')) as unknown;
    expect(manifest).toMatchObject({ schema: 1, id: 1, rocksdbSequence: expect.stringMatching(/^\d+$/) });
    expect(manifest).toHaveProperty(
      'files',
      first.files.map(({ name, bytes }) => ({ name, bytes, crc32c: expect.any(Number) })),
    );
    await filled(data, { small: 10 });
    const second = await backup(data, backups);
    expect([first.id, second.id]).toEqual([1, 2]);
    expect(first.copied).toBe(first.bytes);
    expect(second.copied).toBeLessThan(first.copied / 10);
    expect(second.bytes).toBeGreaterThan(first.bytes);
    const tables = (told: Told) => told.files.map(({ name }) => name).filter((name) => name.endsWith('.sst'));
    expect(tables(first).every((name) => tables(second).includes(name))).toBe(true);
    expect((await list(backups)).map(({ id }) => id)).toEqual([1, 2]);
    expect(await ok(['backup', '--list', backups])).toMatch(
      /^ *id +time +bytes +files +rocksdb sequence +log +path of the log *\n *1 +20/,
    );
    await ok(['restore', backups, restored, '--id', '1']);
    expect(await ok(['tables', restored])).not.toContain('small');
    const newest = `${restored}-2`;
    await ok(['restore', backups, newest]);
    expect(await linesOf(newest, 'small')).toHaveLength(10);
  });

  it('go one by one on request, and never by mistake', async () => {
    const one = place();
    const other = place();
    await filled(one.data, { one: 3000 });
    await filled(other.data, { other: 300 });
    for (const { data } of [one, other, one]) await backup(data, one.backups);
    const refused = await shale(['backup', '--remove', '2', one.backups]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('name the log, too')]);
    const unknown = await shale(['backup', '--remove', '9', one.backups]);
    expect([unknown.code, unknown.stderr]).toEqual([4, expect.stringContaining('shale backup --list')]);
    const logs = (await list(one.backups)).map((told) => (told as Told & { log: string }).log);
    const mistaken = await shale(['backup', '--remove', '2', one.backups, '--log', logs[0] ?? '']);
    expect(mistaken.code).toBe(2);
    expect(await ok(['backup', '--remove', '2', one.backups, '--log', logs[1] ?? ''])).toMatch(
      /^removed: backup 2 of 20.*Z, which gives back .*B\n$/,
    );
    const told: unknown = JSON.parse(await ok(['backup', '--remove', '1', one.backups, '--json']));
    expect(told).toMatchObject({ id: 1, log: logs[0], logPath: one.data, freed: expect.any(Number) });
    expect((await list(one.backups)).map(({ id }) => id)).toEqual([3]);
    for (const wrong of [
      ['--remove', '3', '--list', one.backups],
      ['--remove', '3', '--keep', '1', one.backups],
      ['--remove', '3', one.data, one.backups],
      ['--log', 'x', '--list', one.backups],
      ['--remove', '0', one.backups],
    ]) {
      expect((await shale(['backup', ...wrong])).code).toBe(2);
    }
    await ok(['restore', one.backups, one.restored]);
    expect(await linesOf(one.restored, 'one')).toEqual(payloadsOf('one', 1, 3000).map(String));
  });

  it('keep two databases apart in one directory of backups', async () => {
    const one = place();
    const other = place();
    await filled(one.data, { one: 300 });
    await filled(other.data, { other: 300 });
    await backup(one.data, one.backups);
    await backup(other.data, one.backups);
    await ok(['restore', one.backups, one.restored, '--id', '1']);
    await ok(['restore', one.backups, other.restored, '--id', '2']);
    expect(await linesOf(one.restored, 'one')).toEqual(payloadsOf('one', 1, 300).map(String));
    expect(await linesOf(other.restored, 'other')).toEqual(payloadsOf('other', 1, 300).map(String));
  });

  it('remove old backups on request, with the files that no other has', async () => {
    const { data, backups } = place();
    await filled(data, { t: 5000 });
    await backup(data, backups);
    const wal = await openWal(data);
    await wal.table('t').trim(5000n);
    await wal.table('t').append(Buffer.from('x'));
    await wal.flush();
    await wal.compact();
    await wal.close();
    await backup(data, backups, '--keep', '1');
    expect((await list(backups)).map(({ id }) => id)).toEqual([2]);
    const left = readdirSync(backups, { recursive: true, encoding: 'utf8' })
      .map((name) => statSync(join(backups, name)))
      .reduce((sum, found) => sum + (found.isFile() ? found.size : 0), 0);
    expect(left).toBeLessThan(100_000);
  });
});

describe('a backup from within the process', () => {
  it('is made while writing goes on, and has everything acknowledged before it began', async () => {
    const { data, backups, restored } = place();
    const wal = await openWal(data, { rocksdb: { writeBufferSize: 256 * 1024 } });
    const table = wal.table('busy');
    let acknowledged = 0n;
    let writing = true;
    const writer = (async () => {
      while (writing) acknowledged = (await table.appendBatch(payloadsOf('busy', 1, 50))).last;
    })();
    const promised: bigint[] = [];
    for (let i = 0; i < 3; i++) {
      const before = acknowledged;
      const { id } = await wal.backup(backups);
      promised[id] = before;
    }
    writing = false;
    await writer;
    await wal.close();
    for (const [id, before] of promised.entries()) {
      if (before === undefined) continue;
      const target = `${restored}-${id}`;
      await ok(['restore', backups, target, '--id', String(id)]);
      expect((await shale(['verify', target])).code).toBe(0);
      const again = await openWal(target, { readOnly: true });
      expect(await again.table('busy').lastSequence()).toBeGreaterThanOrEqual(before);
      await again.close();
    }
    expect(acknowledged).toBeGreaterThan(0n);
  });

  it('is what the command asks for when a process has the log open', async () => {
    const { data, backups } = place();
    const wal = await openWal(data);
    try {
      await wal.table('t').append(Buffer.from('x'));
      const { code, stderr } = await shale(['backup', data, backups]);
      expect([code, stderr.includes('await wal.backup('), existsSync(backups)]).toEqual([5, true, false]);
    } finally {
      await wal.close();
    }
  });

  it('cannot be made by who only reads', async () => {
    const { data, backups } = place();
    await filled(data, { t: 1 });
    const wal = await openWal(data, { readOnly: true });
    await expect(wal.backup(backups)).rejects.toMatchObject({ code: 'SHALE_READ_ONLY' });
    await wal.close();
  });
});

describe('restore refuses', () => {
  it('a backup of which a byte is wrong, and leaves nothing behind', async () => {
    const { data, backups, restored } = place();
    await filled(data, { t: 5000 });
    const { files } = await backup(data, backups);
    const table = files.find(({ name }) => name.endsWith('.sst'))?.name ?? '';
    flip(join(backups, table), 1000, 1);
    const { code, stderr } = await shale(['restore', backups, restored]);
    expect([code, /SHALE_CORRUPT/.test(stderr)]).toEqual([6, true]);
    expect(readdirSync(join(restored, '..')).sort()).toEqual(['backups', 'data']);
  });

  it('a backup of which a file is cut short, and lists it as damaged', async () => {
    const { data, backups, restored } = place();
    await filled(data, { t: 5000 });
    const { files } = await backup(data, backups);
    truncateSync(join(backups, files.find(({ name }) => name.endsWith('.sst'))?.name ?? ''), 1000);
    const listed = await shale(['backup', '--list', backups, '--json']);
    expect([listed.code, JSON.parse(listed.stdout)]).toEqual([1, { id: 1, damaged: true }]);
    expect((await shale(['restore', backups, restored, '--id', '1'])).code).toBe(6);
    expect((await shale(['restore', backups, restored])).code).toBe(6);
  });

  it('to write over anything, and what is not there', async () => {
    const { data, backups, restored } = place();
    await filled(data, { t: 1 });
    expect((await shale(['restore', backups, restored])).code).toBe(4);
    expect((await shale(['backup', '--list', backups])).code).toBe(4);
    expect(existsSync(backups)).toBe(false);
    await backup(data, backups);
    mkdirSync(restored);
    writeFileSync(join(restored, 'precious'), 'mine');
    expect((await shale(['restore', backups, restored])).code).toBe(3);
    expect(readdirSync(restored)).toEqual(['precious']);
    expect((await shale(['restore', backups, `${restored}-2`, '--id', '7'])).code).toBe(4);
    expect((await shale(['backup', data])).code).toBe(2);
    expect((await shale(['backup', join(dir, 'nowhere'), backups])).code).toBe(4);
  });
});
