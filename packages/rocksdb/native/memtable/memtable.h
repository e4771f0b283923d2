// The memtable that remembers, for each table, where its last entry went.
#pragma once

#include <rocksdb/memtablerep.h>

#include <memory>

namespace shale {

// RocksDB's skip list with an insert hint for each prefix of a log key. RocksDB has an option that does the same
// (memtable_insert_with_hint_prefix_extractor), but up to 9.2 it mixes the hints of entries with those of range
// deletions, which are another skip list: after a trim it writes into the wrong one. Here only entries have hints.
std::shared_ptr<rocksdb::MemTableRepFactory> makeHintedMemtable();

}  // namespace shale
