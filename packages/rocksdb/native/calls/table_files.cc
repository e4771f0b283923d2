// Work on files of a database that may be damaged, without the database: checking one table file, copying what can be
// read of it, and making a database out of the files of a directory. Also what librocksdb says of itself.
#include <rocksdb/db.h>
#include <rocksdb/iterator.h>
#include <rocksdb/snapshot.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table_properties.h>
#include <rocksdb/version.h>
#include <rocksdb/write_batch.h>

#include <cstdarg>
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "calls/calls.h"
#include "core/format.h"
#include "core/open_rocksdb.h"
#include "core/private_files.h"
#include "napi/entry.h"
#include "napi/operation.h"
#include "recovery/gathered_files.h"
#include "recovery/log_file_writer.h"
#include "recovery/stored_deletions.h"
#include "recovery/table_file_walk.h"

namespace shale {

namespace {

using rocksdb::Status;

// checkTableFile(path): Promise<{ opens, message | null, entries, deletions, rangeDeletions }>. Every block is read.
napi_value checkTableFile(const Arguments& arguments) {
  const std::string path = arguments.string(0, "path");
  return startOperation(arguments.env(), path, Duration::kLengthy, [path]() -> Finish {
    rocksdb::SstFileReader reader{rocksdb::Options()};
    Status status = reader.Open(path);
    const bool opens = status.ok();
    uint64_t entries = 0;
    uint64_t deletions = 0;
    uint64_t rangeDeletions = 0;
    if (opens) {
      if (const auto properties = reader.GetTableProperties()) {
        entries = properties->num_entries;
        deletions = properties->num_deletions;
        rangeDeletions = properties->num_range_deletions;
      }
      status = reader.VerifyChecksum(rocksdb::ReadOptions());
    }
    const std::string message = status.ok() ? "" : status.ToString();
    return [=](napi_env env) {
      napi_value result = makeObject(env);
      setProperty(env, result, "opens", makeBoolean(env, opens));
      setProperty(env, result, "message", message.empty() ? makeNull(env) : makeString(env, message));
      setNumber(env, result, "entries", entries);
      setNumber(env, result, "deletions", deletions);
      setNumber(env, result, "rangeDeletions", rangeDeletions);
      return result;
    };
  });
}

using Record = std::pair<std::string, std::string>;

struct Rewritten {
  uint64_t entries = 0;
  uint64_t deleted = 0;
  std::vector<TableFileWalk::Gap> gaps;
  std::vector<Record> records;
};

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

// Writes the entries of a damaged file that have not been deleted. The copies carry RocksDB's smallest sequence number, so
// that whatever deletion another file holds still covers them; but for those that were written after a deletion of what
// had been there before, which go to `newer`, a log file, with a sequence behind that.
class Rewriting {
 public:
  Rewriting(const std::string& source, const std::string& target, const std::string& newer,
            const std::vector<RangeDeletion>& deletions)
      : target_(target), newer_(newer), walk_(options(), source), deletions_(deletions), scratch_(target + ".columns"),
        writer_(rocksdb::EnvOptions(), options(), scratch_.columnFamily()) {}

  Rewritten run() {
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
  Rewritten result_;
};

napi_value bytesOrNull(napi_env env, bool present, const std::string& bytes) {
  return present ? makeBytes(env, bytes.data(), bytes.size()) : makeNull(env);
}

napi_value toValue(napi_env env, const Rewritten& rewritten) {
  napi_value gaps;
  check(napi_create_array_with_length(env, rewritten.gaps.size(), &gaps));
  for (size_t i = 0; i < rewritten.gaps.size(); i++) {
    const TableFileWalk::Gap& gap = rewritten.gaps[i];
    napi_value item = makeObject(env);
    setProperty(env, item, "after", bytesOrNull(env, gap.hasAfter, gap.after));
    setProperty(env, item, "before", bytesOrNull(env, gap.hasBefore, gap.before));
    setProperty(env, item, "message", makeString(env, gap.message));
    check(napi_set_element(env, gaps, static_cast<uint32_t>(i), item));
  }
  napi_value records;
  check(napi_create_array_with_length(env, rewritten.records.size(), &records));
  for (size_t i = 0; i < rewritten.records.size(); i++) {
    const Record& record = rewritten.records[i];
    napi_value item = makeObject(env);
    setProperty(env, item, "key", makeBytes(env, record.first.data(), record.first.size()));
    setProperty(env, item, "value", makeBytes(env, record.second.data(), record.second.size()));
    check(napi_set_element(env, records, static_cast<uint32_t>(i), item));
  }
  napi_value result = makeObject(env);
  setNumber(env, result, "entries", rewritten.entries);
  setNumber(env, result, "deleted", rewritten.deleted);
  setProperty(env, result, "gaps", gaps);
  setProperty(env, result, "records", records);
  return result;
}

// rewriteTableFile(source, target, newer, deletions): Promise<{ entries, deleted, gaps, records }>. `deletions`, packed, are
// those of all files.
napi_value rewriteTableFile(const Arguments& arguments) {
  const std::string source = arguments.string(0, "source");
  const std::string target = arguments.string(1, "target");
  const std::string newer = arguments.string(2, "newer");
  const Bytes packed = arguments.bytes(3, "deletions");
  const auto deletions = std::make_shared<std::vector<RangeDeletion>>(
      unpackRangeDeletions({reinterpret_cast<const char*>(packed.data), packed.size}, "deletions"));
  return startOperation(arguments.env(), source, Duration::kLengthy, [=]() -> Finish {
    auto rewritten = std::make_shared<Rewritten>(Rewriting(source, target, newer, *deletions).run());
    return [rewritten](napi_env env) { return toValue(env, *rewritten); };
  });
}

// Keeps what RocksDB says while it repairs.
class Listener : public rocksdb::Logger {
 public:
  Listener() : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    char line[1024];
    std::vsnprintf(line, sizeof line, format, arguments);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (lines_.size() < kMost) lines_.emplace_back(line);
  }
  std::vector<std::string> lines() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return lines_;
  }

