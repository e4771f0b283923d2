// Readers beside the writer: what was published before a reader began is there, whole, in order and without a gap.
#include <atomic>
#include <chrono>
#include <thread>

#include "check.h"
#include "memtable/log_memtable.h"
#include "memtable/log_run.h"

namespace shale::test {

namespace {

using Iterator = rocksdb::MemTableRep::Iterator;

// Every record has a sequence of its own, counted from 1, so the number of records seen says whether one is missing.
class Shared {
 public:
  explicit Shared(uint64_t seed) : random_(seed) {
    static const auto factory = makeLogMemtable();
    rep_.reset(factory->CreateMemTableRep(comparator_, memory_.allocator(), nullptr, nullptr));
    // Some memtables hold nothing but logs.
    othersPercent_ = random_.percent(30) ? 0 : random_.below(30);
    tables_ = 1 + random_.below(random_.percent(50) ? 4 : 200);
    next_.resize(tables_);
  }

  void write(uint64_t records) {
    uint64_t sequence = 0;
    while (sequence < records && !stop_.load(std::memory_order_relaxed)) {
      const uint64_t table = random_.below(tables_);
      for (uint64_t batch = 1 + random_.below(40); batch > 0; batch--) {
        std::string key;
        if (!random_.percent(othersPercent_)) {
          key = logKey(table, ++next_[table]);
        } else if (random_.percent(40)) {
          key = metaKey(table);
        } else if (random_.percent(50)) {
          key = logKey(table, random_.below(next_[table] + 1));
        } else {
          key = foreignKey(random_);
        }
        expect(insert(*rep_, internalKey(key, ++sequence, kValue)), "a new key was refused");
      }
      published_.store(sequence, std::memory_order_release);
    }
    stop_.store(true, std::memory_order_relaxed);
  }

  void read(uint64_t seed) {
    Random random(seed);
    while (!stop_.load(std::memory_order_relaxed)) {
      TestAllocator arena;
      Iterator* iterator = rep_->GetIterator(arena.arena());
      const uint64_t kind = random.below(4);
      if (kind == 0) {
        walkAll(*iterator, true);
      } else if (kind == 1) {
        walkAll(*iterator, false);
      } else {
        for (int i = 0; i < 100; i++) seek(*iterator, random);
      }
      iterator->~Iterator();
      reads_.fetch_add(1, std::memory_order_relaxed);
    }
  }

  uint64_t reads() const { return reads_.load(); }
  uint64_t published() const { return published_.load(); }

 private:
  static rocksdb::Slice keyAt(const Iterator& iterator) { return internalKeyOf(iterator.key()); }

  void walkAll(Iterator& iterator, bool forwards) {
    const uint64_t snapshot = published_.load(std::memory_order_acquire);
    uint64_t seen = 0;
    const char* last = nullptr;
    forwards ? iterator.SeekToFirst() : iterator.SeekToLast();
    for (; iterator.Valid(); forwards ? iterator.Next() : iterator.Prev()) {
      if (last != nullptr) {
        const int order = compareInternalKeys(internalKeyOf(last), keyAt(iterator));
        if (forwards ? order >= 0 : order <= 0) fail(describe(keyAt(iterator)) + " comes out of order");
        checkStep(last, iterator.key());
      }
      last = iterator.key();
      checkValue(last);
      seen += tagSequenceOf(keyAt(iterator)) <= snapshot;
    }
    if (seen != snapshot) {
      fail("of " + std::to_string(snapshot) + " published records " + std::to_string(seen) + " are seen");
    }
  }

  // Where there is nothing but logs, not even what is still being written has a gap.
  void checkStep(const char* last, const char* now) const {
    if (othersPercent_ > 0 || std::memcmp(prefixOf(last), prefixOf(now), kLogKeyPrefixLength) != 0) return;
    const uint64_t a = loadU64BE(prefixOf(last) + kLogKeyPrefixLength);
    const uint64_t b = loadU64BE(prefixOf(now) + kLogKeyPrefixLength);
    if (a + 1 != b && b + 1 != a) fail("a gap before " + describe(internalKeyOf(now)));
  }

  // Seeks to a place from both sides; nothing published may lie between.
  void seek(Iterator& iterator, Random& random) {
    const uint64_t snapshot = published_.load(std::memory_order_acquire);
    const std::string target = internalKey(logKey(random.below(tables_), random.below(3000)),
                                           random.below(snapshot + 1), kValue);
    const auto settle = [&](bool forwards) {
      while (iterator.Valid() && tagSequenceOf(keyAt(iterator)) > snapshot) forwards ? iterator.Next() : iterator.Prev();
      return iterator.Valid() ? keyAt(iterator).ToString() : std::string();
    };
    iterator.Seek(target, nullptr);
    expect(!iterator.Valid() || compareInternalKeys(keyAt(iterator), target) >= 0, "Seek went too low");
    const std::string above = settle(true);
    // Now back across the target, which turns the iterator round at a place that the writer may be changing.
    if (iterator.Valid()) {
      iterator.Prev();
    } else {
      iterator.SeekToLast();
    }
    const std::string below = settle(false);
    if (!below.empty()) expect(compareInternalKeys(below, target) < 0, "Prev did not go below the target");
    iterator.SeekForPrev(target, nullptr);
    expect(!iterator.Valid() || compareInternalKeys(keyAt(iterator), target) <= 0, "SeekForPrev went too high");
    const std::string upTo = settle(false);
    if (upTo != (above == target ? target : below)) fail("a published record is missed near " + describe(target));
  }

  Random random_;
  TestComparator comparator_;
  TestAllocator memory_;
  std::unique_ptr<rocksdb::MemTableRep> rep_;
  uint64_t othersPercent_;
  uint64_t tables_;
  std::vector<uint64_t> next_;
  std::atomic<uint64_t> published_{0};
  std::atomic<uint64_t> reads_{0};
  std::atomic<bool> stop_{false};
};

}  // namespace

std::string testRepReaders(uint64_t seed, double seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  Random random(seed);
  uint64_t reads = 0;
  uint64_t records = 0;
  do {
    Shared shared(random.next());
    const uint64_t size = 100 + random.below(random.percent(20) ? 30000 : 3000);
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; i++) readers.emplace_back([&shared, seed = random.next()] { shared.read(seed); });
    shared.write(size);
    for (std::thread& reader : readers) reader.join();
    reads += shared.reads();
    records += shared.published();
  } while (std::chrono::steady_clock::now() < end);
  return std::to_string(reads) + " reads by 3 threads beside " + std::to_string(records) + " inserts";
}

}  // namespace shale::test
