// Whether the internals of RocksDB that the log memtable leans on are as it knows them.
#pragma once

namespace shale {

// What it leans on: the layout of a record (frozen, says RocksDB), and that the Arena in which an iterator has to be
// made can be asked for memory as an Allocator. Neither class is in a public header, so this checks the version that
// the addon was compiled against and the one that was loaded, and then tries it on a skip list of RocksDB's own.
bool knowsThisRocksDB();

}  // namespace shale
