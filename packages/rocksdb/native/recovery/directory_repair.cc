#include "recovery/directory_repair.h"

#include <rocksdb/db.h>

#include <cstdarg>
#include <cstdio>
#include <memory>
#include <mutex>

#include "core/errors.h"
#include "core/private_files.h"

namespace shale {

namespace {

// Keeps what RocksDB logs.
class LogKeeper : public rocksdb::Logger {
 public:
  LogKeeper() : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    char line[1024];
    std::vsnprintf(line, sizeof line, format, arguments);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (lines_.size() < kMost) lines_.emplace_back(line);
  }
  std::vector<std::string> lines() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return lines_;
  }

 private:
  static constexpr size_t kMost = 10000;

  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> repairDirectory(const std::string& path) {
  const auto log = std::make_shared<LogKeeper>();
  rocksdb::Options options;
  options.env = privateEnvironment();
  options.info_log = log;
  throwIfFailed(rocksdb::RepairDB(path, options), path);
  return log->lines();
}

}  // namespace shale
