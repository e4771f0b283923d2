// RocksDB's own journal, the file LOG: its warnings and errors, one MiB of them and the one MiB before.
//
// Not the logger that RocksDB makes itself: on a full disk, where there is most to tell, that one ends the process with
// an assertion at the second line it cannot write. Here such a line is lost. The file is made with the first line.
#pragma once

#include <rocksdb/env.h>

#include <mutex>
#include <string>

namespace shale {

class InfoLog : public rocksdb::Logger {
 public:
  explicit InfoLog(const std::string& directory);
  ~InfoLog() override;

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override;
  // The options are in the file OPTIONS, and what machine this is others can tell.
  void LogHeader(const char*, va_list) override {}

 private:
  void write(const std::string& line);

  const std::string path_;
  std::mutex mutex_;
  int file_ = -1;
  size_t size_ = 0;
};

}  // namespace shale
