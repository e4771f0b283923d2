#include "workload.h"

#include <rocksdb/table.h>

#include "memtable/log_memtable.h"

namespace shale::test {

rocksdb::Options optionsFor(bool log) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.compression = rocksdb::kNoCompression;
  // Small, so that memtables come and go.
  options.write_buffer_size = 64 << 10;
  options.max_write_buffer_number = 3;
  options.info_log_level = rocksdb::InfoLogLevel::ERROR_LEVEL;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  if (log) {
    options.memtable_factory = makeLogMemtable();
    options.allow_concurrent_memtable_write = false;
  }
  return options;
}

std::unique_ptr<rocksdb::DB> open(const std::string& path, bool log) {
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(optionsFor(log), path, &db);
  if (!status.ok()) fail("cannot open " + path + ": " + status.ToString());
  return std::unique_ptr<rocksdb::DB>(db);
}

namespace {

std::string hex(const std::string& key) { return rocksdb::Slice(key).ToString(true); }

void checkAt(rocksdb::Iterator& iterator, const Contents& contents, Contents::const_iterator wanted) {
  if (!iterator.status().ok()) fail("an iterator failed: " + iterator.status().ToString());
  if (wanted == contents.end()) {
    if (iterator.Valid()) fail("found " + iterator.key().ToString(true) + " where there is nothing");
  } else if (!iterator.Valid()) {
    fail("found nothing where " + hex(wanted->first) + " belongs");
  } else if (iterator.key() != wanted->first) {
    fail("found " + iterator.key().ToString(true) + " where " + hex(wanted->first) + " belongs");
  } else if (iterator.value() != wanted->second) {
    fail("found another value for " + hex(wanted->first));
  }
}

void walkAbout(rocksdb::Iterator& iterator, const Contents& contents, Random& random) {
  const std::string target =
      random.percent(70) ? logKey(random.below(13), random.below(500)) : foreignKey(random);
  Contents::const_iterator at;
  if (random.percent(50)) {
    iterator.Seek(target);
    at = contents.lower_bound(target);
  } else {
    iterator.SeekForPrev(target);
    at = contents.upper_bound(target);
    at = at == contents.begin() ? contents.end() : std::prev(at);
  }
  checkAt(iterator, contents, at);
  for (int steps = 0; steps < 20 && at != contents.end(); steps++) {
    if (random.percent(50)) {
      iterator.Next();
      ++at;
    } else {
      iterator.Prev();
      at = at == contents.begin() ? contents.end() : std::prev(at);
    }
    checkAt(iterator, contents, at);
  }
}

}  // namespace

void compare(rocksdb::DB& db, const Contents& contents, const rocksdb::Snapshot* snapshot, Random& random,
             bool everything) {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  const std::unique_ptr<rocksdb::Iterator> iterator(db.NewIterator(options));
  if (everything) {
    iterator->SeekToFirst();
    for (auto at = contents.begin(); at != contents.end(); ++at, iterator->Next()) checkAt(*iterator, contents, at);
    checkAt(*iterator, contents, contents.end());
    iterator->SeekToLast();
    for (auto at = contents.rbegin(); at != contents.rend(); ++at, iterator->Prev()) {
      checkAt(*iterator, contents, std::prev(at.base()));
    }
    checkAt(*iterator, contents, contents.end());
  }
  for (int i = 0; i < 20; i++) walkAbout(*iterator, contents, random);

  for (int i = 0; i < 20; i++) {
    const std::string key = random.percent(30)   ? metaKey(random.below(13))
                            : random.percent(80) ? logKey(random.below(13), random.below(500))
                                                 : foreignKey(random);
    std::string value;
    const rocksdb::Status status = db.Get(options, key, &value);
    const auto wanted = contents.find(key);
    const bool right =
        wanted == contents.end() ? status.IsNotFound() : status.ok() && value == wanted->second;
    if (!right) fail("Get of " + hex(key) + " gives something else: " + status.ToString());
  }
}

}  // namespace shale::test
