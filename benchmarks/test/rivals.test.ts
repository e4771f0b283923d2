// A rival that loses or mixes up entries would be measured at doing less: each wrapper that is installed gives back
// what it was given, also after it was opened again. The others are skipped, for `npm test` does not install them.
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SHALE_DRIVER, type Store, type StoreDriver } from '@shale/bench-kit';
import { describe, expect, test } from 'vitest';
import { temporaryOfFile } from '../../test/support/temporary.js';
import { RIVALS } from '../dist/rivals/all.js';

const directory = temporaryOfFile('rivals');

const drivers: StoreDriver[] = await Promise.all(
  [SHALE_DRIVER, ...RIVALS].map(async (url) => (await import(url)).driver),
);

function isThere(driver: StoreDriver): boolean {
  try {
    return driver.version() !== '';
  } catch {
    return false;
  }
}

const TABLES = 3;
const payload = (table: number, sequence: number): Buffer => Buffer.from(`table ${table}, entry ${sequence}`);
const batch = (table: number, first: number, count: number): Buffer[] =>
  Array.from({ length: count }, (_, i) => payload(table, first + i));

async function read(store: Store, table: number, from: number, limit: number): Promise<string[]> {
  const found: string[] = [];
  const count = await store.scan(table, from, limit, (bytes) => found.push(Buffer.from(bytes).toString()));
  expect(count).toBe(found.length);
  return found;
}

for (const driver of drivers) {
  describe.skipIf(!isThere(driver))(driver.name, () => {
    test.each(driver.durabilities)(
      'reads back what was appended with %s, also after opening again',
      async (durability) => {
        const options = { durability, shards: 1, tables: TABLES };
        const path = mkdtempSync(join(directory, 'store-'));
        let store = await driver.open(path, options);
        // All at the same time, and more than one page of a scan.
        await Promise.all(
          [0, 1, 2].flatMap((table) => [
            store.append(table, batch(table, 1, 1)),
            store.append(table, batch(table, 2, 1500)),
            store.append(table, batch(table, 1502, 10)),
          ]),
        );
        const all = (table: number, last: number): string[] => batch(table, 1, last).map(String);
        expect(await read(store, 1, 1, Number.MAX_SAFE_INTEGER)).toEqual(all(1, 1511));
        await store.close();

        store = await driver.open(path, options);
        await store.append(2, batch(2, 1512, 2));
        for (const table of [0, 1]) {
          expect(await read(store, table, 1, Number.MAX_SAFE_INTEGER)).toEqual(all(table, 1511));
        }
        expect(await read(store, 2, 1, Number.MAX_SAFE_INTEGER)).toEqual(all(2, 1513));
        expect(await read(store, 2, 1500, 3)).toEqual(batch(2, 1500, 3).map(String));
        expect(await read(store, 2, 1513, 1)).toEqual([payload(2, 1513).toString()]);
        if (store.trim !== undefined) {
          await store.trim(2, 300);
          expect(await read(store, 2, 1, Number.MAX_SAFE_INTEGER)).toEqual(all(2, 1513).slice(300));
        }
        await store.close();
      },
    );
  });
}

test.each(RIVALS)('%s is wrapped in under a hundred lines', (url) => {
  const source = fileURLToPath(url).replace('/dist/', '/src/').replace(/\.js$/, '.ts');
  expect(readFileSync(source, 'utf8').split('\n').length).toBeLessThan(100);
});
