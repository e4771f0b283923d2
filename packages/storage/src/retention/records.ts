import {
  CATALOG_INSTANCE,
  decodeRetention,
  decodeRetentionKey,
  decodeSubscription,
  decodeSubscriptionKey,
  encodeRetention,
  markRange,
  type RecordTarget,
  type RetentionRecord,
  retentionKey,
  retentionRange,
  subscriptionRange,
} from '@shale/codec';
import { decoded, native } from '../errors.js';
import { firstKey, recordPages } from '../raw-records.js';
import type { TableHome } from '../tables/table-state.js';
import type { StoredRetention } from './coverage.js';

/** Every retention of the instance, by their keys. Throws SHALE_CORRUPT. */
export function readRetentions(home: TableHome): StoredRetention[] {
  const { db, path, instance } = home;
  if (instance === CATALOG_INSTANCE) return [];
  const found: StoredRetention[] = [];
  for (const page of recordPages(db, retentionRange(instance))) {
    for (const { key, value } of page) {
      found.push(
        decoded(key, { path }, () => ({
          target: decodeRetentionKey(key, instance),
          ...decodeRetention(value),
        })),
      );
    }
  }
  return found;
}

/** Puts a retention in the place of the one of its target, or removes that; on stable storage when it returns. */
export function writeRetention(home: TableHome, target: RecordTarget, record: RetentionRecord | null): void {
  const { db, path, instance } = home;
  const key = retentionKey(instance, target);
  const change = record === null ? { remove: key } : { put: key, value: encodeRetention(record) };
  native({ path }, () => db.change([change], { sync: true }));
}

/** What each consumer is for, by its id. Throws SHALE_CORRUPT. */
export function readSubscriptions(home: TableHome): Map<bigint, RecordTarget> {
  const { db, path, instance } = home;
  const found = new Map<bigint, RecordTarget>();
  if (instance === CATALOG_INSTANCE) return found;
  for (const page of recordPages(db, subscriptionRange(instance))) {
    for (const { key, value } of page) {
      decoded(key, { path }, () =>
        found.set(decodeSubscriptionKey(key, instance), decodeSubscription(value)),
      );
    }
  }
  return found;
}

/** Whether any table has time marks. */
export function hasMarks({ db, instance }: TableHome): boolean {
  return instance !== CATALOG_INSTANCE && firstKey(db, markRange(instance)) !== null;
}
