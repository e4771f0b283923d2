// A database with the log memtable and one with RocksDB's skip list do the same random things, and a std::map says what
// must be there: overwrites, deletions, range deletions, snapshots, flushes and opening again, beside threads that
// read.
#include <atomic>
#include <filesystem>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include "workload.h"

namespace shale::test {

namespace {

// Tables that are only appended to and trimmed from the front, which is all that a log does: readers know what they
// must see of them without asking the writer.
class Ledgers {
 public:
  static constexpr uint64_t kCount = 3;
  static constexpr uint64_t kFirstTable = 1000000;

  void write(rocksdb::DB& db, Random& random) {
    Ledger& ledger = ledgers_[random.below(kCount)];
    const uint64_t table = kFirstTable + static_cast<uint64_t>(&ledger - ledgers_);
    const uint64_t last = ledger.last.load();
    const uint64_t count = 1 + random.below(30);
    rocksdb::WriteBatch batch;
    for (uint64_t i = 1; i <= count; i++) {
      batch.Put(logKey(table, last + i), logKey(table, ~(last + i))).PermitUncheckedError();
    }
    const bool trims = random.percent(5);
    const uint64_t floor = trims ? ledger.floor.load() + random.below(last + 1 - ledger.floor.load()) : 0;
    if (trims) {
      // A reader may see it as soon as it is written, and not before it is promised here.
      ledger.promisedFloor.store(floor);
      batch.DeleteRange(logKey(table, 0), logKey(table, floor + 1)).PermitUncheckedError();
    }
    expect(db.Write(rocksdb::WriteOptions(), &batch).ok(), "a write failed");
    if (trims) ledger.floor.store(floor);
    ledger.last.store(last + count);
  }

  void read(rocksdb::DB& db, Random& random) {
    const uint64_t index = random.below(kCount);
    const uint64_t table = kFirstTable + index;
    const Ledger& ledger = ledgers_[index];
    const uint64_t floorBefore = ledger.floor.load();
    const uint64_t lastBefore = ledger.last.load();
    const bool forwards = random.percent(50);
    const std::string lower = logKey(table, 0);
    const std::string upper = logKey(table + 1, 0);
    const rocksdb::Slice lowerBound(lower);
    const rocksdb::Slice upperBound(upper);
    rocksdb::ReadOptions options;
    options.iterate_lower_bound = &lowerBound;
    options.iterate_upper_bound = &upperBound;
    const std::unique_ptr<rocksdb::Iterator> iterator(db.NewIterator(options));
    uint64_t count = 0;
    uint64_t smallest = 0;
    uint64_t largest = 0;
    forwards ? iterator->SeekToFirst() : iterator->SeekToLast();
    for (; iterator->Valid(); forwards ? iterator->Next() : iterator->Prev(), count++) {
      const uint64_t sequence = loadU64BE(iterator->key().data() + kLogKeyPrefixLength);
      if (count == 0) smallest = largest = sequence;
      else if (forwards ? sequence != ++largest : sequence != --smallest) fail("a hole in a log");
      expect(iterator->value() == logKey(table, ~sequence), "an entry has another's value");
    }
    const uint64_t floorAfter = ledger.promisedFloor.load();
    if (count == 0) {
      expect(lastBefore <= floorAfter, "a log looks empty");
      return;
    }
    expect(largest >= lastBefore, "what was acknowledged is not there");
    expect(smallest >= floorBefore + 1 && smallest <= floorAfter + 1, "a log begins at the wrong place");
  }

 private:
  struct Ledger {
    std::atomic<uint64_t> last{0};
    std::atomic<uint64_t> floor{0};
    std::atomic<uint64_t> promisedFloor{0};
  };
  Ledger ledgers_[kCount];
};

// Reads all the time, save while the database is being opened again.
class Readers {
 public:
  Readers(const std::unique_ptr<rocksdb::DB>& db, Ledgers& ledgers, Random& random) {
    for (int i = 0; i < 2; i++) {
      threads_.emplace_back([this, &db, &ledgers, seed = random.next()] {
        Random own(seed);
        while (!stop_.load()) {
          std::shared_lock<std::shared_mutex> lock(mutex_);
          ledgers.read(*db, own);
          reads_++;
          lock.unlock();
          std::this_thread::yield();
        }
      });
    }
  }
  ~Readers() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  std::unique_lock<std::shared_mutex> pause() { return std::unique_lock<std::shared_mutex>(mutex_); }
  uint64_t reads() const { return reads_; }

