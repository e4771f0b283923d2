// Ensures that the replay of RocksDB's logs never skips anything.
#pragma once

#include <rocksdb/options.h>
#include <rocksdb/wal_filter.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace shale {

// What a replay may step over, since the numbers of the records are not consecutive by rights: see LogScan.
struct AllowedJumps {
  // None, unless another program has written the logs.
  bool any = false;
  // Nothing up to this sequence may be missing.
  uint64_t promised = 0;
  // The sequence up to which the check before the replay found the logs whole, if that was not their end.
  std::optional<uint64_t> end = {};
};

// A power failure can take the end of one log and leave the beginning of the next, or zero whole blocks in the middle
// of one: RocksDB takes a log that ends after a whole record for complete, and a block of zeros for unused. It numbers
// all records, though. So where the numbers have a gap, or the oldest log, which must have records where later ones
// have some, has none, the replay stops as it does at damage; in the recovery modes that refuse damage, the open fails.
class LogContinuity : public rocksdb::WalFilter {
 public:
  LogContinuity(std::string path, rocksdb::WALRecoveryMode mode, const AllowedJumps& jumps);

  const char* Name() const override { return "shale.logContinuity"; }
  void ColumnFamilyLogNumberMap(const std::map<uint32_t, uint64_t>& logNumbers,
                                const std::map<std::string, uint32_t>& ids) override;
  WalProcessingOption LogRecordFound(unsigned long long log, const std::string& file, const rocksdb::WriteBatch& batch,
                                     rocksdb::WriteBatch* changed, bool* isChanged) override;

  // Whether the last replay met a gap, or numbers that were there before.
  bool stopped() const { return stopped_; }

 private:
  bool mayJump() const;

  const std::string path_;
  const WalProcessingOption atGap_;
  const AllowedJumps jumps_;
  // Those in the directory. Between others that are replayed, one may be empty: a full disk was left twice.
  std::set<uint64_t> logs_;
  uint64_t firstNeeded_ = 0;
  uint64_t next_ = 0;
  uint64_t start_ = 0;  // of the last batch
  bool stopped_ = false;
};

}  // namespace shale
