#include "core/private_files.h"

#include <rocksdb/file_system.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <memory>
#include <string>

namespace shale {

namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

// RocksDB creates files with the mode 0644; the mode is changed right after. Until then the directory, which is the
// owner's alone, keeps others away. A file that was there before keeps its mode.
class DatabaseFiles : public rocksdb::FileSystemWrapper {
 public:
  DatabaseFiles(const std::shared_ptr<rocksdb::FileSystem>& target, bool ownerOnly)
      : rocksdb::FileSystemWrapper(target), ownerOnly_(ownerOnly) {}

  const char* Name() const override { return "shale.databaseFiles"; }

  IOStatus NewSequentialFile(const std::string& name, const FileOptions& options,
                             std::unique_ptr<rocksdb::FSSequentialFile>* result, IODebugContext* context) override {
    return guard(name, [&] { return target()->NewSequentialFile(name, options, result, context); });
  }
  IOStatus NewRandomAccessFile(const std::string& name, const FileOptions& options,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                               IODebugContext* context) override {
    return guard(name, [&] { return target()->NewRandomAccessFile(name, options, result, context); });
  }
  IOStatus NewWritableFile(const std::string& name, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* context) override {
    return guard(name, [&] { return target()->NewWritableFile(name, options, result, context); });
  }
  IOStatus ReopenWritableFile(const std::string& name, const FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* context) override {
    return guard(name, [&] { return target()->ReopenWritableFile(name, options, result, context); });
  }
  IOStatus ReuseWritableFile(const std::string& name, const std::string& old, const FileOptions& options,
                             std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* context) override {
    return guard(old, [&] { return target()->ReuseWritableFile(name, old, options, result, context); });
  }
  IOStatus NewRandomRWFile(const std::string& name, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSRandomRWFile>* result, IODebugContext* context) override {
    return guard(name, [&] { return target()->NewRandomRWFile(name, options, result, context); });
  }
  IOStatus NewLogger(const std::string& name, const IOOptions& options, std::shared_ptr<rocksdb::Logger>* result,
                     IODebugContext* context) override {
    return guard(name, [&] { return target()->NewLogger(name, options, result, context); });
  }
  IOStatus LockFile(const std::string& name, const IOOptions& options, rocksdb::FileLock** lock,
                    IODebugContext* context) override {
    return guard(name, [&] { return target()->LockFile(name, options, lock, context); });
  }
  IOStatus CreateDir(const std::string& name, const IOOptions& options, IODebugContext* context) override {
    return hideDirectory(name, [&] { return target()->CreateDir(name, options, context); });
  }
  IOStatus CreateDirIfMissing(const std::string& name, const IOOptions& options, IODebugContext* context) override {
    return hideDirectory(name, [&] { return target()->CreateDirIfMissing(name, options, context); });
  }

 private:
  template <class Open>
  IOStatus guard(const std::string& name, Open open) const {
    struct stat found;
    const bool wasThere = ::lstat(name.c_str(), &found) == 0;
    if (wasThere && S_ISLNK(found.st_mode)) {
      return IOStatus::IOError("Refusing to follow a symbolic link: put the file itself in its place", name);
    }
    if (wasThere && !S_ISREG(found.st_mode)) return IOStatus::IOError("Refusing what is not a regular file", name);
    return changeMode(name, 0600, wasThere, open());
  }

  template <class Create>
  IOStatus hideDirectory(const std::string& name, Create create) const {
    struct stat found;
    const bool wasThere = ::stat(name.c_str(), &found) == 0;
    return changeMode(name, 0700, wasThere, create());
  }

  IOStatus changeMode(const std::string& name, mode_t mode, bool wasThere, IOStatus status) const {
    // A file system without modes refuses; then there is nothing to hide behind.
    if (ownerOnly_ && status.ok() && !wasThere) (void)!::chmod(name.c_str(), mode);
    return status;
  }

  const bool ownerOnly_;
};

rocksdb::Env* makeEnvironment(bool ownerOnly) {
  return rocksdb::NewCompositeEnv(std::make_shared<DatabaseFiles>(rocksdb::FileSystem::Default(), ownerOnly)).release();
}

}  // namespace

rocksdb::Env* databaseEnvironment(bool ownerOnly) {
  static rocksdb::Env* const owners = makeEnvironment(true);
  static rocksdb::Env* const shared = makeEnvironment(false);
  return ownerOnly ? owners : shared;
}

rocksdb::Env* privateEnvironment() { return databaseEnvironment(true); }

}  // namespace shale
