/** One backup in a directory of backups. */
export interface StoredBackup {
  /** Counts from 1 in each directory. */
  readonly id: number;
  /** When it was made, in seconds since 1970. */
  readonly seconds: number;
  /** Bytes of all its files, those included that it shares with other backups. */
  readonly size: number;
  /** What `Database.createBackup` was given. */
  readonly metadata: string;
  readonly files: readonly { readonly name: string; readonly size: number }[];
}

/** What a directory of backups holds. */
export interface StoredBackups {
  readonly backups: readonly StoredBackup[];
  /** Ids of backups of which files are missing or have another size. */
  readonly damaged: readonly number[];
}
