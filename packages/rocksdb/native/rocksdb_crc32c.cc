// RocksDB's checksum, by the processor's instruction. Distributions build librocksdb for the oldest processors of their
// kind, where it is computed from tables: a quarter of what the writing thread does at 1 KiB (docs/performance.md).
//
// The addon is searched before the libraries that it needs, so that a shared librocksdb that is loaded for it binds its
// calls of this function to this definition; it gives the same checksums. Where nothing binds to it (RocksDB was in the
// process before the addon, or is linked into it with a definition of its own, or the platform binds to each library by name),
// RocksDB goes on with its own. Weak, so that those two definitions do not clash.
#include <rocksdb/rocksdb_namespace.h>

#include "crc32c.h"

namespace ROCKSDB_NAMESPACE {
namespace crc32c {

__attribute__((weak, visibility("default"))) uint32_t Extend(uint32_t crc, const char* data, size_t size);

uint32_t Extend(uint32_t crc, const char* data, size_t size) { return shale::extendCrc32c(crc, data, size); }

}  // namespace crc32c
}  // namespace ROCKSDB_NAMESPACE
