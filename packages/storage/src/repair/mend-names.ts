import { encodeNameCounter, FIRST_NAMED_TABLE, nameCounterKey, type TableId, U64_MAX } from '@shale/codec';
import type { Database, RecordChange } from '@shale/rocksdb';
import { native } from '../errors.js';
import { markMoved } from '../names/catalog-log.js';
import { naming } from '../names/records.js';
import { describe } from './copy-instance.js';
import type { RepairLoss } from './events.js';
import type { SavedNames } from './saved-names.js';

/** Changes that are written at a time. */
const CHANGES_PER_WRITE = 8192;

/**
 * Gives tables that have lost their name a new one: without one their entries are out of reach. And steps over ids
 * that may have been given to names of which nothing is left.
 *
 * @param tables ids in region 0 that have entries or a metadata record
 * @param most no more names than so many can be lost
 */
export function mendNames(
  instance: number,
  names: SavedNames,
  tables: Iterable<bigint>,
  most: bigint,
): RepairLoss[] {
  const named = new Set(names.ids.values());
  const orphans = [...new Set(tables)].filter((table) => table >= FIRST_NAMED_TABLE && !named.has(table));
  const losses = orphans.map((table): RepairLoss => {
    const id: TableId = { region: 0n, table };
    const name = free(`recovered-${table}`, names.ids);
    names.name(name, table);
    const message = `${describe(instance, id)} has lost its name, and is called ${name} now`;
    return { type: 'loss', kind: 'name', instance, id, message };
  });
  // Never beyond what fits into 64 bits.
  names.skipTo(names.next > U64_MAX - most ? U64_MAX : names.next + most);
  return losses;
}

/** Writes the names to the new database. */
export function writeNames(target: Database, instance: number, names: SavedNames): void {
  const { path } = target;
  let changes: RecordChange[] = [];
  const write = (): void => {
    native({ path }, () => target.change(changes, { sync: false }));
    changes = [];
  };
  for (const [name, table] of names.ids) {
    changes.push(...naming(instance, name, { region: 0n, table }));
    if (changes.length >= CHANGES_PER_WRITE) write();
  }
  if (names.next === FIRST_NAMED_TABLE) return;
  changes.push({ put: nameCounterKey(instance), value: encodeNameCounter(names.next) });
  changes.push(...markMoved({ db: target, path, instance }));
  write();
}

function free(wish: string, taken: ReadonlyMap<string, bigint>): string {
  let name = wish;
  for (let i = 2; taken.has(name); i++) name = `${wish}-${i}`;
  return name;
}
