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
constexpr int kBlobIndex = 0x11;
constexpr const char* kBlobEnd = ".blob";
// Records read at a time, and bytes that they should have.
constexpr size_t kMostRecords = 256;
constexpr size_t kWantedBytes = size_t{4} << 20;
constexpr int kNoLimit = std::numeric_limits<int>::max() / 2;
constexpr int kMostInBatch = 4096;

// The numbers of the files whose names end like that.
std::vector<uint64_t> filesIn(const std::string& directory, const std::string& end) {
  std::vector<uint64_t> numbers;
  for (const std::string& name : namesIn(directory)) {
    const size_t stem = name.size() < end.size() ? 0 : name.size() - end.size();
    if (stem == 0 || stem > 18 || name.compare(stem, end.size(), end) != 0) continue;
    if (name.find_first_not_of("0123456789") != stem) continue;
    numbers.push_back(std::stoull(name));
  }
  return numbers;
}

std::string blobFileName(uint64_t number) {
  const std::string table = tableFileName(number);
  return table.substr(0, table.size() - 4) + kBlobEnd;
}

// A key as it is in a file, and so small that no deletion of a range in the file lies before it: RocksDB cuts these off
// at the largest key of their file.
std::string noKey() {
  std::string key(8, '\0');
  storeU64LE(key.data(), kValue);
  return key;
}

std::string manifestOf(const std::string& directory) {
  const std::vector<uint64_t> tables = filesIn(directory, ".sst");
  const std::vector<uint64_t> blobs = filesIn(directory, kBlobEnd);
  uint64_t next = kManifestNumber + 1;
  for (const uint64_t number : tables) next = std::max(next, number + 1);
  for (const uint64_t number : blobs) next = std::max(next, number + 1);
  std::string edit;
  appendNumber(kComparator, &edit);
  appendSlice(kBytewise, &edit);
  appendNumber(kLogNumber, &edit);
  appendNumber(0, &edit);
  appendNumber(kNextFileNumber, &edit);
  appendNumber(next, &edit);
  appendNumber(kLastSequence, &edit);
  appendNumber(kBeyondAll, &edit);
  for (const uint64_t number : blobs) {
    appendNumber(kNewBlobFile, &edit);
    appendNumber(number, &edit);
    appendNumber(1, &edit);  // values, as far as anybody compares that with the garbage: some
    appendNumber(InputFile(directory + "/" + blobFileName(number)).size(), &edit);
    appendSlice({}, &edit);  // checksum
    appendSlice({}, &edit);
    appendNumber(0, &edit);  // no more fields
  }
  for (const uint64_t number : tables) {
    appendNumber(kNewFile4, &edit);
    appendNumber(0, &edit);  // level
    appendNumber(number, &edit);
    appendNumber(InputFile(directory + "/" + tableFileName(number)).size(), &edit);
    appendSlice(noKey(), &edit);
    appendSlice(noKey(), &edit);
    // Sequences. There may be any number of files with none in level 0.
    appendNumber(0, &edit);
    appendNumber(0, &edit);
    // RocksDB keeps the blob files from the first one on that a table file says it needs.
    if (!blobs.empty()) {
      std::string first;
      appendNumber(*std::min_element(blobs.begin(), blobs.end()), &first);
      appendNumber(kOldestBlobFile, &edit);
      appendSlice(first, &edit);
    }
    appendNumber(kEndOfFields, &edit);
  }
  return edit;
}

void writeManifest(const std::string& directory) {
  LogFileWriter manifest(directory + "/" + manifestName(kManifestNumber));
  manifest.append(manifestOf(directory));
  manifest.finish();
  const std::string path = directory + "/CURRENT";
  const rocksdb::Status status =
      rocksdb::WriteStringToFile(privateEnvironment(), manifestName(kManifestNumber) + "\n", path);
  throwIfFailed(status, path);
}

// Finds what deletions hide, or what cannot be read, and deletes it.
class Gathered {
 public:
  explicit Gathered(std::string directory) : directory_(std::move(directory)) {
    rocksdb::Options options;
    options.env = privateEnvironment();
    options.disable_auto_compactions = true;
    options.level0_slowdown_writes_trigger = kNoLimit;
    options.level0_stop_writes_trigger = kNoLimit;
    throwIfFailed(openRocksDB(options, directory_, &db_), directory_);
  }

  void hide(const DeletionCover& cover) {
    const std::vector<DeletionCover::Piece>& pieces = cover.pieces();
    for (size_t i = 0; i + 1 < pieces.size(); i++) {
      if (pieces[i].latest > 0) look(pieces[i].from, pieces[i + 1].from, pieces[i].latest);
    }
    write();
  }

  // Values are read from where they are when an iterator comes to them: one that cannot be read ends it.
  std::vector<LostValues> leaveOutLostValues() {
    std::vector<LostValues> lost;
    std::string from;
    for (bool isNext = false;;) {
      const std::unique_ptr<rocksdb::Iterator> iterator(db_->NewIterator(rocksdb::ReadOptions()));
      for (iterator->Seek(from); iterator->Valid(); iterator->Next()) {
        from = iterator->key().ToString() + '\0';
        isNext = false;
      }
      if (iterator->status().ok()) break;
      const std::optional<std::string> key = nextBlob(from);
      if (!key) throwIfFailed(iterator->status(), directory_);
      const std::string message = iterator->status().ToString();
      if (!isNext) lost.push_back({*key, *key, 0, message});
      lost.back().last = *key;
      lost.back().count++;
      from = *key + '\0';
      isNext = true;
    }
    for (const LostValues& values : lost) runs_.push_back({values.first, values.last});
    write();
    return lost;
  }

 private:
  // The first key from there on whose value is in a blob file.
  std::optional<std::string> nextBlob(std::string from) {
    std::string seen;
    for (bool started = false;;) {
      std::vector<rocksdb::KeyVersion> found;
      throwIfFailed(rocksdb::GetAllKeyVersions(db_.get(), from, rocksdb::Slice(), kMostRecords, &found), directory_);
      for (const rocksdb::KeyVersion& version : found) {
        if (started && version.user_key == seen) continue;
        if (version.type == kBlobIndex) return version.user_key;
        seen = version.user_key;
        started = true;
      }
      if (found.size() < kMostRecords) return std::nullopt;
      from = seen + '\0';
    }
  }

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
    runs_.clear();
  }

  const std::string directory_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<Run> runs_;
  size_t page_ = 16;
  std::string last_;
  bool hasLast_ = false;
};

}  // namespace

std::vector<LostValues> gatherTableFiles(const std::string& directory, const std::vector<RangeDeletion>& deletions,
                                         bool hasBlobs) {
  writeManifest(directory);
  Gathered gathered(directory);
  gathered.hide(DeletionCover(deletions));
  if (!hasBlobs) return {};
  return gathered.leaveOutLostValues();
}

}  // namespace shale
