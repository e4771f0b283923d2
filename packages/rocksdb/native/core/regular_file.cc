#include "core/regular_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace shale {

int openRegular(const std::string& path, int flags, mode_t mode) {
  int file;
  do {
    // O_NONBLOCK changes nothing for a regular file.
    file = ::open(path.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, mode);
  } while (file < 0 && errno == EINTR);
  if (file < 0) {
    // A directory that was to be written, a socket, or a pipe without a reader.
    if (errno == EISDIR || errno == ENXIO) errno = kNotRegular;
    return -1;
  }
  struct stat status;
  int error = 0;
  if (::fstat(file, &status) != 0) error = errno;
  else if (!S_ISREG(status.st_mode)) error = kNotRegular;
  if (error == 0) return file;
  ::close(file);
  errno = error;
  return -1;
}

std::string describeErrno(int error) {
  if (error == ELOOP) return "it is a symbolic link, and no link is followed here: put the file itself in its place";
  if (error == kNotRegular) return "it is not a regular file";
  return std::generic_category().message(error);
}

int syncFile(const Descriptor& file) {
  if (!file.isOpen()) return errno;
  while (::fsync(file.number()) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

Descriptor::~Descriptor() {
  if (file_ >= 0) ::close(file_);
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    if (file_ >= 0) ::close(file_);
    file_ = std::exchange(other.file_, -1);
  }
  return *this;
}

}  // namespace shale
