#include "manifest.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>

#include "errors.h"
#include "input_file.h"
#include "log_reader.h"

namespace shale {

namespace {

[[noreturn]] void throwCorrupt(const std::string& message, const std::string& directory) {
  throw DatabaseError{"ROCKSDB_CORRUPTION", message, "none", "none", directory};
}

// The fields of an edit, one after the other. What does not fit is an end.
class Fields {
 public:
  explicit Fields(const std::string& bytes) : bytes_(bytes) {}

  bool atEnd() const { return at_ == bytes_.size(); }
  bool failed() const { return failed_; }

  uint64_t number() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift <= 63 && at_ < bytes_.size(); shift += 7) {
      const uint8_t byte = static_cast<uint8_t>(bytes_[at_++]);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    failed_ = true;
    return 0;
  }

  void skipBytes() {
    const uint64_t size = number();
    if (size > bytes_.size() - at_) {
      failed_ = true;
    } else {
      at_ += static_cast<size_t>(size);
    }
  }

 private:
  const std::string& bytes_;
  size_t at_ = 0;
  bool failed_ = false;
};

enum Tag : uint64_t {
  kComparator = 1,
  kLogNumber = 2,
  kNextFileNumber = 3,
  kLastSequence = 4,
  kCompactCursor = 5,
  kDeletedFile = 6,
  kNewFile = 7,
  kPrevLogNumber = 9,
  kMinLogNumberToKeep = 10,
  kNewFile2 = 100,
  kNewFile3 = 102,
  kNewFile4 = 103,
  kColumnFamily = 200,
  kColumnFamilyAdd = 201,
  kColumnFamilyDrop = 202,
  kMaxColumnFamily = 203,
  kInAtomicGroup = 300,
  kIgnorable = 1 << 13,
};

struct Edit {
  bool understood = true;
  bool ofDefaultFamily = true;
  std::optional<uint64_t> logNumber;
  std::optional<uint64_t> minLogToKeep;
  std::optional<uint64_t> lastSequence;
  std::optional<uint64_t> nextFileNumber;
  bool comparator = false;
  uint64_t largestOfFiles = 0;
};

void readNewFile(Fields& fields, uint64_t tag, Edit& edit) {
  fields.number();  // level
  fields.number();  // number
  if (tag == kNewFile3) fields.number();
  fields.number();  // size
  fields.skipBytes();
  fields.skipBytes();
  if (tag == kNewFile) return;
  fields.number();
  const uint64_t largest = fields.number();
  edit.largestOfFiles = std::max(edit.largestOfFiles, largest);
  if (tag != kNewFile4) return;
  while (!fields.failed() && fields.number() != 1) fields.skipBytes();
}

Edit readEdit(const std::string& record) {
  Edit edit;
  Fields fields(record);
  while (!fields.atEnd() && !fields.failed()) {
    const uint64_t tag = fields.number();
    switch (tag) {
      case kComparator:
        edit.comparator = true;
        fields.skipBytes();
        break;
      case kColumnFamilyAdd: fields.skipBytes(); break;
      case kLogNumber: edit.logNumber = fields.number(); break;
      case kMinLogNumberToKeep: edit.minLogToKeep = fields.number(); break;
      case kLastSequence: edit.lastSequence = fields.number(); break;
      case kNextFileNumber: edit.nextFileNumber = fields.number(); break;
      case kPrevLogNumber:
      case kMaxColumnFamily:
      case kInAtomicGroup: fields.number(); break;
      case kColumnFamily: edit.ofDefaultFamily = fields.number() == 0; break;
      case kColumnFamilyDrop: break;
      case kCompactCursor:
        fields.number();
        fields.skipBytes();
        break;
      case kDeletedFile:
        fields.number();
        fields.number();
        break;
      case kNewFile:
      case kNewFile2:
      case kNewFile3:
      case kNewFile4: readNewFile(fields, tag, edit); break;
      default:
        if ((tag & kIgnorable) == 0) {
          edit.understood = false;
          return edit;
        }
        // The first three of these once came without a length (blob files and logs); Shale's databases have none.
        fields.skipBytes();
        break;
    }
  }
  edit.understood = !fields.failed();
  return edit;
}

}  // namespace

