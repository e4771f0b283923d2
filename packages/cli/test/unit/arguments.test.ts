import { describe, expect, it } from 'vitest';
import {
  parseBytes,
  parseCount,
  parseDelimiter,
  parseSeconds,
  parseU64,
} from '../../dist/commands/arguments.js';
import { chooseOptions } from '../../dist/ingest/choose-options.js';
import { toBounds } from '../../dist/read/bounds.js';

describe('arguments', () => {
  it('take sequences up to the largest', () => {
    expect([parseU64('0'), parseU64('18446744073709551615')]).toEqual([0n, 18446744073709551615n]);
    for (const text of ['', '-1', '1.5', '18446744073709551616', '0x1', '1e3', ' 1'])
      expect(() => parseU64(text)).toThrow();
  });

  it('take sizes with units', () => {
    expect(['1', '64k', '16M', '16MiB', '1 kb'].map(parseBytes)).toEqual([
      1, 65_536, 16_777_216, 16_777_216, 1024,
    ]);
    for (const text of ['', '0', '-1', 'k', '1x', '2g', '1.5m']) expect(() => parseBytes(text)).toThrow();
  });

  it('take counts, seconds and delimiters', () => {
    expect([parseCount('0'), parseSeconds('0.5'), parseDelimiter('tab'), parseDelimiter(';')]).toEqual([
      0,
      0.5,
      '\t',
      ';',
    ]);
    expect(() => parseCount('1e3')).toThrow();
    for (const text of ['0', '-1', 'x', '', 'Infinity']) expect(() => parseSeconds(text)).toThrow();
    for (const text of ['', ',,', '"', '\n', 'ü']) expect(() => parseDelimiter(text)).toThrow();
  });
});

describe('options of an ingest', () => {
  it('follow from the name of the input', () => {
    expect(chooseOptions({}, 'a/prices.csv')).toMatchObject({
      format: 'csv',
      table: 'prices',
      delimiter: undefined,
    });
    expect(chooseOptions({}, 'x.tsv')).toMatchObject({ format: 'csv', delimiter: '\t' });
    expect(chooseOptions({}, 'x.jsonl')).toMatchObject({ format: 'ndjson', table: 'x' });
    expect(chooseOptions({}, 'x.log')).toMatchObject({ format: 'lines', table: 'x' });
    expect(chooseOptions({}, 'a/x.ndjson.gz')).toMatchObject({ format: 'ndjson', table: 'x' });
    expect(chooseOptions({}, 'x.csv.br')).toMatchObject({ format: 'csv', table: 'x', compression: 'brotli' });
    expect(chooseOptions({ tableBy: 'h' }, '-')).toMatchObject({ format: 'ndjson', tableBy: 'h' });
  });

  it('are refused where they make no sense', () => {
    expect(() => chooseOptions({}, '-')).toThrow(/standard input/);
    expect(() => chooseOptions({ table: 'a', tableBy: 'b' }, 'x.csv')).toThrow(/not both/);
    expect(() => chooseOptions({ table: '.ingest/x' }, 'x.csv')).toThrow(/reserved/);
    expect(() => chooseOptions({ raw: true }, 'x.ndjson')).toThrow(/--raw/);
    expect(() => chooseOptions({ delimiter: ';' }, 'x.ndjson')).toThrow(/--delimiter/);
    expect(() => chooseOptions({ tableBy: 'h', format: 'lines' }, 'x')).toThrow(/--table-by/);
  });
});

describe('bounds of a read', () => {
  const last = async () => 100n;

  it('count --last from the end', async () => {
    expect(await toBounds({ last: 10n }, last)).toEqual({ gte: 91n, lte: 100n });
    expect(await toBounds({ last: 1000n }, last)).toEqual({ gte: 0n, lte: 100n });
    expect(await toBounds({ last: 0n }, last)).toEqual({ gte: 101n, lte: 100n });
  });

  it('pass the others on', async () => {
    expect(await toBounds({ from: 5n, lt: 9n, limit: 2 }, last)).toEqual({ gte: 5n, lt: 9n, limit: 2 });
  });

  it('are refused when they say two things', async () => {
    await expect(toBounds({ gte: 1n, gt: 1n }, last)).rejects.toThrow(/at most one/);
    await expect(toBounds({ lte: 1n, lt: 1n }, last)).rejects.toThrow(/at most one/);
    await expect(toBounds({ last: 1n, gte: 1n }, last)).rejects.toThrow(/no bounds/);
  });
});
