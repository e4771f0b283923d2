let cursors = 0;

/** A number that names a scan or listing to the shard's thread it runs on. */
export function newCursor(): number {
  return ++cursors;
}
