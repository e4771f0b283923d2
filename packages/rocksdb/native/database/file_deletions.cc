#include "database/file_deletions.h"

#include <rocksdb/file_system.h>

#include <system_error>
#include <utility>

#ifdef __linux__
#include <sys/prctl.h>
#endif

namespace shale {

using Clock = std::chrono::steady_clock;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

namespace {

constexpr char kTableFile[] = ".sst";

bool isTableFile(const std::string& path) {
  const size_t length = sizeof(kTableFile) - 1;
  return path.size() > length && path.compare(path.size() - length, length, kTableFile) == 0;
}

}  // namespace

// Logs are deleted at once: a backup takes those that it finds.
class FileDeletions::Files : public rocksdb::FileSystemWrapper {
 public:
  Files(const std::shared_ptr<rocksdb::FileSystem>& target, FileDeletions& deletions)
      : rocksdb::FileSystemWrapper(target), deletions_(deletions) {}

  const char* Name() const override { return "shale.fileDeletions"; }

  IOStatus DeleteFile(const std::string& path, const IOOptions& options, IODebugContext* context) override {
    if (!isTableFile(path)) return target()->DeleteFile(path, options, context);
    deletions_.add(path);
    return IOStatus::OK();
  }

 private:
  FileDeletions& deletions_;
};

FileDeletions::FileDeletions(rocksdb::Env& environment)
    : files_(environment.GetFileSystem()), environment_(rocksdb::NewCompositeEnv(std::make_shared<Files>(files_, *this))) {}

FileDeletions::~FileDeletions() {
  leave();
  if (thread_.joinable()) thread_.join();
}

void FileDeletions::add(std::string path) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (ending_) return;
    try {
      if (!thread_.joinable()) thread_ = std::thread(&FileDeletions::run, this);
      paths_.push_back(std::move(path));
      changed_.notify_all();
      return;
    } catch (const std::system_error&) {
      // No thread to be had.
    }
  }
  remove(path);
}

// What cannot be deleted the next opening tries again.
void FileDeletions::remove(const std::string& path) const {
  files_->DeleteFile(path, IOOptions(), nullptr).PermitUncheckedError();
}

void FileDeletions::run() {
#ifdef __linux__
  ::prctl(PR_SET_NAME, "shale:deletions");
#endif
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !paths_.empty(); });
    if (ending_) return;
    const std::string path = std::move(paths_.front());
    paths_.pop_front();
    removing_ = true;
    lock.unlock();
    const Clock::time_point began = Clock::now();
    remove(path);
    const Clock::duration took = Clock::now() - began;
    lock.lock();
    removing_ = false;
    changed_.notify_all();
    rest(lock, took);
  }
}

void FileDeletions::rest(std::unique_lock<std::mutex>& lock, Clock::duration time) {
  changed_.wait_for(lock, time, [this] { return ending_ || waiting_ > 0; });
}

void FileDeletions::finish() {
  std::unique_lock<std::mutex> lock(mutex_);
  waiting_++;
  changed_.notify_all();
  changed_.wait(lock, [this] { return ending_ || (paths_.empty() && !removing_); });
  waiting_--;
}

void FileDeletions::leave() {
  const std::lock_guard<std::mutex> lock(mutex_);
  ending_ = true;
  paths_.clear();
  changed_.notify_all();
}

}  // namespace shale
