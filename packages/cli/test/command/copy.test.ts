import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { linesOf, ok, scratch, shale } from '../support/shale.js';

const dir = scratch();

it('copy makes a log of some tables beside a writer, and writes over nothing', async () => {
  const [data, to] = [join(dir, 'data'), join(dir, 'to')];
  const input = join(dir, 'in.ndjson');
  writeFileSync(input, '{"h":"a","n":1}\n{"h":"b","n":2}\n{"h":"a","n":3}\n');
  await ok(['ingest', data, input, '--table-by', 'h', '-q']);
  await ok(['trim', data, 'a', '--to', '1']);
  const told = JSON.parse(await ok(['copy', data, to, 'a', '--json']));
  expect(told).toEqual({ tables: 1, entries: 1, payloadBytes: 15, directory: to });
  expect(await ok(['read', to, 'a', '--json'])).toBe(await ok(['read', data, 'a', '--json']));
  expect((await shale(['read', to, 'b'])).code).toBe(4);
  expect((await shale(['copy', data, to])).code).toBe(3);
  expect((await shale(['copy', data, join(dir, 'x'), 'nothing'])).code).toBe(4);
  expect((await shale(['copy', data, join(dir, 'x'), 'a', '--region', '0'])).code).toBe(2);

  // With the journal, an ingest goes on in the copy of all.
  const all = join(dir, 'all');
  await ok(['copy', data, all]);
  writeFileSync(input, '{"h":"b","n":4}\n', { flag: 'a' });
  await ok(['ingest', all, input, '--resume', '-q']);
  expect(await linesOf(all, 'b')).toEqual(['{"h":"b","n":2}', '{"h":"b","n":4}']);
});
