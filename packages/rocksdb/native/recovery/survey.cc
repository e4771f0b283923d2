#include "recovery/survey.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "core/directories.h"
#include "core/errors.h"
#include "core/format.h"
#include "core/json.h"
#include "recovery/findings.h"
#include "recovery/manifest.h"
#include "recovery/report.h"
#include "recovery/watermark.h"

namespace shale {

namespace {

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

// What leads to the files: the manifest that CURRENT names, or when that cannot be read to its end, the newest one that
// can.
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

}  // namespace

std::string surveyOf(const std::string& directory) {
  Json json;
  WatermarkState mark;
  WatermarkFound found = WatermarkFound::kDamaged;
  try {
    found = readWatermark(directory, &mark);
    // Under the running kernel no power failure has torn the place that cannot be read, and it may have promised more.
    const bool sameKernel = !mark.bootId.empty() && mark.bootId == bootId();
    if (found == WatermarkFound::kValid && mark.alone && sameKernel) found = WatermarkFound::kDamaged;
  } catch (DatabaseError& error) {
    if (error.code == "ROCKSDB_NOT_SUPPORTED") {
      error.recovery = reportOf(Findings(), {});
      throw;
    }
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
  const Head head(directory);
  json.key("failure");
  head.failure().empty() ? json.null() : json.string(head.failure());
  json.key("manifest");
  if (head.manifest()) describe(*head.manifest(), head.isWhole(), json);
  else json.null();
  json.close('}');
  return json.text();
}

}  // namespace shale
