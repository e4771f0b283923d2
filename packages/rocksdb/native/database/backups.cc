#include "database/backups.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "core/directories.h"
#include "core/errors.h"
#include "core/file_lock.h"
#include "core/input_file.h"
#include "core/open_rocksdb.h"
#include "core/private_files.h"
#include "core/regular_file.h"
#include "database/database.h"

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

// Ends early, with ROCKSDB_INCOMPLETE, when the database is given up or the process ends meanwhile, and with
// ROCKSDB_NO_SPACE when its RocksDB is reopened because of a full disk.
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

}  // namespace

BackupInfo createBackup(Reference& reference, const std::string& directory, const std::string& metadata,
                        uint32_t keep) {
  createDirectory(directory, true);
  const DirectoryLock lock(directory, LockKind::kExclusive);
  const auto engine = open<BackupEngine>(directory);
  const rocksdb::BackupID id = create(*reference, *engine, directory, metadata);
  reference.drop();
  BackupInfo info;
  throwIfFailed(engine->GetBackupInfo(id, &info, true), directory);
  if (keep > 0) removeOld(*engine, directory, metadata, keep);
  return info;
}

BackupList listBackups(const std::string& directory) {
  const auto engine = open<BackupEngineReadOnly>(directory);
  BackupList list;
  engine->GetBackupInfo(&list.infos, true);
  engine->GetCorruptedBackups(&list.damaged);
  return list;
}

void removeBackup(const std::string& directory, uint32_t id, const std::optional<BackupMark>& mark) {
  const DirectoryLock lock(directory, LockKind::kExclusive);
  const auto engine = open<BackupEngine>(directory);
  BackupInfo info;
  const rocksdb::Status status = engine->GetBackupInfo(id, &info, false);
  const bool isSame = mark ? status.ok() && info.timestamp == mark->seconds && info.app_metadata == mark->metadata
                           : status.IsCorruption();
  if (!isSame) throw DatabaseError{"ROCKSDB_NOT_FOUND", "The backup has been removed meanwhile", directory};
  throwIfFailed(engine->DeleteBackup(id), directory);
}

BackupInfo restoreBackup(const std::string& directory, uint32_t id, const std::string& target) {
  const DirectoryLock lock(directory, LockKind::kShared);
  const auto engine = open<BackupEngineReadOnly>(directory);
  BackupInfo info;
  throwIfFailed(engine->GetBackupInfo(id, &info, true), directory);
  throwIfFailed(engine->VerifyBackup(id, true), directory);
  createDirectory(target, true);
  throwIfFailed(engine->RestoreDBFromBackup(rocksdb::RestoreOptions(), id, target, target), target);
  return info;
}

}  // namespace shale
