import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { openWal, type Wal } from '@shale/engine';
import { describe, expect, it } from 'vitest';
import { damageAt, filesOf, filled, flip, payloadsOf } from '../support/damage.js';
import { linesOf, scratch, shale } from '../support/shale.js';

const dir = scratch();
let made = 0;

interface Loss {
  readonly type: string;
  readonly kind: string;
  readonly instance?: number;
  readonly name?: string;
  readonly sequences?: { readonly from: number; readonly to: number };
  readonly file?: { readonly name: string };
  readonly losses?: number;
  readonly entries?: number;
  readonly opened?: boolean;
}

/** A place for a test's old and new log. */
function places(): { old: string; fresh: string } {
  made += 1;
  mkdirSync(join(dir, String(made)));
  return { old: join(dir, String(made), 'old'), fresh: join(dir, String(made), 'fresh') };
}

/** What every file in a directory holds, with its mode and when it was last written. */
function fingerprint(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const path = join(directory, name);
      const { mode, mtimeMs } = lstatSync(path);
      const hash = lstatSync(path).isFile()
        ? createHash('sha256').update(readFileSync(path)).digest('hex')
        : '';
      return `${name} ${mode.toString(8)} ${mtimeMs} ${hash}`;
    });
}

/** Repairs, expects that nothing in the old directory changes, and that nothing is left beside the new one. */
async function repair(
  old: string,
  fresh: string,
): Promise<{ code: number | null; losses: Loss[]; totals: Loss }> {
  const before = fingerprint(old);
  const { code, stdout, stderr } = await shale(['repair', old, '--to', fresh, '--json']);
  expect(stderr).toBe('');
  expect(fingerprint(old)).toEqual(before);
  expect(readdirSync(join(fresh, '..')).filter((name) => name.includes('.partial-'))).toEqual([]);
  const events = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Loss);
  const totals = events.pop();
  if (totals === undefined) throw new Error('repair said nothing');
  return { code, losses: events, totals };
}

async function sequencesOf(wal: Wal, table: string | { region: bigint; table: bigint }): Promise<bigint[]> {
  const found: bigint[] = [];
  for await (const { sequence } of wal.table(table).read()) found.push(sequence);
  return found;
}

function manifestOf(directory: string): string {
  return join(directory, readdirSync(directory).find((name) => name.startsWith('MANIFEST')) ?? 'no manifest');
}

describe('repair of a sound log', () => {
  it('saves everything: entries, names, instances, what was trimmed, and the next sequences', async () => {
    const { old, fresh } = places();
    const wal = await openWal(old);
    await wal.table('kept').appendBatch(payloadsOf('kept', 1, 300));
    await wal.table('trimmed').appendBatch(payloadsOf('trimmed', 1, 300));
    await wal.flush();
    await wal.table('trimmed').trim(200n);
    await wal.table('emptied').appendBatch(payloadsOf('emptied', 1, 50));
    await wal.table('emptied').trim(50n);
    await wal.table({ region: 7n, table: 9n }).appendBatch(payloadsOf('ids', 1, 20));
    await wal.close();
    await filled(old, { elsewhere: 30 }, { instance: 5, keepInLog: true });
    const { code, losses, totals } = await repair(old, fresh);
    expect([code, losses]).toEqual([0, []]);
    expect(totals).toMatchObject({ opened: true, losses: 0 });
    expect((await shale(['verify', fresh])).code).toBe(0);
    const again = await openWal(fresh);
    expect(await sequencesOf(again, 'trimmed')).toEqual(
      Array.from({ length: 100 }, (_, i) => BigInt(201 + i)),
    );
    expect(await again.table('emptied').append(Buffer.from('x'))).toBe(51n);
    expect(await again.table({ region: 7n, table: 9n }).append(Buffer.from('x'))).toBe(21n);
    await again.close();
    expect(await linesOf(fresh, 'kept')).toEqual(payloadsOf('kept', 1, 300).map(String));
    const other = await openWal(fresh, { instance: 5 });
    expect(await sequencesOf(other, 'elsewhere')).toHaveLength(30);
    await other.close();
  });
});

