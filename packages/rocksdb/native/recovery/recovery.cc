#include "recovery/recovery.h"

#include <fcntl.h>
#include <rocksdb/env.h>
#include <rocksdb/write_batch.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "core/directories.h"
#include "core/errors.h"
#include "core/format.h"
#include "core/input_file.h"
#include "core/json.h"
#include "core/private_files.h"
#include "core/regular_file.h"
#include "recovery/log_trial.h"
#include "recovery/obstacles.h"

namespace shale {

namespace {

namespace fs = std::filesystem;

constexpr const char* kAside = "damaged-logs";
constexpr size_t kMostTables = 1000;

// RocksDB's lock, so that nobody writes while the logs are read.
class DirectoryLock {
 public:
  DirectoryLock(const std::string& path, bool ownerOnly) : environment_(databaseEnvironment(ownerOnly)) {
    throwIfFailed(environment_->LockFile(path + "/LOCK", &lock_), path);
  }
  ~DirectoryLock() { environment_->UnlockFile(lock_).PermitUncheckedError(); }
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  rocksdb::Env* const environment_;
  rocksdb::FileLock* lock_ = nullptr;
};

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

// Files that a writer makes and deletes, and the size of its manifest.
std::pair<std::set<std::string>, uint64_t> listing(const std::string& path) {
  std::set<std::string> names;
  uint64_t manifests = 0;
  for (const std::string& name : namesIn(path)) {
    std::error_code gone;
    const uint64_t size = name.rfind("MANIFEST-", 0) == 0 ? fs::file_size(path + "/" + name, gone) : 0;
    if (!gone) manifests += size;
    names.insert(name);
  }
  return {names, manifests};
}

void syncPath(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (file < 0) throwSystemError("Cannot open", path, errno);
  int error = 0;
  while (::fsync(file) != 0 && (error = errno) == EINTR) error = 0;
  ::close(file);
  if (error != 0) throwSystemError("Cannot sync", path, error);
}

void cut(const std::string& path, uint64_t size) {
  const Descriptor file(openRegular(path, O_WRONLY));
  if (!file.isOpen() || ::ftruncate(file.number(), static_cast<off_t>(size)) != 0) {
    throwSystemError("Cannot cut", path, errno);
  }
  syncPath(path);
}

void throwIfError(const char* what, const std::string& path, const std::error_code& error) {
  if (error) throwSystemError(what, path, error.value());
}

uint8_t namespaceOf(const std::string& prefix) { return static_cast<uint8_t>(prefix[0]); }

}  // namespace

Recovery::Recovery(std::string path, Request request) : path_(std::move(path)), request_(std::move(request)) {}

void Recovery::before() {
  std::error_code error;
  if (!fs::exists(path_ + "/CURRENT", error)) {
    throwIfError("Cannot look at", path_ + "/CURRENT", error);
    beforeCreating();
    return;
  }
  if (request_.readOnly) {
    lookBesideAWriter();
  } else {
    const DirectoryLock lock(path_, request_.ownerOnly);
    look();
    if (verdict_ == Verdict::kMissing && !request_.salvage) refuse();
    prepareLogs();
    prepareManifest();
  }
  elapsedMicros_ = static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - started_).count());
}

void Recovery::beforeCreating() {
  const std::string trace = traceOfDatabase(path_);
  std::error_code error;
  // It may have come to be since.
  if (!trace.empty() && !fs::exists(path_ + "/CURRENT", error)) {
    throw DatabaseError{"ROCKSDB_CORRUPTION",
                        "The file CURRENT is missing, but there are files of a database, such as " + trace +
                            ": creating a new one over it would destroy it. If a MANIFEST file is left, write its name "
                            "and a line feed into CURRENT; else restore the directory: " +
                            path_,
                        "none", "none", path_};
  }
  if (request_.readOnly || !request_.createIfMissing) {
    throw DatabaseError{"ROCKSDB_NOT_FOUND", "There is no database in " + path_ + " (it has no file CURRENT)", "none",
                        "none", path_};
  }
  fresh_ = true;
}

