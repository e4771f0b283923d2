// Backups of an open database in a directory of their own, and the way back. RocksDB's backup engine does it: table
// files are shared between the backups of a directory, everything has a checksum, and a backup that was not finished is none.
#include <fcntl.h>
#include <rocksdb/utilities/backup_engine.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "calls/calls.h"
#include "core/directories.h"
#include "core/file_lock.h"
#include "core/input_file.h"
#include "core/open_rocksdb.h"
#include "core/private_files.h"
#include "core/regular_file.h"
#include "napi/entry.h"
#include "napi/operation.h"

namespace shale {

namespace {

using rocksdb::BackupEngine;
using rocksdb::BackupEngineOptions;
using rocksdb::BackupEngineReadOnly;
using rocksdb::BackupInfo;

template <class Engine>
std::unique_ptr<Engine> open(const std::string& directory) {
  // All the defaults: shared files by session and size, synced, checksums everywhere, the log included.
  BackupEngineOptions options(directory, privateEnvironment());
  std::unique_ptr<Engine> engine;
  const auto open = [&](auto* out) -> decltype(Engine::Open(options, privateEnvironment(), out)) {
    return Engine::Open(options, privateEnvironment(), out);
  };
  throwIfFailed(openInto(&engine, open), directory);
  return engine;
}

// One process at a time adds to a directory of backups or removes from it; restores may be several. The lock is of the
// file, so it does not matter by which path, thread or process one comes. The file stays: it is part of the directory.
class DirectoryLock {
 public:
  DirectoryLock(const std::string& directory, LockKind kind) {
    const std::string path = directory + "/LOCK";
    const bool shared = kind == LockKind::kShared;
    for (int attempt = 0; attempt < kMostAttempts; attempt++) {
      file_ = Descriptor(shared ? openRegular(path, O_RDONLY) : openRegular(path, O_RDWR | O_CREAT, 0600));
      // Nothing was added to it by this path, as in a copy of the directory: there is nothing to wait for.
      if (!file_.isOpen() && errno == ENOENT && shared) return;
      if (!file_.isOpen()) throwSystemError("Cannot open", path, errno);
      const int error = lockFile(file_.number(), kind);
      if (error == EAGAIN) {
        throw DatabaseError{"ROCKSDB_LOCKED", "The directory of backups is in use by another backup or restore", directory};
      }
      if (error != 0 && isWithoutLocks(error)) {
        // Nothing is changed there by a restore.
        if (shared) return;
        throwWithoutLocks(directory, error, "a second backup");
      }
      if (error != 0) throwSystemError("Cannot lock", path, error);
      if (isNamed(path, file_.number())) return;
    }
    throwSystemError("Cannot lock", path, ESTALE);
  }
  ~DirectoryLock() {
    if (file_.isOpen()) unlockFile(file_.number());
  }
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  // The file's name was another one's again and again: another process is removing it.
  static constexpr int kMostAttempts = 100;

