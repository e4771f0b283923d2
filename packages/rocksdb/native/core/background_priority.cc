#include "core/background_priority.h"

#include <algorithm>
#include <optional>

#ifdef __linux__
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace shale {

#ifdef __linux__
BackgroundPriority::BackgroundPriority(int lower) : nice_(std::min(19, ::getpriority(PRIO_PROCESS, ::getpid()) + lower)) {}
#else
BackgroundPriority::BackgroundPriority(int lower) : nice_(lower) {}
#endif

void BackgroundPriority::lower() const {
#ifdef __linux__
  // RocksDB keeps its threads, so this is asked of the system once for each.
  thread_local std::optional<int> set;
  if (set == nice_) return;
  // A thread may always be made nicer. Back again takes a privilege; without it, it stays as nice as it is.
  const id_t thread = static_cast<id_t>(::syscall(SYS_gettid));
  if (::setpriority(PRIO_PROCESS, thread, nice_) == 0) set = nice_;
#endif
}

}  // namespace shale
