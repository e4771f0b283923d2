// What a repair has to know of a directory before it trusts any of it: read byte by byte, without RocksDB.
#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "calls/calls.h"
#include "core/directories.h"
#include "core/format.h"
#include "core/input_file.h"
#include "core/json.h"
#include "napi/entry.h"
#include "napi/operation.h"
#include "recovery/batch_reader.h"
#include "recovery/log_file_writer.h"
#include "recovery/log_reader.h"
#include "recovery/manifest.h"
#include "recovery/stored_deletions.h"
#include "recovery/watermark.h"

namespace shale {

namespace {

constexpr size_t kMostDamages = 64;
constexpr size_t kTag = 8;
constexpr const char* kManifestPrefix = "MANIFEST-";

std::string hexOf(const std::string& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    hex += kDigits[static_cast<uint8_t>(c) >> 4];
    hex += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return hex;
}

// The key without what a file has behind it.
std::string userKey(const std::string& key) { return key.size() < kTag ? key : key.substr(0, key.size() - kTag); }

// The numbers of the manifests in a directory, the newest first.
std::vector<uint64_t> listManifests(const std::string& directory) {
  std::vector<uint64_t> numbers;
  for (const std::string& name : namesIn(directory)) {
    const std::string prefix = kManifestPrefix;
    if (name.rfind(prefix, 0) != 0 || name.size() == prefix.size() || name.size() > prefix.size() + 18) continue;
    if (name.find_first_not_of("0123456789", prefix.size()) != std::string::npos) continue;
    numbers.push_back(std::stoull(name.substr(prefix.size())));
  }
  std::sort(numbers.rbegin(), numbers.rend());
  return numbers;
}

// What leads to the files: the manifest that CURRENT names, or when that cannot be read to its end, the newest one that can.
class Head {
 public:
  explicit Head(const std::string& directory) : directory_(directory) {
    std::optional<uint64_t> named;
    try {
      named = currentManifest(directory);
      if (!named) failure_ = "The file CURRENT is missing";
    } catch (const DatabaseError& error) {
      failure_ = error.message;
    }
    if (named) take(*named);
    for (const uint64_t number : listManifests(directory)) {
      if (isWhole()) break;
      if (number != named.value_or(0)) take(number);
    }
  }

  const std::optional<Manifest>& manifest() const { return manifest_; }
  bool isWhole() const { return manifest_ && !manifest_->damage && manifest_->understood && manifest_->complete; }
  // Why CURRENT and the manifest that it names do not do; empty when they do.
  const std::string& failure() const { return failure_; }

 private:
  void take(uint64_t number) {
    try {
      Manifest manifest = readManifest(directory_, number);
      if (manifest.damage) {
        fail("The manifest " + manifestName(number) + " is damaged at offset " + std::to_string(manifest.damage->offset) +
             " (" + manifest.damage->reason + ")");
      } else if (!manifest.understood || !manifest.complete) {
        fail("The manifest " + manifestName(number) + " does not say all that there must be in one");
      }
      // One that can be read in part is better than none.
      const bool whole = !manifest.damage && manifest.understood && manifest.complete;
      if (whole || !manifest_) manifest_ = std::move(manifest);
    } catch (const DatabaseError& error) {
      fail(error.message);
    }
  }
  void fail(const std::string& message) {
    if (failure_.empty()) failure_ = message;
  }