 private:
  static constexpr size_t kMost = 10000;

  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

// repairDirectory(path): Promise<string[]>. Makes a database out of the table and log files of a directory, changing
// the directory; resolves with what RocksDB had to say.
napi_value repairDirectory(const Arguments& arguments) {
  const std::string path = arguments.string(0, "path");
  return startOperation(arguments.env(), path, Duration::kLengthy, [path]() -> Finish {
    const auto listener = std::make_shared<Listener>();
    rocksdb::Options options;
    options.env = privateEnvironment();
    options.info_log = listener;
    throwIfFailed(rocksdb::RepairDB(path, options), path);
    const std::vector<std::string> lines = listener->lines();
    return [lines](napi_env env) {
      napi_value result;
      check(napi_create_array_with_length(env, lines.size(), &result));
      for (size_t i = 0; i < lines.size(); i++) {
        check(napi_set_element(env, result, static_cast<uint32_t>(i), makeString(env, lines[i])));
      }
      return result;
    };
  });
}

napi_value toValue(napi_env env, const std::vector<LostValues>& lost) {
  napi_value items;
  check(napi_create_array_with_length(env, lost.size(), &items));
  for (size_t i = 0; i < lost.size(); i++) {
    napi_value item = makeObject(env);
    setProperty(env, item, "first", makeBytes(env, lost[i].first.data(), lost[i].first.size()));
    setProperty(env, item, "last", makeBytes(env, lost[i].last.data(), lost[i].last.size()));
    setProperty(env, item, "count", makeNumber(env, static_cast<double>(lost[i].count)));
    setProperty(env, item, "message", makeString(env, lost[i].message));
    check(napi_set_element(env, items, static_cast<uint32_t>(i), item));
  }
  return items;
}

// gatherTableFiles(path, deletions, hasBlobs): Promise<{ first, last, count, message }[]>. Makes a database of the table files
// of a directory; resolves with the records that it leaves out. `deletions`, packed, are those of all files.
napi_value gatherTableFiles(const Arguments& arguments) {
  const std::string path = arguments.string(0, "path");
  const Bytes packed = arguments.bytes(1, "deletions");
  const bool hasBlobs = arguments.boolean(2, "hasBlobs");
  const auto deletions = std::make_shared<std::vector<RangeDeletion>>(
      unpackRangeDeletions({reinterpret_cast<const char*>(packed.data), packed.size}, "deletions"));
  return startOperation(arguments.env(), path, Duration::kLengthy, [=]() -> Finish {
    const auto lost =
        std::make_shared<std::vector<LostValues>>(shale::gatherTableFiles(path, *deletions, hasBlobs));
    return [lost](napi_env env) { return toValue(env, *lost); };
  });
}

// libraryInfo(): { loaded, properties }: the librocksdb that the process has loaded, which need not be the one that the
// addon was compiled against.
napi_value libraryInfo(const Arguments& arguments) {
  const napi_env env = arguments.env();
  napi_value properties = makeObject(env);
  for (const auto& item : rocksdb::GetRocksBuildProperties()) {
    setProperty(env, properties, item.first.c_str(), makeString(env, item.second));
  }
  napi_value result = makeObject(env);
  setProperty(env, result, "loaded", makeString(env, rocksdb::GetRocksVersionAsString(true)));
  setProperty(env, result, "properties", properties);
  return result;
}

}  // namespace

void exportTableFiles(napi_env env, napi_value exports) {
  exportFunction<checkTableFile>(env, exports, "checkTableFile");
  exportFunction<rewriteTableFile>(env, exports, "rewriteTableFile");
  exportFunction<repairDirectory>(env, exports, "repairDirectory");
  exportFunction<gatherTableFiles>(env, exports, "gatherTableFiles");
  exportFunction<libraryInfo>(env, exports, "libraryInfo");
}

}  // namespace shale