void Recovery::look() {
  try {
    lookAtFiles();
  } catch (DatabaseError& error) {
    // With the report it says itself what to do.
    if (error.code == "ROCKSDB_NOT_SUPPORTED") error.recovery = report();
    throw;
  }
}

void Recovery::lookAtFiles() {
  // In this order: beside a writer, what is promised now must be found afterwards.
  mark_ = WatermarkState();
  found_ = readWatermark(path_, &mark_);
  const std::optional<uint64_t> current = currentManifest(path_);
  if (!current) {
    throw DatabaseError{"ROCKSDB_CORRUPTION", "The file CURRENT is missing: " + path_, "none", "none", path_};
  }
  manifest_ = readManifest(path_, *current);
  requireKnownLayout(path_, manifest_, request_.readOnly);

  // Up to where everything is in table files for sure. When this manifest was begun by the opening that the watermark
  // knows, and has not lost what that opening wrote to it, that is what there was then, and what has been flushed since.
  // Else all that can be said is that it was not more than the manifest's last sequence.
  known_ = isOfWatermark() && manifest_.lastSequence >= mark_.opened;
  std::optional<uint64_t> upTo;
  if (manifest_.understood) {
    upTo = known_ ? std::max(mark_.opened, manifest_.flushed) : manifest_.lastSequence;
  }
  scan_ = scanLogs(path_, manifest_.understood ? manifest_.firstLog : 0, {writer(), upTo, promised()});
  requireKnownRecords(path_, scan_.obstacle);
  reached_ = scan_.last;
  if (known_ && upTo) reached_ = std::max(*upTo, scan_.last.value_or(0));
  if (!reached_) reached_ = upTo;
  wholeLogs_ = scan_.isForeign() || !manifest_.understood;
  if (wholeLogs_) tryForeignLogs();
  verdict_ = reached_ && promised() > *reached_ ? Verdict::kMissing : Verdict::kWell;
  if (verdict_ == Verdict::kMissing || scan_.unused() > 0) seen_ = seenTables(path_, scan_);
  if (manifest_.damage) {
    const bool harmless = losesNothing();
    if (request_.readOnly || !harmless) throwDamaged(path_, manifest_, harmless);
  }
}

// The manifest was begun by the opening that the watermark knows.
bool Recovery::isOfWatermark() const {
  return found_ == WatermarkFound::kValid && mark_.manifest == manifest_.number;
}

LogWriter Recovery::writer() const {
  if (found_ != WatermarkFound::kValid) return LogWriter::kUnknown;
  // Every opening for writing begins a manifest. An old watermark may not say which.
  const uint64_t ofShale = mark_.manifest != 0 ? mark_.manifest : mark_.writer;
  return ofShale == 0 || ofShale == manifest_.number ? LogWriter::kShale : LogWriter::kOther;
}

bool Recovery::isPointInTime() const {
  return request_.options.wal_recovery_mode == rocksdb::WALRecoveryMode::kPointInTimeRecovery;
}

// What cannot be read here RocksDB reads, before anything is changed: it must understand everything, up to an end that may
// be torn off.
void Recovery::tryForeignLogs() {
  reached_.reset();
  if (request_.salvage || !isPointInTime() || manifest_.damage) return;
  for (const LogFile& file : scan_.files) {
    if (file.unused == 0) continue;
    DatabaseError error{"ROCKSDB_CORRUPTION",
                        "The log " + file.name + " in " + path_ +
                            " is damaged in the middle, and this check cannot read what it holds (" +
                            (scan_.unexamined.empty() ? "manifest" : nameOf(scan_.unexamined[0].reason)) +
                            "). Nothing was changed. Restore the directory from a backup, or open it with recovery: "
                            "'salvage' to go on with what is before the damage",
                        "none", "none", path_};
    error.recovery = report();
    throw error;
  }
  rocksdb::Options options = request_.options;
  options.num_levels = std::max(options.num_levels, static_cast<int>(manifest_.levels()));
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
  for (const LogFile& file : scan_.files) records += file.records;
  // It takes some records that it does not know for the end of the log.
  if (trial.records < records) {
    throwNotReplayed("it ends after " + std::to_string(trial.records) + " of " + std::to_string(records) + " records");
  }
  if (manifest_.understood) reached_ = std::max(manifest_.lastSequence, trial.last.value_or(0));
}