describe('repair of a damaged table file', () => {
  it('saves what is before and behind, and names table, sequences and file of what is not', async () => {
    const { old, fresh } = places();
    await filled(old, { a: 500, b: 3000, c: 500 });
    const file = damageAt(old, 'b entry 1500 ');
    const { code, losses, totals } = await repair(old, fresh);
    expect(code).toBe(1);
    const middle = losses.find(({ kind }) => kind === 'middle');
    expect(middle).toMatchObject({
      name: 'b',
      instance: 0,
      file: { name: file, offset: expect.any(Number) },
    });
    const { from, to } = middle?.sequences ?? { from: 0, to: 0 };
    expect([from <= 1500, to >= 1500, to - from < 400]).toEqual([true, true, true]);
    expect(losses.map(({ kind }) => kind).sort()).toEqual(['file', 'middle']);
    const wal = await openWal(fresh);
    const expected = Array.from({ length: 3000 }, (_, i) => BigInt(i + 1)).filter((s) => s < from || s > to);
    expect(await sequencesOf(wal, 'b')).toEqual(expected);
    expect(await sequencesOf(wal, 'a')).toHaveLength(500);
    expect(await sequencesOf(wal, 'c')).toHaveLength(500);
    expect(await wal.table('b').append(Buffer.from('next'))).toBe(3001n);
    await wal.close();
    expect(totals.entries).toBe(expected.length + 1000);
    // What is missing stays named: nobody takes the new log for a whole one.
    const verified = await shale(['verify', fresh, '--json']);
    expect([verified.code, verified.stdout.includes('"kind":"hole"')]).toEqual([1, true]);
  });

  it('never gives a sequence out again that an entry lost from the end of a table had', async () => {
    const { old, fresh } = places();
    const id = { region: 3n, table: 4n };
    const wal = await openWal(old);
    await wal.table(id).appendBatch(payloadsOf('a', 1, 2000));
    await wal.flush();
    await wal.close();
    damageAt(old, 'a entry 1999 ');
    const { code, losses } = await repair(old, fresh);
    expect(code).toBe(1);
    const tail = losses.find(({ kind }) => kind === 'tail');
    expect(tail?.sequences?.from).toBeLessThan(2000);
    expect(tail?.sequences?.to).toBeGreaterThanOrEqual(2000);
    const again = await openWal(fresh);
    expect(await again.table(id).append(Buffer.from('x'))).toBe(BigInt((tail?.sequences?.to ?? 0) + 1));
    await again.close();
  });

  it('does so even for a table of which nothing but the name, or the metadata record, is left', async () => {
    const { old, fresh } = places();
    const wal = await openWal(old);
    await wal.table('named').append(Buffer.from('x'));
    await wal.table({ region: 8n, table: 8n }).append(Buffer.from('x'));
    await wal.table('named').trim(1n);
    await wal.table({ region: 8n, table: 8n }).trim(1n);
    await wal.table('only-name').appendBatch([]);
    await wal.flush();
    await wal.table('named').appendBatch(payloadsOf('named', 2, 50));
    await wal.table('only-name').appendBatch(payloadsOf('only-name', 1, 50));
    await wal.table({ region: 8n, table: 8n }).appendBatch(payloadsOf('ids', 2, 50));
    await wal.flush();
    await wal.close();
    const victim =
      filesOf(old, '.sst').find((name) => readFileSync(join(old, name)).includes('only-name entry 50 ')) ??
      '';
    truncateSync(join(old, victim), 100);
    const { code } = await repair(old, fresh);
    expect(code).toBe(1);
    const again = await openWal(fresh);
    for (const table of [
      again.table('named'),
      again.table('only-name'),
      again.table({ region: 8n, table: 8n }),
    ]) {
      expect(await table.append(Buffer.from('x'))).toBeGreaterThan(50n);
    }
    await again.close();
  });

  it('does not bring trimmed entries back', async () => {
    const { old, fresh } = places();
    const wal = await openWal(old);
    await wal.table('t').appendBatch(payloadsOf('t', 1, 3000));
    await wal.flush();
    await wal.table('t').trim(1000n);
    await wal.flush();
    await wal.close();
    damageAt(old, 't entry 2500 ');
    const { losses } = await repair(old, fresh);
    const again = await openWal(fresh);
    expect((await sequencesOf(again, 't'))[0]).toBe(1001n);
    await again.close();
    expect(losses.some(({ kind }) => kind === 'middle')).toBe(true);
  });

  it('does not bring trimmed entries back when the damaged file is the one that has the trims', async () => {
    const { old, fresh } = places();
    const wal = await openWal(old);
    await wal.table('t').appendBatch(payloadsOf('t', 1, 3000));
    await wal.table('gone').appendBatch(payloadsOf('gone', 1, 100));
    await wal.flush();
    await wal.table('t').trim(1000n);
    await wal.table('gone').trim(100n);
    await wal.table('u').appendBatch(payloadsOf('u', 1, 2000));
    await wal.flush();
    await wal.close();
    damageAt(old, 'u entry 1000 ');
    const { losses } = await repair(old, fresh);
    expect(losses.map(({ kind }) => kind).sort()).toEqual(['file', 'middle']);
    const again = await openWal(fresh);
    expect(await sequencesOf(again, 't')).toEqual(Array.from({ length: 2000 }, (_, i) => BigInt(1001 + i)));
    expect(await sequencesOf(again, 'gone')).toEqual([]);
    expect(await again.table('gone').append(Buffer.from('x'))).toBe(101n);
    await again.close();
  });

  it('does not bring single entries back that were trimmed one by one, and does not miss them', async () => {
    const { old, fresh } = places();
    const wal = await openWal(old);
    await wal.table('t').appendBatch(payloadsOf('t', 1, 100));
    await wal.flush();
    for (let upTo = 1n; upTo <= 3n; upTo++) await wal.table('t').trim(upTo);
    await wal.table('u').appendBatch(payloadsOf('u', 1, 2000));
    await wal.flush();
    for (let upTo = 4n; upTo <= 6n; upTo++) await wal.table('t').trim(upTo);
    await wal.close();
    damageAt(old, 'u entry 1000 ');
    const { losses } = await repair(old, fresh);
    expect(losses.map(({ kind }) => kind).sort()).toEqual(['file', 'middle']);
    const again = await openWal(fresh);
    expect(await sequencesOf(again, 't')).toEqual(Array.from({ length: 94 }, (_, i) => BigInt(7 + i)));
    await again.close();
  });

  it('saves the other files when nothing of one can be read', async () => {
    const { old, fresh } = places();
    await filled(old, { a: 100 });
    await filled(old, { b: 100 });
    const whole = filesOf(old, '.sst');
    const victim = whole.find((name) => readFileSync(join(old, name)).includes('b entry 50 ')) ?? '';
    truncateSync(join(old, victim), 50);
    const { code, losses } = await repair(old, fresh);
    expect(code).toBe(1);
    expect(losses).toContainEqual(expect.objectContaining({ kind: 'file', file: { name: victim } }));
    const wal = await openWal(fresh);
    expect(await sequencesOf(wal, 'a')).toHaveLength(100);
    // The manifest says what the lost file held: nothing of this table.
    expect(await wal.table('a').append(Buffer.from('x'))).toBe(101n);
    // The name of the other is lost with the file; its id is not given to the next name.
    await wal.table('newcomer').append(Buffer.from('x'));
    for await (const { name, id } of wal.tables()) {
      if (name === 'newcomer') expect(id.table).toBeGreaterThan((1n << 63n) + 1n);
    }
    await wal.close();
  });

  it('names tables anew whose names are lost, so that no other gets their entries', async () => {
    const { old, fresh } = places();
    await filled(old, { a: 2000 });
    // The names stand behind the last entry, in the same block.
    damageAt(old, 'a entry 1999 ');
    const { losses } = await repair(old, fresh);
    const given = losses.find(({ kind }) => kind === 'name')?.name ?? '';
    expect(given).toBe('recovered-9223372036854775808');
    const wal = await openWal(fresh);
    await wal.table('newcomer').append(Buffer.from('x'));
    expect(await sequencesOf(wal, 'newcomer')).toEqual([1n]);
    expect((await sequencesOf(wal, given)).length).toBeGreaterThan(1500);
    await wal.close();
  });
});

