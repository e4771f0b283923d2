// Files that only their owner can read or write.
#pragma once

#include <rocksdb/env.h>

namespace shale {

// The default environment, but files that it creates have mode 0600 and directories 0700, whatever the umask. RocksDB's
// own SetAllowNonOwnerAccess() is no way to that: in 7.8 it sets a flag that its file system never reads. Never destroyed.
rocksdb::Env* privateEnvironment();

}  // namespace shale