  Descriptor file_;
};

napi_value toValue(napi_env env, const BackupInfo& info) {
  napi_value files;
  check(napi_create_array_with_length(env, info.file_details.size(), &files));
  for (size_t i = 0; i < info.file_details.size(); i++) {
    const rocksdb::BackupFileInfo& file = info.file_details[i];
    napi_value item = makeObject(env);
    setProperty(env, item, "name", makeString(env, file.relative_filename));
    setNumber(env, item, "size", file.size);
    check(napi_set_element(env, files, static_cast<uint32_t>(i), item));
  }
  napi_value result = makeObject(env);
  setProperty(env, result, "id", makeNumber(env, info.backup_id));
  setNumber(env, result, "seconds", info.timestamp);
  setNumber(env, result, "size", info.size);
  setProperty(env, result, "metadata", makeString(env, info.app_metadata));
  setProperty(env, result, "files", files);
  return result;
}

Finish finishWith(BackupInfo info) {
  auto held = std::make_shared<BackupInfo>(std::move(info));
  return [held](napi_env env) { return toValue(env, *held); };
}

// Ends early, with ROCKSDB_INCOMPLETE, when the database is given up or the process ends meanwhile, and with
// ROCKSDB_NO_SPACE when its RocksDB is opened anew because of a full disk.
rocksdb::BackupID create(SharedDatabase& database, BackupEngine& engine, const std::string& directory,
                         const std::string& metadata) {
  const rocksdb::CreateBackupOptions options;
  const CancellableCalls::Call running(database.cancellableCalls(), [&] { engine.StopBackup(); });
  if (database.cancelled()) engine.StopBackup();
  const DatabaseGuard guard(database);
  rocksdb::BackupID id = 0;
  const rocksdb::Status status = engine.CreateNewBackupWithMetadata(options, &guard.db(), metadata, &id);
  if (status.IsIncomplete() && running.cancelled() && !database.cancelled()) {
    throw DatabaseError{"ROCKSDB_NO_SPACE",
                        "The backup was given up: the disk of the database is full, and a trim or resume() needed the "
                        "database for itself. Make the backup again: " + directory, directory, "noSpace", "hard"};
  }
  throwIfFailed(status, directory);
  return id;
}

// Removes all backups with this metadata but so many of the newest. What others have made stays.
void removeOld(BackupEngine& engine, const std::string& directory, const std::string& metadata, uint32_t keep) {
  std::vector<BackupInfo> infos;
  engine.GetBackupInfo(&infos);
  std::vector<rocksdb::BackupID> ids;
  for (const BackupInfo& info : infos) {
    if (info.app_metadata == metadata) ids.push_back(info.backup_id);
  }
  std::sort(ids.begin(), ids.end());
  for (size_t i = 0; i + keep < ids.size(); i++) throwIfFailed(engine.DeleteBackup(ids[i]), directory);
}

// createBackup(handle, directory, metadata, keep): Promise<info>. keep: how many backups with this metadata to keep, 0 for
// all.
napi_value createBackup(const Arguments& arguments) {
  auto reference = std::make_shared<Reference>(arguments.lease(0).forCall());
  const std::string directory = arguments.string(1, "directory");
  const std::string metadata = arguments.string(2, "metadata");
  const uint32_t keep = arguments.integer(3, "keep", 0, UINT32_MAX);
  return startOperation(arguments.env(), directory, Duration::kLengthy, [=]() -> Finish {
    createDirectory(directory, true);
    const DirectoryLock lock(directory, LockKind::kExclusive);
    const auto engine = open<BackupEngine>(directory);
    const rocksdb::BackupID id = create(**reference, *engine, directory, metadata);
    reference->drop();
    BackupInfo info;
    throwIfFailed(engine->GetBackupInfo(id, &info, true), directory);
    if (keep > 0) removeOld(*engine, directory, metadata, keep);
    return finishWith(std::move(info));
  });
}

// removeBackup(directory, id, seconds, metadata): Promise<void>. Removes the backup that was seen there, made at this time
// with this metadata, and no other that has its id since; or, when both are undefined, one that RocksDB finds damaged.
napi_value removeBackup(const Arguments& arguments) {
  const std::string directory = arguments.string(0, "directory");
  const uint32_t id = arguments.integer(1, "id", 1, UINT32_MAX);
  const bool isDamaged = arguments.isUndefined(2);
  const uint32_t seconds = isDamaged ? 0 : arguments.integer(2, "seconds", 0, UINT32_MAX);
  const std::string metadata = isDamaged ? "" : arguments.string(3, "metadata");
  return startOperation(arguments.env(), directory, Duration::kLengthy, [=]() -> Finish {
    const DirectoryLock lock(directory, LockKind::kExclusive);
    const auto engine = open<BackupEngine>(directory);
    BackupInfo info;
    const rocksdb::Status status = engine->GetBackupInfo(id, &info, false);
    const bool isSame = isDamaged ? status.IsCorruption()
                                  : status.ok() && info.timestamp == seconds &&
                                        info.app_metadata == metadata;
    if (!isSame) {
      throw DatabaseError{"ROCKSDB_NOT_FOUND", "The backup has been removed meanwhile", "none", "none", directory};
    }
    throwIfFailed(engine->DeleteBackup(id), directory);
    return finishWithUndefined();
  });
}

// listBackups(directory): Promise<{ backups: info[], damaged: id[] }>
napi_value listBackups(const Arguments& arguments) {
  const std::string directory = arguments.string(0, "directory");
  return startOperation(arguments.env(), directory, Duration::kLengthy, [=]() -> Finish {
    const auto engine = open<BackupEngineReadOnly>(directory);
    auto infos = std::make_shared<std::vector<BackupInfo>>();
    engine->GetBackupInfo(infos.get(), true);
    std::vector<rocksdb::BackupID> damaged;
    engine->GetCorruptedBackups(&damaged);
    return [infos, damaged](napi_env env) {
      napi_value backups;
      check(napi_create_array_with_length(env, infos->size(), &backups));
      for (size_t i = 0; i < infos->size(); i++) {
        check(napi_set_element(env, backups, static_cast<uint32_t>(i), toValue(env, (*infos)[i])));
      }
      napi_value bad;
      check(napi_create_array_with_length(env, damaged.size(), &bad));
      for (size_t i = 0; i < damaged.size(); i++) {
        check(napi_set_element(env, bad, static_cast<uint32_t>(i), makeNumber(env, damaged[i])));
      }
      napi_value result = makeObject(env);
      setProperty(env, result, "backups", backups);
      setProperty(env, result, "damaged", bad);
      return result;
    };
  });
}

// restoreBackup(directory, id, target): Promise<info>. Every checksum is compared, before and while files are copied.
// Nothing is removed from the directory meanwhile.
napi_value restoreBackup(const Arguments& arguments) {
  const std::string directory = arguments.string(0, "directory");
  const uint32_t id = arguments.integer(1, "id", 1, UINT32_MAX);
  const std::string target = arguments.string(2, "target");
  return startOperation(arguments.env(), directory, Duration::kLengthy, [=]() -> Finish {
    const DirectoryLock lock(directory, LockKind::kShared);
    const auto engine = open<BackupEngineReadOnly>(directory);
    BackupInfo info;
    throwIfFailed(engine->GetBackupInfo(id, &info, true), directory);
    throwIfFailed(engine->VerifyBackup(id, true), directory);
    createDirectory(target, true);
    throwIfFailed(engine->RestoreDBFromBackup(rocksdb::RestoreOptions(), id, target, target), target);
    return finishWith(std::move(info));
  });
}

}  // namespace

void exportBackup(napi_env env, napi_value exports) {
  exportFunction<createBackup>(env, exports, "createBackup");
  exportFunction<listBackups>(env, exports, "listBackups");
  exportFunction<removeBackup>(env, exports, "removeBackup");
  exportFunction<restoreBackup>(env, exports, "restoreBackup");
}

}  // namespace shale
