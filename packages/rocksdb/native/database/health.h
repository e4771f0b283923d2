// What a failure of RocksDB means for what may be written from then on.
//
//   well ──► full | starved ──► well   a disk without room; no file descriptors or no memory to open a file with. It
//   ends
//     └─────────┴─────► poisoned       when RocksDB has been reopened, see SharedDatabase. Poisoned: for good
//
// Poisoned: a write or a sync of RocksDB's log has failed with an I/O error, or anything else has that RocksDB takes to
// be fatal. What is on disk is unknown then, and nothing may be acknowledged until the database has been closed by
// all and reopened. A sync that fails for want of room is such a failure too: what it did not write may be gone.
#pragma once

#include <rocksdb/listener.h>
#include <rocksdb/version.h>

#include <atomic>
#include <mutex>
#include <string>

namespace shale {

class Health : public rocksdb::EventListener {
 public:
  const char* Name() const override { return "shale.health"; }
  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* status) override;
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason reason, rocksdb::Status status, bool* automatic) override;
#if ROCKSDB_MAJOR < 11
  void OnErrorRecoveryCompleted(rocksdb::Status) override { backgroundFault_ = false; }
#endif

  // A write or sync in the foreground returned this status.
  void observeWrite(const rocksdb::Status& status);
  // There was no room where Shale itself asked for some.
  void fill(const std::string& reason);
  // Shale itself could not open a file.
  void starve(const std::string& reason);
  void poison(const std::string& reason);
  // RocksDB has been reopened: an error that comes now is not a consequence of an earlier one.
  void begin(bool full);

  bool full() const { return full_.load(std::memory_order_acquire); }
  bool starved() const { return starved_.load(std::memory_order_acquire); }
  // Either of them.
  bool halted() const { return full() || starved(); }
  // Whether there was an error since begin(): RocksDB's writer of the log takes nothing more.
  bool stopped() const { return stopped_.load(std::memory_order_acquire); }
  bool poisoned() const { return poisoned_.load(std::memory_order_acquire); }
  std::string reason() const;

 private:
  void judge(const rocksdb::Status& status, bool ofLog);
  void latch(std::atomic<bool>& state, const std::string& reason);

  std::atomic<bool> full_{false};
  std::atomic<bool> starved_{false};
  std::atomic<bool> stopped_{false};
  std::atomic<bool> poisoned_{false};
  // A flush or compaction failed: writes then repeat that error, though the log itself is sound.
  std::atomic<bool> backgroundFault_{false};
  mutable std::mutex mutex_;
  std::string reason_;
};

}  // namespace shale
