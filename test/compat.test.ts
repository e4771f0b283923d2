// A database of Shale and one of CeresDB / Apache HoraeDB are the same thing. The other side is played by a C++ program
// of our own (compat/horae-wal.cc) that knows RocksDB and docs/format.md, and nothing of Shale.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openWal, type Table, U64_MAX, type VerifyEvent, type Wal, type WalOptions } from '@shale/engine';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Horae } from './compat/horae.js';
import { hexOf, Model } from './compat/model.js';
import { temporaryOfFile } from './support/temporary.js';

const folder = temporaryOfFile('compat');
let horae: Horae;
let directory: string;
let databases = 0;

beforeAll(() => {
  horae = Horae.build(folder);
});

beforeEach(() => {
  directory = join(folder, `database-${databases++}`);
});

/** Runs `use` on the open database and closes it again. */
async function withWal<R>(use: (wal: Wal) => Promise<R>, options: WalOptions = {}): Promise<R> {
  const wal = await openWal(directory, { shards: 2, ...options });
  try {
    return await use(wal);
  } finally {
    await wal.close();
  }
}

async function entriesOf(table: Table): Promise<[bigint, string][]> {
  const entries: [bigint, string][] = [];
  for await (const { sequence, payload } of table.read()) entries.push([sequence, hexOf(payload)]);
  return entries;
}

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

