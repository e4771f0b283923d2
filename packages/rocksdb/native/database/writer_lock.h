// Who writes a database: the lock of the file WRITER, beside RocksDB's own of LOCK.
//
// RocksDB's lock belongs to the process, and POSIX takes it away as soon as the process closes any descriptor of that
// file, as it does when it copies the directory. This lock belongs to the open file: only its holder can let it go, and
// the kernel when the process ends. It is held as long as the database is open, also while RocksDB is reopened.
#pragma once

#include <string>

#include "core/regular_file.h"

namespace shale {

class WriterLock {
 public:
  // Holds nothing.
  WriterLock() = default;
  // Takes the lock, makes the file if there is none, and writes into it who holds it. Throws DatabaseError:
  // ROCKSDB_LOCKED with the holder, ROCKSDB_LOCKS_UNSUPPORTED where the file system has no locks, or as
  // throwSystemError().
  explicit WriterLock(const std::string& directory);
  ~WriterLock() { release(); }
  WriterLock(WriterLock&&) = default;
  WriterLock& operator=(WriterLock&& other) noexcept;

  void release();
  // The same; the file is removed, too, if this lock has made it: nothing was created in the directory.
  void undo();

 private:
  std::string path_;
  Descriptor file_;
  bool made_ = false;
};

}  // namespace shale
