// heads: the first and the last sequence of every table in a range, by skipping from table to table.
#include <rocksdb/iterator.h>

#include <optional>
#include <string>

#include "calls/beside_damage.h"
#include "calls/calls.h"
#include "core/format.h"
#include "napi/entry.h"

namespace shale {

namespace {

// The first key above everything that begins with the prefix; empty if there is none.
std::string successorOf(std::string prefix) {
  while (!prefix.empty()) {
    if (prefix.back() != '\xff') {
      prefix.back() = static_cast<char>(prefix.back() + 1);
      return prefix;
    }
    prefix.pop_back();
  }
  return prefix;
}

bool isLogKey(const rocksdb::Slice& key) {
  return key.size() == kLogKeyLength && key[kLogKeyVersionAt] == static_cast<char>(kVersion);
}

// heads(handle, lower, upper, into, snapshot): { count, more, resumeAt, foreign? }
napi_value heads(const Arguments& arguments) {
  const napi_env env = arguments.env();
  const DatabaseGuard guard(arguments.lease(0).database());
  const rocksdb::ReadOptions options = arguments.readOptions(4, guard);
  const KeyRange range = keyRange(arguments, 1);
  const Bytes into = arguments.target(3, "into");
  if (into.size < kHeadStride) throwRangeError("into", "at least 40 bytes long");

  size_t count = 0;
  std::optional<std::string> resumeAt;
  std::optional<std::string> foreign;
  {
    const auto iterator = guard.iterate(range, options);
    // Where the table that is being looked at begins, at the earliest.
    std::string at = range.lower.ToString();
    iterator->SeekToFirst();
    while (iterator->Valid()) {
      if (!isLogKey(iterator->key())) {
        foreign = iterator->key().ToString();
        break;
      }
      const std::string first = iterator->key().ToString();
      if ((count + 1) * kHeadStride > into.size) {
        resumeAt = first;
        break;
      }
      const std::string next = successorOf(first.substr(0, kLogKeyPrefixLength));
      if (next.empty()) {
        iterator->SeekToLast();
      } else {
        iterator->SeekForPrev(next);
        if (iterator->Valid() && iterator->key() == rocksdb::Slice(next)) iterator->Prev();
      }
      if (!iterator->Valid()) break;  // an error: without one, the first key at least is there
      if (!isLogKey(iterator->key())) {
        foreign = iterator->key().ToString();
        break;
      }
      uint8_t* head = into.data + count * kHeadStride;
      std::memset(head, 0, kHeadStride);
      std::memcpy(head, first.data(), kLogKeyPrefixLength);
      storeU64LE(head + kHeadFirstAt, loadU64BE(first.data() + kLogKeyPrefixLength));
      storeU64LE(head + kHeadLastAt, loadU64BE(iterator->key().data() + kLogKeyPrefixLength));
      count++;
      if (next.empty()) break;
      at = next;
      iterator->Seek(next);
    }
    if (guard.endsEarly(*iterator, count > 0)) resumeAt = at;
  }

  napi_value result = makeObject(env);
  setNumber(env, result, "count", count);
  setProperty(env, result, "more", makeBoolean(env, resumeAt.has_value() || foreign.has_value()));
  setBytes(env, result, "resumeAt", resumeAt);
  if (foreign) setBytes(env, result, "foreign", foreign);
  return result;
}

}  // namespace

void exportHeads(napi_env env, napi_value exports) { exportFunction<besideDamage<heads>>(env, exports, "heads"); }

}  // namespace shale
