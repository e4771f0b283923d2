// One chunk of a table's entries, for a thread that is not the table's own.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/bytes.h"
#include "database/chunk_scan.h"
#include "database/database.h"

namespace shale {

struct FetchRequest {
  std::string lower;
  std::string upper;
  size_t maxEntries;
  // The watch of the read, which tells of drops of its table.
  std::optional<uint64_t> watch;
  // Whether the read begins here: what its watch has seen so far does not matter.
  bool begins;
  // With fewer entries than this it matters where the range ends.
  size_t enough;
  bool fillCache;
};

struct Fetched {
  Chunk chunk;
  // The watch has seen a drop, or has ended: then the chunk is not to be used.
  bool dropped = false;
  // The key of the entry that did not fit, when nothing did.
  std::optional<std::string> tooLarge;
  // The largest key of the range at the moment of the scan, if there is more and that matters; nothing if it cannot be
  // read.
  std::optional<std::string> last;
};

// Throws DatabaseError; ROCKSDB_CLOSED when `stop` says so or the last lease is gone.
Fetched fetch(SharedDatabase& database, const FetchRequest& request, Bytes into, const std::function<bool()>& stop);

// What memtables hold of a range, for a thread that must not wait; nothing if even that takes waiting, or the watch has seen a
// drop. What files hold of it is left out, and with it what stands in the range before what memtables hold: they hold what came
// last.
std::optional<Chunk> peekChunk(SharedDatabase& database, const KeyRange& range, Bytes into, size_t maxEntries, uint64_t watch);

}  // namespace shale
