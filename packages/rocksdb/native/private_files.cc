#include "private_files.h"

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
// owner's alone, keeps others away. A file that was there before keeps the mode that somebody gave it. Nothing is ever
// written through a symbolic link: it could lead anywhere. (The database's directory itself may be reached by links.)
class PrivateFiles : public rocksdb::FileSystemWrapper {
 public:
  using rocksdb::FileSystemWrapper::FileSystemWrapper;

  const char* Name() const override { return "shale.privateFiles"; }

  IOStatus NewWritableFile(const std::string& name, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* context) override {
    return hide(name, [&] { return target()->NewWritableFile(name, options, result, context); });
  }
  IOStatus ReopenWritableFile(const std::string& name, const FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* context) override {
    return hide(name, [&] { return target()->ReopenWritableFile(name, options, result, context); });
  }
  IOStatus NewRandomRWFile(const std::string& name, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSRandomRWFile>* result, IODebugContext* context) override {
    return hide(name, [&] { return target()->NewRandomRWFile(name, options, result, context); });
  }
  IOStatus NewLogger(const std::string& name, const IOOptions& options, std::shared_ptr<rocksdb::Logger>* result,
                     IODebugContext* context) override {
    return hide(name, [&] { return target()->NewLogger(name, options, result, context); });
  }
  IOStatus LockFile(const std::string& name, const IOOptions& options, rocksdb::FileLock** lock,
                    IODebugContext* context) override {
    return hide(name, [&] { return target()->LockFile(name, options, lock, context); });
  }
  IOStatus CreateDir(const std::string& name, const IOOptions& options, IODebugContext* context) override {
    return hideDirectory(name, [&] { return target()->CreateDir(name, options, context); });
  }
  IOStatus CreateDirIfMissing(const std::string& name, const IOOptions& options, IODebugContext* context) override {
    return hideDirectory(name, [&] { return target()->CreateDirIfMissing(name, options, context); });
  }

 private:
  template <class Create>
  static IOStatus hide(const std::string& name, Create create) {
    struct stat found;
    const bool wasThere = ::lstat(name.c_str(), &found) == 0;
    if (wasThere && S_ISLNK(found.st_mode)) {
      return IOStatus::IOError("Refusing to write through a symbolic link: remove it", name);
    }
    return changeMode(name, 0600, wasThere, create());
  }

  template <class Create>
  static IOStatus hideDirectory(const std::string& name, Create create) {
    struct stat found;
    const bool wasThere = ::stat(name.c_str(), &found) == 0;
    return changeMode(name, 0700, wasThere, create());
  }

  static IOStatus changeMode(const std::string& name, mode_t mode, bool wasThere, IOStatus status) {
    // A file system without modes refuses; then there is nothing to hide behind.
    if (status.ok() && !wasThere) (void)!::chmod(name.c_str(), mode);
    return status;
  }
};

}  // namespace

rocksdb::Env* privateEnvironment() {
  static rocksdb::Env* environment =
      rocksdb::NewCompositeEnv(std::make_shared<PrivateFiles>(rocksdb::FileSystem::Default())).release();
  return environment;
}

}  // namespace shale
