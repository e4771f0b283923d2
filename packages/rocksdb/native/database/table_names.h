// The name of a table, in records beside those of all tables (docs: format.md).
#pragma once

#include <rocksdb/slice.h>
#include <rocksdb/write_batch.h>

#include "database/database.h"

namespace shale {

// Removes the name of the table that the prefix of log keys is of, if it has one, in the batch that drops the table.
void removeName(const DatabaseGuard& guard, rocksdb::WriteBatch& batch, const rocksdb::Slice& prefix);

}  // namespace shale
