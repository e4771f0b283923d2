// The settings of a database, as the TypeScript side has resolved and checked them.
#pragma once

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
  int minWriteBufferNumberToMerge;
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
  uint64_t pageCacheBytes;
  int maxOpenFiles;
  bool paranoidChecks;
  uint64_t targetFileSizeBase;
  uint64_t memtableMaxRangeDeletions;
  std::string filePermissions;
  uint64_t spaceReserve;
  // Goes on when acknowledged entries are missing. Belongs to one opening, not to the database that others join.
  bool salvage = false;

  // Throws an ArgumentError, or ROCKSDB_NOT_SUPPORTED for what this librocksdb lacks.
  void validate() const;
  // For a database in `directory`.
  rocksdb::Options toOptions(const std::string& directory, bool readOnly) const;
  // Whether level 0 is compacted by passes, and nothing by RocksDB itself.
  bool makesPasses() const { return fifoCompactionMaxTableFilesSize == 0; }
  // Whether what is created is for its owner alone.
  bool ownerOnly() const { return filePermissions == "owner"; }
  // Names the first setting that differs; empty when all are equal.
  std::string differenceFrom(const Settings& other) const;

  // Calls `visit` with the name of every setting that databases can differ in, and with what it is in each of two:
  // reading and comparing must never miss one.
  template <class First, class Second, class Visitor>
  static void visit(First& a, Second& b, Visitor&& visit) {
#define SHALE_SETTING(name) visit(#name, a.name, b.name)
    SHALE_SETTING(maxBackgroundJobs);
    SHALE_SETTING(maxSubcompactions);
    SHALE_SETTING(enableStatistics);
    SHALE_SETTING(writeBufferSize);
    SHALE_SETTING(maxWriteBufferNumber);
    SHALE_SETTING(minWriteBufferNumberToMerge);
    SHALE_SETTING(level0FileNumCompactionTrigger);
    SHALE_SETTING(level0SlowdownWritesTrigger);
    SHALE_SETTING(level0StopWritesTrigger);
    SHALE_SETTING(fifoCompactionMaxTableFilesSize);
    SHALE_SETTING(backgroundNice);
    SHALE_SETTING(walRecoveryMode);
    SHALE_SETTING(compression);
    SHALE_SETTING(blockCacheSize);
    SHALE_SETTING(blockSize);
    SHALE_SETTING(pipelinedWrite);
    SHALE_SETTING(memtable);
    SHALE_SETTING(memtableInsertHint);
    SHALE_SETTING(maxTotalWalSize);
    SHALE_SETTING(walBytesPerSync);
    SHALE_SETTING(bytesPerSync);
    SHALE_SETTING(recycleLogFileNum);
    SHALE_SETTING(useDirectReads);
    SHALE_SETTING(useDirectIoForFlushAndCompaction);
    SHALE_SETTING(pageCacheBytes);
    SHALE_SETTING(maxOpenFiles);
    SHALE_SETTING(paranoidChecks);
    SHALE_SETTING(targetFileSizeBase);
    SHALE_SETTING(memtableMaxRangeDeletions);
    SHALE_SETTING(filePermissions);
    SHALE_SETTING(spaceReserve);
#undef SHALE_SETTING
  }
};

}  // namespace shale
