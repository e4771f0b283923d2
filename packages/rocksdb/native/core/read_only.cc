#include "core/read_only.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <thread>
#include <vector>

#include "core/directories.h"
#include "core/open_rocksdb.h"

namespace shale {

namespace {

using rocksdb::Status;

// By the column family: otherwise RocksDB makes a CompactedDB of a database that has one level at most, and of one
// without table files, whose levels end before the first, one that crashes at the first Get.
Status openOnce(const rocksdb::Options& options, const std::string& path, std::unique_ptr<rocksdb::DB>* out) {
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const rocksdb::ColumnFamilyDescriptor family(rocksdb::kDefaultColumnFamilyName, options);
  const Status status = openInto(out, [&](auto* db) -> decltype(rocksdb::DB::OpenForReadOnly(options, path, {}, &handles, db)) {
    return rocksdb::DB::OpenForReadOnly(options, path, {family}, &handles, db);
  });
  if (status.ok()) {
    for (rocksdb::ColumnFamilyHandle* handle : handles) (*out)->DestroyColumnFamilyHandle(handle);
  }
  return status;
}

using LogNumbers = std::set<uint64_t>;

LogNumbers logsOf(const Listing& listing) {
  LogNumbers logs;
  for (const std::string& name : listing.files) {
    if (std::filesystem::path(name).extension() == ".log") logs.insert(std::strtoull(name.c_str(), nullptr, 10));
  }
  return logs;
}

// Log files are made in the order of their numbers, and a number is never used again; of those that are deleted
// together the newest goes first. So if all that were there before the open, of those that the manifest needs, are there
// after it, they were there all the time. One that was made and deleted meanwhile is a gap to LogContinuity, or was the
// last. Where there was none before, there must be none after it.
bool sawEveryLog(rocksdb::DB& db, const LogNumbers& before, const LogNumbers& after) {
  uint64_t needed = 0;
  db.GetIntProperty(rocksdb::DB::Properties::kMinLogNumberToKeep, &needed);
  const auto first = before.lower_bound(needed);
  if (first == before.end()) return after.lower_bound(needed) == after.end();
  return std::includes(after.begin(), after.end(), first, before.end());
}

// With paranoid_checks off RocksDB opens a database that lacks files, or has some that do not open. An iterator over
// one of those may end the process (7.8 lets go of it twice): so there is none.
Status openEveryFile(const rocksdb::Options& options, rocksdb::DB& db) {
  if (options.paranoid_checks) return Status::OK();
  rocksdb::TablePropertiesCollection properties;
  const Status status = db.GetPropertiesOfAllTables(&properties);
  return status.IsPathNotFound() || status.IsNotFound() ? Status::Corruption(status.ToString()) : status;
}

// Files that vanish while they are opened, and damage that is none but a file being written. Real damage says the
// same, but does so in a directory that stays as it is.
bool mayBeTheWriter(const Status& status) {
  return status.IsPathNotFound() || status.IsNotFound() || status.IsCorruption() || status.IsTryAgain() ||
         (status.IsIOError() && status.ToString().find("No such file") != std::string::npos);
}

}  // namespace

Status openReadOnly(const rocksdb::Options& options, const std::string& path, std::unique_ptr<rocksdb::DB>* out) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds(10);
  for (int attempt = 0; attempt == 0 || Clock::now() < deadline; attempt++) {
    if (attempt > 0) std::this_thread::sleep_for(std::chrono::milliseconds(std::min(attempt, 25)));
    const Listing before = listDirectory(path);
    Status status = openOnce(options, path, out);
    if (status.ok()) status = openEveryFile(options, **out);
    const Listing after = listDirectory(path);
    if (status.ok()) {
      if (sawEveryLog(**out, logsOf(before), logsOf(after))) return status;
      out->reset();
    } else if (!mayBeTheWriter(status) || (before == after && attempt > 0)) {
      out->reset();
      return status;
    }
  }
  return Status::TryAgain("The writer of this database flushes faster than a reader can open it", path);
}

}  // namespace shale
