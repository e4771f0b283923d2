// The bulk write's reading of its buffers (native/database/write_entries.h), fed with any bytes: it refuses them, or it
// gives each entry once, inside its buffer. The buffers are of their exact sizes, so that the address sanitizer
// sees one byte too far.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "core/table_keys.h"
#include "database/write_entries.h"

namespace {

using shale::ByteView;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

struct Owned {
  std::unique_ptr<uint8_t[]> bytes;
  size_t size;

  Owned(const uint8_t* source, size_t count) : bytes(new uint8_t[count]), size(count) {
    if (count > 0) std::memcpy(bytes.get(), source, count);
  }
  ByteView view() const { return ByteView{bytes.get(), size}; }
};

}  // namespace

// The input: how many bytes of it are runs, and how many after them are lengths (u16 LE each); the rest is data.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* input, size_t size) {
  if (size < 4) return 0;
  size_t runBytes = input[0] | input[1] << 8;
  size_t lengthBytes = input[2] | input[3] << 8;
  input += 4;
  size -= 4;
  if (runBytes > size) runBytes = size;
  if (lengthBytes > size - runBytes) lengthBytes = size - runBytes;
  const Owned runs(input, runBytes);
  const Owned lengths(input + runBytes, lengthBytes);
  const Owned data(input + runBytes + lengthBytes, size - runBytes - lengthBytes);

  if (const auto problem = shale::checkWrite(runs.view(), lengths.view(), data.view())) {
    require(std::strlen(problem->argument) > 0 && std::strlen(problem->expectation) > 0, "a refusal says why");
    return 0;
  }
  size_t written = 0;
  size_t removed = 0;
  size_t bytes = 0;
  const char* end = reinterpret_cast<const char*>(data.bytes.get());
  const char* const last = end + data.size;
  volatile uint8_t sum = 0;
  shale::forEachEntry(runs.view(), lengths.view(), data.view(), [&](const char* key, const char* value, uint32_t length) {
    require(value >= end && length <= static_cast<size_t>(last - value), "an entry is inside the data, after the one before");
    end = value + length;
    require(length >= 1 && value[0] == 0, "an entry has its version byte");
    require(key[shale::kLogKeyVersionAt] == 0, "a key has its version");
    for (size_t i = 0; i < shale::kLogKeyLength; i++) sum = static_cast<uint8_t>(sum + key[i]);
    for (uint32_t i = 0; i < length; i++) sum = static_cast<uint8_t>(sum + value[i]);
    written++;
    bytes += length;
  }, [&](const shale::WriteRun& run) {
    require(run.prefix[0] % 2 == 1, "a removal has a table");
    require(run.count == 0 || run.trimsOneByOne(), "only a trim names entries");
    if (run.forgetsIds()) {
      shale::AppendIdKeys ids(run.prefix);
      require(std::memcmp(ids.lower(), ids.after(run.first), shale::kPositionPrefixLength) == 0, "ids are of their table");
      require(std::memcmp(ids.after(run.first), ids.upper(), shale::kPositionKeyLength) < 0, "no more than a drop is forgotten");
      removed++;
      return;
    }
    require(run.count <= shale::kRunTrimMost && (run.count == 0 || run.count - 1 <= run.first), "the entries of a trim exist");
    const shale::TableKeys keys(run.prefix, run.flags == shale::kRunTrim ? run.first : ~uint64_t{0});
    const size_t upper = keys.upperSize();
    require(upper > 0 && upper <= shale::kLogKeyLength + 1, "a range ends in a key");
    const int order = std::memcmp(keys.lower(), keys.upper(), std::min(upper, shale::kLogKeyPrefixLength));
    require(order < 0 || (order == 0 && upper > shale::kLogKeyPrefixLength), "a range is not reversed");
    for (size_t i = 0; i < shale::kMetaKeyLength; i++) sum = static_cast<uint8_t>(sum + keys.metaKey()[i]);
    removed++;
  }, [&](const shale::WriteRun& run, const char* value, uint32_t length) {
    require(value >= end && length <= static_cast<size_t>(last - value), "a position is inside the data, after what is before");
    end = value + length;
    require(length >= shale::kPositionValueLeast && value[0] == 0, "a position is whole");
    shale::PositionKeys keys(run.prefix);
    for (size_t i = 0; i < shale::kPositionKeyLength; i++) sum = static_cast<uint8_t>(sum + keys.of(run.first)[i]);
    require(std::memcmp(keys.of(run.first), keys.lower(), shale::kPositionPrefixLength) == 0, "a position is of its table");
    require(std::memcmp(keys.of(run.first), keys.upper(), shale::kPositionKeyLength) < 0, "a drop finds the position");
    for (uint32_t i = 0; i < length; i++) sum = static_cast<uint8_t>(sum + value[i]);
    written++;
    bytes += length;
  });
  require(removed == shale::removalsOf(runs.view()).count, "each removal is given once");
  require(written <= lengths.size / 4 && bytes <= data.size, "no entry is given twice");
  return 0;
}
