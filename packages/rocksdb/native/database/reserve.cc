#include "database/reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "core/regular_file.h"

namespace shale {

namespace {

class File {
 public:
  File(const std::string& path, int flags) : fd_(openRegular(path, flags, 0600)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool isOpen() const { return fd_ >= 0; }

  // Gives the file blocks of its own, not only a length.
  bool allocate(uint64_t size) const {
#ifdef __linux__
    int result;
    do {
      result = ::fallocate(fd_, 0, 0, static_cast<off_t>(size));
    } while (result != 0 && errno == EINTR);
    if (result == 0) return true;
    if (errno != EOPNOTSUPP && errno != ENOSYS) return false;
#endif
    return writeZeros(size);
  }

 private:
  bool writeZeros(uint64_t size) const {
    const std::vector<char> zeros(1 << 16);
    while (size > 0) {
      const ssize_t written = ::write(fd_, zeros.data(), static_cast<size_t>(std::min<uint64_t>(size, zeros.size())));
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return false;
      size -= static_cast<uint64_t>(written);
    }
    return ::fsync(fd_) == 0;
  }

  const int fd_;
};

bool make(const std::string& path, uint64_t size) {
  const File file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (file.isOpen() && file.allocate(size)) return true;
  ::unlink(path.c_str());
  return false;
}

}  // namespace

bool Reserve::keep() const {
  if (size_ == 0) return false;
  struct stat found;
  // As many blocks as bytes: a copy of the directory may have made a hole of it.
  const bool whole = ::lstat(path_.c_str(), &found) == 0 && S_ISREG(found.st_mode) &&
                     static_cast<uint64_t>(found.st_size) == size_ &&
                     static_cast<uint64_t>(found.st_blocks) * 512 >= size_;
  return whole || make(path_, size_);
}

bool Reserve::hasRoom() const {
  if (size_ == 0) return true;
  const std::string probe = path_ + ".probe";
  const bool made = make(probe, size_);
  ::unlink(probe.c_str());
  return made;
}

bool Reserve::giveUp() const { return ::unlink(path_.c_str()) == 0; }

}  // namespace shale
