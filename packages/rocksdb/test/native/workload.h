// Random batches and what they make of a database, the same for the same seed.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <map>
#include <string>

#include "check.h"

namespace shale::test {

using Contents = std::map<std::string, std::string>;

// Compares everything there is, in both directions, and seeks about; or only the latter.
void compare(rocksdb::DB& db, const Contents& contents, const rocksdb::Snapshot* snapshot, Random& random,
             bool everything = true);
rocksdb::Options optionsFor(bool log);
std::unique_ptr<rocksdb::DB> open(const std::string& path, bool log);

class Workload {
 public:
  explicit Workload(uint64_t seed) : random_(seed) {}

  // Makes the next batch; contents() then tells what is there after it.
  void next(rocksdb::WriteBatch* batch) {
    batch->Clear();
    if (random_.percent(15)) trim(batch);
    for (uint64_t parts = 1 + random_.below(4); parts > 0; parts--) part(batch);
  }
  const Contents& contents() const { return contents_; }

 private:
  static constexpr uint64_t kTables = 12;

  void part(rocksdb::WriteBatch* batch) {
    const uint64_t kind = random_.below(100);
    const uint64_t table = random_.below(kTables);
    if (kind < 70) {
      for (uint64_t count = 1 + random_.below(20); count > 0; count--) put(batch, logKey(table, ++next_[table]));
    } else if (kind < 76) {
      put(batch, metaKey(table));
    } else if (kind < 82) {
      put(batch, logKey(table, random_.below(next_[table] + 10)));
    } else if (kind < 88) {
      put(batch, foreignKey(random_));
    } else if (kind < 94) {
      remove(batch, logKey(table, random_.below(next_[table] + 10)));
    } else if (kind < 96) {
      remove(batch, metaKey(table));
    } else {
      // The same key twice in one batch.
      const std::string key = random_.percent(50) ? logKey(table, ++next_[table]) : metaKey(table);
      put(batch, key);
      random_.percent(50) ? put(batch, key) : remove(batch, key);
    }
  }
  void put(rocksdb::WriteBatch* batch, const std::string& key) {
    std::string value(random_.below(120), static_cast<char>(random_.below(256)));
    batch->Put(key, value).PermitUncheckedError();
    contents_[key] = std::move(value);
  }
  void remove(rocksdb::WriteBatch* batch, const std::string& key) {
    batch->Delete(key).PermitUncheckedError();
    contents_.erase(key);
  }
  void trim(rocksdb::WriteBatch* batch) {
    const uint64_t table = random_.below(kTables);
    const std::string lower = logKey(table, 0);
    const std::string upper = logKey(table, random_.below(next_[table] + 2));
    batch->DeleteRange(lower, upper).PermitUncheckedError();
    contents_.erase(contents_.lower_bound(lower), contents_.lower_bound(upper));
  }

  Random random_;
  Contents contents_;
  uint64_t next_[kTables] = {};
};

}  // namespace shale::test
