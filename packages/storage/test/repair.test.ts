import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  type Log,
  type LogOptions,
  openLog,
  type RepairLoss,
  type RepairOptions,
  repairDatabase,
} from '@shale/storage';
import { expect, test } from 'vitest';
import { directory } from './support.js';

const ID = { region: 1n, table: 7n };

function texts(text: string, from: number, to: number): Buffer[] {
  return Array.from({ length: to - from + 1 }, (_, i) =>
    Buffer.from(`${text} ${from + i} ${'.'.repeat(50)}`),
  );
}

function filesOf(directory: string, end: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(end))
    .sort();
}

/** The table file that has a text. */
function holding(directory: string, text: string): string {
  const name = filesOf(directory, '.sst').find((file) => readFileSync(join(directory, file)).includes(text));
  if (name === undefined) throw new Error(`no table file has ${text}`);
  return join(directory, name);
}

function sequencesOf(log: Log, id: { region: bigint; table: bigint }): bigint[] {
  return [...log.read(id)].map(({ sequence }) => sequence);
}

/** Makes a log, damages it, repairs it; nothing may be left beside the two. */
async function repaired(
  make: (log: Log) => Promise<void> | void,
  damage: (old: string) => void,
  between: () => void = () => {},
  rocksdb: LogOptions['rocksdb'] = {},
  options: RepairOptions = {},
): Promise<{ losses: RepairLoss[]; log: Log }> {
  const root = await directory();
  const [old, fresh] = [join(root, 'old'), join(root, 'fresh')];
  const log = await openLog(old, { rocksdb });
  await make(log);
  await log.close();
  damage(old);
  const losses: RepairLoss[] = [];
  for await (const event of repairDatabase(old, fresh, options)) {
    if (event.type === 'loss') losses.push(event);
    between();
  }
  expect(readdirSync(root).sort()).toEqual(['fresh', 'old']);
  return { losses, log: await openLog(fresh) };
}

