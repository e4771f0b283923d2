/** A file of the database and, where RocksDB tells, the bytes in it. */
export interface FilePlace {
  /** The file's name in the database directory, such as `000123.sst`. */
  readonly name: string;
  /** Where in it, in bytes. */
  readonly offset?: number;
  /** How many bytes from there on. */
  readonly size?: number;
}

// `... in /data/000123.sst offset 4096 size 4100`, `While open a file for random read: /data/000123.sst: ...`
const PLACE =
  /(?:^|[\s/:"'])(\d{6,}\.(?:sst|ldb|log|blob)|MANIFEST-\d{6,}|CURRENT)(?![\w-])(?: offset (\d+))?(?:,? size (\d+))?/g;

/** The file that a message of RocksDB is about; undefined when it names none. */
export function filePlaceIn(message: string): FilePlace | undefined {
  // The manifest is named along with the file that it wants: it is to blame only when there is no other.
  const all = [...message.matchAll(PLACE)];
  const [, name, offset, size] = all.find(([, named]) => named?.includes('.')) ?? all[0] ?? [];
  if (name === undefined) return undefined;
  return {
    // Where there is no .sst RocksDB tries the ending of old, and names that.
    name: name.replace(/ldb$/, 'sst'),
    ...(offset === undefined ? {} : { offset: Number(offset) }),
    ...(size === undefined ? {} : { size: Number(size) }),
  };
}

/** The place for people: `000123.sst, bytes 4096 to 8195`. */
export function describePlace(place: FilePlace): string {
  const { name, offset, size } = place;
  if (offset === undefined) return name;
  return size === undefined
    ? `${name}, from byte ${offset}`
    : `${name}, bytes ${offset} to ${offset + size - 1}`;
}