describe('repair of a log that RocksDB cannot open', () => {
  it.each([
    ['CURRENT is missing', (old: string) => rmSync(join(old, 'CURRENT'))],
    ['CURRENT is garbage', (old: string) => writeFileSync(join(old, 'CURRENT'), 'garbage')],
  ])('saves all entries of table and log files, though %s', async (_, damage) => {
    const { old, fresh } = places();
    await filled(old, { a: 500 });
    await filled(old, { b: 500 }, { keepInLog: true });
    damage(old);
    const { code, losses, totals } = await repair(old, fresh);
    expect([code, totals.opened]).toEqual([1, false]);
    expect(losses).toMatchObject([{ kind: 'file', message: expect.stringContaining('cannot be opened') }]);
    expect((await shale(['verify', fresh])).code).toBe(0);
    expect(await linesOf(fresh, 'a')).toEqual(payloadsOf('a', 1, 500).map(String));
    expect(await linesOf(fresh, 'b')).toEqual(payloadsOf('b', 1, 500).map(String));
  });

  it.each([
    ['the manifest is missing', (old: string) => rmSync(manifestOf(old))],
    ['the manifest is damaged', (old: string) => flip(manifestOf(old), 20)],
    ['the manifest is empty', (old: string) => truncateSync(manifestOf(old))],
  ])('saves all entries, and says that it is unknown whether that is all, when %s', async (_, damage) => {
    const { old, fresh } = places();
    await filled(old, { a: 500 });
    await filled(old, { b: 500 }, { keepInLog: true });
    damage(old);
    const { code, losses, totals } = await repair(old, fresh);
    expect([code, totals.opened]).toEqual([1, false]);
    const [first, ...others] = losses;
    expect(first).toMatchObject({ kind: 'file', message: expect.stringContaining('cannot be opened') });
    // Of each table: entries may be missing behind the last one, and trimmed ones be back.
    expect(others.map(({ kind, name }) => `${kind} ${name}`).sort()).toEqual([
      'tail a',
      'tail b',
      'trim a',
      'trim b',
    ]);
    expect((await shale(['verify', fresh])).code).toBe(0);
    expect(await linesOf(fresh, 'a')).toEqual(payloadsOf('a', 1, 500).map(String));
    expect(await linesOf(fresh, 'b')).toEqual(payloadsOf('b', 1, 500).map(String));
  });

  it('says which table file is missing, and saves the rest', async () => {
    const { old, fresh } = places();
    await filled(old, { a: 100 });
    await filled(old, { b: 100 });
    const victim =
      filesOf(old, '.sst').find((name) => readFileSync(join(old, name)).includes('b entry 50 ')) ?? '';
    rmSync(join(old, victim));
    const { code, losses } = await repair(old, fresh);
    expect(code).toBe(1);
    expect(losses).toContainEqual(expect.objectContaining({ kind: 'file', file: { name: victim } }));
    expect(await linesOf(fresh, 'a')).toHaveLength(100);
  });
});

