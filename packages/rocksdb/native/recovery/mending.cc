#include "recovery/mending.h"

#include <fcntl.h>
#include <rocksdb/write_batch.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <system_error>

#include "core/directories.h"
#include "core/errors.h"
#include "core/format.h"
#include "core/regular_file.h"

namespace shale {

namespace {

namespace fs = std::filesystem;

constexpr const char* kAside = "damaged-logs";

void syncPath(const std::string& path) {
  const int error = syncFile(Descriptor(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC)));
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

// Where a record cannot be used, nothing in the file beyond it may be: RocksDB sees some holes, but not all.
void cutLogs(const std::string& path, const LogScan& scan) {
  for (const LogFile& file : scan.files) {
    if (file.unused == 0) continue;
    cut(path + "/" + file.name, file.keptEnd);
  }
}

// RocksDB keeps a log that it has replayed until its next flush, and reads the first record of each that there is when
// it makes a backup or checkpoint: it would take one for damage that was torn when it began.
void emptyTorn(const std::string& path, const Findings& found) {
  if (found.wholeLogs || found.writer() == LogWriter::kOther) return;
  for (const LogFile& file : found.scan.files) {
    const bool nothing = file.records == 0 && file.unused == 0 && !file.unsearched;
    if (nothing && file.bytes > 0) cut(path + "/" + file.name, 0);
  }
}

}  // namespace

void Mending::prepareLogs(const Findings& found) {
  if (!request_.isPointInTime()) return;
  // They are copies, for RocksDB writes to logs when it opens.
  for (const LogFile& file : found.scan.files) {
    if (file.unused > 0 || file.unsearched || (found.wholeLogs && request_.salvage)) keepCopy(file.name);
  }
  emptyTorn(path_, found);
  if (found.scan.unused() == 0) return;
  raisesFloors_ = found.writer() != LogWriter::kShale;
  cutLogs(path_, found.scan);
}

// RocksDB does not open a manifest with a record that is torn in the middle. It begins another one anyway.
void Mending::prepareManifest(Findings* findings) {
  Findings& found = *findings;
  if (!found.manifest.damage) return;
  const std::string name = manifestName(found.manifest.number);
  keepCopy(name);
  cut(path_ + "/" + name, found.manifest.damage->offset);
  LogDamage damage;
  damage.file = name;
  damage.offset = found.manifest.damage->offset;
  damage.bytes = found.manifest.damage->bytes;
  damage.kind = found.manifest.damage->kind;
  damage.harmless = true;
  found.scan.damages.insert(found.scan.damages.begin(), damage);
  found.scan.damageCount++;
}

void Mending::undo(const Findings& found) const {
  if (!found.manifest.damage || keptIn_.empty()) return;
  const std::string name = manifestName(found.manifest.number);
  std::error_code error;
  fs::rename(keptIn_ + "/" + name, path_ + "/" + name, error);
  fs::remove(keptIn_, error);  // if nothing else is in it
}

void Mending::keepCopy(const std::string& name) {
  keptIn_ = path_ + "/" + kAside;
  std::error_code error;
  if (fs::is_symlink(keptIn_, error)) throwSystemError("Cannot use the link", keptIn_, ELOOP);
  fs::create_directory(keptIn_, error);
  throwIfError("Cannot create", keptIn_, error);
  if (request_.ownerOnly) fs::permissions(keptIn_, fs::perms::owner_all, error);
  const std::string copy = keptIn_ + "/" + name;
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
  syncPath(keptIn_);
  syncPath(path_);
}

void raiseFloors(const std::string& path, rocksdb::DB& db) {
  std::map<std::string, uint64_t> floors;
  const std::string aside = path + "/" + kAside;
  LogScan everything;
  everything.files = listLogs(aside);
  const SeenTables seen = seenTables(aside, everything);
  for (const auto& [prefix, table] : seen.tables) {
    std::string key(kMetaKeyLength, '\0');
    key[0] = static_cast<char>(static_cast<uint8_t>(prefix[0]) - 1);
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
    if (!status.ok() && !status.IsNotFound()) throwIfFailed(status, path);
    if (value.size() == kMetaValueLength && loadU64BE(value.data() + 1) >= maximum) continue;
    char raised[kMetaValueLength];
    raised[0] = static_cast<char>(kVersion);
    storeU64BE(raised + 1, maximum);
    throwIfFailed(batch.Put(key, rocksdb::Slice(raised, sizeof(raised))), path);
  }
  if (batch.Count() == 0) return;
  rocksdb::WriteOptions options;
  options.sync = true;
  throwIfFailed(db.Write(options, &batch), path);
}

}  // namespace shale