  const std::string directory_;
  std::optional<Manifest> manifest_;
  std::string failure_;
};

void describe(const Manifest& manifest, bool whole, Json& json) {
  json.open('{').key("number").wide(manifest.number).key("whole").boolean(whole);
  json.key("firstLog").wide(manifest.firstLog).key("lastSequence").wide(manifest.lastSequence);
  json.key("flushed").wide(manifest.flushed).key("files").open('[');
  for (const auto& [number, facts] : manifest.facts) {
    json.open('{').key("name").string(tableFileName(number)).key("size").number(facts.bytes);
    json.key("smallest").string(hexOf(userKey(facts.smallest))).key("largest").string(hexOf(userKey(facts.largest)));
    json.close('}');
  }
  json.close(']').key("dropped").open('[');
  for (const uint64_t number : manifest.deletedFiles) json.string(tableFileName(number));
  json.close(']').key("namesBlobFiles").boolean(manifest.namesBlobFiles).close('}');
}

// surveyDirectory(path): Promise<string>, JSON: what the watermark and the manifest say.
napi_value surveyDirectory(const Arguments& arguments) {
  const std::string path = arguments.string(0, "path");
  return startOperation(arguments.env(), path, Duration::kLengthy, [path]() -> Finish {
    Json json;
    WatermarkState mark;
    WatermarkFound found = WatermarkFound::kDamaged;
    try {
      found = readWatermark(path, &mark);
    } catch (const DatabaseError&) {
      // It cannot be read.
    }
    // One of another database says nothing about this one.
    const char* state = found == WatermarkFound::kValid     ? "valid"
                        : found == WatermarkFound::kDamaged ? "damaged"
                                                            : "missing";
    const bool valid = found == WatermarkFound::kValid;
    json.open('{').key("watermark").open('{').key("state").string(state);
    json.key("promised").wide(valid ? mark.promised() : 0);
    json.key("furthest").wide(valid ? std::max(mark.synced, mark.written) : 0);
    json.key("sameKernel").boolean(valid && !mark.bootId.empty() && mark.bootId == bootId());
    json.key("opened").wide(mark.opened).key("manifest").wide(mark.manifest).close('}');
    const Head head(path);
    json.key("failure");
    head.failure().empty() ? json.null() : json.string(head.failure());
    json.key("manifest");
    if (head.manifest()) describe(*head.manifest(), head.isWhole(), json);
    else json.null();
    json.close('}');
    const std::string text = json.text();
    return [text](napi_env env) { return makeString(env, text); };
  });
}

// What of a log file could be copied.
struct SavedLog {
  struct Run {
    uint64_t first = 0;
    uint64_t last = 0;
  };
  struct Damage {
    uint64_t offset = 0;
    uint64_t bytes = 0;
    DamageKind kind = DamageKind::kChecksum;
  };

  uint64_t bytes = 0;
  uint64_t records = 0;
  // Of RocksDB's sequences, in the order of the file.
  std::vector<Run> runs;
  std::vector<Damage> damages;
  bool compressed = false;
  std::string deletions;  // packed

