// The environment by which RocksDB opens its files: regular ones only, and for their owner alone if that is asked for.
#pragma once

#include <rocksdb/env.h>

namespace shale {

// The default environment, but no file is read, written, made or locked through a symbolic link, which could lead
// anywhere, or through anything else that is not a regular file, which could keep the caller waiting without end. (The
// directory itself may be reached by links.) With `ownerOnly`, files that it creates have mode 0600 and directories
// 0700, whatever the umask: RocksDB's own SetAllowNonOwnerAccess() is no way to that, for in 7.8 it sets a flag that
// its file system never reads. Never destroyed.
rocksdb::Env* databaseEnvironment(bool ownerOnly);

// The one whose files are their owner's alone.
rocksdb::Env* privateEnvironment();

}  // namespace shale