std::string manifestName(uint64_t number) {
  char name[40];
  std::snprintf(name, sizeof(name), "MANIFEST-%06llu", static_cast<unsigned long long>(number));
  return name;
}

std::optional<uint64_t> currentManifest(const std::string& directory) {
  const std::string path = directory + "/CURRENT";
  std::string text;
  try {
    text = readSmallFile(path, 64);
  } catch (const DatabaseError& error) {
    if (error.code == "ROCKSDB_NOT_FOUND") return std::nullopt;
    throw;
  }
  const std::string prefix = "MANIFEST-";
  uint64_t number = 0;
  bool good = text.size() > prefix.size() + 1 && text.size() < prefix.size() + 20 &&
              text.compare(0, prefix.size(), prefix) == 0 && text.back() == '\n';
  for (size_t i = prefix.size(); good && i + 1 < text.size(); i++) {
    good = text[i] >= '0' && text[i] <= '9';
    number = number * 10 + static_cast<uint64_t>(text[i] - '0');
  }
  if (!good) throwCorrupt("The file " + path + " does not name a manifest: it is damaged", directory);
  return number;
}

Manifest readManifest(const std::string& directory, uint64_t number) {
  const std::string path = directory + "/" + manifestName(number);
  Manifest manifest;
  manifest.number = number;
  try {
    LogReader reader(path, number, true);
    uint64_t edits = 0;
    uint64_t nextFileNumber = 0;
    std::optional<std::string> beginning;
    uint64_t minLogToKeep = 0;
    uint64_t logNumber = 0;
    for (;;) {
      const LogReader::Found found = reader.next();
      if (found == LogReader::Found::kEnd) break;
      if (found == LogReader::Found::kDamage) {
        if (reader.damage() == DamageKind::kTruncated) break;
        throwCorrupt("The manifest " + path + " is damaged at offset " + std::to_string(reader.damageStart()) + " (" +
                         nameOf(reader.damage()) + ")",
                     directory);
      }
      edits++;
      const Edit edit = readEdit(reader.record());
      if (!edit.understood) manifest.understood = false;
      // Edits that come twice, as when a sector was written to the wrong place. RocksDB would take them in, or end the
      // process: some builds of it have their assertions on. A repair of RocksDB's names the comparator twice, but not
      // in the same words.
      const bool begins = edit.comparator && edit.ofDefaultFamily;
      const bool again = (begins && beginning == reader.record()) ||
                         edit.lastSequence.value_or(manifest.lastSequence) < manifest.lastSequence ||
                         edit.nextFileNumber.value_or(nextFileNumber) < nextFileNumber;
      if (again) {
        throwCorrupt("The manifest " + path + " is damaged at offset " + std::to_string(reader.recordStart()) +
                         " (it goes back to an earlier state)",
                     directory);
      }
      if (begins && !beginning) beginning = reader.record();
      manifest.lastSequence = edit.lastSequence.value_or(manifest.lastSequence);
      nextFileNumber = edit.nextFileNumber.value_or(nextFileNumber);
      if (edit.minLogToKeep) minLogToKeep = std::max(minLogToKeep, *edit.minLogToKeep);
      if (!edit.ofDefaultFamily || !edit.logNumber) continue;
      logNumber = std::max(logNumber, *edit.logNumber);
      manifest.flushed = std::max(manifest.flushed, edit.largestOfFiles);
    }
    if (edits == 0) throwCorrupt("The manifest " + path + " holds nothing: it is damaged", directory);
    manifest.firstLog = std::max(logNumber, minLogToKeep);
  } catch (const DatabaseError& error) {
    if (error.code != "ROCKSDB_NOT_FOUND") throw;
    throwCorrupt("The manifest " + path + ", which CURRENT names, is missing", directory);
  }
  return manifest;
}

}  // namespace shale
