import type { Wal } from '@shale/engine';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { all, bytes, open, temporary, text } from './support.js';

const NAMES = ['a', 'b', 'c', 'ü'];
const name = fc.constantFrom(...NAMES);

const commands = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('append' as const), name }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('write' as const), name, other: name }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('drop' as const), name }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('look' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('reopen' as const), shards: fc.integer({ min: 1, max: 3 }) }),
  },
);

test('names made, dropped, written and reopened in whatever order are what a model says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(commands, { maxLength: 40 }), async (run) => {
      const path = await temporary();
      let wal = await open({ path, durability: 'os' });
      const model = new Map<string, string[]>();
      /** The name that each id was seen with: an id belongs to one table for ever. */
      const owners = new Map<bigint, string>();
      let lives = 0;
      const lifeOf = new Map<string, number>();
      /** Nothing is awaited before something is looked at, so that much is under way at a time. */
      let underWay: Promise<unknown>[] = [];
      const add = (to: string, entry: string): void => {
        if (!model.has(to)) lifeOf.set(to, lives++);
        model.set(to, [...(model.get(to) ?? []), entry]);
      };
      const look = async (): Promise<void> => {
        await Promise.all(underWay);
        underWay = [];
        expect(await content(wal)).toEqual(new Map(model));
        for (const { id, name: of } of await all(wal.tables())) {
          const owner = `${of}, life ${lifeOf.get(of ?? '')}`;
          expect(owners.get(id.table) ?? owner).toBe(owner);
          owners.set(id.table, owner);
        }
      };
      for (const [i, command] of run.entries()) {
        const entry = bytes(String(i));
        if (command.do === 'append') {
          underWay.push(wal.table(command.name).append(entry));
          add(command.name, String(i));
        } else if (command.do === 'write') {
          const both = [command.name, command.other];
          underWay.push(wal.write(both.map((to) => ({ table: wal.table(to), payloads: [entry] }))));
          for (const to of both) add(to, String(i));
        } else if (command.do === 'drop') {
          underWay.push(wal.table(command.name).drop());
          model.delete(command.name);
        } else {
          await look();
          if (command.do === 'look') continue;
          await wal.close();
          wal = await open({ path, durability: 'os', shards: command.shards });
        }
      }
      await look();
      await wal.close();
    }),
    { numRuns: 12 },
  );
});

/** The entries of every name that there is, by `tables()` and by the name. */
async function content(wal: Wal): Promise<Map<string, string[]>> {
  const listed = (await all(wal.tables())).map(({ name }) => name);
  const found = new Map<string, string[]>();
  for (const of of NAMES) {
    const entries = await all(wal.table(of).read());
    if (entries.length > 0)
      found.set(
        of,
        entries.map(({ payload }) => text(payload)),
      );
  }
  expect([...listed].sort()).toEqual([...found.keys()].sort());
  return found;
}
