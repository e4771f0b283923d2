import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesOf, filled } from '../support/damage.js';
import { scratch, shale } from '../support/shale.js';

const dir = scratch();

interface Told {
  readonly name: string;
  readonly state: string;
  readonly found: string;
  readonly advice?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

async function examined(
  directory: string,
  ...more: string[]
): Promise<{ code: number | null; checks: Map<string, Told> }> {
  const { code, stdout, stderr } = await shale(['doctor', directory, '--json', ...more]);
  expect(stderr).toBe('');
  const told = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Told);
  return { code, checks: new Map(told.map((check) => [check.name, check])) };
}

describe('doctor', () => {
  it('looks at the machine where no log is yet, and leaves nothing behind', async () => {
    const missing = join(dir, 'not', 'there');
    const { checks } = await examined(missing);
    expect([...checks.keys()]).toEqual([
      'kernel',
      'Node.js',
      'RocksDB',
      'processor',
      'memory',
      'limits',
      'file system',
      'free space',
      'fdatasync of 4 KiB',
    ]);
    const { p50Ms, p99Ms, samples } = checks.get('fdatasync of 4 KiB')?.data ?? {};
    expect(samples).toBeGreaterThanOrEqual(20);
    expect(Number(p99Ms)).toBeGreaterThanOrEqual(Number(p50Ms));
    expect(checks.get('RocksDB')?.data).toMatchObject({
      loaded: checks.get('RocksDB')?.data.built,
      source: 'local',
      why: expect.stringContaining('is not installed'),
    });
    expect(existsSync(missing)).toBe(false);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('looks at the log: its size, whether it opens, and who can read it', async () => {
    const data = join(dir, 'data');
    await filled(data, { t: 100 }, { keepInLog: true });
    const before = readdirSync(data);
    const { checks } = await examined(data);
    expect(checks.get('log')).toMatchObject({ state: 'ok', data: { opens: true, logFiles: 1 } });
    expect(Number(checks.get('log')?.data.logBytes)).toBeGreaterThan(1000);
    expect(checks.get('permissions')).toMatchObject({ state: 'ok' });
    expect(readdirSync(data)).toEqual(before);
    chmodSync(data, 0o755);
    chmodSync(join(data, filesOf(data, '.log')[0] ?? ''), 0o644);
    const open = await examined(data, '--strict');
    expect([open.code, open.checks.get('permissions')?.state]).toEqual([1, 'warn']);
  });

  it('says what keeps a damaged log from opening, and exits with 1', async () => {
    const data = join(dir, 'damaged');
    await filled(data, { t: 100 });
    rmSync(join(data, filesOf(data, '.sst')[0] ?? ''));
    const { code, checks } = await examined(data);
    expect(code).toBe(1);
    expect(checks.get('log')).toMatchObject({
      state: 'bad',
      advice: expect.stringMatching(/\d{6}\.(?:ldb|sst)/),
    });
    const forPeople = await shale(['doctor', data]);
    expect([forPeople.code, /^bad {3}log +/m.test(forPeople.stdout)]).toEqual([1, true]);
  });

  it('tells of table files that compactions could not read, as long as they are there', async () => {
    const data = join(dir, 'unreadable');
    await filled(data, { t: 100 });
    const [file = ''] = filesOf(data, '.sst');
    expect((await examined(data)).checks.get('table files')).toMatchObject({ state: 'ok' });
    const key = `01${'0'.repeat(15)}1${'0'.repeat(15)}2${'0'.repeat(18)}`;
    writeFileSync(join(data, 'UNREADABLE'), `${file} ${key} - what it said\n000000.sst - - gone\nnonsense\n`);
    const { code, checks } = await examined(data);
    expect([code, checks.get('table files')]).toMatchObject([
      1,
      {
        state: 'bad',
        found: expect.stringContaining(`${file} with region 1, table 2 to other records: what it said`),
        data: { unreadable: [file] },
      },
    ]);
  });

  it.runIf(existsSync('/dev/shm'))('calls a file system in memory bad', async () => {
    const own = `/dev/shm/shale-doctor-${process.pid}`;
    mkdirSync(own);
    try {
      const { code, checks } = await examined(own);
      expect([code, checks.get('file system')?.state]).toEqual([1, 'bad']);
    } finally {
      rmSync(own, { recursive: true });
    }
  });
});
