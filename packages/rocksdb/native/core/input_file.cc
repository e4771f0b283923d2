#include "core/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "core/errors.h"
#include "core/regular_file.h"

namespace shale {

[[noreturn]] void throwSystemError(const std::string& what, const std::string& path, int error) {
  const char* code = error == ENOENT ? "ROCKSDB_NOT_FOUND" : codeOfErrno(error);
  throw DatabaseError{code, what + " " + path + ": " + describeErrno(error), path};
}

InputFile::InputFile(std::string path) : path_(std::move(path)) {
  file_ = openRegular(path_, O_RDONLY);
  if (file_ < 0) throwSystemError("Cannot open", path_, errno);
}

InputFile::~InputFile() { ::close(file_); }

uint64_t InputFile::size() const {
  struct stat status;
  if (::fstat(file_, &status) != 0) throwSystemError("Cannot look at", path_, errno);
  return static_cast<uint64_t>(status.st_size);
}

size_t InputFile::read(uint64_t offset, void* into, size_t size) const {
  size_t done = 0;
  while (done < size) {
    const ssize_t got = ::pread(file_, static_cast<char*>(into) + done, size - done, static_cast<off_t>(offset + done));
    if (got == 0) break;
    if (got > 0) {
      done += static_cast<size_t>(got);
    } else if (errno != EINTR) {
      throwSystemError("Cannot read", path_, errno);
    }
  }
  return done;
}

std::string readSmallFile(const std::string& path, size_t most) {
  const InputFile file(path);
  std::string text(most + 1, '\0');
  text.resize(file.read(0, text.data(), text.size()));
  if (text.size() > most) {
    throw DatabaseError{"ROCKSDB_CORRUPTION", path + " is larger than any file of its kind", path};
  }
  return text;
}

}  // namespace shale
