import {
  consumerRange,
  decodeConsumer,
  decodeMark,
  decodeMarkKey,
  decodeRetention,
  decodeRetentionKey,
  decodeSubscription,
  decodeSubscriptionKey,
  type KeyRange,
  markRange,
  retentionRange,
  subscriptionRange,
  tableKey,
} from '@shale/codec';
import type { RecordChange } from '@shale/rocksdb';
import { native } from '../errors.js';
import { type RawRecord, recordPages } from '../raw-records.js';
import type { RepairLoss } from './events.js';
import type { FloorBook } from './floors.js';
import type { SavedFrom } from './save-consumers.js';
import type { SavedTable } from './saved-table.js';

/**
 * Saves what is retained of the tables of an instance, what its consumers are for, and the time marks of its tables. A mark
 * of a table of which nothing else is left, or that lies behind its end, is left out: what is appended there later is not
 * older than that.
 *
 * @param tables those that were saved
 */
export function* saveRetention(
  saved: SavedFrom,
  tables: readonly SavedTable[],
  book: FloorBook,
): Generator<RepairLoss, void, undefined> {
  const { target, instance } = saved;
  yield* save(saved, retentionRange(instance), 'a retention', ({ key, value }) => {
    decodeRetentionKey(key, instance);
    decodeRetention(value);
    return true;
  });
  const consumers = new Set<bigint>();
  for (const page of recordPages(target, consumerRange(instance))) {
    for (const { value } of page) consumers.add(decodeConsumer(value).consumer);
  }
  yield* save(saved, subscriptionRange(instance), 'what a consumer is for', ({ key, value }) => {
    decodeSubscription(value);
    return consumers.has(decodeSubscriptionKey(key, instance));
  });
  const lasts = new Map(tables.map(({ id, last }) => [tableKey(id), last]));
  yield* save(saved, markRange(instance), 'a time mark', ({ key, value }) => {
    const id = decodeMarkKey(key, instance);
    const last = lasts.get(tableKey(id)) ?? 0n;
    const floor = book.get(id.table) ?? 0n;
    return decodeMark(value) <= (last > floor ? last : floor) + 1n;
  });
}

/** Saves the records of a range that are what they should be. Those that are and do not count any more go without a word. */
function* save(
  { source, target, instance }: SavedFrom,
  range: KeyRange,
  what: string,
  isKept: (record: RawRecord) => boolean,
): Generator<RepairLoss, void, undefined> {
  const staysInPlace = source === target;
  for (const page of recordPages(source, range)) {
    const changes: RecordChange[] = [];
    for (const record of page) {
      const { key, value } = record;
      const verdict = judged(record, isKept);
      if (verdict === 'kept') {
        if (!staysInPlace) changes.push({ put: key, value });
        continue;
      }
      if (staysInPlace) changes.push({ remove: key });
      if (verdict === 'needless') continue;
      const message = `the record of ${what} cannot be read, and is left out: ${Buffer.from(key).toString('hex')}`;
      yield { type: 'loss', kind: 'retention', instance, message };
    }
    native({ path: target.path }, () => target.change(changes, { sync: false }));
  }
}

function judged(
  record: RawRecord,
  isKept: (record: RawRecord) => boolean,
): 'kept' | 'needless' | 'unreadable' {
  try {
    return isKept(record) ? 'kept' : 'needless';
  } catch {
    return 'unreadable';
  }
}
