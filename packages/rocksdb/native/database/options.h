// The settings of a database, as the TypeScript side has resolved and checked them.
#pragma once

#include <node_api.h>
#include <rocksdb/options.h>

#include <cstdint>
#include <string>

namespace shale {

struct Settings {
  // Of the reference (see src/options.ts for the meaning of each).
  int maxBackgroundJobs;
  uint32_t maxSubcompactions;
  bool enableStatistics;
  size_t writeBufferSize;
  int maxWriteBufferNumber;
  int level0FileNumCompactionTrigger;
  int level0SlowdownWritesTrigger;
  int level0StopWritesTrigger;
  uint64_t fifoCompactionMaxTableFilesSize;
  // Shale's own.
  int backgroundNice;
  std::string walRecoveryMode;
  std::string compression;
  size_t blockCacheSize;
  size_t blockSize;
  bool pipelinedWrite;
  std::string memtable;
  bool memtableInsertHint;
  uint64_t maxTotalWalSize;
  uint64_t walBytesPerSync;
  uint64_t bytesPerSync;
  size_t recycleLogFileNum;
  bool useDirectReads;
  bool useDirectIoForFlushAndCompaction;
  int maxOpenFiles;
  bool paranoidChecks;
  uint64_t targetFileSizeBase;
  uint64_t memtableMaxRangeDeletions;
  std::string filePermissions;
  uint64_t spaceReserve;
  // Goes on when acknowledged entries are missing. Belongs to the one who opens, not to the database that others join.
  bool salvage = false;

  static Settings read(napi_env env, napi_value object);
  // For a database in `directory`.
  rocksdb::Options toOptions(const std::string& directory, bool readOnly) const;
  // Whether what is created is for its owner alone.
  bool ownerOnly() const { return filePermissions == "owner"; }
  // Names the first setting that differs; empty when all are equal.
  std::string differenceFrom(const Settings& other) const;
};

}  // namespace shale
