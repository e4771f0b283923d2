#include "database/recent_files.h"

#include <filesystem>
#include <system_error>

#include "core/page_cache.h"

namespace shale {

namespace {

template <typename Files>
void leave(const Files& files) {
  for (const auto& file : files) leavePageCache(file.path);
}

}  // namespace

void RecentFiles::OnFlushCompleted(rocksdb::DB*, const rocksdb::FlushJobInfo& info) {
  File file = look(info.file_path);
  std::vector<File> old;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    bytes_ += file.bytes;
    files_.push_back(std::move(file));
    old = takeOld();
  }
  leave(old);
}

void RecentFiles::OnCompactionCompleted(rocksdb::DB*, const rocksdb::CompactionJobInfo& info) { made(info.output_files); }

void RecentFiles::made(const std::vector<std::string>& paths) {
  std::vector<File> made;
  for (const std::string& path : paths) made.push_back(look(path));
  std::vector<File> old;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::deque<File> there;
    for (File& file : files_) {
      if (look(file.path).bytes > 0) there.push_back(std::move(file));
      else bytes_ -= file.bytes;
    }
    files_.swap(there);
    for (File& file : made) {
      bytes_ += file.bytes;
      files_.push_front(std::move(file));
    }
    old = takeOld();
  }
  leave(old);
}

RecentFiles::File RecentFiles::look(const std::string& path) {
  std::error_code error;
  const uint64_t bytes = std::filesystem::file_size(path, error);
  return {path, error ? 0 : bytes};
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
