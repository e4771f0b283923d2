#include "recovery/manifest.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/encoded_fields.h"
#include "core/errors.h"
#include "core/input_file.h"
#include "core/private_files.h"
#include "recovery/log_file_writer.h"
#include "recovery/log_reader.h"
#include "recovery/manifest_tags.h"

namespace shale {

namespace {

[[noreturn]] void throwCorrupt(const std::string& message, const std::string& directory) {
  throw DatabaseError{"ROCKSDB_CORRUPTION", message, directory};
}

struct Edit {
  bool understood = true;
  uint64_t family = 0;
  std::optional<uint64_t> logNumber;
  std::optional<uint64_t> minLogToKeep;
  std::optional<uint64_t> lastSequence;
  std::optional<uint64_t> nextFileNumber;
  std::optional<std::string> comparator;
  std::optional<std::string> addedFamily;
  bool dropsFamily = false;
  bool namesBlobFile = false;
  uint64_t largestOfFiles = 0;
  std::vector<uint64_t> deletedFiles;
  std::vector<std::pair<uint64_t, TableFileFacts>> newFiles;
};

void readNewFile(EncodedFields& fields, uint64_t tag, Edit& edit) {
  TableFileFacts facts;
  facts.level = fields.number();
  // The upper two bits, once, said in which of several directories it is.
  const uint64_t packed = fields.number();
  facts.place = tag == kNewFile3 ? fields.number() : packed >> 62;
  facts.bytes = fields.number();
  facts.smallest = fields.slice();
  facts.largest = fields.slice();
  if (tag != kNewFile) {
    fields.number();
    facts.largestSequence = fields.number();
  }
  edit.largestOfFiles = std::max(edit.largestOfFiles, facts.largestSequence);
  while (tag == kNewFile4 && !fields.failed()) {
    const uint64_t field = fields.number();
    if (field == kEndOfFields) break;
    const std::string_view value = fields.slice();
    if (field == kPlace && value.size() == 1) facts.place = static_cast<uint8_t>(value[0]);
  }
  edit.newFiles.emplace_back(packed & 0x3fffffffffffffff, std::move(facts));
}

// Fields with numbers and lengths, up to a 0.
void skipCustomFields(EncodedFields& fields) {
  while (!fields.failed() && fields.number() != 0) fields.slice();
}

Edit readEdit(const std::string& record) {
  Edit edit;
  EncodedFields fields(record);
  while (fields.more()) {
    const uint64_t tag = fields.number();
    switch (tag) {
      case kComparator:
        edit.comparator = std::string(fields.slice());
        break;
      case kColumnFamilyAdd: edit.addedFamily = std::string(fields.slice()); break;
      case kLogNumber: edit.logNumber = fields.number(); break;
      case kMinLogNumberToKeep: edit.minLogToKeep = fields.number(); break;
      case kLastSequence: edit.lastSequence = fields.number(); break;
      case kNextFileNumber: edit.nextFileNumber = fields.number(); break;
      case kPrevLogNumber:
      case kMaxColumnFamily:
      case kInAtomicGroup: fields.number(); break;
      case kColumnFamily: edit.family = fields.number(); break;
      case kColumnFamilyDrop: edit.dropsFamily = true; break;
      case kCompactCursor:
        fields.number();
        fields.slice();
        break;
      case kDeletedFile:
        fields.number();  // level
        edit.deletedFiles.push_back(fields.number());
        break;
      case kNewFile:
      case kNewFile2:
      case kNewFile3:
      case kNewFile4: readNewFile(fields, tag, edit); break;
      case kNewBlobFile:
        edit.namesBlobFile = true;
        for (int i = 0; i < 3; i++) fields.number();  // number, count, bytes
        fields.slice();
        fields.slice();
        skipCustomFields(fields);
        break;
      case kBlobGarbage:
        for (int i = 0; i < 3; i++) fields.number();
        skipCustomFields(fields);
        break;
      default:
        if ((tag & kIgnorable) == 0) {
          edit.understood = false;
          return edit;
        }
        // The first of these once came without a length (blob files and logs), in versions that were never released.
        fields.slice();
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

std::string tableFileName(uint64_t number) {
  char name[40];
  std::snprintf(name, sizeof(name), "%06llu.sst", static_cast<unsigned long long>(number));
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

namespace {

// Takes in edit after edit.
class Reading {
 public:
  explicit Reading(Manifest& manifest) : manifest_(manifest) {}

  // False: it goes back to an earlier state, as when a sector was written to the wrong place. RocksDB would take that
  // in, or end the process: some builds of it have their assertions on. A repair of RocksDB's names the comparator
  // twice, but not in the same words.
  bool take(const Edit& edit, const std::string& record) {
    const bool ofDefaultFamily = edit.family == 0;
    const bool begins = edit.comparator && ofDefaultFamily;
    if (begins && beginning_ == record) return false;
    if (edit.lastSequence.value_or(manifest_.lastSequence) < manifest_.lastSequence) return false;
    if (edit.nextFileNumber.value_or(nextFileNumber_) < nextFileNumber_) return false;
    if (begins && !beginning_) beginning_ = record;
    if (!edit.understood) manifest_.understood = false;
    if (edit.namesBlobFile) manifest_.namesBlobFiles = true;
    manifest_.lastSequence = edit.lastSequence.value_or(manifest_.lastSequence);
    nextFileNumber_ = edit.nextFileNumber.value_or(nextFileNumber_);
    // A file that is moved to another level is deleted and added.
    for (const uint64_t number : edit.deletedFiles) {
      manifest_.tableFiles.erase(number);
      manifest_.facts.erase(number);
      manifest_.deletedFiles.insert(number);
    }
    for (const auto& [number, facts] : edit.newFiles) {
      manifest_.tableFiles[number] = facts.bytes;
      manifest_.facts[number] = facts;
      manifest_.deletedFiles.erase(number);
    }
    if (begins) manifest_.comparator = *edit.comparator;
    if (edit.addedFamily && !ofDefaultFamily) manifest_.families[edit.family] = *edit.addedFamily;
    if (edit.dropsFamily) manifest_.families.erase(edit.family);
    manifest_.firstLog = std::max(manifest_.firstLog, edit.minLogToKeep.value_or(0));
    hasNumbers_ = hasNumbers_ || edit.nextFileNumber;
    hasSequence_ = hasSequence_ || edit.lastSequence;
    hasLog_ = hasLog_ || (ofDefaultFamily && edit.logNumber);
    manifest_.complete = beginning_ && hasNumbers_ && hasSequence_ && hasLog_;
    if (ofDefaultFamily && edit.logNumber) {
      manifest_.firstLog = std::max(manifest_.firstLog, *edit.logNumber);
      manifest_.flushed = std::max(manifest_.flushed, edit.largestOfFiles);
    }
    return true;
  }

 private:
  Manifest& manifest_;
  uint64_t nextFileNumber_ = 0;
  std::optional<std::string> beginning_;
  bool hasNumbers_ = false;
  bool hasSequence_ = false;
  bool hasLog_ = false;
};

}  // namespace

uint64_t Manifest::levels() const {
  uint64_t levels = 0;
  for (const auto& [number, file] : facts) levels = std::max(levels, file.level + 1);
  return levels;
}

Manifest readManifest(const std::string& directory, uint64_t number) {
  const std::string path = directory + "/" + manifestName(number);
  Manifest manifest;
  manifest.number = number;
  try {
    LogReader reader(path, number, true);
    Reading reading(manifest);
    uint64_t kept = 0;
    for (;;) {
      const LogReader::Found found = reader.next();
      if (found == LogReader::Found::kEnd) break;
      if (found == LogReader::Found::kDamage) {
        if (reader.damage() == DamageKind::kTruncated) break;
        manifest.damage = ManifestDamage{reader.damageStart(), 0, nameOf(reader.damage()), reader.damage()};
        break;
      }
      if (!reading.take(readEdit(reader.record()), reader.record())) {
        manifest.damage =
            ManifestDamage{reader.recordStart(), 0, "it goes back to an earlier state", DamageKind::kRepeated};
        break;
      }
      kept = reader.recordEnd();
    }
    if (reader.compressed() || reader.unknownType()) manifest.understood = false;
    if (manifest.damage) {
      manifest.damage->bytes = reader.fileSize() - manifest.damage->offset;
      if (kept == 0) throwDamaged(directory, manifest, false);
    }
    if (kept == 0) throwCorrupt("The manifest " + path + " holds nothing: it is damaged", directory);
  } catch (const DatabaseError& error) {
    if (error.code != "ROCKSDB_NOT_FOUND") throw;
    throwCorrupt("The manifest " + path + ", which CURRENT names, is missing", directory);
  }
  return manifest;
}

void copyManifestWithout(const std::string& directory, uint64_t number, const std::set<uint64_t>& tableFiles,
                         const std::string& target) {
  const Manifest manifest = readManifest(directory, number);
  if (manifest.damage) throwDamaged(directory, manifest, false);
  LogReader reader(directory + "/" + manifestName(number), number, true);
  LogFileWriter writer(target + "/" + manifestName(number));
  while (reader.next() == LogReader::Found::kRecord) writer.append(reader.record());
  std::string edit;
  for (const uint64_t file : tableFiles) {
    const auto facts = manifest.facts.find(file);
    if (facts == manifest.facts.end()) continue;
    appendNumber(kDeletedFile, &edit);
    appendNumber(facts->second.level, &edit);
    appendNumber(file, &edit);
  }
  if (!edit.empty()) writer.append(edit);
  writer.finish();
  const std::string current = target + "/CURRENT";
  throwIfFailed(rocksdb::WriteStringToFile(privateEnvironment(), manifestName(number) + "\n", current), current);
}

void throwDamaged(const std::string& directory, const Manifest& manifest, bool harmless) {
  throwCorrupt("The manifest " + directory + "/" + manifestName(manifest.number) + " is damaged at offset " +
                   std::to_string(manifest.damage->offset) + " (" + manifest.damage->reason + ")" +
                   (harmless ? ". Nothing that was acknowledged depends on that: opened for writing, it goes on without it"
                             : ""),
               directory);
}

}  // namespace shale
