#include "core/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/errors.h"
#include "core/regular_file.h"

namespace shale {

int lockFile(int file, LockKind kind) {
#ifdef F_OFD_SETLK
  struct flock whole {};
  whole.l_type = kind == LockKind::kExclusive ? F_WRLCK : F_RDLCK;
  whole.l_whence = SEEK_SET;
  int result;
  do {
    result = ::fcntl(file, F_OFD_SETLK, &whole);
  } while (result != 0 && errno == EINTR);
  if (result == 0) return 0;
  if (errno == EAGAIN || errno == EACCES) return EAGAIN;
  // A kernel or a file system that knows only the older kind.
  if (errno != EINVAL && errno != ENOSYS && errno != ENOLCK && errno != ENOTSUP && errno != EOPNOTSUPP) return errno;
#endif
  int result2;
  do {
    result2 = ::flock(file, (kind == LockKind::kExclusive ? LOCK_EX : LOCK_SH) | LOCK_NB);
  } while (result2 != 0 && errno == EINTR);
  if (result2 == 0) return 0;
  return errno == EWOULDBLOCK ? EAGAIN : errno;
}

void unlockFile(int file) {
  // Of which kind it is, nobody has noted; letting go of the other one changes nothing.
#ifdef F_OFD_SETLK
  struct flock whole {};
  whole.l_type = F_UNLCK;
  whole.l_whence = SEEK_SET;
  (void)::fcntl(file, F_OFD_SETLK, &whole);
#endif
  (void)::flock(file, LOCK_UN);
}

bool isWithoutLocks(int error) {
  return error == ENOLCK || error == ENOSYS || error == ENOTSUP || error == EOPNOTSUPP || error == EINVAL;
}

bool isNamed(const std::string& path, int file) {
  struct stat named;
  struct stat open;
  return ::lstat(path.c_str(), &named) == 0 && ::fstat(file, &open) == 0 && named.st_ino == open.st_ino &&
         named.st_dev == open.st_dev;
}

void throwWithoutLocks(const std::string& directory, int error, const std::string& other) {
  throw DatabaseError{"ROCKSDB_LOCKS_UNSUPPORTED",
                      "The file system of this directory has no file locks (" + describeErrno(error) + "), so that " +
                          other + " could not be kept out", directory};
}

}  // namespace shale
