#include "database/unreadable_files.h"

#include <fcntl.h>
#include <rocksdb/metadata.h>
#include <unistd.h>

#include <cctype>
#include <cstdio>
#include <sstream>
#include <utility>

#include "core/errors.h"
#include "core/executor.h"
#include "core/input_file.h"
#include "core/json.h"
#include "core/regular_file.h"

namespace shale {

using rocksdb::BackgroundErrorReason;
using rocksdb::Status;

namespace {

constexpr size_t kMostBytes = 1 << 20;
constexpr size_t kMostFailures = 100;

// The input of the compaction that has just failed in this thread: RocksDB tells of the end of a compaction first, and
// of its error right after; of one by files it tells the error alone.
thread_local std::vector<std::string> failedInputs;

// RocksDB says by its words alone whether it was reading.
bool isOfReading(const Status& status) {
  if (status.IsCorruption()) return true;
  if (!status.IsIOError()) return false;
  const std::string text = status.ToString();
  for (const char* call : {"While pread", "While open a file for random read", "While mmap file for read"}) {
    if (text.find(call) != std::string::npos) return true;
  }
  return false;
}

std::string baseName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// The table files that a message names.
std::vector<std::string> namesIn(const std::string& text) {
  std::vector<std::string> names;
  for (size_t end = text.find(".sst"); end != std::string::npos; end = text.find(".sst", end + 1)) {
    size_t start = end;
    while (start > 0 && std::isdigit(static_cast<unsigned char>(text[start - 1]))) start--;
    if (start < end) names.push_back(text.substr(start, end - start + 4));
  }
  return names;
}

std::string hex(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) {
    char digits[3];
    std::snprintf(digits, sizeof(digits), "%02x", static_cast<unsigned char>(byte));
    text += digits;
  }
  return text;
}

std::string asLine(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return text;
}

}  // namespace

void UnreadableFiles::compacts(const std::vector<std::string>& files) { failedInputs = files; }

void UnreadableFiles::OnCompactionCompleted(rocksdb::DB*, const rocksdb::CompactionJobInfo& info) {
  failedInputs.clear();
  if (!info.status.ok()) failedInputs = info.input_files;
}

void UnreadableFiles::OnBackgroundError(BackgroundErrorReason reason, Status* status) {
  if (reason != BackgroundErrorReason::kCompaction || isOutOfResources(*status) || !isOfReading(*status)) return;
  Failure failure{asLine(status->ToString()), std::exchange(failedInputs, {})};
  *status = Status::OK();
  metDamage_ = true;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (failures_.size() < kMostFailures) failures_.push_back(std::move(failure));
  }
  settleSoon();
}

void UnreadableFiles::attach(rocksdb::DB& db) {
  bool due;
  {
    std::lock_guard<std::mutex> lock(using_);
    db_ = &db;
    metDamage_ = false;
    std::lock_guard<std::mutex> own(mutex_);
    due = !failures_.empty();
  }
  if (due) settleSoon();
}

void UnreadableFiles::detach() {
  std::lock_guard<std::mutex> lock(using_);
  db_ = nullptr;
}

// RocksDB must not be called from within its own callback.
void UnreadableFiles::settleSoon() {
  try {
    Executor::brief().submit([self = shared_from_this()] { self->settle(); });
  } catch (...) {
    // No thread to be had: the next failure tries again.
  }
}

void UnreadableFiles::settle() {
  try {
    std::lock_guard<std::mutex> lock(using_);
    if (db_ == nullptr) return;
    std::vector<Failure> failures;
    {
      std::lock_guard<std::mutex> own(mutex_);
      failures.swap(failures_);
    }
    for (const Failure& failure : failures) note(failure);
  } catch (...) {
    // No memory: the next failure tries again.
  }
}

void UnreadableFiles::note(const Failure& failure) {
  std::vector<rocksdb::LiveFileMetaData> live;
  db_->GetLiveFilesMetaData(&live);
  // What the message names may be the file that was being made: then it was one of those that it was made of.
  const std::vector<std::string> named = namesIn(failure.message);
  const auto noteAll = [&](const std::vector<std::string>& names) {
    bool any = false;
    for (const std::string& path : names) {
      const std::string name = baseName(path);
      for (const rocksdb::LiveFileMetaData& file : live) {
        if (baseName(file.relative_filename) != name) continue;
        any = true;
        const File found{failure.message, hex(file.smallestkey), hex(file.largestkey)};
        {
          std::lock_guard<std::mutex> lock(mutex_);
          if (files_.count(name) > 0) continue;
        }
        tellOthers(name, found);
        std::lock_guard<std::mutex> lock(mutex_);
        files_.emplace(name, found);
      }
    }
    return any;
  };
  if (!noteAll(named)) noteAll(failure.inputs);
}

// A line for each file: name, smallest and largest key, message. What cannot be written here is known to this process
// all the same.
void UnreadableFiles::tellOthers(const std::string& name, const File& file) const {
  const std::string path = directory_ + "/UNREADABLE";
  std::string text;
  try {
    std::istringstream lines(readSmallFile(path, kMostBytes));
    for (std::string line; std::getline(lines, line);) {
      if (line.compare(0, name.size() + 1, name + " ") != 0) text += line + "\n";
    }
  } catch (const DatabaseError&) {
    // There is none, or none that can be used.
  }
  text += name + " " + (file.smallest.empty() ? "-" : file.smallest) + " " +
          (file.largest.empty() ? "-" : file.largest) + " " + file.message + "\n";
  const std::string next = path + ".tmp";
  ::unlink(next.c_str());
  const Descriptor out(openRegular(next, O_WRONLY | O_CREAT | O_EXCL, 0600));
  if (!out.isOpen()) return;
  const bool written = ::write(out.number(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(out.number()) == 0 && std::rename(next.c_str(), path.c_str()) == 0;
  if (!written) ::unlink(next.c_str());
}

std::string UnreadableFiles::json() const {
  std::lock_guard<std::mutex> lock(mutex_);
  Json json;
  json.open('[');
  for (const auto& [name, file] : files_) {
    json.open('{').key("file").string(name).key("message").string(file.message);
    json.key("smallest").string(file.smallest).key("largest").string(file.largest).close('}');
  }
  return json.close(']').text();
}

}  // namespace shale
