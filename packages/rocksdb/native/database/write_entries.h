// Decodes the buffers of a bulk write: checks them, and then visits each entry with its key, and each removal and each
// position of a consumer between them. Knows neither Node nor RocksDB, so that it can be fuzzed by itself
// (test/fuzz/write_target.cc).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>

#include "core/format.h"

namespace shale {

// Bytes of the caller, valid during the call.
struct ByteView {
  const uint8_t* data;
  size_t size;
};

// An argument that cannot be used, and what it has to be.
struct WriteProblem {
  const char* argument;
  const char* expectation;
};

// A WriteBatch holds less than 4 GiB; its own records and RocksDB's framing need some of it.
constexpr size_t kMostBytes = size_t{3} << 30;
// Around each entry in a batch: tag, two lengths, key.
constexpr size_t kEntryOverhead = 1 + 1 + kLogKeyLength + 5;
// A position is longer by what its key is longer.
constexpr size_t kPositionOverhead = kPositionKeyLength - kLogKeyLength;
// The deletion of one entry in a batch, and the most that the removal of a range takes: it and a metadata record.
constexpr size_t kDeletionBytes = 1 + 1 + kLogKeyLength;
constexpr size_t kRemovalBytes = (1 + 1 + kLogKeyPrefixLength + 1 + kLogKeyLength + 1) + (1 + 1 + kMetaKeyLength + 1 + kMetaValueLength);

// One run of a write, a removal, or a position.
struct WriteRun {
  const uint8_t* prefix;
  uint64_t first;
  uint32_t count;
  uint8_t flags;

  explicit WriteRun(const uint8_t* run)
      : prefix(run),
        first(loadU64LE(run + kRunFirstAt)),
        count(loadU32LE(run + kRunCountAt)),
        flags(run[kRunFlagsAt]) {}

