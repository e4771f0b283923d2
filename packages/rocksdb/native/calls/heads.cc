// heads: the first and the last sequence of every table in a range, by skipping from table to table.
#include <rocksdb/iterator.h>

#include <limits>
#include <string>

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
  Lease& lease = arguments.lease(0);
  const Use use(lease.database());
  rocksdb::ReadOptions options;
  options.snapshot = arguments.snapshot(4, lease, use);
  options.background_purge_on_iterator_cleanup = true;
  const KeyRange range = keyRange(arguments, 1);
  const Bytes into = arguments.target(3, "into");
  if (into.size < kHeadStride) throwRangeError("into", "at least 40 bytes long");
  options.iterate_lower_bound = &range.lower;
  options.iterate_upper_bound = &range.upper;

  size_t count = 0;
  bool full = false;
  std::string resumeAt;
  std::string foreign;
  {
    const auto iterator = use.iterate(options);
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
        full = true;
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
    // What was found before something that cannot be read is whole. The next call begins there and fails.
    if (count > 0 && !iterator->status().ok()) {
      full = true;
      resumeAt = at;
    } else {
      throwIfFailed(iterator->status(), use.path());
    }
  }

  napi_value result = makeObject(env);
  setProperty(env, result, "count", makeNumber(env, static_cast<double>(count)));
  setProperty(env, result, "more", makeBoolean(env, full || !foreign.empty()));
  setProperty(env, result, "resumeAt", full ? makeBytes(env, resumeAt.data(), resumeAt.size()) : makeNull(env));
  if (!foreign.empty()) setProperty(env, result, "foreign", makeBytes(env, foreign.data(), foreign.size()));
  return result;
}

}  // namespace

void exportHeads(napi_env env, napi_value exports) { exportFunction<heads>(env, exports, "heads"); }

}  // namespace shale
