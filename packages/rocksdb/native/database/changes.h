// Records of any shape that are written and removed together: what JavaScript packs into one buffer.
#pragma once

#include <rocksdb/write_batch.h>

#include <string>

#include "core/bytes.h"

namespace shale {

// Adds the changes to the batch; each: kind u8 (0 put, 1 remove, 2 remove a range) · length u32 LE · length u32 LE ·
// key · value (put: the value; remove: nothing; range: its end, exclusive). Throws a RangeError that names `argument`
// when they are not of this layout; then the batch is not to be used.
void addChanges(rocksdb::WriteBatch& batch, const Bytes& changes, const char* argument, const std::string& path);

}  // namespace shale
