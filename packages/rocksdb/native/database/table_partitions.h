// Where compactions end a table file: with the table of a log, as soon as it holds a fair amount, so that a trim or a drop
// empties whole files.
#pragma once

#include <rocksdb/sst_partitioner.h>

#include <cstdint>
#include <memory>

namespace shale {

// `fileSize` is what a file is ended at anyway.
std::shared_ptr<rocksdb::SstPartitionerFactory> makeTablePartitions(uint64_t fileSize);

}  // namespace shale
