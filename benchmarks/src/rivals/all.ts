const FILES = [
  'append-file',
  'better-sqlite3',
  'classic-level',
  'hypercore',
  'jetstream',
  'lmdb',
  'nxtedition-rocksdb',
  'postgresql',
  'redis-streams',
  'rocksdb',
];

/** Where the modules of all rivals lie; each exports its `driver`. */
export const RIVALS: readonly string[] = FILES.map(urlOf);

/** The module of Shale with the addon in `SHALE_BENCH_ADDON`. */
export const SHALE_ADDON: string = urlOf('shale-addon');

function urlOf(file: string): string {
  return new URL(`./${file}.js`, import.meta.url).href;
}