  bool skips() const { return (flags & kRunSkip) != 0; }
  bool descends() const { return (flags & kRunDescending) != 0; }
  bool removes() const { return (flags & (kRunTrim | kRunFloor | kRunDrop)) != 0 || forgetsIds(); }
  bool isPosition() const { return flags == kRunPosition; }
  bool forgetsIds() const { return flags == kRunId; }
  bool trimsOneByOne() const { return flags == kRunTrim && count > 0; }
};

// The removals among the runs.
struct WriteRemovals {
  size_t count = 0;
  // The most that they take in a batch.
  size_t bytes = 0;
  bool drops = false;
  // There are positions, too.
  bool besidePositions = false;
};

inline size_t bytesOf(const WriteRun& removal) {
  return removal.trimsOneByOne() ? removal.count * kDeletionBytes : kRemovalBytes;
}

inline WriteRemovals removalsOf(const ByteView& runs) {
  WriteRemovals removals;
  for (size_t at = 0; at < runs.size; at += kRunStride) {
    const WriteRun run(runs.data + at);
    if (run.isPosition()) removals.besidePositions = true;
    if (!run.removes()) continue;
    removals.count++;
    removals.bytes += bytesOf(run);
    if (run.flags == kRunDrop) removals.drops = true;
  }
  return removals;
}

inline bool isPossibleRemoval(const WriteRun& run) {
  // Metadata records are in the namespace below.
  if (run.prefix[0] % 2 != 1) return false;
  if (run.flags == kRunTrim) return run.count <= kRunTrimMost && (run.count == 0 || run.count - 1 <= run.first);
  if (run.count != 0) return false;
  return run.flags == kRunFloor || run.flags == kRunId || (run.flags == kRunDrop && run.first == 0);
}

inline std::optional<WriteProblem> checkRuns(const ByteView& runs, size_t* entries, size_t* otherBytes) {
  if (runs.size % kRunStride != 0) return WriteProblem{"runs", "a multiple of 32 bytes"};
  for (size_t at = 0; at < runs.size; at += kRunStride) {
    const uint8_t* bytes = runs.data + at;
    const WriteRun run(bytes);
    if (bytes[kRunVersionAt] != kVersion) return WriteProblem{"runs", "of key version 0"};
    if (bytes[kRunReservedAt] != 0) return WriteProblem{"runs", "free of unknown flags"};
    if (run.isPosition()) {
      if (run.count != 1 || run.prefix[0] % 2 != 1) return WriteProblem{"runs", "free of impossible flags and counts"};
      *otherBytes += kPositionOverhead;
      *entries += 1;
      continue;
    }
    if ((run.flags & ~(kRunSkip | kRunDescending)) != 0) {
      if (!isPossibleRemoval(run)) return WriteProblem{"runs", "free of impossible flags and counts"};
      *otherBytes += bytesOf(run);
      continue;
    }
    if (run.count > 0 && !run.skips()) {
      const uint64_t room = run.descends() ? run.first : std::numeric_limits<uint64_t>::max() - run.first;
      if (run.count - 1 > room) return WriteProblem{"runs", "within the sequences from 0 to 2^64 - 1"};
    }
    *entries += run.count;
  }
  return std::nullopt;
}

inline std::optional<WriteProblem> checkLengths(const ByteView& lengths, const ByteView& data) {
  size_t total = 0;
  for (size_t at = 0; at < lengths.size; at += 4) {
    const uint32_t length = loadU32LE(lengths.data + at);
    if (length < 1) return WriteProblem{"lengths", "at least 1 each, the version byte of the value"};
    if (length > data.size - total) return WriteProblem{"lengths", "as long in all as data"};
    if (data.data[total] != kVersion) return WriteProblem{"data", "made of values of version 0"};
    total += length;
  }
  if (total != data.size) return WriteProblem{"lengths", "as long in all as data"};
  return std::nullopt;
}

// The runs and lengths must agree.
inline std::optional<WriteProblem> checkPositions(const ByteView& runs, const ByteView& lengths) {
  size_t entry = 0;
  for (size_t at = 0; at < runs.size; at += kRunStride) {
    const WriteRun run(runs.data + at);
    if (run.isPosition() && loadU32LE(lengths.data + entry * 4) < kPositionValueLeast) {
      return WriteProblem{"lengths", "at least 17 for a position"};
    }
    if (!run.removes()) entry += run.count;
  }
  return std::nullopt;
}

// Everything that could be wrong is found before the first byte is written.
inline std::optional<WriteProblem> checkWrite(const ByteView& runs, const ByteView& lengths, const ByteView& data) {
  if (lengths.size % 4 != 0) return WriteProblem{"lengths", "a multiple of 4 bytes"};
  const size_t entries = lengths.size / 4;
  size_t counted = 0;
  size_t otherBytes = 0;
  if (const auto problem = checkRuns(runs, &counted, &otherBytes)) return problem;
  if (counted != entries) return WriteProblem{"runs", "of as many entries in all as there are lengths"};
  if (data.size + entries * kEntryOverhead + otherBytes > kMostBytes) return WriteProblem{"data", "less than 3 GiB"};
  if (const auto problem = checkLengths(lengths, data)) return problem;
  return otherBytes == 0 ? std::nullopt : checkPositions(runs, lengths);
}

// Calls `write(key, value, size)` for each entry that is not stepped over, `remove(run)` for each removal and
// `move(run, value, size)` for each position, in order.
// The buffers must have passed checkWrite. The key, of kLogKeyLength bytes, is valid during the call.
template <class Write, class Remove, class Move>
void forEachEntry(const ByteView& runs, const ByteView& lengths, const ByteView& data, Write write, Remove remove, Move move) {
  char key[kLogKeyLength];
  key[kLogKeyVersionAt] = static_cast<char>(kVersion);
  const uint8_t* length = lengths.data;
  const char* value = reinterpret_cast<const char*>(data.data);
  for (size_t at = 0; at < runs.size; at += kRunStride) {
    const WriteRun run(runs.data + at);
    if (run.removes()) {
      remove(run);
      continue;
    }
    if (run.isPosition()) {
      const uint32_t size = loadU32LE(length);
      move(run, value, size);
      value += size;
      length += 4;
      continue;
    }
    if (run.skips()) {
      for (uint32_t i = 0; i < run.count; i++, length += 4) value += loadU32LE(length);
      continue;
    }
    const uint64_t step = run.descends() ? ~uint64_t{0} : 1;
    uint64_t sequence = run.first;
    std::memcpy(key, run.prefix, kLogKeyPrefixLength);
    for (uint32_t i = 0; i < run.count; i++, length += 4, sequence += step) {
      const uint32_t size = loadU32LE(length);
      storeU64BE(key + kLogKeyPrefixLength, sequence);
      write(static_cast<const char*>(key), value, size);
      value += size;
    }
  }
}

}  // namespace shale
