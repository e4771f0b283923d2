// The memtable made for logs.
#pragma once

#include <rocksdb/memtablerep.h>

#include <memory>

namespace shale {

// Keeps the records of each table in the order they arrive and never sorts: an insert is a look-up and a push, a read
// walks an array. Whatever is not the next key of its table (metadata, keys of other lengths, overwrites, deletions,
// anything out of order) goes to a skip list beside the runs, and iterators merge the two.
//
// One thread writes at a time (allow_concurrent_memtable_write must be off); any number of threads read beside it,
// without locks. Keys must be ordered bytewise. Range deletions never come here: RocksDB keeps a table of its own for
// them.
//
// Returns null with a RocksDB whose internals this does not know: the skip list must do then.
std::shared_ptr<rocksdb::MemTableRepFactory> makeLogMemtable();

}  // namespace shale
