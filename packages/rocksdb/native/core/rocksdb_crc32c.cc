// RocksDB's checksum, by the processor's instruction. Linux distributions build librocksdb for the oldest x86-64, where
// it is computed from tables: 14 % of the process's time with entries of 1 KiB (docs/performance.md). Elsewhere RocksDB
// looks for the instruction itself.
//
// The addon is searched before the libraries that it needs, so that a shared librocksdb that is loaded for it binds its
// calls of this function to this definition; it gives the same checksums, and has had the same signature in every
// version. Where nothing binds to it (RocksDB was in the process before the addon, or is linked into it with a
// definition of its own, or so that it binds to itself), RocksDB goes on with its own. Weak, so that two definitions do
// not clash.
#if defined(__x86_64__) && defined(__linux__) && !defined(SHALE_STATIC_ROCKSDB)
#include <rocksdb/rocksdb_namespace.h>

#include "core/crc32c.h"

namespace ROCKSDB_NAMESPACE {
namespace crc32c {

__attribute__((weak, visibility("default"))) uint32_t Extend(uint32_t crc, const char* data, size_t size);

uint32_t Extend(uint32_t crc, const char* data, size_t size) { return shale::extendCrc32c(crc, data, size); }

}  // namespace crc32c
}  // namespace ROCKSDB_NAMESPACE
#endif
