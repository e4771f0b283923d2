// The steps of an opening, around RocksDB's own: the verdict over what is there, what is mended before, and where the
// new watermark begins.
#pragma once

#include <rocksdb/db.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "recovery/findings.h"
#include "recovery/log_continuity.h"
#include "recovery/mending.h"
#include "recovery/verdict.h"
#include "recovery/watermark.h"

namespace shale {

class Recovery {
 public:
  Recovery(std::string path, RecoveryRequest request);
  Recovery(const Recovery&) = delete;
  Recovery& operator=(const Recovery&) = delete;

  // Before RocksDB opens the directory. Throws ROCKSDB_NOT_FOUND, ROCKSDB_LOCKED, and ROCKSDB_CORRUPTION with the
  // report when something that was acknowledged is missing; nothing has been changed then. With `salvage` it goes on
  // instead: it puts the damaged logs aside and cuts them where reading ends.
  void before();

  // Instead of after(), when RocksDB could not open it: puts back a manifest that was cut.
  void undo();

  // After RocksDB has opened it: the last look, and where the new watermark begins. Null for a database that is read
  // only. Throws ROCKSDB_CORRUPTION; the caller closes the database.
  std::shared_ptr<Watermark> after(rocksdb::DB& db);

  // What was found, as JSON: RecoveryReport of @shale/codec says what is in it.
  std::string report() const;

  // How RocksDB has to be opened after before(), besides what the settings say.
  struct Terms {
    // What the replay may step over.
    AllowedJumps jumps = {};
    // Logs that Shale cannot read are replayed whole, or not at all.
    bool wholeLogs = false;
    // How many levels the table files take.
    int levels = 0;
  };
  Terms terms() const;

 private:
  const std::string path_;
  const RecoveryRequest request_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  Findings found_;
  Mending mending_{path_, request_};
  uint64_t elapsedMicros_ = 0;
};

}  // namespace shale