void Recovery::throwNotReplayed(const std::string& why) const {
  throw DatabaseError{scan_.stopped() ? "ROCKSDB_CORRUPTION" : "ROCKSDB_NOT_SUPPORTED",
                      path_ + ": another program has written logs with options or a version of RocksDB that Shale does not "
                      "know, and this RocksDB cannot replay them (" + why +
                          "). Nothing was changed. Open the database with that program, have it flush (DB::Flush), and "
                          "close it",
                      "none", "none", path_, report()};
}

Recovery::Terms Recovery::terms() const {
  Terms terms;
  terms.levels = static_cast<int>(manifest_.levels());
  terms.wholeLogs = wholeLogs_ && !request_.salvage && !fresh_;
  terms.jumps.any = !fresh_ && writer() != LogWriter::kShale;
  terms.jumps.promised = promised();
  if (!wholeLogs_ && scan_.stopped()) terms.jumps.end = scan_.last.value_or(0);
  return terms;
}

// A log that was deleted is older than those that are left, which then begin with a gap.
bool Recovery::isLogMissing() const {
  return std::any_of(scan_.damages.begin(), scan_.damages.end(), [&](const LogDamage& damage) {
    return damage.kind == DamageKind::kGap && damage.offset == 0 && damage.file == scan_.files[0].name;
  });
}

// RocksDB makes a record of its manifest durable before it deletes what the record makes superfluous. So what a manifest
// said earlier still holds when all its table files are there, and the logs that it needs, to the last entry that was
// acknowledged: then nobody has relied on what cannot be read, as on a record that the power failed in.
bool Recovery::losesNothing() const {
  if (!known_ || !manifest_.understood || !manifest_.complete || !reached_ || verdict_ != Verdict::kWell) return false;
  if (isLogMissing()) return false;
  std::error_code error;
  for (const auto& [number, size] : manifest_.tableFiles) {
    if (fs::file_size(path_ + "/" + tableFileName(number), error) != size || error) return false;
  }
  // A table file that it does not name may hold what a flush has written, unless that is still in the logs.
  if (scan_.last.value_or(0) > std::max(mark_.opened, manifest_.flushed)) return true;
  std::set<std::string> named;
  for (const auto& [number, size] : manifest_.tableFiles) named.insert(tableFileName(number));
  for (const std::string& name : listing(path_).first) {
    if (endsWith(name, ".sst") && named.count(name) == 0) return false;
  }
  return true;
}

void Recovery::lookBesideAWriter() {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds(10);
  const auto wrong = [&] { return verdict_ == Verdict::kMissing && !request_.salvage; };
  std::optional<DatabaseError> failure;
  for (int attempt = 0; attempt == 0 || Clock::now() < deadline; attempt++) {
    if (attempt > 0) std::this_thread::sleep_for(std::chrono::milliseconds(std::min(attempt, 25)));
    const auto before = listing(path_);
    failure.reset();
    try {
      look();
      if (!wrong()) return;
    } catch (const DatabaseError& error) {
      if (error.code != "ROCKSDB_CORRUPTION" && error.code != "ROCKSDB_NOT_FOUND") throw;
      failure = error;
    }
    // Twice the same in a directory that nobody changes is no writer at work.
    if (attempt > 0 && before == listing(path_)) break;
  }
  if (!failure) refuse();
  if (failure->code == "ROCKSDB_NOT_FOUND") failure->code = "ROCKSDB_CORRUPTION";
  throw *failure;
}

uint64_t Recovery::promised() const { return found_ == WatermarkFound::kValid ? mark_.promised() : 0; }

