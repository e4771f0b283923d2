// Locks of open files. They belong to the inode and to its opener: other threads and processes are kept out,
// by whatever path they come, closing another descriptor of the file does not let go of them, and the kernel does when
// the process ends.
#pragma once

#include <string>

namespace shale {

enum class LockKind { kExclusive, kShared };

// Without waiting. 0 or an errno: EAGAIN when another holds it. An exclusive lock needs a descriptor that can write, a
// shared one that can read.
int lockFile(int file, LockKind kind);

// Releases it. Closing the file alone does not, while a child process that is just being started has it as well.
void unlockFile(int file);

// Whether the errno of lockFile() says that the file system has no locks.
bool isWithoutLocks(int error);

// Throws ROCKSDB_LOCKS_UNSUPPORTED of a directory. `other`: what could not be kept out.
[[noreturn]] void throwWithoutLocks(const std::string& directory, int error, const std::string& other);

// Whether a path still names the file that a descriptor is of.
bool isNamed(const std::string& path, int file);

}  // namespace shale
