// Table files that RocksDB has no more use for, deleted in a thread of their own. A pass leaves gigabytes of them, on a disk that
// is told of every freed block a file takes as long as its writing did, and RocksDB would delete them in the next thread that
// happens to end something: the one that flushes, while writes fill the memory that it should empty.
#pragma once

#include <rocksdb/env.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace shale {

class FileDeletions {
 public:
  explicit FileDeletions(rocksdb::Env& environment);
  ~FileDeletions();
  FileDeletions(const FileDeletions&) = delete;
  FileDeletions& operator=(const FileDeletions&) = delete;

  // For a database to open its files by. Must outlive it; no other database may delete files in the same directory.
  rocksdb::Env* environment() { return environment_.get(); }

  // What was deleted so far is gone when it returns. RocksDB gives the number of a file to another once it was closed, so this
  // comes before it is opened again.
  void finish();
  // For the end of the process: what is left stays, and the next opening deletes it.
  void leave();

 private:
  class Files;

  void add(std::string path);
  void remove(const std::string& path) const;
  void run();
  // Room for the flushes that use the same disk, as long as nobody waits.
  void rest(std::unique_lock<std::mutex>& lock, std::chrono::steady_clock::duration time);

  const std::shared_ptr<rocksdb::FileSystem> files_;
  const std::unique_ptr<rocksdb::Env> environment_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> paths_;
  std::thread thread_;
  bool removing_ = false;
  int waiting_ = 0;
  bool ending_ = false;
};

}  // namespace shale
