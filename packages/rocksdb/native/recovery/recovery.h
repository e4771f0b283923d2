// The check of an opening: what RocksDB's logs hold is compared with what the watermark promises before RocksDB touches
// anything, for RocksDB would take damage for the end of the log, and delete what lies beyond.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "recovery/log_continuity.h"
#include "recovery/log_scan.h"
#include "recovery/manifest.h"
#include "recovery/watermark.h"

namespace shale {

class Recovery {
 public:
  // How the directory is to be opened.
  struct Request {
    bool readOnly = false;
    bool createIfMissing = false;
    // Goes on when acknowledged entries are missing.
    bool salvage = false;
    // Whether what is created is for its owner alone.
    bool ownerOnly = false;
    // As RocksDB is opened to be read only; its recovery mode is that of all openings.
    rocksdb::Options options;
  };
  Recovery(std::string path, Request request);

  // Before RocksDB opens the directory. Throws ROCKSDB_NOT_FOUND, ROCKSDB_LOCKED, and ROCKSDB_CORRUPTION with the report
  // when something that was acknowledged is missing; nothing has been changed then. With `salvage` it goes on
  // instead: it puts the damaged logs aside and cuts them where reading ends.
  void before();

  // Instead of after(), when RocksDB could not open it: puts back a manifest that was cut.
  void undo();

  // After RocksDB has opened it: the last look, and where the watermark begins anew. Null for a database that is read
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
  enum class Verdict { kWell, kMissing };

  void beforeCreating();
  void look();
  void lookAtFiles();
  void lookBesideAWriter();
  [[noreturn]] void refuse();
  bool losesNothing() const;
  bool isLogMissing() const;
  bool isOfWatermark() const;
  LogWriter writer() const;
  bool isPointInTime() const;
  void tryForeignLogs();
  [[noreturn]] void throwNotReplayed(const std::string& why) const;
  void prepareLogs();
  void prepareManifest();
  void keepCopy(const std::string& name);
  void cutLogs();
  void raiseFloors(rocksdb::DB& db);
  uint64_t promised() const;
  std::string describe() const;

  const std::string path_;
  const Request request_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  bool fresh_ = false;
  WatermarkFound found_ = WatermarkFound::kMissing;
  WatermarkState mark_;
  Manifest manifest_;
  bool known_ = false;  // the manifest is the watermark's, and has not lost what the opening that began it replayed
  LogScan scan_;
  std::optional<uint64_t> reached_;  // nothing: cannot be told before RocksDB has opened it
  bool wholeLogs_ = false;
  bool raisesFloors_ = false;
  Verdict verdict_ = Verdict::kWell;
  std::optional<SeenTables> seen_;
  std::string aside_;  // the directory that damaged logs were put into
  uint64_t elapsedMicros_ = 0;
};

}  // namespace shale
