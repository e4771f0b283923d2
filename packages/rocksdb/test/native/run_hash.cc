// Whether the index of the runs spreads tables, also those whose ids somebody has chosen.
#include <string>
#include <unordered_set>

#include "check.h"
#include "memtable/run_index.h"

namespace shale::test {

namespace {

constexpr uint64_t kTables = 20000;

std::string recordOf(uint64_t region, uint64_t table) {
  std::string record(1 + kLogKeyPrefixLength, '\0');
  record[0] = kLogRecordMark;
  record[1] = 1;
  storeU64BE(record.data() + 2, region);
  storeU64BE(record.data() + 10, table);
  return record;
}

template <class IdOf>
void expectSpread(const char* what, IdOf&& idOf) {
  std::unordered_set<uint32_t> hashes;
  for (uint64_t n = 0; n < kTables; n++) {
    const auto [region, table] = idOf(n);
    hashes.insert(RunIndex::hashOf(recordOf(region, table).data()));
  }
  // Of as many numbers drawn by lot, hardly any is drawn twice.
  if (hashes.size() < kTables * 99 / 100) fail(std::string(what) + ": " + std::to_string(hashes.size()) + " hashes");
}

}  // namespace

std::string testRunHash() {
  using Id = std::pair<uint64_t, uint64_t>;
  // The hash once was the same in every process, and the table could make up for the region: all of these had the same.
  uint64_t region = 0;
  expectSpread("chosen ids", [&region](uint64_t) {
    for (;;) {
      const uint64_t mixed = (++region ^ uint64_t{1} << 56) * 0x9e3779b97f4a7c15;
      const uint64_t table = mixed ^ mixed >> 32;
      if (table >> 61 == 0) return Id{region, table << 3};
    }
  });
  expectSpread("tables one after the other", [](uint64_t n) { return Id{1, n}; });
  expectSpread("regions one after the other", [](uint64_t n) { return Id{n, 1}; });
  expectSpread("multiples of a power of two", [](uint64_t n) { return Id{n << 40, n << 40}; });
  return std::to_string(kTables) + " tables of each kind";
}

}  // namespace shale::test
