// docs/api.md is read as a promise. Its text comes from the doc comments; here each option's name, range and default is
// held against what the code does, and the check that keeps the document complete is seen to complain.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openWal, WalError } from '@shale/engine';
import { toBounds } from '@shale/storage';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { update } from '../docs/reference/update.mjs';
import { resolveOptions } from '../packages/engine/dist/options.js';
import { checkReadOptions } from '../packages/engine/dist/read/read-options.js';
import { resolveOptions as resolveDatabaseOptions } from '../packages/rocksdb/dist/options.js';
import { temporaryOfFile } from './support/temporary.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const api = readFileSync(join(root, 'docs', 'api.md'), 'utf8');

interface DocumentedOption {
  readonly name: string;
  readonly range: string | undefined;
  readonly fallback: string | undefined;
}

/** The list of a type's fields, as the document has it. */
function optionsOf(type: string): DocumentedOption[] {
  const section = api.split(`### \`${type}\`\n`)[1]?.split(/^(?:#|<!--)/m)[0] ?? '';
  return [...section.matchAll(/^- `(\w+)\??` \((.*?)\):(?: |$)/gm)].map(([, name = '', about = '']) => {
    const [, ...facts] = about.split('; ');
    const fallback = facts.find((fact) => fact.startsWith('default '))?.slice('default '.length);
    return { name, range: facts.find((fact) => !fact.startsWith('default ')), fallback };
  });
}

/** A number as people write it: `64 KiB`, `2^20`, `2^53-1`, `-1`. */
function toNumber(text: string): number | undefined {
  const [, base, power, less, unit] = /^(-?\d+)(?:\^(\d+))?(?:-(\d+))?(?: ([KMGT])iB)?$/.exec(text) ?? [];
  if (base === undefined) return undefined;
  const value = power === undefined ? Number(base) : Number(base) ** Number(power);
  return (value - Number(less ?? 0)) * 1024 ** (unit === undefined ? 0 : 'KMGT'.indexOf(unit) + 1);
}

/** The numbers that a range includes, and those next to it that it does not. */
function edges(range: string): { readonly inside: number[]; readonly outside: number[] } {
  const [, other, from, to] = /^(?:(-?\d+) or )?(.+) to (.+)$/.exec(range) ?? [];
  const [min, max] = [toNumber(from ?? ''), toNumber(to ?? '')];
  if (min === undefined || max === undefined) throw new Error(`${range} is no range of numbers`);
  return {
    inside: [min, max, ...(other === undefined ? [] : [Number(other)])],
    outside: [min - 1, max + 1, min + 0.5],
  };
}

/** A default as a value; undefined for one that only words can tell. */
function toValue(fallback: string): unknown {
  if (fallback === 'true' || fallback === 'false') return fallback === 'true';
  return /^`'(.*)'`$/.exec(fallback)?.[1] ?? toNumber(fallback);
}

/** Types of options, and what checks them and fills in the defaults. */
const CHECKED: readonly [string, (options: object) => object][] = [
  ['WalOptions', resolveOptions],
  ['RocksDBOptions', resolveDatabaseOptions],
  ['ReadOptions', checkReadOptions],
  ['ReadRange', toBounds],
];

describe.each(CHECKED)('%s', (type, check) => {
  const documented = optionsOf(type);
  const ranges = documented.flatMap(({ name, range }) => (range === undefined ? [] : [{ name, range }]));
  const fallbacks = documented.flatMap(({ name, fallback }) => {
    const value = fallback === undefined ? undefined : toValue(fallback);
    return value === undefined ? [] : [{ name, value }];
  });

  test.each(ranges)('takes $range as $name, and nothing beyond', ({ name, range }) => {
    const { inside, outside } = edges(range);
    for (const value of inside) expect(() => check({ [name]: value })).not.toThrow();
    for (const value of outside) expect(() => check({ [name]: value }), `${value}`).toThrow();
  });

  test('has the defaults that are documented', () => {
    const resolved = check({});
    expect(fallbacks.length > 0 || type === 'ReadRange').toBe(true);
    expect(resolved).toMatchObject(Object.fromEntries(fallbacks.map(({ name, value }) => [name, value])));
  });
});

test('the options of openWal and of RocksDB are documented, each of them', () => {
  for (const [type, check] of CHECKED.slice(0, 3)) {
    const names = optionsOf(type).map(({ name }) => name);
    expect(names.sort()).toEqual(Object.keys(check({})).sort());
  }
  const [walDefault] = optionsOf('WalOptions').filter(({ name }) => name === 'maxQueuedBytes');
  expect(walDefault?.fallback).toContain('maxInFlightBytes');
  expect(resolveOptions({ maxInFlightBytes: 65536 }).maxQueuedBytes).toBe(65536);
});

describe('a WAL', () => {
  const directory = temporaryOfFile('api');
  const opened = openWal(join(directory, 'data'), { shards: 1, maxInFlightBytes: 65536 });

  afterAll(async () => {
    await (await opened).close();
  });

  test('names in its refusals the options that are documented', async () => {
    const wal = await opened;
    const table = wal.table({ region: 1, table: 1 });
    const bag = { misspelt: undefined } as never;
    const calls: [string, () => unknown][] = [
      ['AppendOptions', () => table.append(Buffer.from('x'), bag)],
      ['AppendOptions', () => table.appendBatch([], bag)],
      ['WriteOptions', () => wal.write([], bag)],
      ['WriteOptions', () => table.trim(1n, bag)],
      ['WriteOptions', () => table.drop(bag)],
      ['WritePart', () => wal.write([bag])],
      ['TableOptions', () => wal.table('t', bag)],
      ['ReadyOptions', () => wal.ready(bag)],
      ['BackupOptions', () => wal.backup(join(directory, 'backups'), bag)],
      ['ReadRange', () => table.read(bag)],
      ['ReadOptions', () => table.read({}, bag)],
    ];
    for (const [type, call] of calls) {
      const error: unknown = await (async () => await call())().catch((reason: unknown) => reason);
      const known = /it has ([\w, ]+)/.exec(error instanceof WalError ? error.message : '')?.[1]?.split(', ');
      const names = optionsOf(type).map(({ name }) => name);
      expect(known?.sort(), type).toEqual(names.sort());
    }
  });

  test('takes as bytes of ready and as keep of backup what is documented', async () => {
    const wal = await opened;
    await wal.ready({ bytes: 65536 - 260 });
    await expect(wal.ready({ bytes: 65536 - 259 })).rejects.toMatchObject({ code: 'SHALE_TOO_LARGE' });
    await expect(wal.ready({ bytes: -1 })).rejects.toMatchObject({ code: 'SHALE_INVALID_ARGUMENT' });
    const [keep] = optionsOf('BackupOptions');
    const { inside, outside } = edges(keep?.range ?? '');
    for (const value of inside) await wal.backup(join(directory, 'backups'), { keep: value });
    for (const value of outside) {
      const refused = wal.backup(join(directory, 'backups'), { keep: value });
      await expect(refused).rejects.toMatchObject({ code: 'SHALE_INVALID_ARGUMENT' });
    }
  });

  test('has the numbers of RocksDB that are documented', async () => {
    const { rocksdb } = await (await opened).stats();
    const sentence = /^The names in `properties` are (.*?)\. They/ms.exec(api)?.[1] ?? '';
    const names = [...sentence.matchAll(/`([\w-]+)`/g)].map(([, name]) => name);
    expect(names).toEqual(Object.keys(rocksdb.properties));
  });
});

describe('the check of docs/api.md', () => {
  const directory = temporaryOfFile('doors');
  const filled = join(directory, 'api.md');

  beforeAll(() => {
    mkdirSync(join(directory, 'src'));
    const compilerOptions = { module: 'NodeNext', strict: true, types: [] };
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
    writeFileSync(join(directory, 'package.json'), '{ "name": "fixture", "type": "module" }');
  });

  /** What the check has to say of a package with these sources and this document. */
  async function check(source: string, document: string, checks = false): Promise<string[]> {
    writeFileSync(join(directory, 'src', 'index.ts'), source);
    writeFileSync(join(directory, 'api.md'), document);
    return await update({ package: directory, door: ['src/index.ts'], document: filled, check: checks });
  }

  const documented =
    '/** How. */\nexport interface Options {\n  /** So many. */\n  readonly size?: number;\n}\n';
  const block = '<!-- api: Options -->\n<!-- /api -->\n';

  test('passes what npm run docs has filled in', async () => {
    expect(await check(documented, block)).toEqual([]);
    const text = readFileSync(filled, 'utf8');
    expect(text).toContain('- `size?` (`number`): So many.');
    expect(await check(documented, text, true)).toEqual([]);
  });

  test('complains of an option that was added, and is not in the document', async () => {
    await check(documented, block);
    const text = readFileSync(filled, 'utf8');
    const more = documented.replace('}\n', '  /** So long. */\n  readonly time?: number;\n}\n');
    expect(await check(more, text, true)).toEqual([expect.stringContaining('is not what the code says')]);
  });

  test('complains of an option without a doc comment', async () => {
    const complaints = await check(
      '/** How. */\nexport interface Options {\n  readonly size?: number;\n}\n',
      block,
    );
    expect(complaints).toContainEqual(expect.stringContaining('Options.size'));
  });

  test('complains of a symbol that is exported, and has no place in the document', async () => {
    const complaints = await check(`${documented}/** New. */\nexport const NEW = 1;\n`, block);
    expect(complaints).toEqual(['NEW is exported, and has no place in docs/api.md']);
  });

  test('complains of a place for what is not exported, of a second place, and of a link to no heading', async () => {
    const complaints = await check(
      documented,
      `${block}${block}<!-- api: Gone -->\n<!-- /api -->\n[x](#nowhere)\n`,
    );
    expect(complaints).toEqual([
      'docs/api.md has two places for Options',
      'docs/api.md has a place for Gone, which is not exported',
      'docs/api.md has no heading #nowhere',
    ]);
  });

  test('complains of a type that a symbol is made of and that is not exported', async () => {
    const hidden = '/** Hidden. */\ninterface Hidden {\n  /** It. */\n  readonly it: 1;\n}\n';
    const source = `${hidden}${documented.replace('number', 'Hidden')}`;
    expect(await check(source, block)).toEqual([expect.stringContaining('Hidden')]);
  });

  test('is a command that prints what is wrong, and fails', async () => {
    await check(documented, block);
    writeFileSync(filled, block);
    const script = join(root, 'docs', 'reference', 'main.mjs');
    const where = ['--package', directory, '--door', 'src/index.ts', '--document', filled, '--check'];
    const { stderr, status } = spawnSync(process.execPath, [script, ...where], { encoding: 'utf8' });
    expect(stderr).toContain('is not what the code says');
    expect(status).toBe(1);
  });
});
