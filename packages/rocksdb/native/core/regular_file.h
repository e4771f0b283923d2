// Files of a database's directory, opened by the addon itself: regular ones only, and never through a link at the end
// of the path. So nothing in a directory can lead to files elsewhere.
#pragma once

#include <sys/types.h>

#include <string>

namespace shale {

// As open(2) with O_CLOEXEC; -1 with errno if it fails. What is no regular file is refused without waiting for it, as a
// pipe would make one wait: with ELOOP for a link, and kNotRegular for all else.
int openRegular(const std::string& path, int flags, mode_t mode = 0);

// The errno of openRegular() for a directory, a pipe, a socket or a device.
constexpr int kNotRegular = 100001;

// What an errno of openRegular() means, for people.
std::string describeErrno(int error);

// A descriptor that is closed with its owner.
class Descriptor {
 public:
  explicit Descriptor(int file = -1) : file_(file) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : file_(other.file_) { other.file_ = -1; }
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  bool isOpen() const { return file_ >= 0; }
  int number() const { return file_; }

 private:
  int file_;
};

// fsync(2): 0 or an errno, also that of an open(2) just before which has failed.
int syncFile(const Descriptor& file);

}  // namespace shale
