// Counts the calls by which a process asks for stable storage. Preloaded (LD_PRELOAD) into the measured process, it
// keeps 64-bit counters in a mapped file that the measuring code reads.
//
//   0 fsync   1 fdatasync   2 sync_file_range   3 msync   4 writes to files opened with O_SYNC or O_DSYNC
//
// sync_file_range gives no guarantee and is counted separately. Raw system calls are not seen.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FSYNC, FDATASYNC, SYNC_FILE_RANGE, MSYNC, SYNCED_WRITE, COUNTERS };
enum { MAX_FILES = 65536 };

static uint64_t spare[COUNTERS];
static uint64_t* counters = spare;
static unsigned char syncs_each_write[MAX_FILES];

// libc's own definition of a function, looked up once.
#define REAL(name)                                              \
  ({                                                            \
    static __typeof__(&name) real;                              \
    if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name); \
    real;                                                       \
  })

static void count(int which) { __atomic_add_fetch(&counters[which], 1, __ATOMIC_RELAXED); }

__attribute__((constructor)) static void start(void) {
  const char* path = getenv("SHALE_SYNC_COUNTS");
  if (path == NULL) return;
  const int fd = REAL(open)(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void* map = mmap(NULL, sizeof(spare), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (map != MAP_FAILED) counters = map;
}

int fsync(int fd) {
  count(FSYNC);
  return REAL(fsync)(fd);
}

int fdatasync(int fd) {
  count(FDATASYNC);
  return REAL(fdatasync)(fd);
}

int sync_file_range(int fd, off64_t offset, off64_t length, unsigned flags) {
  count(SYNC_FILE_RANGE);
  return REAL(sync_file_range)(fd, offset, length, flags);
}

int msync(void* address, size_t length, int flags) {
  if (flags & MS_SYNC) count(MSYNC);
  return REAL(msync)(address, length, flags);
}

static int note(int fd, int flags) {
  // O_SYNC contains O_DSYNC's bit.
  if (fd >= 0 && fd < MAX_FILES) syncs_each_write[fd] = (flags & O_DSYNC) != 0;
  return fd;
}

#define OPEN(name)                                                   \
  int name(const char* path, int flags, ...) {                       \
    va_list rest;                                                    \
    va_start(rest, flags);                                           \
    const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                                    \
    return note(REAL(name)(path, flags, mode), flags);               \
  }
OPEN(open)
OPEN(open64)

static void wrote(int fd) {
  if (fd >= 0 && fd < MAX_FILES && syncs_each_write[fd]) count(SYNCED_WRITE);
}

ssize_t write(int fd, const void* data, size_t length) {
  wrote(fd);
  return REAL(write)(fd, data, length);
}

ssize_t pwrite(int fd, const void* data, size_t length, off_t offset) {
  wrote(fd);
  return REAL(pwrite)(fd, data, length, offset);
}

ssize_t pwrite64(int fd, const void* data, size_t length, off64_t offset) {
  wrote(fd);
  return REAL(pwrite64)(fd, data, length, offset);
}

ssize_t writev(int fd, const struct iovec* parts, int count_of_parts) {
  wrote(fd);
  return REAL(writev)(fd, parts, count_of_parts);
}

ssize_t pwritev(int fd, const struct iovec* parts, int count_of_parts, off_t offset) {
  wrote(fd);
  return REAL(pwritev)(fd, parts, count_of_parts, offset);
}
