#include "recovery/table_file_rewrite.h"

#include <rocksdb/db.h>
#include <rocksdb/snapshot.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/write_batch.h>

#include <memory>
#include <optional>

#include "core/errors.h"
#include "core/format.h"
#include "core/open_rocksdb.h"
#include "core/private_files.h"
#include "recovery/log_file_writer.h"

namespace shale {

namespace {

// A table file belongs to a column family by name, and its writer takes the name from an open database.
class ScratchDatabase {
 public:
  explicit ScratchDatabase(std::string path) : path_(std::move(path)) {
    options_.create_if_missing = true;
    options_.env = privateEnvironment();
    throwIfFailed(openRocksDB(options_, path_, &db_), path_);
  }
  ~ScratchDatabase() {
    db_.reset();
    rocksdb::DestroyDB(path_, options_).PermitUncheckedError();
  }
  ScratchDatabase(const ScratchDatabase&) = delete;
  ScratchDatabase& operator=(const ScratchDatabase&) = delete;

  rocksdb::ColumnFamilyHandle* columnFamily() const { return db_->DefaultColumnFamily(); }

 private:
  const std::string path_;
  rocksdb::Options options_;
  std::unique_ptr<rocksdb::DB> db_;
};

// A moment of the database in RocksDB's own counting: an iterator sees what was there then.
class Moment : public rocksdb::Snapshot {
 public:
  explicit Moment(uint64_t sequence) : sequence_(sequence) {}
  rocksdb::SequenceNumber GetSequenceNumber() const override { return sequence_; }
  int64_t GetUnixTime() const override { return 0; }
  uint64_t GetTimestamp() const override { return 0; }

 private:
  const uint64_t sequence_;
};

bool isLogKey(const rocksdb::Slice& key) { return !key.empty() && (static_cast<unsigned char>(key[0]) & 1) != 0; }

class Rewriting {
 public:
  Rewriting(const std::string& source, const std::string& target, const std::string& newer,
            const std::vector<RangeDeletion>& deletions)
      : target_(target), newer_(newer), walk_(options(), source), deletions_(deletions), scratch_(target + ".columns"),
        writer_(rocksdb::EnvOptions(), options(), scratch_.columnFamily()) {}

  RewrittenTableFile run() {
    while (walk_.next()) {
      const uint64_t deletedAt = deletions_.latestOver({walk_.key().data(), walk_.key().size()});
      if (deletedAt == 0) {
        put();
      } else if (wasThere(deletedAt)) {
        result_.deleted++;
        continue;
      } else {
        putNewer(deletedAt + 1);
      }
      result_.entries++;
      if (!isLogKey(walk_.key())) result_.records.emplace_back(walk_.key().ToString(), walk_.value().ToString());
    }
    if (old_ > 0) throwIfFailed(writer_.Finish(), target_);
    if (log_) log_->finish();
    result_.gaps = walk_.gaps();
    return std::move(result_);
  }

 private:
  static rocksdb::Options options() {
    rocksdb::Options options;
    options.env = privateEnvironment();
    return options;
  }

  bool wasThere(uint64_t sequence) const {
    const Moment moment(sequence);
    rocksdb::ReadOptions options;
    options.snapshot = &moment;
    return walk_.isThere(options);
  }
  void put() {
    if (old_++ == 0) throwIfFailed(writer_.Open(target_), target_);
    throwIfFailed(writer_.Put(walk_.key(), walk_.value()), target_);
  }
  void putNewer(uint64_t sequence) {
    if (!log_) log_.emplace(newer_);
    rocksdb::WriteBatch batch;
    throwIfFailed(batch.Put(walk_.key(), walk_.value()), newer_);
    std::string bytes = batch.Data();
    storeU64LE(bytes.data(), sequence);
    log_->append(bytes);
  }

  const std::string target_;
  const std::string newer_;
  TableFileWalk walk_;
  const DeletionCover deletions_;
  const ScratchDatabase scratch_;
  rocksdb::SstFileWriter writer_;
  std::optional<LogFileWriter> log_;
  uint64_t old_ = 0;
  RewrittenTableFile result_;
};

}  // namespace

RewrittenTableFile rewriteTableFile(const std::string& source, const std::string& target, const std::string& newer,
                                    const std::vector<RangeDeletion>& deletions) {
  return Rewriting(source, target, newer, deletions).run();
}

}  // namespace shale
