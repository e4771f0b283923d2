// Lets flushes and compactions run at a lower CPU priority than the threads that append and read.
#pragma once

#include <rocksdb/listener.h>

namespace shale {

class BackgroundPriority : public rocksdb::EventListener {
 public:
  // How much lower than that of the process, in Linux's nice values. On other systems a thread has none, and this has
  // no effect.
  explicit BackgroundPriority(int lower);

  const char* Name() const override { return "shale.backgroundPriority"; }
  // RocksDB calls these in the thread that is about to do the work.
  void OnFlushBegin(rocksdb::DB*, const rocksdb::FlushJobInfo&) override { lower(); }
  void OnCompactionBegin(rocksdb::DB*, const rocksdb::CompactionJobInfo&) override { lower(); }

  // Of the calling thread.
  void lower() const;

 private:
  const int nice_;
};

}  // namespace shale
