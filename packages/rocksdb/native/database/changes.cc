#include "database/changes.h"

#include "core/errors.h"
#include "core/format.h"

namespace shale {

namespace {

constexpr size_t kHeader = 9;

rocksdb::Slice sliceAt(const uint8_t* data, size_t size) {
  return rocksdb::Slice(reinterpret_cast<const char*>(data), size);
}

}  // namespace

void addChanges(rocksdb::WriteBatch& batch, const Bytes& changes, const char* argument, const std::string& path) {
  const uint8_t* at = changes.data;
  size_t left = changes.size;
  while (left > 0) {
    if (left < kHeader) throwRangeError(argument, "whole changes");
    const uint8_t kind = at[0];
    const size_t keySize = loadU32LE(at + 1);
    const size_t valueSize = loadU32LE(at + 5);
    if (keySize == 0 || keySize > left - kHeader || valueSize > left - kHeader - keySize) {
      throwRangeError(argument, "whole changes, each with a key");
    }
    const rocksdb::Slice key = sliceAt(at + kHeader, keySize);
    const rocksdb::Slice value = sliceAt(at + kHeader + keySize, valueSize);
    switch (kind) {
      case 0:
        throwIfFailed(batch.Put(key, value), path);
        break;
      case 1:
        throwIfFailed(batch.Delete(key), path);
        break;
      case 2:
        if (key.compare(value) >= 0) throwRangeError(argument, "free of empty ranges");
        throwIfFailed(batch.DeleteRange(key, value), path);
        break;
      default:
        throwRangeError(argument, "of known kinds");
    }
    at += kHeader + keySize + valueSize;
    left -= kHeader + keySize + valueSize;
  }
}

}  // namespace shale
