#include "database/recent_files.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

#include "core/page_cache.h"

namespace shale {

namespace {

template <typename Files>
void leave(const Files& files) {
  for (const auto& file : files) leavePageCache(file.path);
}

}  // namespace

void RecentFiles::OnFlushCompleted(rocksdb::DB*, const rocksdb::FlushJobInfo& info) {
  const uint64_t bytes = sizeOf(info.file_path);
  std::vector<File> old;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    bytes_ += bytes;
    files_.push_back({info.file_path, bytes, true});
    old = takeOld();
  }
  leave(old);
}

void RecentFiles::OnCompactionCompleted(rocksdb::DB*, const rocksdb::CompactionJobInfo& info) { made(info.output_files); }

void RecentFiles::made(const std::vector<std::string>& paths) {
  std::vector<File> old;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    auto at = std::find_if(files_.begin(), files_.end(), [](const File& file) { return file.flushed; });
    for (const std::string& path : paths) {
      const uint64_t bytes = sizeOf(path);
      bytes_ += bytes;
      at = std::next(files_.insert(at, {path, bytes, false}));
    }
    old = takeOld();
  }
  leave(old);
}

void RecentFiles::OnTableFileDeleted(const rocksdb::TableFileDeletionInfo& info) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto file =
      std::find_if(files_.begin(), files_.end(), [&](const File& known) { return known.path == info.file_path; });
  if (file == files_.end()) return;
  bytes_ -= file->bytes;
  files_.erase(file);
}

uint64_t RecentFiles::sizeOf(const std::string& path) {
  std::error_code error;
  const uint64_t bytes = std::filesystem::file_size(path, error);
  return error ? 0 : bytes;
}

std::vector<RecentFiles::File> RecentFiles::takeOld() {
  std::vector<File> old;
  while (bytes_ > mostBytes_) {
    bytes_ -= files_.front().bytes;
    old.push_back(std::move(files_.front()));
    files_.pop_front();
  }
  return old;
}

}  // namespace shale
