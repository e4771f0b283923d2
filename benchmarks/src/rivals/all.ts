const FILES = [
  'append-file',
  'better-sqlite3',
  'classic-level',
  'hypercore',
  'lmdb',
  'nxtedition-rocksdb',
  'rocksdb',
];

/** Where the modules of all rivals lie; each exports its `driver`. */
export const RIVALS: readonly string[] = FILES.map((file) => new URL(`./${file}.js`, import.meta.url).href);
