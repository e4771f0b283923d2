// Keeps what the log has written long ago from filling the system's page cache: of all table files the newest stay there, up to
// so many bytes, and the others leave it. Who reads those reads them from the disk, once; and what else the machine has in its
// cache stays there, however long the backlog gets.
#pragma once

#include <rocksdb/listener.h>

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace shale {

class RecentFiles : public rocksdb::EventListener {
 public:
  explicit RecentFiles(uint64_t mostBytes) : mostBytes_(mostBytes) {}

  const char* Name() const override { return "shale.recentFiles"; }
  void OnFlushCompleted(rocksdb::DB* db, const rocksdb::FlushJobInfo& info) override;
  void OnCompactionCompleted(rocksdb::DB* db, const rocksdb::CompactionJobInfo& info) override;
  void OnTableFileDeleted(const rocksdb::TableFileDeletionInfo& info) override;
  // These have been made of others, by a compaction that RocksDB tells no listener of, too: they are older than all that flushes
  // have left.
  void made(const std::vector<std::string>& paths);

 private:
  struct File {
    std::string path;
    uint64_t bytes;
    bool flushed;
  };
  static uint64_t sizeOf(const std::string& path);
  // Those that are too many, the oldest ones.
  std::vector<File> takeOld();

  const uint64_t mostBytes_;
  std::mutex mutex_;
  // Those that were made of others, as they were made, and then what flushes have left.
  std::deque<File> files_;
  uint64_t bytes_ = 0;
};

}  // namespace shale
