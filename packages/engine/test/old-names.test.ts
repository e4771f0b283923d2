// A database as a version wrote it that kept its names in a log, made with this:
//
// for (const name of ['alpha', 'beta', 'gone', 'ünïcode']) await wal.table(name).appendBatch([`${name} 1`, `${name}
// 2`]); await wal.table('gone').drop(); for (const what of ['old', 'new']) { append `what` to 'again'; after 'old',
// drop it } await wal.table('alpha').trim(1n); append 'by id' to { region: 1, table: 7 }; append to 'last' and drop it
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import type { Wal } from '@shale/engine';
import { expect, test } from 'vitest';
import { all, bytes, open, temporary, text } from './support.js';

const FIRST = 2n ** 63n;

const CONTENT = [
  ['alpha', 0n, ['alpha 2']],
  ['beta', 1n, ['beta 1', 'beta 2']],
  ['ünïcode', 3n, ['ünïcode 1', 'ünïcode 2']],
  ['again', 5n, ['new']],
];

test('what kept its names in a log is opened to write, its names move over, and no id is used again', async () => {
  const path = await oldDatabase();
  const wal = await open({ path });
  const [byId, named] = await Promise.all([
    wal.table({ region: 1, table: 7 }).append(bytes('more')),
    wal.table('beta').append(bytes('beta 3')),
  ]);
  expect([byId, named]).toEqual([2n, 3n]);
  expect(await content(wal)).toEqual(
    CONTENT.map(([name, id, entries]) =>
      name === 'beta' ? [name, id, ['beta 1', 'beta 2', 'beta 3']] : [name, id, entries],
    ),
  );
  for (const name of ['gone', 'last']) expect(await wal.table(name).lastSequence()).toBe(0n);
  // The last id that was given out is that of a table which is gone.
  expect(await wal.table('last').append(bytes('x'))).toBe(1n);
  expect(wal.table('last').id).toEqual({ region: 0n, table: FIRST + 7n });
  await wal.close();
  for (const readOnly of [true, false]) {
    const again = await open({ path, readOnly });
    expect((await content(again)).map(([name]) => name)).toEqual([
      'alpha',
      'beta',
      'ünïcode',
      'again',
      'last',
    ]);
    await again.close();
  }
});

test('it is opened read-only, and left as it is', async () => {
  const path = await oldDatabase();
  for (let round = 0; round < 2; round++) {
    const wal = await open({ path, readOnly: true });
    expect(await content(wal)).toEqual(CONTENT);
    expect(await wal.table('gone').lastSequence()).toBe(0n);
    await wal.close();
  }
});

/** The tables with a name: it, its id counted from the first such, and the entries as they are found by the name. */
async function content(wal: Wal): Promise<[string, bigint, string[]][]> {
  const found: [string, bigint, string[]][] = [];
  for (const { id, name } of await all(wal.tables())) {
    if (name === undefined || name === null) continue;
    const entries = await all(wal.table(name).read());
    found.push([name, id.table - FIRST, entries.map(({ payload }) => text(payload))]);
  }
  return found;
}

async function oldDatabase(): Promise<string> {
  const path = await temporary();
  const url = new URL('./fixtures/names-in-a-log.json', import.meta.url);
  const { files }: { files: Record<string, string> } = JSON.parse(readFileSync(url, 'utf8'));
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(path, name), inflateRawSync(Buffer.from(content, 'base64')));
  }
  return path;
}
