#include "database/fetch.h"

#include <memory>

#include "core/errors.h"

namespace shale {

namespace {

void requireWanted(const SharedDatabase& database, const std::function<bool()>& stop) {
  if (!stop() && !database.cancelled()) return;
  throw DatabaseError{"ROCKSDB_CLOSED", "The database was closed: " + database.path(), database.path()};
}

}  // namespace

Fetched fetch(SharedDatabase& database, const FetchRequest& request, Bytes into, const std::function<bool()>& stop) {
  requireWanted(database, stop);
  const DatabaseGuard guard(database);
  Fetched fetched;
  DropHistory& drops = database.dropHistory();
  if (request.watch) {
    // Before the scan: what is dropped from here on may be what it finds.
    if (request.begins) drops.watchAnew(*request.watch);
    fetched.dropped = !drops.dropped(*request.watch).has_value();
    if (fetched.dropped) return fetched;
  }
  rocksdb::ReadOptions options;
  options.fill_cache = request.fillCache;
  const KeyRange range{request.lower, request.upper};
  const std::unique_ptr<rocksdb::Iterator> iterator = guard.iterate(range, options);
  Chunk& chunk = fetched.chunk;
  chunk = scanInto(*iterator, into, {request.maxEntries}, [&] { return stop() || database.cancelled(); });
  requireWanted(database, stop);
  if (guard.endsEarly(*iterator, chunk.entries > 0)) chunk.more = true;
  if (chunk.neededBytes > 0) fetched.tooLarge = iterator->key().ToString();
  if (chunk.more && chunk.entries < request.enough) {
    // By the same iterator, for it sees no entry that came later.
    iterator->SeekToLast();
    if (iterator->Valid()) fetched.last = iterator->key().ToString();
  }
  // After the scan: what it found is then of the table that the watch is of.
  if (request.watch) fetched.dropped = drops.dropped(*request.watch).value_or(true);
  return fetched;
}

}  // namespace shale