describe('what the reference wrote', () => {
  test('opens, reads, goes on where it was, and trims', async () => {
    horae.write(directory, [
      'log 1 10 1 aa',
      'log 1 10 2 -',
      'log 1 11 1 11',
      'flush',
      'log 1 10 3 ccdd',
      'batch',
      'log 2 12 1 00',
    ]);
    await withWal(async (wal) => {
      const table = wal.table({ region: 1n, table: 10n });
      expect(await entriesOf(table)).toEqual([
        [1n, 'aa'],
        [2n, '-'],
        [3n, 'ccdd'],
      ]);
      expect(await table.append(bytes(0xee))).toBe(4n);
      expect(await table.trim(2n)).toEqual({ first: 3n, last: 4n });
      expect(await wal.table({ region: 2n, table: 12n }).append(bytes(0x22))).toBe(2n);
    });
    expect(horae.read(directory)).toEqual([
      'floor 10 4',
      'log 1 10 3 ccdd',
      'log 1 10 4 ee',
      'log 1 11 1 11',
      'log 2 12 1 00',
      'log 2 12 2 22',
    ]);
  });

  test('may have holes of failed writes: they are read over, reported, and not filled', async () => {
    horae.write(directory, ['log 1 10 2 02', 'log 1 10 3 03', 'log 1 10 7 07']);
    await withWal(async (wal) => {
      const table = wal.table({ region: 1n, table: 10n });
      expect(await entriesOf(table)).toEqual([
        [2n, '02'],
        [3n, '03'],
        [7n, '07'],
      ]);
      const within: bigint[] = [];
      for await (const { sequence } of table.read({ gt: 3n, lte: 7n })) within.push(sequence);
      expect(within).toEqual([7n]);
      const findings: VerifyEvent[] = [];
      for await (const event of wal.verify()) if (event.type === 'finding') findings.push(event);
      expect(findings).toContainEqual(
        expect.objectContaining({ kind: 'hole', sequences: { from: 4n, to: 6n } }),
      );
      expect(await table.append(bytes(8))).toBe(8n);
    });
  });

  test('keeps its floors: no sequence is used twice', async () => {
    horae.write(directory, ['floor 10 1003', 'floor 11 2', 'log 1 11 5 05', 'floor 12 9', 'log 1 12 9 09']);
    await withWal(async (wal) => {
      const next = (table: bigint): Promise<bigint> => wal.table({ region: 1n, table }).append(bytes(1));
      expect(await wal.table({ region: 1n, table: 10n }).lastSequence()).toBe(1003n);
      expect(await next(10n)).toBe(1004n);
      expect(await next(11n)).toBe(6n);
      expect(await next(12n)).toBe(10n);
    });
  });

  test('may have one table id in two regions, which keep apart', async () => {
    horae.write(directory, ['log 1 7 1 11', 'log 1 7 2 12', 'log 1 7 3 13', 'log 2 7 1 21']);
    await withWal(async (wal) => {
      const one = wal.table({ region: 1n, table: 7n });
      const two = wal.table({ region: 2n, table: 7n });
      expect(await one.append(bytes(0x14))).toBe(4n);
      expect(await two.append(bytes(0x22))).toBe(2n);
      await one.trim(U64_MAX);
      expect(await entriesOf(two)).toEqual([
        [1n, '21'],
        [2n, '22'],
      ]);
    });
    expect(horae.read(directory)).toEqual(['floor 7 4', 'log 2 7 1 21', 'log 2 7 2 22']);
    await withWal(async (wal) => {
      // The record they share has no region: the other one may skip ahead, and the record never goes down.
      const two = wal.table({ region: 2n, table: 7n });
      expect(await two.append(bytes(0x25))).toBe(5n);
      await two.trim(1n);
      expect(await wal.table({ region: 1n, table: 7n }).append(bytes(0x15))).toBeGreaterThanOrEqual(5n);
    });
    expect(horae.read(directory)[0]).toBe('floor 7 5');
  });

  test('a floor that stands above one of its regions does not go down when that one is trimmed', async () => {
    horae.write(directory, ['floor 7 100', 'log 2 7 1 21', 'log 2 7 2 22']);
    await withWal((wal) => wal.table({ region: 2n, table: 7n }).trim(1n));
    expect(horae.read(directory)).toEqual(['floor 7 100', 'log 2 7 2 22']);
  });

  test('may stand at the ends of all numbers', async () => {
    horae.write(directory, [
      `log ${U64_MAX} ${U64_MAX} ${U64_MAX - 1n} fe`,
      'log 0 0 1 01',
      `log 9223372036854775808 9007199254740993 9223372036854775807 80`,
    ]);
    await withWal(async (wal) => {
      const last = wal.table({ region: U64_MAX, table: U64_MAX });
      expect(await last.append(bytes(0xff))).toBe(U64_MAX);
      await expect(last.append(bytes(1))).rejects.toMatchObject({ code: 'SHALE_SEQUENCE_EXHAUSTED' });
      expect(await wal.table({ region: 0n, table: 0n }).append(bytes(2))).toBe(2n);
      const middle = wal.table({ region: 2n ** 63n, table: 9007199254740993n });
      expect(await middle.append(bytes(0x81))).toBe(2n ** 63n);
      await last.trim(U64_MAX - 1n);
    });
    expect(horae.read(directory)).toEqual([
      `floor ${U64_MAX} ${U64_MAX}`,
      'log 0 0 1 01',
      'log 0 0 2 02',
      'log 9223372036854775808 9007199254740993 9223372036854775807 80',
      'log 9223372036854775808 9007199254740993 9223372036854775808 81',
      `log ${U64_MAX} ${U64_MAX} ${U64_MAX} ff`,
    ]);
  });

  test('is scanned by region in the order of (table, sequence)', async () => {
    horae.write(directory, ['log 2 9 1 29', 'log 2 3 1 23', 'flush', 'log 1 5 1 15', 'log 2 3 2 2300']);
    await withWal(async (wal) => {
      const seen: string[] = [];
      for await (const { table, sequence, payload } of wal.region(2n).scan()) {
        seen.push(`${table} ${sequence} ${hexOf(payload)}`);
      }
      expect(seen).toEqual(['3 1 23', '3 2 2300', '9 1 29']);
    });
  });

  test('recovers by region as it does by table', async () => {
    horae.write(directory, ['log 2 3 1 23', 'log 2 9 4 29', 'floor 9 6', 'floor 11 8', 'log 1 3 7 13']);
    await withWal(async (wal) => {
      expect(await wal.region(2n).open()).toMatchObject({ region: 2n, tables: 2 });
      const next = (table: bigint): Promise<bigint> => wal.table({ region: 2n, table }).append(bytes(1));
      expect([await next(3n), await next(9n), await next(11n)]).toEqual([2n, 7n, 9n]);
    });
  });

  test('a record of another version is located, not skipped, and other tables are not concerned', async () => {
    const key = (sequence: string, version: string): string =>
      `010000000000000001000000000000000a${sequence.padStart(16, '0')}${version}`;
    horae.write(directory, [
      'log 1 10 1 01',
      `raw ${key('2', '01')} 0000`,
      'log 1 10 3 03',
      'log 1 11 1 01',
      'log 1 12 1 0c',
      `raw 010000000000000001000000000000000c000000000000000200 07aa`,
    ]);
    await withWal(async (wal) => {
      const read = entriesOf(wal.table({ region: 1n, table: 10n }));
      await expect(read).rejects.toMatchObject({ code: 'SHALE_CORRUPT', table: { region: 1n, table: 10n } });
      const value = entriesOf(wal.table({ region: 1n, table: 12n }));
      await expect(value).rejects.toMatchObject({ code: 'SHALE_CORRUPT' });
      expect(await entriesOf(wal.table({ region: 1n, table: 11n }))).toEqual([[1n, '01']]);
    });
  });

  test('is left alone when it is only looked at', async () => {
    horae.write(directory, ['log 1 10 1 01', 'flush', 'log 1 10 2 02', 'floor 9 1']);
    const before = horae.read(directory);
    await withWal(
      async (wal) => {
        expect(await entriesOf(wal.table({ region: 1n, table: 10n }))).toHaveLength(2);
      },
      { readOnly: true },
    );
    expect(horae.read(directory)).toEqual(before);
  });
});

