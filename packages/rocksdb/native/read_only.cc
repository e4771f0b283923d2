#include "read_only.h"

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <system_error>
#include <thread>

namespace shale {

namespace {

using rocksdb::Status;

// RocksDB 11 takes a unique_ptr where the versions before took a raw pointer: take what there is.
template <class DB>
auto openOnce(const rocksdb::Options& options, const std::string& path, std::unique_ptr<DB>* out, int)
    -> decltype(DB::OpenForReadOnly(options, path, out, false)) {
  return DB::OpenForReadOnly(options, path, out, false);
}
template <class DB>
Status openOnce(const rocksdb::Options& options, const std::string& path, std::unique_ptr<DB>* out, long) {
  DB* raw = nullptr;
  Status status = DB::OpenForReadOnly(options, path, &raw, false);
  out->reset(raw);
  return status;
}

using LogNumbers = std::set<uint64_t>;

LogNumbers listLogs(const std::string& path) {
  LogNumbers logs;
  std::error_code error;
  for (std::filesystem::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == ".log") logs.insert(std::strtoull(at->path().stem().c_str(), nullptr, 10));
  }
  return logs;
}

// Log files are made and deleted in the order of their numbers, and a number is never used again. So if the oldest
// one that the manifest needs was there before the open and is there after it, all of them were there all the time.
bool sawEveryLog(rocksdb::DB& db, const LogNumbers& before, const LogNumbers& after) {
  uint64_t needed = 0;
  db.GetIntProperty(rocksdb::DB::Properties::kMinLogNumberToKeep, &needed);
  const auto oldestBefore = before.lower_bound(needed);
  const auto oldestAfter = after.lower_bound(needed);
  if (oldestBefore == before.end() || oldestAfter == after.end()) {
    return oldestBefore == before.end() && oldestAfter == after.end();
  }
  return *oldestBefore == *oldestAfter;
}

// Files that vanish while they are opened, and damage that is none but a file being written.
bool mayBeTheWriter(const Status& status) {
  return status.IsPathNotFound() || status.IsNotFound() || status.IsCorruption() || status.IsTryAgain() ||
         (status.IsIOError() && status.ToString().find("No such file") != std::string::npos);
}

}  // namespace

Status openReadOnly(const rocksdb::Options& options, const std::string& path, std::unique_ptr<rocksdb::DB>* out) {
  constexpr int kMostAttempts = 40;
  constexpr int kMostFailures = 6;
  int failures = 0;
  for (int attempt = 0; attempt < kMostAttempts; attempt++) {
    if (attempt > 0) std::this_thread::sleep_for(std::chrono::milliseconds(attempt < 8 ? attempt : 25));
    const LogNumbers before = listLogs(path);
    const Status status = openOnce<rocksdb::DB>(options, path, out, 0);
    if (!status.ok()) {
      if (!mayBeTheWriter(status) || ++failures == kMostFailures) return status;
      continue;
    }
    if (sawEveryLog(**out, before, listLogs(path))) return status;
    out->reset();
  }
  return Status::TryAgain("The writer of this database flushes faster than a reader can open it", path);
}

}  // namespace shale