describe('repair of a damaged log file', () => {
  it('saves the entries before and behind the damage, and raises the sequences of all tables', async () => {
    const { old, fresh } = places();
    const wal = await openWal(old);
    for (let i = 0; i < 20; i++)
      await wal.table('t').appendBatch(payloadsOf('t', i * 500 + 1, i * 500 + 500));
    await wal.close();
    const log =
      filesOf(old, '.log').find((name) => readFileSync(join(old, name)).includes('t entry 5000 ')) ?? '';
    flip(join(old, log), readFileSync(join(old, log)).indexOf('t entry 5000 '));
    const { code, losses } = await repair(old, fresh);
    expect(code).toBe(1);
    expect(losses).toContainEqual(expect.objectContaining({ kind: 'file', file: { name: log } }));
    expect(losses).toContainEqual(
      expect.objectContaining({ kind: 'middle', name: 't', file: { name: log } }),
    );
    const again = await openWal(fresh);
    const found = await sequencesOf(again, 't');
    expect([found[0], found.at(-1), found.includes(5000n)]).toEqual([1n, 10_000n, false]);
    expect(await again.table('t').append(Buffer.from('x'))).toBeGreaterThan(10_001n);
    await again.close();
  });
});

describe('repair of a log whose end is cut off', () => {
  it('says that acknowledged entries are missing, though no damage is left to see, and uses no sequence twice', async () => {
    const { old, fresh } = places();
    const id = { region: 1n, table: 1n };
    const wal = await openWal(old);
    await wal.table(id).append(Buffer.from('first'));
    const log = filesOf(old, '.log').at(-1) ?? '';
    const end = lstatSync(join(old, log)).size;
    for (let i = 0; i < 50; i++) await wal.table(id).append(Buffer.from('later'));
    await wal.close();
    truncateSync(join(old, log), end);
    expect((await shale(['verify', old])).code).toBe(6);
    const { code, losses } = await repair(old, fresh);
    expect(code).toBe(1);
    expect(losses).toContainEqual(expect.objectContaining({ kind: 'file' }));
    const again = await openWal(fresh);
    expect(await sequencesOf(again, id)).toEqual([1n]);
    expect(await again.table(id).append(Buffer.from('x'))).toBeGreaterThan(51n);
    await again.close();
  });
});

