#include "recovery/verdict.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "core/directories.h"
#include "core/errors.h"
#include "recovery/log_trial.h"
#include "recovery/obstacles.h"
#include "recovery/report.h"

namespace shale {

namespace {

namespace fs = std::filesystem;

bool endsWith(const std::string& text, const std::string& end) {
  return text.size() > end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// What only a database leaves in a directory, and not an attempt to create one that did not get far. Empty: nothing.
std::string traceOfDatabase(const std::string& path) {
  std::string trace;
  for (const std::string& name : namesIn(path)) {
    const bool data = (endsWith(name, ".sst") || endsWith(name, ".log")) && name[0] >= '0' && name[0] <= '9';
    // The first manifest is written before CURRENT; every later one when there was a CURRENT already.
    const bool manifest = name.rfind("MANIFEST-", 0) == 0 && name != "MANIFEST-000001";
    if ((data || manifest) && (trace.empty() || name < trace)) trace = name;
  }
  return trace;
}

class Examination {
 public:
  Examination(const std::string& path, const RecoveryRequest& request) : path_(path), request_(request) {}

  void beforeCreating();
  void look();
  void lookBesideAWriter();
  Findings take() { return std::move(found_); }

 private:
  void lookAtFiles();
  void tryForeignLogs();
  [[noreturn]] void throwNotReplayed(const std::string& why) const;
  bool isLogMissing() const;
  bool losesNothing() const;

  const std::string& path_;
  const RecoveryRequest& request_;
  Findings found_;
};

void Examination::beforeCreating() {
  const std::string trace = traceOfDatabase(path_);
  std::error_code error;
  // Another process may have created it since.
  if (!trace.empty() && !fs::exists(path_ + "/CURRENT", error)) {
    throw DatabaseError{"ROCKSDB_CORRUPTION",
                        "The file CURRENT is missing, but there are files of a database, such as " + trace +
                            ": creating a new one over it would destroy it. If a MANIFEST file is left, write its name "
                            "and a line feed into CURRENT; else restore the directory: " +
                            path_, path_};
  }
  if (request_.readOnly || !request_.createIfMissing) {
    throw DatabaseError{"ROCKSDB_NOT_FOUND", "There is no database in " + path_ + " (it has no file CURRENT)", path_};
  }
  found_.fresh = true;
}

void Examination::look() {
  try {
    lookAtFiles();
  } catch (DatabaseError& error) {
    // With the report it says itself what to do.
    if (error.code == "ROCKSDB_NOT_SUPPORTED") error.recovery = reportOf(found_, {});
    throw;
  }
}

void Examination::lookAtFiles() {
  // In this order: beside a writer, what is promised now must be found afterwards.
  found_ = Findings();
  found_.watermark = readWatermark(path_, &found_.mark);
  const std::optional<uint64_t> current = currentManifest(path_);
  if (!current) {
    throw DatabaseError{"ROCKSDB_CORRUPTION", "The file CURRENT is missing: " + path_, path_};
  }
  found_.manifest = readManifest(path_, *current);
  requireKnownLayout(path_, found_.manifest, request_.readOnly);

  // Up to where everything is in table files for sure. When this manifest was begun by the opening that the watermark
  // knows, and has not lost what that opening wrote to it, that is what there was then, and what has been flushed
  // since. Else all that can be said is that it was not more than the manifest's last sequence.
  found_.known = found_.isOfWatermark() && found_.manifest.lastSequence >= found_.mark.opened;
  std::optional<uint64_t> upTo;
  if (found_.manifest.understood) {
    upTo = found_.known ? std::max(found_.mark.opened, found_.manifest.flushed) : found_.manifest.lastSequence;
  }
  const uint64_t firstLog = found_.manifest.understood ? found_.manifest.firstLog : 0;
  found_.scan = scanLogs(path_, firstLog, {found_.writer(), upTo, found_.promised()});
  requireKnownRecords(path_, found_.scan.obstacle);
  found_.reached = found_.scan.last;
  if (found_.known && upTo) found_.reached = std::max(*upTo, found_.scan.last.value_or(0));
  if (!found_.reached) found_.reached = upTo;
  found_.wholeLogs = found_.scan.isForeign() || !found_.manifest.understood;
  if (found_.wholeLogs) tryForeignLogs();
  found_.missing = found_.reached && found_.promised() > *found_.reached;
  if (found_.missing || found_.scan.unused() > 0) found_.seen = seenTables(path_, found_.scan);
  if (found_.manifest.damage) {
    const bool harmless = losesNothing();
    if (request_.readOnly || !harmless) throwDamaged(path_, found_.manifest, harmless);
  }
}

// What cannot be read here RocksDB reads, before anything is changed: it must understand everything, up to an end that
// may be torn off.
void Examination::tryForeignLogs() {
  found_.reached.reset();
  if (request_.salvage || !request_.isPointInTime() || found_.manifest.damage) return;
  for (const LogFile& file : found_.scan.files) {
    if (file.unused == 0) continue;
    DatabaseError error{"ROCKSDB_CORRUPTION",
                        "The log " + file.name + " in " + path_ +
                            " is damaged in the middle, and this check cannot read what it holds (" +
                            (found_.scan.unexamined.empty() ? "manifest" : nameOf(found_.scan.unexamined[0].reason)) +
                            "). Nothing was changed. Restore the directory from a backup, or open it with recovery: "
                            "'salvage' to go on with what is before the damage", path_};
    error.recovery = reportOf(found_, {});
    throw error;
  }
  rocksdb::Options options = request_.options;
  options.num_levels = std::max(options.num_levels, static_cast<int>(found_.manifest.levels()));
  LogTrial trial;
  try {
    trial = tryLogs(options, path_);
  } catch (const DatabaseError& error) {
    // A kind of record that this RocksDB does not know is damage to it.
    if (error.code != "ROCKSDB_CORRUPTION" && error.code != "ROCKSDB_INVALID_ARGUMENT") throw;
    throwNotReplayed(error.message);
  }
  requireKnownRecords(path_, trial.obstacle);
  uint64_t records = 0;
  for (const LogFile& file : found_.scan.files) records += file.records;
  // It takes some records that it does not know for the end of the log.
  if (trial.records < records) {
    throwNotReplayed("it ends after " + std::to_string(trial.records) + " of " + std::to_string(records) + " records");
  }
  if (found_.manifest.understood) found_.reached = std::max(found_.manifest.lastSequence, trial.last.value_or(0));
}

void Examination::throwNotReplayed(const std::string& why) const {
  throw DatabaseError{found_.scan.stopped() ? "ROCKSDB_CORRUPTION" : "ROCKSDB_NOT_SUPPORTED",
                      path_ + ": another program has written logs with options or a version of RocksDB that Shale does not "
                      "know, and this RocksDB cannot replay them (" + why +
                          "). Nothing was changed. Open the database with that program, have it flush (DB::Flush), and "
                          "close it", path_, "none", "none", reportOf(found_, {})};
}

// A log that was deleted is older than those that are left, which then begin with a gap.
bool Examination::isLogMissing() const {
  return std::any_of(found_.scan.damages.begin(), found_.scan.damages.end(), [&](const LogDamage& damage) {
    return damage.kind == DamageKind::kGap && damage.offset == 0 && damage.file == found_.scan.files[0].name;
  });
}

// RocksDB makes a record of its manifest durable before it deletes what the record makes superfluous. So what a
// manifest said earlier still holds when all its table files are there, and the logs that it needs, to the last entry
// that was acknowledged: then nothing relies on what cannot be read, as on a record that the power failed in.
bool Examination::losesNothing() const {
  if (!found_.known || !found_.manifest.understood || !found_.manifest.complete) return false;
  if (!found_.reached || found_.missing) return false;
  if (isLogMissing()) return false;
  std::error_code error;
  for (const auto& [number, size] : found_.manifest.tableFiles) {
    if (fs::file_size(path_ + "/" + tableFileName(number), error) != size || error) return false;
  }
  // A table file that it does not name may hold what a flush has written, unless that is still in the logs.
  if (found_.scan.last.value_or(0) > std::max(found_.mark.opened, found_.manifest.flushed)) return true;
  std::set<std::string> named;
  for (const auto& [number, size] : found_.manifest.tableFiles) named.insert(tableFileName(number));
  for (const std::string& name : listDirectory(path_).files) {
    if (endsWith(name, ".sst") && named.count(name) == 0) return false;
  }
  return true;
}

void Examination::lookBesideAWriter() {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds(10);
  const auto wrong = [&] { return found_.missing && !request_.salvage; };
  std::optional<DatabaseError> failure;
  for (int attempt = 0; attempt == 0 || Clock::now() < deadline; attempt++) {
    if (attempt > 0) std::this_thread::sleep_for(std::chrono::milliseconds(std::min(attempt, 25)));
    const Listing before = listDirectory(path_);
    failure.reset();
    try {
      look();
      if (!wrong()) return;
    } catch (const DatabaseError& error) {
      if (error.code != "ROCKSDB_CORRUPTION" && error.code != "ROCKSDB_NOT_FOUND") throw;
      failure = error;
    }
    // Twice the same in a directory that does not change: no writer is at work.
    if (attempt > 0 && before == listDirectory(path_)) break;
  }
  if (!failure) throwMissing(path_, reportOf(found_, {}));
  if (failure->code == "ROCKSDB_NOT_FOUND") failure->code = "ROCKSDB_CORRUPTION";
  throw *failure;
}

}  // namespace

Findings examineEmpty(const std::string& path, const RecoveryRequest& request) {
  Examination examination(path, request);
  examination.beforeCreating();
  return examination.take();
}

Findings examine(const std::string& path, const RecoveryRequest& request) {
  Examination examination(path, request);
  request.readOnly ? examination.lookBesideAWriter() : examination.look();
  return examination.take();
}

void throwMissing(const std::string& path, const std::string& report) {
  throw DatabaseError{"ROCKSDB_CORRUPTION", "Acknowledged entries are missing in " + path,
                      path, "none", "none", report};
}

}  // namespace shale
