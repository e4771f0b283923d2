// Opening a database that another handle, most often of another process, may be writing.
#pragma once

#include <rocksdb/db.h>

#include <memory>
#include <string>

namespace shale {

// RocksDB's own OpenForReadOnly reads the manifest first and lists the log files after. A writer that flushes in
// between deletes a log file that this manifest still needs, and the reader would have a hole where its entries were,
// without any error. Here such an open is detected and repeated.
rocksdb::Status openReadOnly(const rocksdb::Options& options, const std::string& path,
                             std::unique_ptr<rocksdb::DB>* out);

}  // namespace shale
