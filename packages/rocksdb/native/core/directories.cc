#include "core/directories.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <vector>

#include "core/errors.h"
#include "core/input_file.h"
#include "core/regular_file.h"

namespace shale {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void throwPathError(const std::string& path, const std::error_code& error) {
  const char* code =
      error == std::errc::no_such_file_or_directory ? "ROCKSDB_NOT_FOUND" : codeOfErrno(error.value());
  throw DatabaseError{code, "Cannot use the directory " + path + ": " + error.message(), path};
}

// A name is on the disk once the directory that it is in has been synced. RocksDB does that for the files of a
// database, and not for the database itself.
void syncNamesIn(const fs::path& directory) {
  const int failure = syncFile(Descriptor(::open(directory.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY)));
  // A directory that may be passed through and not read can be synced by its owner alone.
  if (failure == EACCES || failure == EPERM) return;
  // Some file systems have nothing to sync there.
  if (failure != 0 && failure != EINVAL && failure != ENOTSUP) {
    throwPathError(directory.string(), std::error_code(failure, std::generic_category()));
  }
}

fs::path parentOf(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

}  // namespace

std::vector<std::string> namesIn(const std::string& directory) {
  std::error_code error;
  std::vector<std::string> names;
  fs::directory_iterator at(directory, error);
  for (const fs::directory_iterator end; !error && at != end; at.increment(error)) {
    names.push_back(at->path().filename().string());
  }
  if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory) {
    throwPathError(directory, error);
  }
  return names;
}

Listing listDirectory(const std::string& directory) {
  Listing listing;
  for (const std::string& name : namesIn(directory)) {
    std::error_code gone;
    const uintmax_t size = name.rfind("MANIFEST-", 0) == 0 ? fs::file_size(fs::path(directory) / name, gone) : 0;
    if (!gone) listing.manifestSize += size;
    listing.files.insert(name);
  }
  return listing;
}

void syncLogs(const std::string& directory) {
  for (const std::string& name : namesIn(directory)) {
    const fs::path path = fs::path(directory) / name;
    if (path.extension() != ".log") continue;
    const int failure = syncFile(Descriptor(openRegular(path.string(), O_RDONLY)));
    if (failure != 0) throwSystemError("Cannot sync", path.string(), failure);
  }
}

std::string realPath(const std::string& path) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  if (error) throwPathError(path, error);
  if (!fs::is_directory(real, error)) {
    throw DatabaseError{"ROCKSDB_INVALID_ARGUMENT", "Not a directory: " + path, path};
  }
  return real.string();
}

void createDirectory(const std::string& path, bool ownerOnly) {
  std::error_code error;
  fs::path wanted = fs::absolute(path, error);
  if (error) throwPathError(path, error);
  // A slash at the end would make the directory its own parent.
  if (!wanted.has_filename()) wanted = parentOf(wanted);

  std::vector<fs::path> missing;
  std::error_code ignored;
  for (fs::path at = wanted; !fs::exists(at, ignored) && at != at.root_path(); at = parentOf(at)) missing.push_back(at);
  if (missing.size() > 1) fs::create_directories(parentOf(wanted), error);
  if (!error && !missing.empty() && ::mkdir(wanted.c_str(), ownerOnly ? 0700 : 0777) != 0 && errno != EEXIST) {
    error = std::error_code(errno, std::generic_category());
  }
  if (error) {
    if (fs::exists(wanted, ignored)) return;  // a file: realPath() says so
    throwPathError(path, error);
  }
  for (const fs::path& made : missing) syncNamesIn(parentOf(made));
  if (!missing.empty()) return;
  // It may be the work of a process that died before it got here; with a CURRENT, it has been lasting for long.
  const fs::path real = fs::canonical(wanted, error);
  if (!error && !fs::exists(real / "CURRENT", ignored)) syncNamesIn(parentOf(real));
}

}  // namespace shale
