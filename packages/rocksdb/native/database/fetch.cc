#include "database/fetch.h"

#include <memory>
#include <utility>

#include "core/errors.h"
#include "database/level0.h"

namespace shale {

namespace {

void requireWanted(const SharedDatabase& database, const std::function<bool()>& stop) {
  if (!stop() && !database.cancelled()) return;
  throw DatabaseError{"ROCKSDB_CLOSED", "The database was closed: " + database.path(), database.path()};
}

using Scan = KeptScans::Scan;

std::unique_ptr<Scan> makeScan(const DatabaseGuard& guard, const FetchRequest& request) {
  const KeptScans::State state = guard.database().keptScans().state();
  // Of each level below level 0 it opens one.
  const uint64_t files = filesAtLevel0(guard.db()) + static_cast<uint64_t>(guard.db().NumberLevels()) - 1;
  auto scan = std::make_unique<Scan>(request.watch.value_or(0), request.lower, request.upper, state, files);
  rocksdb::ReadOptions options;
  options.fill_cache = request.fillCache;
  scan->iterator = guard.iterate(scan->range, options);
  return scan;
}

// Fills the chunk by the iterator that the chunk before has left, where there is one that finds anything, else by a new one.
// Returns that.
std::unique_ptr<Scan> scanOn(const DatabaseGuard& guard, const FetchRequest& request, Bytes into, Chunk& chunk,
                             const std::function<bool()>& stop) {
  if (request.watch && !request.begins) {
    std::unique_ptr<Scan> scan = guard.database().keptScans().take(*request.watch, request.lower, request.upper);
    if (scan != nullptr) chunk = scanInto(*scan->iterator, into, {request.maxEntries, false, true}, stop);
    // The range of the chunk before may have ended earlier.
    if (chunk.entries > 0 && scan->upper < request.upper) chunk.more = true;
    if (chunk.entries > 0) return scan;
  }
  std::unique_ptr<Scan> scan = makeScan(guard, request);
  chunk = scanInto(*scan->iterator, into, {request.maxEntries}, stop);
  return scan;
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
  Chunk& chunk = fetched.chunk;
  std::unique_ptr<Scan> scan = scanOn(guard, request, into, chunk, [&] { return stop() || database.cancelled(); });
  requireWanted(database, stop);
  rocksdb::Iterator& iterator = *scan->iterator;
  const bool failed = guard.endsEarly(iterator, chunk.entries > 0);
  if (failed) chunk.more = true;
  if (chunk.neededBytes > 0) fetched.tooLarge = iterator.key().ToString();
  if (chunk.more && chunk.entries < request.enough) {
    // By the same iterator, for it sees no entry that came later.
    iterator.SeekToLast();
    if (iterator.Valid()) fetched.last = iterator.key().ToString();
  } else if (request.watch && chunk.more && chunk.entries > 0 && !failed) {
    scan->after = chunk.last;
    database.keptScans().keep(std::move(scan));
  }
  if (!request.watch) return fetched;
  // After the scan: what it found is then of the table that the watch is of.
  const std::optional<bool> dropped = drops.dropped(*request.watch);
  if (!dropped) database.keptScans().forget(*request.watch);
  fetched.dropped = dropped.value_or(true);
  return fetched;
}

std::optional<Chunk> peekChunk(SharedDatabase& database, const KeyRange& range, Bytes into, size_t maxEntries, uint64_t watch) {
  const DatabaseGuard guard(database, std::try_to_lock);
  if (!guard.held()) return std::nullopt;
  rocksdb::ReadOptions options;
  options.read_tier = rocksdb::kMemtableTier;
  const std::unique_ptr<rocksdb::Iterator> iterator = guard.iterate(range, options);
  Chunk chunk = scanInto(*iterator, into, {maxEntries});
  if (!iterator->status().ok() || chunk.foreign) return std::nullopt;
  // After the scan, as in fetch().
  if (database.dropHistory().dropped(watch).value_or(true)) return std::nullopt;
  return chunk;
}

}  // namespace shale
