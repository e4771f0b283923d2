import {
  type AppendId,
  type AppendIdKey,
  appendIdKey,
  appendIdRange,
  decodeAppendIdKey,
  decodeAppendIds,
  encodeAppendIds,
  logKey,
  type TableId,
  tableKey,
} from '@shale/codec';
import type { RecordChange } from '@shale/rocksdb';
import { native } from '../errors.js';
import { recordPages } from '../raw-records.js';
import type { DamageMap } from './damage.js';
import type { RepairLoss } from './events.js';
import type { SavedFrom } from './save-consumers.js';
import type { SavedTable } from './saved-table.js';

type StoredId = AppendId & Pick<AppendIdKey, 'first'>;

/**
 * Saves the ids of the appends to an instance's tables whose entries are left, or lie before the first one that is. Of
 * another append the id is left out: repeated, it is written again.
 *
 * @param tables those that were saved
 */
export function* saveAppendIds(
  { source, target, instance }: SavedFrom,
  tables: readonly SavedTable[],
  damage: DamageMap,
): Generator<RepairLoss, void, undefined> {
  const staysInPlace = source === target;
  const saved = new Map(tables.map((table) => [tableKey(table.id), table]));
  let any = false;
  let leftOut = 0;
  const isKept = ({ region, table }: TableId, { first, entries }: StoredId): boolean => {
    const last = first + BigInt(entries) - 1n;
    const known = saved.get(tableKey({ region, table }));
    if (known === undefined) return false;
    // It was trimmed, as far as one can tell.
    if (last < known.first) return true;
    const key = logKey({ instance, region, table }, last);
    return native({ path: target.path }, () => target.get(key)) !== null;
  };
  for (const page of recordPages(source, appendIdRange(instance))) {
    any = true;
    const changes: RecordChange[] = [];
    for (const { key, value } of page) {
      const found = read(key, value, instance);
      const kept = found === null ? [] : found.ids.filter((each) => isKept(found.table, each));
      const isWhole = found !== null && kept.length === found.ids.length;
      if (!isWhole) leftOut += Math.max(1, (found?.ids.length ?? 0) - kept.length);
      if (!isWhole && staysInPlace) changes.push({ remove: key });
      const [one] = kept;
      if (found === null || one === undefined || (isWhole && staysInPlace)) continue;
      const { region, table } = found.table;
      changes.push({
        put: appendIdKey(instance, { region, table, first: one.first }),
        value: encodeAppendIds(kept),
      });
    }
    native({ path: target.path }, () => target.change(changes, { sync: false }));
  }
  const loss = (message: string): RepairLoss => ({ type: 'loss', kind: 'id', instance, message });
  if (leftOut > 0) {
    yield loss(
      `${leftOut} ids of appends cannot be read, or are of entries that are not left, and are left out: such an append is written again when it is repeated`,
    );
  }
  const [cause] = damage.ofAppendIds(instance);
  if (any && cause !== undefined) {
    yield loss(
      `ids of appends may have been in ${cause.file.name}: an append whose id is lost is written again when it is repeated`,
    );
  }
}

/** What a record says; null if it cannot be read. */
function read(
  key: Uint8Array,
  value: Uint8Array,
  instance: number,
): { readonly table: TableId; readonly ids: readonly StoredId[] } | null {
  try {
    const table = decodeAppendIdKey(key, instance);
    return { table, ids: decodeAppendIds(table, value) };
  } catch {
    return null;
  }
}
