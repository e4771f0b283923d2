#include "recovery/gathered_files.h"

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/utilities/debug.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "core/directories.h"
#include "core/encoded_fields.h"
#include "core/errors.h"
#include "core/format.h"
#include "core/input_file.h"
#include "core/open_rocksdb.h"
#include "core/private_files.h"
#include "recovery/log_file_writer.h"
#include "recovery/manifest.h"
#include "recovery/manifest_tags.h"

namespace shale {

namespace {

constexpr const char* kBytewise = "leveldb.BytewiseComparator";
constexpr uint64_t kManifestNumber = 1;
// Above every sequence that a record can have, and with room for more.
constexpr uint64_t kBeyondAll = uint64_t{1} << 55;
constexpr uint8_t kValue = 1;
// Records read at a time, and bytes that they should have.
constexpr size_t kMostRecords = 256;
constexpr size_t kWantedBytes = size_t{4} << 20;
constexpr int kNoLimit = std::numeric_limits<int>::max() / 2;
constexpr int kMostInBatch = 4096;

std::vector<uint64_t> tableFilesIn(const std::string& directory) {
  std::vector<uint64_t> numbers;
  for (const std::string& name : namesIn(directory)) {
    const size_t stem = name.size() < 4 ? 0 : name.size() - 4;
    if (stem == 0 || stem > 18 || name.compare(stem, 4, ".sst") != 0) continue;
    if (name.find_first_not_of("0123456789") != stem) continue;
    numbers.push_back(std::stoull(name));
  }
  return numbers;
}

// A key as it is in a file, and so small that no deletion of a range in the file lies before it: RocksDB cuts these off at
// the largest key of their file.
std::string noKey() {
  std::string key(8, '\0');
  storeU64LE(key.data(), kValue);
  return key;
}

std::string manifestOf(const std::string& directory, const std::vector<uint64_t>& numbers) {
  uint64_t next = kManifestNumber + 1;
  for (const uint64_t number : numbers) next = std::max(next, number + 1);
  std::string edit;
  appendNumber(kComparator, &edit);
  appendSlice(kBytewise, &edit);
  appendNumber(kLogNumber, &edit);
  appendNumber(0, &edit);
  appendNumber(kNextFileNumber, &edit);
  appendNumber(next, &edit);
  appendNumber(kLastSequence, &edit);
  appendNumber(kBeyondAll, &edit);
  for (const uint64_t number : numbers) {
    appendNumber(kNewFile2, &edit);
    appendNumber(0, &edit);  // level
    appendNumber(number, &edit);
    appendNumber(InputFile(directory + "/" + tableFileName(number)).size(), &edit);
    appendSlice(noKey(), &edit);
    appendSlice(noKey(), &edit);
    // Sequences. There may be any number of files with none in level 0.
    appendNumber(0, &edit);
    appendNumber(0, &edit);
  }
  return edit;
}

void writeManifest(const std::string& directory, const std::vector<uint64_t>& numbers) {
  LogFileWriter manifest(directory + "/" + manifestName(kManifestNumber));
  manifest.append(manifestOf(directory, numbers));
  manifest.finish();
  const std::string path = directory + "/CURRENT";
  const rocksdb::Status status =
      rocksdb::WriteStringToFile(privateEnvironment(), manifestName(kManifestNumber) + "\n", path);
  throwIfFailed(status, path);
}

// Finds what deletions hide, and deletes it.
class Hiding {
 public:
  explicit Hiding(std::string directory) : directory_(std::move(directory)) {
    rocksdb::Options options;
    options.env = privateEnvironment();
    options.disable_auto_compactions = true;
    options.level0_slowdown_writes_trigger = kNoLimit;
    options.level0_stop_writes_trigger = kNoLimit;
    throwIfFailed(openRocksDB(options, directory_, &db_), directory_);
  }

  void run(const DeletionCover& cover) {
    const std::vector<DeletionCover::Piece>& pieces = cover.pieces();
    for (size_t i = 0; i + 1 < pieces.size(); i++) {
      if (pieces[i].latest > 0) look(pieces[i].from, pieces[i + 1].from, pieces[i].latest);
    }
    write();
  }

 private:
  // Records of the same fate without another between them.
  struct Run {
    std::string first;
    std::string last;
  };

  void look(const std::string& lower, const std::string& upper, uint64_t deletedAt) {
    std::optional<Run> run;
    std::string from = lower;
    for (bool more = true; more;) {
      std::vector<rocksdb::KeyVersion> found;
      throwIfFailed(rocksdb::GetAllKeyVersions(db_.get(), from, upper, page_, &found), directory_);
      more = found.size() == page_;
      size_t bytes = 0;
      for (const rocksdb::KeyVersion& version : found) {
        bytes += version.user_key.size() + version.value.size();
        // `upper` itself is none of it. Of each key the newest version comes first.
        const bool isOlder = version.user_key == last_ && hasLast_;
        if (isOlder || version.user_key >= upper) continue;
        last_ = version.user_key;
        hasLast_ = true;
        if (version.sequence > deletedAt) end(&run);
        else if (run) run->last = version.user_key;
        else run = Run{version.user_key, version.user_key};
      }
      if (!more) break;
      // Behind the last key, of which only older versions can follow.
      from = found.back().user_key + '\0';
      if (from >= upper) break;
      if (bytes < kWantedBytes / 2) page_ = std::min(page_ * 2, kMostRecords);
      else if (bytes > kWantedBytes) page_ = std::max<size_t>(page_ / 2, 1);
    }
    end(&run);
  }

  void end(std::optional<Run>* run) {
    if (*run) runs_.push_back(std::move(**run));
    run->reset();
  }

  void write() {
    if (runs_.empty()) return;
    rocksdb::WriteOptions options;
    options.disableWAL = true;
    rocksdb::WriteBatch batch;
    for (const Run& run : runs_) {
      throwIfFailed(batch.DeleteRange(run.first, run.last + '\0'), directory_);
      if (batch.Count() < kMostInBatch) continue;
      throwIfFailed(db_->Write(options, &batch), directory_);
      batch.Clear();
    }
    throwIfFailed(db_->Write(options, &batch), directory_);
    throwIfFailed(db_->Flush(rocksdb::FlushOptions()), directory_);
  }

  const std::string directory_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<Run> runs_;
  size_t page_ = 16;
  std::string last_;
  bool hasLast_ = false;
};

}  // namespace

void gatherTableFiles(const std::string& directory, const std::vector<RangeDeletion>& deletions) {
  writeManifest(directory, tableFilesIn(directory));
  Hiding(directory).run(DeletionCover(deletions));
}

}  // namespace shale