/** Ends the process that a repair in this process has started. True when there was one. */
function killChild(): boolean {
  const children = readdirSync('/proc/self/task').flatMap((thread) => {
    try {
      return readFileSync(`/proc/self/task/${thread}/children`, 'utf8').split(' ').filter(Boolean);
    } catch {
      return [];
    }
  });
  const mine = children.find((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('repair-process'),
  );
  if (mine === undefined) return false;
  process.kill(Number(mine), 'SIGSEGV');
  return true;
}

test.each(['CURRENT', 'MANIFEST'])(
  'the end of the log is known to be lost though %s is damaged, too, and no sequence is used twice',
  async (head) => {
    let end = 0;
    const { losses, log } = await repaired(
      (made) => {
        made.append(ID, texts('a', 1, 10), { sync: true });
        end = readFileSync(join(made.path, filesOf(made.path, '.log').at(-1) ?? '')).length;
        for (let i = 11; i <= 15; i++) made.append(ID, texts('a', i, i), { sync: true });
      },
      (old) => {
        const victim = readdirSync(old).find((name) => name.startsWith(head)) ?? '';
        writeFileSync(join(old, victim), 'garbage');
        truncateSync(join(old, filesOf(old, '.log').at(-1) ?? ''), end);
      },
    );
    expect(sequencesOf(log, ID)).toEqual(Array.from({ length: 10 }, (_, i) => BigInt(i + 1)));
    expect(losses.map(({ kind }) => kind)).toContain('tail');
    expect(log.nextSequence(ID)).toBeGreaterThan(15n);
    await log.close();
  },
);

test('a new name gets no old table when the file with the names is lost, be it known to be or not', async () => {
  const { losses, log } = await repaired(
    async (made) => {
      const [id] = made.names.make(['kept']);
      await made.flush();
      if (id !== undefined) made.append(id, texts('kept', 1, 20), { sync: true });
      await made.flush();
    },
    (old) => {
      const entries = holding(old, 'kept 1 ');
      for (const name of filesOf(old, '.sst')) if (join(old, name) !== entries) rmSync(join(old, name));
      for (const name of readdirSync(old)) if (name.startsWith('MANIFEST-')) rmSync(join(old, name));
    },
  );
  expect(losses.map(({ kind }) => kind)).toContain('name');
  const [newcomer] = log.names.make(['newcomer']);
  if (newcomer === undefined) throw new Error('no name');
  expect(sequencesOf(log, newcomer)).toEqual([]);
  expect(log.nextSequence(newcomer)).toBe(1n);
  const [saved] = [...log.tables()].filter(({ entries }) => entries > 0n);
  expect(saved?.name).toMatch(/^recovered-/);
  expect(losses.find(({ kind }) => kind === 'name')?.name).toBe(saved?.name);
  await log.close();
});

test.each(['missing', 'cut', 'without its footer'])(
  'entries that were trimmed are back with a word when the file with the trim is %s, and no process dies',
  async (what) => {
    const { losses, log } = await repaired(
      async (made) => {
        made.append(ID, texts('a', 1, 100), { sync: true });
        await made.flush();
        made.trim(ID, 60n);
        made.append(ID, texts('late', 101, 110), { sync: true });
        await made.flush();
        made.trim(ID, 65n);
      },
      (old) => {
        const victim = holding(old, 'late 101 ');
        const { length } = readFileSync(victim);
        if (what === 'missing') rmSync(victim);
        else truncateSync(victim, what === 'cut' ? 100 : length - 53);
      },
    );
    // The later trim, which is in the log, counts still.
    expect(sequencesOf(log, ID)[0]).toBe(66n);
    const trim = losses.find(({ kind }) => kind === 'trim');
    expect(trim?.id).toEqual(ID);
    expect(log.nextSequence(ID)).toBeGreaterThan(110n);
    await log.close();
  },
);

test('an entry that was written after its table had been dropped outlives damage beside it', async () => {
  const { losses, log } = await repaired(
    async (made) => {
      made.append(ID, texts('first life', 1, 400), { sync: true });
      await made.flush();
      made.drop(ID, { sync: true });
      await made.flush();
      made.append(ID, texts('second life', 1, 900), { sync: true });
      await made.flush();
    },
    (old) => {
      const victim = holding(old, 'second life 500 ');
      const bytes = readFileSync(victim);
      bytes.fill(0, bytes.indexOf('second life 500 '), bytes.indexOf('second life 500 ') + 8);
      writeFileSync(victim, bytes);
    },
  );
  const found = [...log.read(ID)].map(({ payload }) => Buffer.from(payload).toString().split(' ')[0]);
  expect(new Set(found)).toEqual(new Set(['second']));
  expect(found.length).toBeGreaterThan(400);
  expect(losses.map(({ kind }) => kind).sort()).toEqual(['file', 'middle']);
  await log.close();
});

test('the death of the process that reads the files is a loss that is told, and not the end', async () => {
  let kills = 0;
  const { losses, log } = await repaired(
    async (made) => {
      for (let i = 0; i < 4; i++) {
        made.append({ region: 1n, table: BigInt(i + 1) }, texts('a', 1, 50), { sync: true });
        await made.flush();
      }
    },
    () => {},
    () => {
      if (kills === 0 && killChild()) kills++;
    },
  );
  expect(kills).toBe(1);
  const saved = [1n, 2n, 3n, 4n].filter((table) => sequencesOf(log, { region: 1n, table }).length === 50);
  // Which file it was at depends on how far it had got. If it was at none, it began anew, and nothing is lost.
  const told = losses.some(({ kind, message }) => kind === 'file' && message.includes('SIGSEGV'));
  expect([told, saved.length]).toEqual(losses.length > 0 ? [true, 3] : [false, 4]);
  await log.close();
});

test('a repair that nobody waits for any more ends its process and leaves nothing', async () => {
  const root = await directory();
  const log = await openLog(join(root, 'old'));
  log.append(ID, texts('a', 1, 5), { sync: true });
  await log.close();
  for await (const event of repairDatabase(join(root, 'old'), join(root, 'fresh'))) {
    expect(event.type).toBe('progress');
    break;
  }
  expect(killChild()).toBe(false);
  expect(readdirSync(root)).toEqual(['old']);
});

test('a read-only opening that overlooks damage does not open what lacks a file', async () => {
  const root = await directory();
  const log = await openLog(root);
  log.append(ID, texts('a', 1, 100), { sync: true });
  await log.flush();
  log.trim(ID, 50n);
  log.append(ID, texts('late', 101, 110), { sync: true });
  await log.flush();
  await log.close();
  rmSync(holding(root, 'a 1 '));
  const opened = openLog(root, { readOnly: true, rocksdb: { paranoidChecks: false } });
  await expect(opened).rejects.toMatchObject({ code: 'SHALE_CORRUPT' });
});

/** Entries of many tables by turns, so that each file of a compaction has some of every age. */
async function inManyFiles(log: Log): Promise<void> {
  let reader: Generator | undefined;
  for (let round = 0; round < 6; round++) {
    for (let table = 1n; table <= 6n; table++) {
      log.append({ region: 1n, table }, [Buffer.alloc(9000, round), Buffer.alloc(9000, round)], {
        sync: false,
      });
    }
    await log.flush();
    reader ??= log.scanRegion(1n);
    reader.next();
  }
  // Who reads keeps RocksDB from forgetting which entry is older.
  await log.compact();
  reader?.return(undefined);
  // Above them: a table that begins a second life, and trims that span files.
  log.drop({ region: 1n, table: 2n });
  log.append({ region: 1n, table: 2n }, texts('second life', 1, 3));
  log.trim({ region: 1n, table: 4n }, 11n);
  await log.flush();
  log.append({ region: 1n, table: 5n }, texts('late', 13, 14), { sync: true });
}

const MANY_FILES = { targetFileSizeBase: 65_536, spaceReserve: 0 };

test.each(['nothing', 'MANIFEST', 'one file'])(
  'what several files of one compaction hold is saved with %s damaged',
  async (victim) => {
    const { losses, log } = await repaired(
      inManyFiles,
      (old) => {
        expect(filesOf(old, '.sst').length).toBeGreaterThan(5);
        const manifest = readdirSync(old).find((name) => name.startsWith('MANIFEST-')) ?? '';
        if (victim === 'MANIFEST') rmSync(join(old, manifest));
        if (victim !== 'one file') return;
        const file = holding(old, 'second life 1 ');
        const bytes = readFileSync(file);
        bytes.fill(0, bytes.indexOf('second life 2 '), bytes.indexOf('second life 2 ') + 8);
        writeFileSync(file, bytes);
      },
      () => {},
      MANY_FILES,
    );
    const counts = [1n, 2n, 3n, 4n, 5n, 6n].map((table) => sequencesOf(log, { region: 1n, table }).length);
    if (victim === 'one file') {
      expect([counts[0], counts[2], counts[4], counts[5]]).toEqual([12, 12, 14, 12]);
      expect(losses.map(({ kind }) => kind)).toContain('file');
    } else {
      expect(counts).toEqual([12, 3, 12, 1, 14, 12]);
    }
    if (victim === 'nothing') expect(losses).toEqual([]);
    await log.close();
  },
);

test.each(['damaged', 'lost'])(
  'a file that is %s is left out, and all others are taken over as they are',
  async (how) => {
    let before: ReadonlyMap<string, number> = new Map();
    let victim = '';
    const { losses, log } = await repaired(
      async (made) => {
        await inManyFiles(made);
        const [id] = made.names.make(['named']);
        if (id === undefined) throw new Error('no name');
        made.append(id, texts('named', 1, 30));
        await made.flush();
        made.append(id, texts('named', 31, 40), { sync: true });
      },
      (old) => {
        victim = holding(old, 'named 7 ');
        const bytes = readFileSync(victim);
        bytes.fill(0, bytes.indexOf('named 7 '), bytes.indexOf('named 7 ') + 4);
        if (how === 'damaged') writeFileSync(victim, bytes);
        else rmSync(victim);
        before = inodes(old);
      },
      () => {},
      MANY_FILES,
      { keepFiles: true },
    );
    const after = inodes(log.path);
    const kept = [...before].filter(([name]) => !victim.endsWith(name));
    expect(kept.length).toBeGreaterThan(5);
    for (const [name, inode] of kept) expect(after.get(name)).toBe(inode);
    expect([...after.keys()].some((name) => victim.endsWith(name))).toBe(false);
    const counts = [1n, 3n, 6n].map((table) => sequencesOf(log, { region: 1n, table }).length);
    expect(counts).toEqual([12, 12, 12]);
    expect(losses.map(({ kind }) => kind)).toContain('file');
    // Of its names one was in that file, and so are 30 entries; what came later is in the log.
    const [id] = [...log.tables()].flatMap(({ id: { region, table } }) =>
      region === 0n && table >= 1n << 63n ? [{ region, table }] : [],
    );
    if (id === undefined) throw new Error('no table with a name is left');
    expect(sequencesOf(log, id)).toEqual(Array.from({ length: 10 }, (_, i) => BigInt(i + 31)));
    expect(losses.find(({ kind }) => kind === 'middle')).toMatchObject({
      id,
      sequences: { from: 1n, to: 30n },
    });
    expect(log.nextSequence(id)).toBeGreaterThan(40n);
    const [newcomer] = log.names.make(['newcomer']);
    if (newcomer === undefined) throw new Error('no name');
    expect(sequencesOf(log, newcomer)).toEqual([]);
    expect(newcomer.table).toBeGreaterThan(id.table);
    await log.close();
  },
);

test('files are not taken over where the manifest does not say which ones count', async () => {
  const root = await directory();
  const log = await openLog(join(root, 'old'));
  log.append(ID, texts('a', 1, 5), { sync: true });
  await log.close();
  for (const name of readdirSync(join(root, 'old'))) if (name === 'CURRENT') rmSync(join(root, 'old', name));
  const events = repairDatabase(join(root, 'old'), join(root, 'fresh'), { keepFiles: true });
  await expect(events.next()).rejects.toMatchObject({ code: 'SHALE_CORRUPT' });
  expect(readdirSync(root)).toEqual(['old']);
});

/** The table files, each with its inode. */
function inodes(path: string): Map<string, number> {
  return new Map(filesOf(path, '.sst').map((name) => [name, statSync(join(path, name)).ino]));
}

/** The newest log file of a log that is open: its name, and what is in it. */
function newestLog(path: string): [string, Buffer] {
  const name = filesOf(path, '.log').at(-1);
  if (name === undefined) throw new Error('there is no log file');
  return [name, readFileSync(join(path, name))];
}

/** A log of which a trim and what it trimmed are in log files that were flushed; gives them back. */
async function trimmedAndCompacted(made: Log): Promise<[string, Buffer][]> {
  made.append(ID, texts('a', 1, 100), { sync: true });
  const first = newestLog(made.path);
  await made.flush();
  made.trim(ID, 60n);
  made.append(ID, texts('late', 101, 110), { sync: true });
  const second = newestLog(made.path);
  await made.flush();
  // Nothing in a table file says any more what was trimmed.
  await made.compact();
  return [first, second];
}

test.each(['the directory', 'its archive'])(
  'what a lost table file had is read from flushed log files that are still in %s',
  async (where) => {
    let logs: [string, Buffer][] = [];
    const { losses, log } = await repaired(
      async (made) => {
        logs = await trimmedAndCompacted(made);
        made.append(ID, texts('new', 111, 112), { sync: true });
      },
      (old) => {
        const to = where === 'the directory' ? old : join(old, 'archive');
        mkdirSync(to, { recursive: true });
        for (const [name, bytes] of logs) writeFileSync(join(to, name), bytes);
        rmSync(holding(old, 'a 61 '));
      },
    );
    expect(sequencesOf(log, ID)).toEqual(Array.from({ length: 52 }, (_, i) => BigInt(i + 61)));
    expect(losses.map(({ kind }) => kind)).toContain('file');
    expect(log.nextSequence(ID)).toBeGreaterThan(112n);
    await log.close();
  },
);

test.each(['the trims that came after it are not known', 'what leads to it is a link'])(
  'a flushed log file is left alone when %s',
  async (why) => {
    let logs: [string, Buffer][] = [];
    const { log } = await repaired(
      async (made) => {
        logs = await trimmedAndCompacted(made);
        made.append(ID, texts('new', 111, 112), { sync: true });
      },
      (old) => {
        const isLinked = why.includes('link');
        const to = isLinked ? join(old, '..', '..', 'archive of another') : old;
        mkdirSync(to, { recursive: true });
        if (isLinked) symlinkSync(to, join(old, 'archive'));
        for (const [name, bytes] of isLinked ? logs : logs.slice(0, 1)) writeFileSync(join(to, name), bytes);
        rmSync(holding(old, 'a 61 '));
      },
    );
    expect(sequencesOf(log, ID)).toEqual([111n, 112n]);
    expect(log.nextSequence(ID)).toBeGreaterThan(112n);
    await log.close();
  },
);

test('a repair takes no more room ahead for its log than there is to be saved', async () => {
  const { log } = await repaired(
    (made) => {
      made.append(ID, texts('a', 1, 10));
    },
    () => {},
  );
  const buffers = filesOf(log.path, '')
    .filter((name) => name.startsWith('OPTIONS-'))
    .map((name) => /^ *write_buffer_size=(\d+)/m.exec(readFileSync(join(log.path, name), 'utf8'))?.[1]);
  expect(buffers).toContain(String(1024 * 1024));
  await log.close();
});

test('half a watermark does not hide that the end of the log is lost', async () => {
  let end = 0;
  const { losses, log } = await repaired(
    (made) => {
      made.append(ID, texts('a', 1, 10), { sync: true });
      end = newestLog(made.path)[1].length;
      made.append(ID, texts('a', 11, 15), { sync: true });
    },
    (old) => {
      const watermark = readFileSync(join(old, 'WATERMARK'));
      const generations = [0, 4096].map((place) => watermark.readBigUInt64LE(place + 16));
      const newest = (generations[0] ?? 0n) > (generations[1] ?? 0n) ? 0 : 4096;
      watermark.fill(0, newest, newest + 96);
      writeFileSync(join(old, 'WATERMARK'), watermark);
      truncateSync(join(old, filesOf(old, '.log').at(-1) ?? ''), end);
    },
  );
  expect(sequencesOf(log, ID)).toEqual(Array.from({ length: 10 }, (_, i) => BigInt(i + 1)));
  expect(losses.map(({ kind }) => kind)).toContain('tail');
  expect(log.nextSequence(ID)).toBeGreaterThan(15n);
  await log.close();
});

test('flushed log files are read up to the watermark where no manifest and no newer log file says where they end', async () => {
  let logs: [string, Buffer][] = [];
  const { log } = await repaired(
    async (made) => {
      logs = await trimmedAndCompacted(made);
    },
    (old) => {
      mkdirSync(join(old, 'archive'));
      for (const [name, bytes] of logs) writeFileSync(join(old, 'archive', name), bytes);
      rmSync(holding(old, 'a 61 '));
      for (const name of readdirSync(old)) if (name.startsWith('MANIFEST-')) rmSync(join(old, name));
    },
  );
  expect(sequencesOf(log, ID)).toEqual(Array.from({ length: 50 }, (_, i) => BigInt(i + 61)));
  await log.close();
});
