// Entries of a range, gathered in a buffer of the caller's.
#pragma once

#include <rocksdb/iterator.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "core/bytes.h"

namespace shale {

// A record that is not an entry.
struct ForeignRecord {
  const char* reason;
  std::string key;
  std::string head;  // of its value, 32 bytes at most
};

// What a scan has left in the buffer, in the layout that the codec reads (EntryChunk), and why it ended.
struct Chunk {
  size_t entries = 0;
  size_t runs = 0;
  size_t dataLength = 0;
  size_t endsAt = 0;
  size_t runsAt = 0;
  // There is more than was taken: one entry at least, or something that is not one.
  bool more = false;
  // Above 0: the first entry alone needs a buffer of so many bytes, and nothing was taken.
  size_t neededBytes = 0;
  // The key of the last entry, if there is any.
  std::string last;
  // The scan ended before it.
  std::optional<ForeignRecord> foreign;
};

struct ChunkLimits {
  size_t maxEntries;
  bool reverse = false;
  // The iterator stands where the chunk begins.
  bool goesOn = false;
};

// Walks an iterator from its beginning, or its end, until the buffer is full, and leaves it where it stopped. It ends
// early, with `more`, when `stop` says so. Whether the iterator has failed is left to the caller.
Chunk scanInto(rocksdb::Iterator& iterator, Bytes into, ChunkLimits limits, const std::function<bool()>& stop = nullptr);

}  // namespace shale
