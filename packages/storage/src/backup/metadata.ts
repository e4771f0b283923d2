/**
 * What RocksDB keeps with a backup for Shale: of which log it is, as RocksDB tells databases apart. Nothing else is in
 * it, so that all backups of one log have the same.
 */
export function metadataOf(log: string): string {
  return JSON.stringify({ shale: 1, log });
}

/** Of which log a backup is; null when that is not known, as of one that an older Shale or another program made. */
export function logOf(metadata: string): string | null {
  try {
    const read: unknown = JSON.parse(metadata);
    if (typeof read !== 'object' || read === null || !('log' in read)) return null;
    return typeof read.log === 'string' && read.log !== '' ? read.log : null;
  } catch {
    return null;
  }
}
