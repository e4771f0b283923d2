// The watermark of a database: how far RocksDB's sequence must reach when it is opened the next time. RocksDB takes
// damage in its log for the end of it; with this file beside it, what is missing below an acknowledgement is seen.
//
// A watermark of an earlier database in the directory says nothing about the one that another program has made since.
//
// The file has two places, 4 KiB apart, written in turn, so that a write that is torn leaves the other one. Each write
// is one small pwrite before the acknowledgement: exact after the death of the process. It is made durable when the
// database is opened and closed, and at most once a second in between, so after the death of the machine it may be
// older than the log: it then promises less than was acknowledged, never more.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace shale {

struct WatermarkState {
  // Everything up to this sequence of RocksDB was made durable before it was acknowledged.
  uint64_t synced = 0;
  // Everything up to it was handed to the operating system. Counts only as long as that runs.
  uint64_t written = 0;
  // The sequence that the last opening for writing began with, and the number of the manifest it began: all that was
  // there was in table files then.
  uint64_t opened = 0;
  uint64_t manifest = 0;
  // Of the running kernel when it was written; empty if it has none.
  std::string bootId;
  // Which database it is of (RocksDB's file IDENTITY), and the manifest that the last opening for writing by Shale
  // began, also one that left in the logs what was there. Empty and 0: not known, it was written before these were.
  std::string database;
  uint64_t writer = 0;
  // Of what was read: the other place is damaged, so this may be the older of the two.
  bool alone = false;

  // What must be there: under the same kernel all that was written, else what was synced.
  uint64_t promised() const;
};

enum class WatermarkFound {
  kValid,
  kMissing,
  kDamaged,
  kOther,  // it is of another database, that was in this directory before
};

// What Linux calls the running kernel; empty elsewhere.
const std::string& bootId();

// What RocksDB has called the database of a directory; empty when the file IDENTITY is missing or holds no such name.
std::string databaseIdentity(const std::string& directory);

WatermarkFound readWatermark(const std::string& directory, WatermarkState* state);

class Watermark {
 public:
  // Opens or creates the file and makes the state durable. Null when there is no room to create it: then the database
  // goes without until it is opened again. Throws DatabaseError.
  // `ownerOnly`: for its owner alone; else the umask decides.
  static std::shared_ptr<Watermark> start(const std::string& directory, const WatermarkState& state, bool ownerOnly);
  ~Watermark();
  Watermark(const Watermark&) = delete;
  Watermark& operator=(const Watermark&) = delete;

  // A write that ends with this sequence is in, and durable if `synced`. Safe from any thread; false if the file cannot
  // be written, with what happened in reason(). A disk without room is not a failure: the file only stays behind.
  bool advance(uint64_t sequence, bool synced);
  // Whether it moved a second or more ago, and no thread is syncing it: then the caller has to have sync() called.
  bool syncDue();
  // fdatasync; false if it fails.
  bool sync();
  std::string reason() const;

 private:
  Watermark(int file, std::string path, const WatermarkState& state);
  void failed(const char* what, int error);

  const int file_;
  const std::string path_;
  mutable std::mutex mutex_;
  WatermarkState state_;
  uint64_t generation_;
  std::string reason_;
  std::atomic<int64_t> syncedAt_;
  std::atomic<bool> dirty_{false};
  std::atomic<bool> syncing_{false};
};

}  // namespace shale
