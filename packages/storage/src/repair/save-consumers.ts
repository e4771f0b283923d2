import {
  type ConsumerRecord,
  consumerRange,
  decodeConsumer,
  decodeConsumerKey,
  decodePosition,
  decodePositionKey,
  type Position,
  type PositionKey,
  positionRange,
  tableKey,
} from '@shale/codec';
import type { Database, RecordChange } from '@shale/rocksdb';
import { placeInWords } from '../damage/place-in-words.js';
import { native } from '../errors.js';
import { recordPages } from '../raw-records.js';
import type { DamageMap } from './damage.js';
import type { RepairLoss } from './events.js';
import type { FloorBook } from './floors.js';
import type { SavedTable } from './saved-table.js';

/** What consumers are saved from, and to; they may be one database. */
export interface SavedFrom {
  readonly source: Database;
  readonly target: Database;
  readonly instance: number;
}

/**
 * Saves the consumers of an instance and their positions. A position proves that its table has given out the sequences
 * up to it: none of them is given out again, or the consumer would pass over what gets it. One of a consumer or a table
 * of which nothing else is left is left out.
 *
 * @param tables those that were saved
 */
export function* saveConsumers(
  { source, target, instance }: SavedFrom,
  tables: readonly SavedTable[],
  book: FloorBook,
  damage: DamageMap,
): Generator<RepairLoss, void, undefined> {
  const loss = (message: string): RepairLoss => ({ type: 'loss', kind: 'consumer', instance, message });
  const staysInPlace = source === target;
  const write = (changes: readonly RecordChange[]): void =>
    native({ path: target.path }, () => target.change(changes, { sync: false }));
  const consumers = new Set<bigint>();
  let any = false;
  for (const page of recordPages(source, consumerRange(instance))) {
    any = true;
    const changes: RecordChange[] = [];
    for (const { key, value } of page) {
      const consumer = idOf(key, value, instance);
      if (consumer === null)
        yield loss(`the record of a consumer cannot be read, and is left out: ${hex(key)}`);
      else consumers.add(consumer);
      if (consumer === null && staysInPlace) changes.push({ remove: key });
      if (consumer !== null && !staysInPlace) changes.push({ put: key, value });
    }
    write(changes);
  }
  const saved = new Set(tables.map(({ id }) => tableKey(id)));
  for (const page of recordPages(source, positionRange(instance))) {
    any = true;
    const changes: RecordChange[] = [];
    for (const { key, value } of page) {
      const found = read(key, value, instance);
      const isOfTable = (id: PositionKey): boolean =>
        saved.has(tableKey(id)) || book.get(id.table) !== undefined;
      const isKept =
        found !== null && consumers.has(found.consumer) && (found.position === 0n || isOfTable(found));
      if (isKept && found.position > 0n) book.raise(found.table, found.position);
      if (isKept && !staysInPlace) changes.push({ put: key, value });
      if (isKept) continue;
      if (staysInPlace) changes.push({ remove: key });
      const where = found === null ? hex(key) : placeInWords({ instance, ...found });
      yield loss(`a position belongs to no consumer or table that is left, and is left out: ${where}`);
    }
    write(changes);
  }
  const [cause] = damage.ofConsumers(instance);
  if (any && cause !== undefined) {
    yield loss(
      `positions of consumers may have been in ${cause.file.name}: where the last one is lost, the consumer gets entries again`,
    );
  }
}

function idOf(key: Uint8Array, value: Uint8Array, instance: number): ConsumerRecord['consumer'] | null {
  try {
    decodeConsumerKey(key, instance);
    return decodeConsumer(value).consumer;
  } catch {
    return null;
  }
}

function read(key: Uint8Array, value: Uint8Array, instance: number): (PositionKey & Position) | null {
  try {
    return { ...decodePositionKey(key, instance), ...decodePosition(value) };
  } catch {
    return null;
  }
}

function hex(key: Uint8Array): string {
  return Buffer.from(key).toString('hex');
}