 private:
  std::shared_mutex mutex_;
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> reads_{0};
  std::vector<std::thread> threads_;
};

struct Snapshots {
  const rocksdb::Snapshot* log;
  const rocksdb::Snapshot* skipList;
  Contents contents;
};

}  // namespace

std::string testDatabase(uint64_t seed, uint64_t operations, const std::string& folder) {
  Random random(seed);
  const std::string logPath = folder + "/log";
  const std::string skipListPath = folder + "/skiplist";
  const std::string ledgerPath = folder + "/ledgers";
  std::unique_ptr<rocksdb::DB> log = open(logPath, true);
  std::unique_ptr<rocksdb::DB> skipList = open(skipListPath, false);
  std::unique_ptr<rocksdb::DB> ledgerDatabase = open(ledgerPath, true);
  Workload workload(random.next());
  Ledgers ledgers;
  Readers readers(ledgerDatabase, ledgers, random);
  std::vector<Snapshots> snapshots;
  const auto release = [&](size_t index) {
    log->ReleaseSnapshot(snapshots[index].log);
    skipList->ReleaseSnapshot(snapshots[index].skipList);
    snapshots.erase(snapshots.begin() + static_cast<std::ptrdiff_t>(index));
  };
  rocksdb::WriteBatch batch;
  uint64_t openings = 0;
  for (uint64_t i = 0; i < operations; i++) {
    workload.next(&batch);
    rocksdb::WriteBatch same(batch);
    expect(log->Write(rocksdb::WriteOptions(), &batch).ok(), "a write failed");
    expect(skipList->Write(rocksdb::WriteOptions(), &same).ok(), "a write failed");
    ledgers.write(*ledgerDatabase, random);
    if (random.percent(10)) {
      const bool everything = random.percent(20);
      compare(*log, workload.contents(), nullptr, random, everything);
      compare(*skipList, workload.contents(), nullptr, random, everything && random.percent(20));
    }
    if (random.percent(1) && snapshots.size() < 4) {
      snapshots.push_back({log->GetSnapshot(), skipList->GetSnapshot(), workload.contents()});
    }
    if (random.percent(2) && !snapshots.empty()) {
      const size_t index = random.below(snapshots.size());
      const bool everything = random.percent(50);
      compare(*log, snapshots[index].contents, snapshots[index].log, random, everything);
      compare(*skipList, snapshots[index].contents, snapshots[index].skipList, random, everything && random.percent(20));
      if (random.percent(50)) release(index);
    }
    if (random.percent(1)) {
      expect(log->Flush(rocksdb::FlushOptions()).ok(), "a flush failed");
      if (random.percent(20)) {
        expect(log->CompactRange(rocksdb::CompactRangeOptions(), nullptr, nullptr).ok(), "a compaction failed");
      }
    }
    if (random.below(400) == 0) {
      const auto paused = readers.pause();
      while (!snapshots.empty()) release(0);
      openings++;
      log.reset();
      ledgerDatabase.reset();
      // Now and then with the other memtable: the log that it replays is the same.
      if (random.percent(30)) {
        log = open(logPath, false);
        compare(*log, workload.contents(), nullptr, random);
        log.reset();
      }
      log = open(logPath, true);
      ledgerDatabase = open(ledgerPath, true);
    }
  }
  while (!snapshots.empty()) release(0);
  compare(*log, workload.contents(), nullptr, random);
  const auto paused = readers.pause();
  return std::to_string(operations) + " batches, " + std::to_string(workload.contents().size()) + " keys left, " +
         std::to_string(openings) + " openings, beside " + std::to_string(readers.reads()) + " reads by 2 threads";
}

}  // namespace shale::test
