#include "core/page_cache.h"

#include <fcntl.h>
#include <unistd.h>

namespace shale {

void leavePageCache(const std::string& path) noexcept {
#ifdef POSIX_FADV_DONTNEED
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  ::close(file);
#else
  (void)path;
#endif
}

}  // namespace shale