  void ran(uint64_t first, uint64_t count) {
    if (count == 0) return;
    const uint64_t last = first + count - 1;
    if (!runs.empty() && runs.back().last + 1 == first) runs.back().last = last;
    else runs.push_back({first, last});
  }
  void damaged(uint64_t offset, uint64_t bytes, DamageKind kind) {
    if (damages.size() < kMostDamages) damages.push_back({offset, bytes, kind});
  }
};

// What is compressed, or of a kind that is not known here, RocksDB may know: it gets the file as it is.
void copyWhole(const std::string& source, const std::string& target) {
  std::error_code error;
  std::filesystem::remove(target, error);
  std::filesystem::copy_file(source, target, error);
  if (error) throwSystemError("Cannot copy to", target, error.value());
}

SavedLog saveLog(const std::string& source, const std::string& target, uint64_t number) {
  SavedLog saved;
  LogReader reader(source, number, true);
  LogFileWriter writer(target);
  for (;;) {
    const LogReader::Found found = reader.next();
    if (found == LogReader::Found::kEnd) break;
    if (found == LogReader::Found::kDamage) {
      saved.damaged(reader.damageStart(), reader.damageEnd() - reader.damageStart(), reader.damage());
      continue;
    }
    if (reader.compressed()) {
      saved.records++;
      continue;
    }
    const std::string& record = reader.record();
    uint64_t count = 0;
    const bool known = readBatch(record, [&](const BatchRecord& part) {
      if (part.kind == BatchRecord::Kind::kRangeDeletion) {
        packRangeDeletion({std::string(part.key), std::string(part.value), loadU64LE(record.data()) + count},
                          &saved.deletions);
      }
      count++;
    });
    // What is not known here RocksDB may know.
    if (!known && record.size() < kBatchHeader) {
      saved.damaged(reader.recordStart(), reader.recordEnd() - reader.recordStart(), DamageKind::kLength);
      continue;
    }
    saved.ran(loadU64LE(record.data()), loadU32LE(record.data() + 8));
    saved.records++;
    writer.append(record);
  }
  writer.finish();
  saved.bytes = reader.fileSize();
  saved.compressed = reader.compressed() || reader.unknownType();
  if (saved.compressed) copyWhole(source, target);
  return saved;
}

napi_value toValue(napi_env env, const SavedLog& saved) {
  Json json;
  json.open('{').key("bytes").number(saved.bytes).key("records").number(saved.records);
  json.key("compressed").boolean(saved.compressed).key("runs").open('[');
  for (const SavedLog::Run& run : saved.runs) json.open('[').wide(run.first).wide(run.last).close(']');
  json.close(']').key("damages").open('[');
  for (const SavedLog::Damage& damage : saved.damages) {
    json.open('{').key("offset").number(damage.offset).key("bytes").number(damage.bytes);
    json.key("kind").string(nameOf(damage.kind)).close('}');
  }
  json.close(']').close('}');
  napi_value result = makeObject(env);
  setProperty(env, result, "report", makeString(env, json.text()));
  setProperty(env, result, "deletions", makeBytes(env, saved.deletions.data(), saved.deletions.size()));
  return result;
}

// saveLogFile(source, target, number): Promise<{ report, deletions }>. Copies the records that can be read.
napi_value saveLogFile(const Arguments& arguments) {
  const std::string source = arguments.string(0, "source");
  const std::string target = arguments.string(1, "target");
  const uint64_t number = arguments.bigint(2, "number");
  return startOperation(arguments.env(), source, Duration::kLengthy, [=]() -> Finish {
    const auto saved = std::make_shared<SavedLog>(saveLog(source, target, number));
    return [saved](napi_env env) { return toValue(env, *saved); };
  });
}

// copyManifestWithout(path, number, files, target): Promise<void>. `files` are the numbers of table files, u64 LE each.
napi_value copyManifestWithout(const Arguments& arguments) {
  const std::string path = arguments.string(0, "path");
  const uint64_t number = arguments.bigint(1, "number");
  const Bytes files = arguments.bytes(2, "files");
  const std::string target = arguments.string(3, "target");
  std::set<uint64_t> numbers;
  for (size_t at = 0; at + 8 <= files.size; at += 8) numbers.insert(loadU64LE(files.data + at));
  return startOperation(arguments.env(), path, Duration::kLengthy, [=]() -> Finish {
    shale::copyManifestWithout(path, number, numbers, target);
    return finishWithUndefined();
  });
}

// tableFileDeletions(path): Promise<Uint8Array | null>: packed; null when it is a kind of file that is not known here.
napi_value tableFileDeletions(const Arguments& arguments) {
  const std::string path = arguments.string(0, "path");
  return startOperation(arguments.env(), path, Duration::kLengthy, [path]() -> Finish {
    std::vector<RangeDeletion> deletions;
    const bool known = readRangeDeletions(path, &deletions);
    auto packed = std::make_shared<std::string>();
    for (const RangeDeletion& deletion : deletions) packRangeDeletion(deletion, packed.get());
    return [=](napi_env env) { return known ? makeBytes(env, packed->data(), packed->size()) : makeNull(env); };
  });
}

}  // namespace

void exportSalvage(napi_env env, napi_value exports) {
  exportFunction<surveyDirectory>(env, exports, "surveyDirectory");
  exportFunction<saveLogFile>(env, exports, "saveLogFile");
  exportFunction<copyManifestWithout>(env, exports, "copyManifestWithout");
  exportFunction<tableFileDeletions>(env, exports, "tableFileDeletions");
}

}  // namespace shale
