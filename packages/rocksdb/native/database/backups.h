// Backups of an open database in a directory of their own, and the way back. RocksDB's backup engine does the work: the
// backups of a directory share table files, everything has a checksum, and an unfinished backup does not count.
#pragma once

#include <rocksdb/utilities/backup_engine.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "database/lease.h"

namespace shale {

// What tells a backup from another one that has its id later: the time when it was made, and its metadata.
struct BackupMark {
  int64_t seconds = 0;
  std::string metadata;
};

struct BackupList {
  std::vector<rocksdb::BackupInfo> infos;
  std::vector<rocksdb::BackupID> damaged;
};

// All of these throw DatabaseError.

// Adds a backup. With `keep`, afterwards removes all older backups with this metadata but the newest `keep`; 0 keeps
// all. Drops the reference as soon as the database is not needed any more.
rocksdb::BackupInfo createBackup(Reference& reference, const std::string& directory, const std::string& metadata,
                                 uint32_t keep);

// Files are looked for and their sizes compared.
BackupList listBackups(const std::string& directory);

// Removes the backup with this id and mark, and none that has got the id since; without a mark, one that is damaged.
// Throws ROCKSDB_NOT_FOUND when it is another one.
void removeBackup(const std::string& directory, uint32_t id, const std::optional<BackupMark>& mark);

// Compares every checksum, before and during the copying. Nothing is removed from the directory meanwhile.
rocksdb::BackupInfo restoreBackup(const std::string& directory, uint32_t id, const std::string& target);

}  // namespace shale