describe('repair refuses', () => {
  it('to write over anything', async () => {
    const { old, fresh } = places();
    await filled(old, { t: 1 });
    mkdirSync(fresh);
    writeFileSync(join(fresh, 'precious'), 'mine');
    const { code, stderr } = await shale(['repair', old, '--to', fresh]);
    expect([code, stderr.includes('CLI_NOT_EMPTY')]).toEqual([3, true]);
    expect(readdirSync(fresh)).toEqual(['precious']);
    expect((await shale(['repair', old, '--to', join(old, 'inside')])).code).toBe(2);
    expect(existsSync(join(old, 'inside'))).toBe(false);
    expect((await shale(['repair', join(dir, 'nowhere'), '--to', fresh])).code).toBe(4);
    expect((await shale(['repair', old])).code).toBe(2);
  });

  it('while a process writes the log', async () => {
    const { old, fresh } = places();
    const wal = await openWal(old);
    try {
      await wal.table('t').append(Buffer.from('x'));
      const { code, stderr } = await shale(['repair', old, '--to', fresh]);
      expect([code, stderr.includes(`process ${process.pid}`)]).toEqual([5, true]);
    } finally {
      await wal.close();
    }
  });

  it('to follow a link out of the directory', async () => {
    const { old, fresh } = places();
    const outside = places().old;
    await filled(old, { t: 100 });
    await filled(outside, { secret: 100 });
    const [mine] = filesOf(old, '.sst');
    const [theirs] = filesOf(outside, '.sst');
    rmSync(join(old, mine ?? ''));
    symlinkSync(join(outside, theirs ?? ''), join(old, mine ?? ''));
    const { code, losses } = await repair(old, fresh);
    expect(code).toBe(1);
    expect(losses).toContainEqual(
      expect.objectContaining({ kind: 'file', message: expect.stringContaining('no regular file') }),
    );
    const tables = await shale(['tables', fresh]);
    expect(tables.stdout).not.toContain('secret');
  });
});

describe('repair for people', () => {
  it('says what was lost, where, and what was saved', async () => {
    const { old, fresh } = places();
    await filled(old, { 'a\x1b[31m': 2000 });
    cpSync(old, `${old}-copy`, { recursive: true });
    damageAt(old, 'entry 1000 ');
    const { code, stdout } = await shale(['repair', old, '--to', fresh]);
    expect([code, stdout.includes('\x1b')]).toEqual([1, false]);
    expect(stdout).toMatch(
      /\nlost: region 0, table \d+: the entries \d+ to \d+ are missing; .*\(table a\ufffd\[31m, sequences /,
    );
    expect(stdout).toMatch(/\nsaved, with 2 losses: [\d,]+ entries, .* in 1 table to .* in .*\n$/);
    expect(await shale(['repair', `${old}-copy`, '--to', `${fresh}-2`, '--quiet'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });
});