std::string Recovery::describe() const {
  const bool mayBeRenumbered = !scan_.stopped() && writer() == LogWriter::kOther;
  std::string text = "Entries that were acknowledged " + std::string(mayBeRenumbered ? "may be" : "are") + " missing in " + path_ + ": ";
  text += "the log can be read up to RocksDB's sequence " + std::to_string(reached_.value_or(0)) + ", and " +
          std::to_string(promised()) + " was acknowledged.";
  bool told = false;
  for (const LogDamage& damage : scan_.damages) {
    if (damage.harmless) continue;
    told = true;
    text += " " + damage.file + " is damaged at offset " + std::to_string(damage.offset) + " (";
    if (damage.kind == DamageKind::kGap) {
      text += "sequence " + std::to_string(damage.expected) + " was to come, and " + std::to_string(damage.found) + " does";
    } else {
      text += std::string(nameOf(damage.kind)) + ", " + std::to_string(damage.bytes) + " bytes";
    }
    text += ").";
    break;
  }
  if (isOfWatermark() && !known_) {
    text += " The manifest " + manifestName(manifest_.number) +
            " has lost records: it does not name the table files that an opening wrote. `shale repair` finds what is in "
            "them; an opening would delete them.";
  } else if (mayBeRenumbered) {
    text += " No damage was found. Another program has opened the database since. It has lost them, or it is a TransactionDB "
            "with the policy WritePrepared or WriteUnprepared, which numbers the writes in Shale's logs anew, so that they "
            "take fewer sequences (RocksDB asks for a flush before such a program comes to a database): then nothing is "
            "missing, and 'salvage' opens all of it. Which of both cannot be told from the files.";
  } else if (!told) {
    text += " No damage was found: a log file is missing, or was cut off between two records.";
  }
  if (scan_.beyondRecords() > 0 && seen_) {
    text += " Behind that " + std::to_string(scan_.beyondRecords()) + " writes can be read:";
    size_t shown = 0;
    for (const auto& [prefix, table] : seen_->tables) {
      if (table.beyond.entries == 0) continue;
      if (shown == 3) {
        text += " and more;";
        break;
      }
      text += std::string(shown > 0 ? "," : "") + " region " + std::to_string(loadU64BE(prefix.data() + 1)) + ", table " +
              std::to_string(loadU64BE(prefix.data() + 9)) + ", sequences " + std::to_string(table.beyond.first) +
              " to " + std::to_string(table.beyond.last);
      shown++;
    }
    text += ".";
  }
  return text + " Nothing was changed. Restore the directory from a backup, or open it with recovery: 'salvage' to go on "
                "with what is readable";
}

void Recovery::refuse() {
  DatabaseError error{"ROCKSDB_CORRUPTION", describe(), "none", "none", path_};
  error.recovery = report();
  throw error;
}

void Recovery::prepareLogs() {
  // Only this mode reads up to the damage and goes on; the others refuse it, or leave holes, as they were asked to.
  if (!isPointInTime()) return;
  // They are copies, for RocksDB writes to logs when it opens.
  for (const LogFile& file : scan_.files) {
    if (file.unused > 0 || file.unsearched || (wholeLogs_ && request_.salvage)) keepCopy(file.name);
  }
  if (scan_.unused() == 0) return;
  raisesFloors_ = writer() != LogWriter::kShale;
  cutLogs();
}

// RocksDB does not open a manifest with a record that is torn in the middle. It begins another one anyway.
void Recovery::prepareManifest() {
  if (!manifest_.damage) return;
  const std::string name = manifestName(manifest_.number);
  keepCopy(name);
  cut(path_ + "/" + name, manifest_.damage->offset);
  LogDamage damage;
  damage.file = name;
  damage.offset = manifest_.damage->offset;
  damage.bytes = manifest_.damage->bytes;
  damage.kind = manifest_.damage->kind;
  damage.harmless = true;
  scan_.damages.insert(scan_.damages.begin(), damage);
  scan_.damageCount++;
}