describe('what Shale wrote', () => {
  test('is there for the reference byte for byte', async () => {
    const model = new Model();
    const large = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
    const put = async (wal: Wal, table: bigint, payloads: Uint8Array[]): Promise<void> => {
      const { first } = await wal.table({ region: 1n, table }).appendBatch(payloads);
      expect(first).toBe(model.append(1n, table, payloads));
    };
    await withWal(async (wal) => {
      await put(wal, 3n, [bytes(1), bytes(), bytes(0, 0), bytes(255)]);
      await put(wal, 2n ** 40n, [large]);
      await put(
        wal,
        256n,
        Array.from({ length: 500 }, (_, i) => bytes(i, i >> 8)),
      );
      await wal.flush();
      await put(wal, 255n, [bytes(9)]);
      await put(wal, 3n, [bytes(2)]);
    });
    expect(horae.read(directory)).toEqual(model.lines());
  });

  test('an atomic write over several tables is there as well', async () => {
    await withWal(
      async (wal) => {
        const [a, b] = await wal.write([
          { table: wal.table({ region: 5n, table: 1n }), payloads: [bytes(1), bytes(2)] },
          { table: wal.table({ region: 5n, table: 2n }), payloads: [bytes(3)] },
        ]);
        expect([a, b]).toEqual([
          { first: 1n, last: 2n },
          { first: 1n, last: 1n },
        ]);
      },
      { shardBy: 'region' },
    );
    expect(horae.read(directory)).toEqual(['log 5 1 1 01', 'log 5 1 2 02', 'log 5 2 1 03']);
  });

  test('a table that was trimmed empty is a floor and nothing else', async () => {
    await withWal(async (wal) => {
      const table = wal.table({ region: 1n, table: 10n });
      await table.appendBatch([bytes(1), bytes(2), bytes(3)]);
      await table.trim(U64_MAX);
    });
    expect(horae.read(directory)).toEqual(['floor 10 3']);
  });

  test('a trim writes the largest sequence, not the one trimmed to', async () => {
    await withWal(async (wal) => {
      const table = wal.table({ region: 1n, table: 10n });
      await table.appendBatch([bytes(1), bytes(2), bytes(3)]);
      await table.trim(1n);
    });
    expect(horae.read(directory)).toEqual(['floor 10 3', 'log 1 10 2 02', 'log 1 10 3 03']);
  });

  test('an instance that is not the first keeps out of the way', async () => {
    horae.write(directory, ['log 1 10 1 aa']);
    await withWal((wal) => wal.table({ region: 1n, table: 10n }).append(bytes(0xbb)), { instance: 3 });
    expect(horae.read(directory)).toEqual([
      'log 1 10 1 aa',
      'raw 070000000000000001000000000000000a000000000000000100 00bb',
    ]);
  });

  test('what passes have left in every level is there, below more files than make it stop, and both go on', async () => {
    const model = new Model();
    const tables = [10n, 11n, 12n];
    const flushed = async (wal: Wal): Promise<void> => {
      for (const table of tables) {
        const payloads = [bytes(Number(table), 1), bytes(Number(table), 2)];
        await wal.table({ region: 1n, table }).appendBatch(payloads);
        model.append(1n, table, payloads);
      }
      await wal.flush();
    };
    const level0 = async (wal: Wal): Promise<number | undefined> =>
      (await wal.stats()).rocksdb.properties['num-files-at-level0'];
    await withWal(
      async (wal) => {
        for (let pass = 0; pass < 6; pass++) {
          await flushed(wal);
          await flushed(wal);
          while ((await level0(wal)) !== 0) await sleep(5);
        }
      },
      { rocksdb: { level0FileNumCompactionTrigger: 2 } },
    );
    await withWal(
      async (wal) => {
        for (let file = 0; file < 40; file++) await flushed(wal);
        expect(await level0(wal)).toBe(40);
      },
      { rocksdb: { level0FileNumCompactionTrigger: 10_000 } },
    );
    expect(horae.read(directory)).toEqual(model.lines());
    const next = tables.map((table) => {
      const sequence = model.append(1n, table, [bytes(0xee)]);
      return `log 1 ${table} ${sequence} ee`;
    });
    horae.write(directory, [...next, 'flush']);
    expect(horae.read(directory)).toEqual(model.lines());
    await withWal(async (wal) => {
      for (const table of tables) {
        expect(await entriesOf(wal.table({ region: 1n, table }))).toEqual(model.entries(1n, table));
      }
      await flushed(wal);
    });
    expect(horae.read(directory)).toEqual(model.lines());
  });

  test('a name is an ordinary table, and the catalog keeps out of the way', async () => {
    const id = await withWal(async (wal) => {
      const table = wal.table('cpu');
      await table.append(bytes(0xcc));
      return table.id;
    });
    const lines = horae.read(directory);
    expect(lines[0]).toBe(`log ${id?.region} ${id?.table} 1 cc`);
    expect(lines.slice(1).every((line) => /^raw f[ef]/.test(line))).toBe(true);
  });
});

