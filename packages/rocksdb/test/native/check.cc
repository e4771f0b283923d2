#include "check.h"

namespace shale::test {

std::string logKey(uint64_t table, uint64_t sequence) {
  std::string key(kLogKeyLength, '\0');
  key[0] = 1;
  storeU64BE(&key[1], 7);
  storeU64BE(&key[9], table);
  storeU64BE(&key[17], sequence);
  return key;
}

std::string metaKey(uint64_t table) {
  std::string key(11, '\0');
  // Below all entries or above them.
  key[0] = table % 2 == 0 ? 0 : 2;
  storeU64BE(&key[2], table);
  return key;
}

std::string foreignKey(Random& random) {
  std::string key = logKey(random.below(8), random.below(200));
  switch (random.below(5)) {
    case 0:
      key.resize(random.below(kLogKeyLength));
      break;
    case 1:
      key.append(1 + random.below(150), static_cast<char>(random.below(256)));
      break;
    case 2:
      key[kLogKeyVersionAt] = static_cast<char>(random.below(256));
      break;
    case 3:
      key[random.below(kLogKeyLength)] = static_cast<char>(random.below(256));
      break;
    default:
      key.clear();
      for (uint64_t left = random.below(60); left > 0; left--) key.push_back(static_cast<char>(random.below(256)));
  }
  return key;
}

std::string internalKey(const std::string& userKey, uint64_t tagSequence, uint8_t type) {
  std::string key = userKey;
  key.resize(userKey.size() + kTagLength);
  storeU64LE(&key[userKey.size()], tagSequence << 8 | type);
  return key;
}

std::string describe(const rocksdb::Slice& key) {
  return rocksdb::Slice(key.data(), key.size() - kTagLength).ToString(true) + "@" + std::to_string(tagSequenceOf(key));
}

namespace {

std::string valueOf(const rocksdb::Slice& key) {
  uint64_t hash = 14695981039346656037u;
  for (size_t i = 0; i < key.size(); i++) hash = (hash ^ static_cast<uint8_t>(key[i])) * 1099511628211u;
  return std::string(1 + hash % 40, static_cast<char>(hash >> 32));
}

void putVarint(std::string& target, size_t number) {
  for (; number >= 0x80; number >>= 7) target.push_back(static_cast<char>(number | 0x80));
  target.push_back(static_cast<char>(number));
}

}  // namespace

bool insert(rocksdb::MemTableRep& rep, const std::string& key) {
  const std::string value = valueOf(key);
  std::string record;
  putVarint(record, key.size());
  record += key;
  putVarint(record, value.size());
  record += value;
  char* buffer = nullptr;
  const rocksdb::KeyHandle handle = rep.Allocate(record.size(), &buffer);
  std::memcpy(buffer, record.data(), record.size());
  return rep.InsertKey(handle);
}

void checkValue(const char* record) {
  const rocksdb::Slice key = internalKeyOf(record);
  const std::string value = valueOf(key);
  const char* at = key.data() + key.size();
  // Values are shorter than 128 bytes.
  const bool whole =
      static_cast<size_t>(at[0]) == value.size() && std::memcmp(at + 1, value.data(), value.size()) == 0;
  if (!whole) fail("the record of " + describe(key) + " has another value");
}

}  // namespace shale::test