void Recovery::undo() {
  if (request_.readOnly || !manifest_.damage || aside_.empty()) return;
  const std::string name = manifestName(manifest_.number);
  std::error_code error;
  fs::rename(aside_ + "/" + name, path_ + "/" + name, error);
  fs::remove(aside_, error);  // if nothing else is in it
}

void Recovery::keepCopy(const std::string& name) {
  aside_ = path_ + "/" + kAside;
  std::error_code error;
  if (fs::is_symlink(aside_, error)) throwSystemError("Cannot use the link", aside_, ELOOP);
  fs::create_directory(aside_, error);
  throwIfError("Cannot create", aside_, error);
  if (request_.ownerOnly) fs::permissions(aside_, fs::perms::owner_all, error);
  const std::string copy = aside_ + "/" + name;
  // One with this name may be of another database that was here.
  for (int number = 1; fs::exists(copy, error); number++) {
    const std::string older = copy + "." + std::to_string(number);
    if (fs::exists(older, error)) continue;
    fs::rename(copy, older, error);
    throwIfError("Cannot rename", copy, error);
  }
  fs::copy_file(path_ + "/" + name, copy, error);
  throwIfError("Cannot keep a copy in", copy, error);
  syncPath(copy);
  syncPath(aside_);
  syncPath(path_);
}

// Where a record cannot be used, nothing in the file beyond it may be: RocksDB sees some holes, but not all.
void Recovery::cutLogs() {
  for (const LogFile& file : scan_.files) {
    if (file.unused == 0) continue;
    cut(path_ + "/" + file.name, file.keptEnd);
  }
}

std::shared_ptr<Watermark> Recovery::after(rocksdb::DB& db) {
  if (request_.readOnly) return nullptr;
  if (!request_.salvage && !fresh_) {
    // Another process may have written since the lock was let go for RocksDB to take it.
    found_ = readWatermark(path_, &mark_);
    const uint64_t latest = db.GetLatestSequenceNumber();
    if (promised() > latest) {
      reached_ = latest;
      verdict_ = Verdict::kMissing;
      refuse();
    }
  }
  const uint64_t replayed = db.GetLatestSequenceNumber();
  if (request_.salvage || raisesFloors_) raiseFloors(db);
  WatermarkState state;
  state.written = db.GetLatestSequenceNumber();
  if (db.GetDBOptions().avoid_flush_during_recovery) {
    // As after a full disk: what was replayed is in the logs still, and is as durable as it was.
    state.synced = std::min(mark_.synced, state.written);
  } else {
    // Opening has written all that was in the logs to table files; the floors are in the new log, durably.
    state.opened = replayed;
    state.synced = state.written;
    state.manifest = currentManifest(path_).value_or(0);
  }
  state.bootId = bootId();
  state.database = databaseIdentity(path_);
  state.writer = currentManifest(path_).value_or(0);
  return Watermark::start(path_, state, request_.ownerOnly);
}

// No sequence that is known to have been given out may be given out again. That is read from the logs that were put
// aside, also by an earlier opening that did not get as far as this.
void Recovery::raiseFloors(rocksdb::DB& db) {
  std::map<std::string, uint64_t> floors;
  const std::string aside = path_ + "/" + kAside;
  LogScan everything;
  everything.files = listLogs(aside);
  const SeenTables seen = seenTables(aside, everything);
  for (const auto& [prefix, table] : seen.tables) {
    std::string key(kMetaKeyLength, '\0');
    key[0] = static_cast<char>(namespaceOf(prefix) - 1);
    std::copy(prefix.begin() + 9, prefix.begin() + 17, key.begin() + 2);
    uint64_t& floor = floors[key];
    floor = std::max(floor, std::max(table.kept.last, table.beyond.last));
  }
  for (const auto& [key, maximum] : seen.floorsBeyond) {
    uint64_t& floor = floors[key];
    floor = std::max(floor, maximum);
  }
  rocksdb::WriteBatch batch;
  for (const auto& [key, maximum] : floors) {
    std::string value;
    const rocksdb::Status status = db.Get(rocksdb::ReadOptions(), db.DefaultColumnFamily(), key, &value);
    if (!status.ok() && !status.IsNotFound()) throwIfFailed(status, path_);
    if (value.size() == kMetaValueLength && loadU64BE(value.data() + 1) >= maximum) continue;
    char raised[kMetaValueLength];
    raised[0] = static_cast<char>(kVersion);
    storeU64BE(raised + 1, maximum);
    throwIfFailed(batch.Put(key, rocksdb::Slice(raised, sizeof(raised))), path_);
  }
  if (batch.Count() == 0) return;
  rocksdb::WriteOptions options;
  options.sync = true;
  throwIfFailed(db.Write(options, &batch), path_);
}