test('the two take turns on one database: append, trim, flush, restart', async () => {
  const model = new Model();
  const tables = [
    [1n, 1n],
    [1n, 2n],
    [2n, 3n],
    [7n, 4n],
  ] as const;
  // The same numbers in every run.
  let state = 12345;
  const random = (below: number): number => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
  const payloads = (): Uint8Array[] =>
    Array.from({ length: 1 + random(4) }, () => Uint8Array.from({ length: random(20) }, () => random(256)));

  for (let round = 0; round < 12; round++) {
    // The reference's turn.
    const steps: string[] = [];
    for (const [region, table] of tables) {
      const added = payloads();
      let sequence = model.append(region, table, added);
      for (const payload of added) steps.push(`log ${region} ${table} ${sequence++} ${hexOf(payload)}`);
      steps.push(random(4) === 0 ? 'flush' : 'batch');
    }
    horae.write(directory, steps);
    const [region, table] = tables[random(tables.length)] ?? tables[0];
    const upTo = model.last(region, table) - BigInt(random(4));
    model.trim(region, table, upTo);
    horae.trim(directory, region, table, upTo);
    expect(horae.read(directory), `round ${round}`).toEqual(model.lines());

    // Shale's turn.
    await withWal(
      async (wal) => {
        for (const [r, t] of tables) {
          const table = wal.table({ region: r, table: t });
          expect(await entriesOf(table), `round ${round}`).toEqual(model.entries(r, t));
          const added = payloads();
          const { first } = await table.appendBatch(added);
          expect(first, `round ${round}, table ${t}`).toBe(model.append(r, t, added));
          if (random(3) === 0) {
            // Some entry there is: a trim that removes nothing writes a floor in the reference, and nothing in Shale.
            const left = model.entries(r, t);
            const [to] = left[random(left.length)] ?? [0n];
            model.trim(r, t, to);
            await table.trim(to);
          }
          if (random(4) === 0) await wal.flush();
        }
      },
      { shards: 1 + random(3) },
    );
    expect(horae.read(directory), `round ${round}`).toEqual(model.lines());
  }
});
