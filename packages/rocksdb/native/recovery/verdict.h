// The verdict over a directory before RocksDB opens it: what its logs hold, compared with what the watermark promises.
// RocksDB would take damage for the end of the log, and delete what lies beyond.
#pragma once

#include <rocksdb/options.h>

#include <string>

#include "recovery/findings.h"

namespace shale {

// How a directory is to be opened.
struct RecoveryRequest {
  bool readOnly = false;
  bool createIfMissing = false;
  // Goes on when acknowledged entries are missing.
  bool salvage = false;
  // Whether what is created is for its owner alone.
  bool ownerOnly = false;
  // As RocksDB is opened to be read only; its recovery mode is that of all openings.
  rocksdb::Options options;

  // Only this mode reads up to the damage and goes on; the others refuse it, or leave holes, as they were asked to.
  bool isPointInTime() const {
    return options.wal_recovery_mode == rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  }
};

// Of a directory in which no database is: throws ROCKSDB_NOT_FOUND unless one may be created, and ROCKSDB_CORRUPTION
// when there was one.
Findings examineEmpty(const std::string& path, const RecoveryRequest& request);

// Of one with a database: for writing, while the caller holds the lock; to be read only, beside a writer. Throws what
// cannot be opened in any way. To be read only it throws ROCKSDB_CORRUPTION also when entries are missing.
Findings examine(const std::string& path, const RecoveryRequest& request);

// Throws ROCKSDB_CORRUPTION with the report, out of which TypeScript makes the message.
[[noreturn]] void throwMissing(const std::string& path, const std::string& report);

}  // namespace shale
