#include "recovery/stored_deletions.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "core/encoded_fields.h"
#include "core/errors.h"
#include "core/format.h"
#include "core/input_file.h"

namespace shale {

namespace {

// The end of a table file: checksum type u8 · place of the metaindex · place of the index · zeros · version u32 · magic
// u64.
constexpr size_t kFooter = 53;
constexpr size_t kVersionAt = kFooter - 12;
constexpr size_t kMagicAt = kFooter - 8;
constexpr uint64_t kMagic = 0x88e241b785f4cff7;
constexpr uint32_t kFirstVersion = 1;
constexpr uint32_t kLastVersion = 5;
constexpr size_t kMostBytes = size_t{1} << 30;
constexpr size_t kTag = 8;  // sequence and kind, at the end of a key in a file
constexpr uint8_t kRangeDeletion = 0x0f;
constexpr const char* kBlockName = "rocksdb.range_del";

struct Place {
  uint64_t offset = 0;
  uint64_t size = 0;
};

Place readPlace(EncodedFields& fields) {
  Place place;
  if (fields.more()) place.offset = fields.number();
  if (fields.more()) place.size = fields.number();
  return place;
}

// The block's bytes without its trailer; false when they are not in the file, or compressed.
bool readBlock(const InputFile& file, const Place& place, std::string* block) {
  if (place.size < sizeof(uint32_t) || place.size > kMostBytes) return false;
  block->resize(static_cast<size_t>(place.size) + 1);
  if (file.read(place.offset, block->data(), block->size()) != block->size()) return false;
  const bool plain = block->back() == 0;
  block->pop_back();
  return plain;
}

// Visits every key and value of a block; false when it is not one.
template <class Visit>
bool readEntries(const std::string& block, Visit&& visit) {
  const uint32_t restarts = loadU32LE(block.data() + block.size() - 4) & 0x7fffffff;
  const uint64_t trailer = (uint64_t{restarts} + 1) * 4;
  if (trailer > block.size()) return false;
  const std::string entries = block.substr(0, block.size() - static_cast<size_t>(trailer));
  EncodedFields fields(entries);
  std::string key;
  while (fields.more()) {
    uint64_t sizes[3] = {};
    for (uint64_t& size : sizes) {
      if (!fields.more()) return false;
      size = fields.number();
    }
    if (fields.failed() || sizes[0] > key.size()) return false;
    key.resize(static_cast<size_t>(sizes[0]));
    std::string value;
    if (!fields.bytes(sizes[1], &key) || !fields.bytes(sizes[2], &value)) return false;
    visit(key, value);
  }
  return !fields.failed();
}

}  // namespace

bool readRangeDeletions(const std::string& tableFile, std::vector<RangeDeletion>* deletions) {
  const InputFile file(tableFile);
  const uint64_t size = file.size();
  std::string footer(kFooter, '\0');
  if (size < kFooter || file.read(size - kFooter, footer.data(), kFooter) != kFooter) return false;
  const uint32_t version = loadU32LE(footer.data() + kVersionAt);
  if (loadU64LE(footer.data() + kMagicAt) != kMagic || version < kFirstVersion || version > kLastVersion) return false;
  const std::string places = footer.substr(1, kVersionAt - 1);
  EncodedFields fields(places);
  std::string block;
  if (!readBlock(file, readPlace(fields), &block)) return false;
  bool found = false;
  Place place;
  const auto look = [&](const std::string& key, const std::string& value) {
    if (key != kBlockName) return;
    EncodedFields handle(value);
    place = readPlace(handle);
    found = true;
  };
  if (!readEntries(block, look)) return false;
  if (!found) return true;
  if (!readBlock(file, place, &block)) return false;
  bool good = true;
  const auto take = [&](const std::string& key, const std::string& value) {
    if (key.size() < kTag || static_cast<uint8_t>(key[key.size() - kTag]) != kRangeDeletion) {
      good = false;
      return;
    }
    deletions->push_back({key.substr(0, key.size() - kTag), value, loadU64LE(key.data() + key.size() - kTag) >> 8});
  };
  return readEntries(block, take) && good;
}

void packRangeDeletion(const RangeDeletion& deletion, std::string* packed) {
  char head[16];
  storeU32LE(head, static_cast<uint32_t>(deletion.begin.size()));
  storeU32LE(head + 4, static_cast<uint32_t>(deletion.end.size()));
  storeU64LE(head + 8, deletion.sequence);
  packed->append(head, sizeof(head));
  packed->append(deletion.begin);
  packed->append(deletion.end);
}

std::vector<RangeDeletion> unpackRangeDeletions(std::string_view packed, const char* name) {
  std::vector<RangeDeletion> deletions;
  for (size_t at = 0; at < packed.size();) {
    if (packed.size() - at < 16) throwRangeError(name, "whole deletions");
    const char* head = packed.data() + at;
    const uint64_t begin = loadU32LE(head);
    const uint64_t end = loadU32LE(head + 4);
    at += 16;
    if (begin + end > packed.size() - at) throwRangeError(name, "whole deletions");
    RangeDeletion deletion;
    deletion.sequence = loadU64LE(head + 8);
    deletion.begin = packed.substr(at, static_cast<size_t>(begin));
    deletion.end = packed.substr(at + static_cast<size_t>(begin), static_cast<size_t>(end));
    at += static_cast<size_t>(begin + end);
    deletions.push_back(std::move(deletion));
  }
  return deletions;
}

DeletionCover::DeletionCover(const std::vector<RangeDeletion>& deletions) {
  // Between two of the keys at which one begins or ends, always the same ones cover.
  std::map<std::string, std::pair<std::vector<uint64_t>, std::vector<uint64_t>>> edges;
  for (const RangeDeletion& deletion : deletions) {
    if (deletion.begin >= deletion.end) continue;
    edges[deletion.begin].first.push_back(deletion.sequence);
    edges[deletion.end].second.push_back(deletion.sequence);
  }
  std::multiset<uint64_t> over;
  for (const auto& [key, edge] : edges) {
    for (const uint64_t sequence : edge.first) over.insert(sequence);
    for (const uint64_t sequence : edge.second) over.erase(over.find(sequence));
    pieces_.push_back({key, over.empty() ? 0 : *over.rbegin()});
  }
}

uint64_t DeletionCover::latestOver(std::string_view key) const {
  const auto behind = std::upper_bound(pieces_.begin(), pieces_.end(), key,
                                       [](std::string_view wanted, const Piece& piece) { return wanted < piece.from; });
  return behind == pieces_.begin() ? 0 : std::prev(behind)->latest;
}

}  // namespace shale