std::string Recovery::report() const {
  Json json;
  const char* watermark = fresh_                                      ? "new"
                          : found_ == WatermarkFound::kValid   ? "valid"
                          : found_ == WatermarkFound::kDamaged ? "damaged"
                          : found_ == WatermarkFound::kOther   ? "foreign"
                                                               : "missing";
  uint64_t bytes = 0;
  uint64_t records = 0;
  uint64_t entries = 0;
  for (const LogFile& file : scan_.files) {
    bytes += file.bytes;
    records += file.records;
    entries += file.entries;
  }
  json.open('{').key("watermark").string(watermark);
  json.key("promised").wide(promised());
  json.key("reached");
  reached_ ? json.wide(*reached_) : json.null();
  json.key("missing").boolean(verdict_ == Verdict::kMissing);
  json.key("salvaged").boolean(request_.salvage && verdict_ == Verdict::kMissing);
  json.key("keptIn");
  aside_.empty() ? json.null() : json.string(aside_);
  json.key("elapsedMicros").number(elapsedMicros_);
  json.key("replayed").open('{').key("files").number(scan_.files.size()).key("records").number(records);
  json.key("entries").number(entries).key("bytes").number(bytes).close('}');
  json.key("beyond").open('{').key("records").number(scan_.beyondRecords());
  json.key("entries").number(scan_.beyondEntries()).close('}');
  json.key("damages").open('[');
  for (const LogDamage& damage : scan_.damages) {
    json.open('{').key("file").string(damage.file).key("offset").number(damage.offset);
    json.key("bytes").number(damage.bytes).key("kind").string(nameOf(damage.kind));
    json.key("expected").wide(damage.expected).key("found").wide(damage.found);
    json.key("harmless").boolean(damage.harmless).close('}');
  }
  json.close(']').key("moreDamages").number(scan_.damageCount - scan_.damages.size());
  json.key("unexamined").open('[');
  if (!fresh_ && !manifest_.understood) {
    json.open('{').key("file").string(manifestName(manifest_.number)).key("reason").string("manifest").close('}');
  }
  for (const UnexaminedLog& log : scan_.unexamined) {
    json.open('{').key("file").string(log.file).key("reason").string(nameOf(log.reason)).close('}');
  }
  json.close(']');
  json.key("tables").open('[');
  uint64_t tables = 0;
  if (seen_) {
    const auto seenEntries = [&](const char* name, const SeenEntries& seen) {
      json.key(name);
      if (seen.entries == 0) {
        json.null();
        return;
      }
      json.open('{').key("first").wide(seen.first).key("last").wide(seen.last);
      json.key("entries").number(seen.entries).close('}');
    };
    for (const auto& [prefix, table] : seen_->tables) {
      if (table.beyond.entries == 0 || ++tables > kMostTables) continue;
      json.open('{').key("instance").number((namespaceOf(prefix) - 1u) / 2u);
      json.key("region").wide(loadU64BE(prefix.data() + 1)).key("table").wide(loadU64BE(prefix.data() + 9));
      seenEntries("readable", table.kept);
      seenEntries("beyond", table.beyond);
      json.close('}');
    }
  }
  json.close(']').key("moreTables").number(tables > kMostTables ? tables - kMostTables : 0).close('}');
  return json.text();
}

}  // namespace shale
