import { decodeRequirement, requirementRange, WalError } from '@shale/codec';
import type { Database } from '@shale/rocksdb';
import { firstKey, recordPages } from './raw-records.js';

/**
 * Throws SHALE_UNSUPPORTED when a later version of Shale has put something into the database that this one does not
 * know. It knows no requirement: whatever there is was made by a later one.
 *
 * @param reads what is asked for is no more than to read
 */
export function refuseLaterFormat(db: Database, reads: boolean): void {
  if (!holdsAny(db)) return;
  for (const page of recordPages(db, requirementRange())) {
    for (const { key, value } of page) {
      const { name, forReading, since } = decodeRequirement(key, value);
      if (reads && !forReading) continue;
      const version = since === null ? 'a later version of Shale' : `Shale ${since} or later`;
      const reader = forReading ? '' : ', or only read it (readOnly: true)';
      throw new WalError(
        'SHALE_UNSUPPORTED',
        `${db.path}: the log has what this version of Shale does not know (${name}): use ${version}${reader}; none of its entries was changed`,
        { path: db.path, details: { requirement: name, ...(since === null ? {} : { since }) } },
      );
    }
  }
}

/** Damage does not keep a log from being opened: what meets it says so. */
function holdsAny(db: Database): boolean {
  try {
    return firstKey(db, requirementRange()) !== null;
  } catch (error) {
    if (error instanceof WalError && error.code === 'SHALE_CORRUPT') return false;
    throw error;
  }
}
