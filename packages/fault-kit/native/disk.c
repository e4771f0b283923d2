/* A disk that can be watched and made to fail. Preloaded into a process (LD_PRELOAD), it sees the calls that change the
 * files below one directory, from all threads, in one total order. It
 *   - records them, with their data and results, in a file that a SIGKILL of the process takes nothing from, and
 *   - fails, shortens, delays, holds or leaves out those that the rules of a control file choose, and refuses growth
 *     past a budget.
 *
 * SHALE_DISK_ROOT       real path of the directory
 * SHALE_DISK_ALSO       real path of a file elsewhere whose writes are recorded, and never hindered (optional)
 * SHALE_DISK_RECORDING  where to append the records (optional)
 * SHALE_DISK_CONTROL    control file, at least CONTROL_SIZE bytes (optional)
 * SHALE_DISK_BOOT_ID    a file to be read in place of the kernel's boot id, so that an opening of what a power failure
 *                       of this process leaves sees a restarted machine (optional)
 *
 * It cannot see what does not go through the C library: raw system calls, io_uring, and writes to mapped memory. To
 * rely on a recording, replay it and compare the outcome with the directory. src/disk/recording.ts and
 * src/disk/control.ts hold the other ends of the two formats; all numbers are little-endian.
 *
 * Every call is made by its number, so nothing here calls itself. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#if !defined(__linux__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__ || __SIZEOF_LONG__ != 8
#error "the interposer is made for 64-bit little-endian Linux"
#endif

/* --- What is recorded --- */

enum operation {
  OP_OPEN = 0,      /* a: flags, b: 1 if the file came into being */
  OP_READ = 1,      /* never recorded; for rules */
  OP_WRITE = 2,     /* a: offset; data */
  OP_SYNC_BEGIN = 3,/* a: number of the sync, b: 0 fsync, 1 fdatasync */
  OP_SYNC_END = 4,  /* a: number of the sync, b: 1 if the call was left out and called a success */
  OP_TRUNCATE = 5,  /* a: size */
  OP_ALLOCATE = 6,  /* a: offset, b: length, c: mode */
  OP_RENAME = 7,
  OP_UNLINK = 8,
  OP_LINK = 9,
  OP_MKDIR = 10,
  OP_RMDIR = 11,
  OP_CLOSE = 12,
  OP_RANGE_SYNC = 13, /* a: offset, b: length */
  OP_ANY_OPEN = 14, /* never recorded; for rules */
};

struct record {
  uint32_t size; /* of all of it */
  uint32_t op;
  uint32_t thread;
  int32_t error; /* errno, or 0 */
  uint64_t inode;
  int64_t a, b, c;
  uint32_t path1, path2; /* lengths; the bytes follow, then the data */
  uint32_t data;
  uint32_t reserved;
};

/* --- What can be asked for --- */

enum file_class { LOG = 1, TABLE = 2, MANIFEST = 4, CURRENT = 8, DIRECTORY = 16, INFO = 32, OTHER = 64, WATERMARK = 128 };
enum action { OFF = 0, FAIL = 1, SHORTEN = 2, DELAY = 3, LEAVE_OUT = 4, HOLD = 5 };

struct rule {
  uint32_t ops;     /* bits 1 << operation; OP_SYNC_BEGIN stands for both kinds of sync, OP_OPEN for creating */
  uint32_t classes; /* bits of file_class */
  uint64_t from;    /* acts from this matching call on, counted from 1 ... */
  uint64_t count;   /* ... on so many of them */
  uint32_t action;
  int32_t error;    /* of FAIL */
  uint64_t argument;/* microseconds to wait before acting */
  uint64_t seen;    /* written here: matching calls so far */
  uint64_t hits;    /* written here: those acted on */
  uint8_t compactions; /* 1: chooses only calls of RocksDB's threads for compactions */
  uint8_t after;    /* chooses only once the rule of this number, from 1, has acted; 0: always */
  uint8_t until;    /* waits before acting until the rule of this number has acted; 0: does not */
  uint8_t reserved[5];
};

#define RULES 15
#define CONTROL_SIZE 1024
struct control {
  uint64_t limit;   /* growth allowed in all, in bytes; all ones: no limit */
  uint64_t used;    /* written here: growth so far, less what was removed */
  uint64_t refused; /* written here: calls refused for want of room */
  uint64_t version; /* of the rules: another one whenever they are replaced */
  uint64_t reserved[4];
  struct rule rules[RULES];
};
_Static_assert(sizeof(struct control) == CONTROL_SIZE, "one kilobyte");
_Static_assert(sizeof(struct record) == 64, "as src/disk/recording.ts reads it");

/* --- State --- */

enum kind { UNWATCHED = 0, WATCHED = 1, ALSO = 2 };
struct descriptor {
  uint8_t kind;
  uint8_t class;
  dev_t device;
  ino_t inode;
};

#define DESCRIPTORS 65536
static struct descriptor descriptors[DESCRIPTORS];
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX], also[PATH_MAX], boot_id[PATH_MAX];
static size_t root_length;
static int recording = -1;
static struct control *control;
static uint64_t syncs;

static void die(const char *why) {
  static const char name[] = "shale disk interposer: ";
  syscall(SYS_write, 2, name, sizeof name - 1);
  syscall(SYS_write, 2, why, strlen(why));
  syscall(SYS_write, 2, "\n", 1);
  abort();
}

__attribute__((constructor)) static void start(void) {
  const char *watched = getenv("SHALE_DISK_ROOT");
  if (watched == NULL) return;
  const char *log = getenv("SHALE_DISK_RECORDING");
  const char *orders = getenv("SHALE_DISK_CONTROL");
  const char *extra = getenv("SHALE_DISK_ALSO");
  const char *boot = getenv("SHALE_DISK_BOOT_ID");
  if (boot != NULL) snprintf(boot_id, sizeof boot_id, "%s", boot);
  if (extra != NULL) snprintf(also, sizeof also, "%s", extra);
  if (log != NULL) {
    recording = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (recording < 0) die("cannot open SHALE_DISK_RECORDING");
  }
  if (orders != NULL) {
    int fd = (int)syscall(SYS_openat, AT_FDCWD, orders, O_RDWR | O_CLOEXEC, 0);
    if (fd < 0) die("cannot open SHALE_DISK_CONTROL");
    control = mmap(NULL, CONTROL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (control == MAP_FAILED) die("cannot map SHALE_DISK_CONTROL");
    syscall(SYS_close, fd);
  }
  snprintf(root, sizeof root, "%s", watched);
  root_length = strlen(root);
}

/* --- Names --- */

static int is_below_root(const char *path) {
  return root_length > 0 && strncmp(path, root, root_length) == 0 &&
         (path[root_length] == '/' || path[root_length] == '\0');
}

/* The real path of a name that may not exist yet. */
static int resolve(int directory, const char *path, char *out) {
  if (path == NULL || *path == '\0') return 0;
  char joined[PATH_MAX], parent[PATH_MAX];
  if (*path == '/' || directory == AT_FDCWD) {
    if (snprintf(joined, sizeof joined, "%s", path) >= (int)sizeof joined) return 0;
  } else {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
    ssize_t length = readlink(link, parent, sizeof parent - 1);
    if (length < 0) return 0;
    parent[length] = '\0';
    if (snprintf(joined, sizeof joined, "%s/%s", parent, path) >= (int)sizeof joined) return 0;
  }
  size_t end = strlen(joined);
  while (end > 1 && joined[end - 1] == '/') joined[--end] = '\0';
  char *slash = strrchr(joined, '/');
  const char *base = slash == NULL ? joined : slash + 1;
  if (strcmp(base, ".") == 0 || strcmp(base, "..") == 0 || *base == '\0') return realpath(joined, out) != NULL;
  if (slash == NULL) snprintf(parent, sizeof parent, ".");
  else if (slash == joined) snprintf(parent, sizeof parent, "/");
  else snprintf(parent, sizeof parent, "%.*s", (int)(slash - joined), joined);
  char real[PATH_MAX];
  if (realpath(parent, real) == NULL) return 0;
  return snprintf(out, PATH_MAX, "%s/%s", strcmp(real, "/") == 0 ? "" : real, base) < PATH_MAX;
}

static int ends_with(const char *text, const char *suffix) {
  size_t length = strlen(text), wanted = strlen(suffix);
  return length >= wanted && strcmp(text + length - wanted, suffix) == 0;
}

static uint8_t class_of(const char *path) {
  const char *slash = strrchr(path, '/');
  const char *base = slash == NULL ? path : slash + 1;
  if (ends_with(base, ".log")) return LOG;
  if (ends_with(base, ".sst")) return TABLE;
  if (strncmp(base, "MANIFEST", 8) == 0) return MANIFEST;
  if (strncmp(base, "CURRENT", 7) == 0) return CURRENT;
  if (strcmp(base, "WATERMARK") == 0) return WATERMARK;
  if (strncmp(base, "LOG", 3) == 0 && strcmp(base, "LOCK") != 0) return INFO;
  return OTHER;
}

static struct descriptor *watched(int fd) {
  if (fd < 0 || fd >= DESCRIPTORS || descriptors[fd].kind == UNWATCHED) return NULL;
  struct stat now;
  /* A number whose closing was not seen may stand for another file by now. */
  if (fstat(fd, &now) != 0 || now.st_dev != descriptors[fd].device || now.st_ino != descriptors[fd].inode) {
    descriptors[fd].kind = UNWATCHED;
    return NULL;
  }
  return &descriptors[fd];
}

/* --- Recording --- */

static void record(uint32_t op, int error, uint64_t inode, int64_t a, int64_t b, int64_t c, const char *path1,
                   const char *path2, const struct iovec *data, int pieces, size_t bytes) {
  if (recording < 0) return;
  struct record head = {.op = op, .thread = (uint32_t)syscall(SYS_gettid), .error = error, .inode = inode,
                        .a = a, .b = b, .c = c};
  head.path1 = path1 == NULL ? 0 : (uint32_t)strlen(path1);
  head.path2 = path2 == NULL ? 0 : (uint32_t)strlen(path2);
  head.data = (uint32_t)bytes;
  head.size = (uint32_t)sizeof head + head.path1 + head.path2 + head.data;
  struct iovec parts[IOV_MAX];
  int count = 0;
  parts[count++] = (struct iovec){&head, sizeof head};
  parts[count++] = (struct iovec){(void *)path1, head.path1};
  parts[count++] = (struct iovec){(void *)path2, head.path2};
  size_t left = bytes;
  for (int i = 0; i < pieces && left > 0; i++) {
    if (count == IOV_MAX) die("a write of too many pieces");
    size_t length = data[i].iov_len < left ? data[i].iov_len : left;
    parts[count++] = (struct iovec){data[i].iov_base, length};
    left -= length;
  }
  long written = syscall(SYS_writev, recording, parts, count);
  if (written != (long)head.size) die("cannot write the recording");
}

/* --- Rules and room. All of this under `order`. --- */

static int compacts(void) {
  char name[17] = "";
  prctl(PR_GET_NAME, name);
  return strcmp(name, "rocksdb:low") == 0 || strcmp(name, "shale:passes") == 0;
}

static int has_acted(uint8_t number) {
  return __atomic_load_n(&control->rules[number - 1].hits, __ATOMIC_RELAXED) > 0;
}

static uint64_t version(void) { return __atomic_load_n(&control->version, __ATOMIC_RELAXED); }

static struct rule *rule_for(uint32_t op, uint8_t class) {
  struct rule *chosen = NULL;
  for (int i = 0; control != NULL && i < RULES; i++) {
    struct rule *rule = &control->rules[i];
    if (rule->action == OFF || (rule->ops & (1u << op)) == 0 || (rule->classes & class) == 0) continue;
    if ((rule->compactions && !compacts()) || (rule->after != 0 && !has_acted(rule->after))) continue;
    uint64_t seen = __atomic_add_fetch(&rule->seen, 1, __ATOMIC_RELAXED);
    if (chosen != NULL || seen < rule->from || seen - rule->from >= rule->count) continue;
    __atomic_add_fetch(&rule->hits, 1, __ATOMIC_RELAXED);
    chosen = rule;
  }
  return chosen;
}

/* The rule that decides about a call, as it is now; OFF if none does. `rules` gets the version of the rules. */
static struct rule choose(uint32_t op, uint8_t class, uint64_t *rules) {
  struct rule none = {.action = OFF};
  if (control == NULL) return none;
  *rules = version();
  struct rule *rule = rule_for(op, class);
  return rule == NULL ? none : *rule;
}

static int must_wait(const struct rule *rule) {
  return rule->action == HOLD || rule->until != 0 || rule->argument != 0;
}

/* Not under `order`. Says whether the call is to be judged again, by other rules. */
static int wait_as_told(const struct rule *rule, uint64_t rules) {
  while (rule->until != 0 && !has_acted(rule->until) && version() == rules) usleep(1000);
  while (rule->action == HOLD && version() == rules) usleep(1000);
  if (rule->argument != 0) usleep((useconds_t)rule->argument);
  return rule->action == HOLD;
}

/* Waits if the rules say so, and says whether the call must fail; errno is set then. Locks. */
static int must_fail(uint32_t op, uint8_t class) {
  struct rule rule;
  uint64_t rules = 0;
  do {
    pthread_mutex_lock(&order);
    rule = choose(op, class, &rules);
    pthread_mutex_unlock(&order);
  } while (must_wait(&rule) && wait_as_told(&rule, rules));
  if (rule.action != FAIL) return 0;
  errno = rule.error;
  return 1;
}

static uint64_t room(void) {
  if (control == NULL) return UINT64_MAX;
  uint64_t limit = __atomic_load_n(&control->limit, __ATOMIC_RELAXED);
  uint64_t used = __atomic_load_n(&control->used, __ATOMIC_RELAXED);
  if (limit == UINT64_MAX) return UINT64_MAX;
  return used < limit ? limit - used : 0;
}

static void take(int64_t bytes) {
  if (control == NULL) return;
  uint64_t used = __atomic_load_n(&control->used, __ATOMIC_RELAXED);
  uint64_t next = bytes < 0 && used < (uint64_t)-bytes ? 0 : used + (uint64_t)bytes;
  __atomic_store_n(&control->used, next, __ATOMIC_RELAXED);
}

static int refuse(void) {
  if (control != NULL) __atomic_add_fetch(&control->refused, 1, __ATOMIC_RELAXED);
  errno = ENOSPC;
  return -1;
}

/* --- Opening and closing --- */

static int open_at(int directory, const char *path, int flags, mode_t mode) {
  if (boot_id[0] != '\0' && path != NULL && strcmp(path, "/proc/sys/kernel/random/boot_id") == 0) path = boot_id;
  char real[PATH_MAX];
  int kind = UNWATCHED;
  if (root_length > 0 && resolve(directory, path, real)) {
    if (is_below_root(real)) kind = WATCHED;
    else if (also[0] != '\0' && strcmp(real, also) == 0) kind = ALSO;
  }
  if (kind == UNWATCHED) {
    int fd = (int)syscall(SYS_openat, directory, path, flags, mode);
    if (fd >= 0 && fd < DESCRIPTORS) descriptors[fd].kind = UNWATCHED;
    return fd;
  }
  struct stat before, now;
  uint8_t class = class_of(real);
  int existed = fstatat(directory, path, &before, 0) == 0;
  int creates = (flags & O_CREAT) != 0 && !existed;
  if (kind == WATCHED && must_fail(OP_ANY_OPEN, class)) return -1;
  if (kind == WATCHED && creates) {
    if (must_fail(OP_OPEN, class)) return -1;
    if (room() == 0) return refuse();
  }
  pthread_mutex_lock(&order);
  existed = fstatat(directory, path, &before, 0) == 0;
  creates = (flags & O_CREAT) != 0 && !existed;
  int fd = (int)syscall(SYS_openat, directory, path, flags, mode);
  int error = errno;
  if (fd >= 0 && fstat(fd, &now) == 0) {
    if (S_ISDIR(now.st_mode)) class = DIRECTORY;
    if (fd < DESCRIPTORS) {
      descriptors[fd] = (struct descriptor){(uint8_t)kind, class, now.st_dev, now.st_ino};
    }
    record(OP_OPEN, 0, now.st_ino, flags, creates, 0, real, NULL, NULL, 0, 0);
    if ((flags & O_TRUNC) != 0 && existed && before.st_size > 0) {
      if (kind == WATCHED) take(-(int64_t)before.st_size);
      record(OP_TRUNCATE, 0, now.st_ino, 0, 0, 0, NULL, NULL, NULL, 0, 0);
    }
  }
  pthread_mutex_unlock(&order);
  errno = error;
  return fd;
}

static mode_t mode_of(int flags, va_list arguments) {
  return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(arguments, mode_t) : 0;
}

#define DEFINE_OPEN(name)                            \
  int name(const char *path, int flags, ...) {       \
    va_list arguments;                               \
    va_start(arguments, flags);                      \
    mode_t mode = mode_of(flags, arguments);         \
    va_end(arguments);                               \
    return open_at(AT_FDCWD, path, flags, mode);     \
  }
#define DEFINE_OPENAT(name)                                   \
  int name(int directory, const char *path, int flags, ...) { \
    va_list arguments;                                        \
    va_start(arguments, flags);                               \
    mode_t mode = mode_of(flags, arguments);                  \
    va_end(arguments);                                        \
    return open_at(directory, path, flags, mode);             \
  }
DEFINE_OPEN(open)
DEFINE_OPEN(open64)
DEFINE_OPENAT(openat)
DEFINE_OPENAT(openat64)
int creat(const char *path, mode_t mode) { return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

static void forget(int fd) {
  struct descriptor *file = watched(fd);
  if (file != NULL) {
    pthread_mutex_lock(&order);
    record(OP_CLOSE, 0, file->inode, 0, 0, 0, NULL, NULL, NULL, 0, 0);
    file->kind = UNWATCHED;
    pthread_mutex_unlock(&order);
  }
}

int close(int fd) {
  forget(fd);
  return (int)syscall(SYS_close, fd);
}

/* --- Reading --- */

static int read_fails(int fd) {
  if (control == NULL) return 0;
  struct descriptor *file = watched(fd);
  return file != NULL && file->kind == WATCHED && must_fail(OP_READ, file->class);
}

ssize_t read(int fd, void *data, size_t size) {
  return read_fails(fd) ? -1 : syscall(SYS_read, fd, data, size);
}
ssize_t pread(int fd, void *data, size_t size, off_t offset) {
  return read_fails(fd) ? -1 : syscall(SYS_pread64, fd, data, size, offset);
}
ssize_t pread64(int fd, void *data, size_t size, off64_t offset) { return pread(fd, data, size, offset); }

/* RocksDB reads its logs and manifests through streams, whose descriptor it opened itself. */
#undef fread_unlocked
size_t fread_unlocked(void *data, size_t size, size_t count, FILE *stream) {
  static size_t (*original)(void *, size_t, size_t, FILE *);
  if (original == NULL) *(void **)&original = dlsym(RTLD_NEXT, "fread_unlocked");
  return read_fails(fileno(stream)) ? 0 : original(data, size, count, stream);
}

/* --- Writing --- */

static size_t total_of(const struct iovec *pieces, int count) {
  size_t total = 0;
  for (int i = 0; i < count; i++) total += pieces[i].iov_len;
  return total;
}

static ssize_t plain_write(int fd, const struct iovec *pieces, int count, off_t offset) {
  return offset < 0 ? syscall(SYS_writev, fd, pieces, count)
                    : syscall(SYS_pwritev, fd, pieces, count, (unsigned long)offset, 0ul);
}

/* `offset` below 0: where the descriptor stands. */
static ssize_t write_pieces(int fd, const struct iovec *given, int count, off_t offset) {
  struct descriptor *file = watched(fd);
  if (file == NULL) return plain_write(fd, given, count, offset);
  size_t size = total_of(given, count);
  struct iovec pieces[IOV_MAX];
  if (count > IOV_MAX) {
    errno = EINVAL;
    return -1;
  }
  memcpy(pieces, given, sizeof *given * (size_t)count);

  pthread_mutex_lock(&order);
  struct rule rule = {.action = OFF};
  uint64_t rules = 0;
  for (int judge = file->kind == WATCHED; judge;) {
    rule = choose(OP_WRITE, file->class, &rules);
    judge = 0;
    if (!must_wait(&rule)) break;
    pthread_mutex_unlock(&order);
    judge = wait_as_told(&rule, rules);
    pthread_mutex_lock(&order);
  }
  if (rule.action == FAIL) {
    pthread_mutex_unlock(&order);
    errno = rule.error;
    return -1;
  }
  size_t wanted = size;
  if (rule.action == SHORTEN && size > 1) wanted = size / 2;

  struct stat before;
  fstat(fd, &before);
  off_t at = offset;
  if ((fcntl(fd, F_GETFL) & O_APPEND) != 0) at = before.st_size;
  else if (at < 0) at = lseek(fd, 0, SEEK_CUR);
  if (file->kind == WATCHED && wanted > 0) {
    /* As on a real disk: what still fits is written, and the next call is refused. */
    int64_t growth = at + (int64_t)wanted - before.st_size;
    uint64_t left = room();
    if (growth > 0 && (uint64_t)growth > left) {
      uint64_t lacking = (uint64_t)growth - left;
      if (lacking >= wanted) {
        pthread_mutex_unlock(&order);
        return refuse();
      }
      wanted -= lacking;
    }
  }
  size_t kept = wanted;
  for (int i = 0; i < count; i++) {
    if (pieces[i].iov_len > kept) pieces[i].iov_len = kept;
    kept -= pieces[i].iov_len;
  }
  ssize_t written = plain_write(fd, pieces, count, offset);
  int error = errno;
  if (written > 0) {
    if (file->kind == WATCHED && at + written > before.st_size) take(at + written - before.st_size);
    record(OP_WRITE, 0, file->inode, at, 0, 0, NULL, NULL, pieces, count, (size_t)written);
  }
  pthread_mutex_unlock(&order);
  errno = error;
  return written;
}

ssize_t write(int fd, const void *data, size_t size) {
  struct iovec piece = {(void *)data, size};
  return write_pieces(fd, &piece, 1, -1);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
  struct iovec piece = {(void *)data, size};
  return write_pieces(fd, &piece, 1, offset);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) { return pwrite(fd, data, size, offset); }
ssize_t writev(int fd, const struct iovec *pieces, int count) { return write_pieces(fd, pieces, count, -1); }
ssize_t pwritev(int fd, const struct iovec *pieces, int count, off_t offset) {
  return write_pieces(fd, pieces, count, offset);
}
ssize_t pwritev64(int fd, const struct iovec *pieces, int count, off64_t offset) {
  return write_pieces(fd, pieces, count, offset);
}

int ftruncate(int fd, off_t size) {
  struct descriptor *file = watched(fd);
  if (file == NULL) return (int)syscall(SYS_ftruncate, fd, size);
  if (file->kind == WATCHED && must_fail(OP_TRUNCATE, file->class)) return -1;
  pthread_mutex_lock(&order);
  struct stat before;
  fstat(fd, &before);
  int result = (int)syscall(SYS_ftruncate, fd, size);
  int error = errno;
  if (result == 0) {
    if (file->kind == WATCHED) take(size - before.st_size);
    record(OP_TRUNCATE, 0, file->inode, size, 0, 0, NULL, NULL, NULL, 0, 0);
  }
  pthread_mutex_unlock(&order);
  errno = error;
  return result;
}
int ftruncate64(int fd, off64_t size) { return ftruncate(fd, size); }

int fallocate(int fd, int mode, off_t offset, off_t length) {
  struct descriptor *file = watched(fd);
  if (file == NULL) return (int)syscall(SYS_fallocate, fd, mode, offset, length);
  if (file->kind == WATCHED && must_fail(OP_ALLOCATE, file->class)) return -1;
  pthread_mutex_lock(&order);
  struct stat before;
  fstat(fd, &before);
  int64_t growth = offset + length - before.st_size;
  int extends = (mode & FALLOC_FL_KEEP_SIZE) == 0 && growth > 0;
  if (file->kind == WATCHED && (mode & FALLOC_FL_PUNCH_HOLE) == 0 && growth > 0 && (uint64_t)growth > room()) {
    pthread_mutex_unlock(&order);
    return refuse();
  }
  int result = (int)syscall(SYS_fallocate, fd, mode, offset, length);
  int error = errno;
  if (result == 0) {
    if (file->kind == WATCHED && extends) take(growth);
    record(OP_ALLOCATE, 0, file->inode, offset, length, mode, NULL, NULL, NULL, 0, 0);
  }
  pthread_mutex_unlock(&order);
  errno = error;
  return result;
}
int fallocate64(int fd, int mode, off64_t offset, off64_t length) { return fallocate(fd, mode, offset, length); }
int posix_fallocate(int fd, off_t offset, off_t length) { return fallocate(fd, 0, offset, length) == 0 ? 0 : errno; }
int posix_fallocate64(int fd, off64_t offset, off64_t length) { return posix_fallocate(fd, offset, length); }

/* --- Syncing. Between the two records others may write: only what came before the first is known to be kept. --- */

static int sync_file(int fd, long call) {
  struct descriptor *file = watched(fd);
  if (file == NULL || file->kind != WATCHED) return (int)syscall(call, fd);
  pthread_mutex_lock(&order);
  uint64_t inode = file->inode;
  uint8_t class = file->class;
  uint64_t rules = 0;
  struct rule rule = choose(OP_SYNC_BEGIN, class, &rules);
  int64_t number = (int64_t)((uint64_t)getpid() << 32 | (++syncs & UINT32_MAX));
  record(OP_SYNC_BEGIN, 0, inode, number, call == SYS_fdatasync, 0, NULL, NULL, NULL, 0, 0);
  pthread_mutex_unlock(&order);

  int result = 0, error = 0;
  while (must_wait(&rule) && wait_as_told(&rule, rules)) {
    pthread_mutex_lock(&order);
    rule = choose(OP_SYNC_BEGIN, class, &rules);
    pthread_mutex_unlock(&order);
  }
  if (rule.action == FAIL) {
    result = -1;
    error = rule.error;
  } else if (rule.action != LEAVE_OUT) {
    result = (int)syscall(call, fd);
    if (result != 0) error = errno;
  }
  pthread_mutex_lock(&order);
  record(OP_SYNC_END, error, inode, number, rule.action == LEAVE_OUT, 0, NULL, NULL, NULL, 0, 0);
  pthread_mutex_unlock(&order);
  errno = error;
  return result;
}

int fsync(int fd) { return sync_file(fd, SYS_fsync); }
int fdatasync(int fd) { return sync_file(fd, SYS_fdatasync); }

int sync_file_range(int fd, off64_t offset, off64_t length, unsigned flags) {
  struct descriptor *file = watched(fd);
  if (file != NULL && file->kind == WATCHED) {
    /* Without flags it does nothing: RocksDB asks by that whether there is such a call. */
    if (flags != 0 && must_fail(OP_RANGE_SYNC, file->class)) return -1;
    pthread_mutex_lock(&order);
    record(OP_RANGE_SYNC, 0, file->inode, offset, length, flags, NULL, NULL, NULL, 0, 0);
    pthread_mutex_unlock(&order);
  }
  return (int)syscall(SYS_sync_file_range, fd, offset, length, flags);
}

/* --- Names --- */

/* What goes with the last name of a file. */
static int64_t last_bytes(int directory, const char *path) {
  struct stat now;
  if (fstatat(directory, path, &now, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(now.st_mode) || now.st_nlink > 1) return 0;
  return now.st_size;
}

static uint64_t inode_of(int directory, const char *path) {
  struct stat now;
  return fstatat(directory, path, &now, AT_SYMLINK_NOFOLLOW) == 0 ? now.st_ino : 0;
}

static int rename_at(int from_directory, const char *from, int to_directory, const char *to, unsigned flags) {
  char real_from[PATH_MAX], real_to[PATH_MAX];
  int known = root_length > 0 && resolve(from_directory, from, real_from) && resolve(to_directory, to, real_to) &&
              (is_below_root(real_from) || is_below_root(real_to));
  if (!known) return (int)syscall(SYS_renameat2, from_directory, from, to_directory, to, flags);
  if (flags != 0) die("renameat2 with flags is not modelled");
  if (must_fail(OP_RENAME, class_of(real_to))) return -1;
  pthread_mutex_lock(&order);
  uint64_t inode = inode_of(from_directory, from);
  int64_t freed = inode == inode_of(to_directory, to) ? 0 : last_bytes(to_directory, to);
  int result = (int)syscall(SYS_renameat2, from_directory, from, to_directory, to, flags);
  int error = errno;
  if (result == 0) {
    take(-freed);
    record(OP_RENAME, 0, inode, 0, 0, 0, real_from, real_to, NULL, 0, 0);
  }
  pthread_mutex_unlock(&order);
  errno = error;
  return result;
}
int rename(const char *from, const char *to) { return rename_at(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int a, const char *from, int b, const char *to) { return rename_at(a, from, b, to, 0); }
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) { return rename_at(a, from, b, to, flags); }

static int unlink_at(int directory, const char *path, int flags) {
  char real[PATH_MAX];
  if (root_length == 0 || !resolve(directory, path, real) || !is_below_root(real)) {
    return (int)syscall(SYS_unlinkat, directory, path, flags);
  }
  int is_directory = (flags & AT_REMOVEDIR) != 0;
  uint32_t op = is_directory ? OP_RMDIR : OP_UNLINK;
  if (must_fail(op, is_directory ? DIRECTORY : class_of(real))) return -1;
  pthread_mutex_lock(&order);
  uint64_t inode = inode_of(directory, path);
  int64_t freed = last_bytes(directory, path);
  int result = (int)syscall(SYS_unlinkat, directory, path, flags);
  int error = errno;
  if (result == 0) {
    take(-freed);
    record(op, 0, inode, 0, 0, 0, real, NULL, NULL, 0, 0);
  }
  pthread_mutex_unlock(&order);
  errno = error;
  return result;
}
int unlink(const char *path) { return unlink_at(AT_FDCWD, path, 0); }
int unlinkat(int directory, const char *path, int flags) { return unlink_at(directory, path, flags); }
int rmdir(const char *path) { return unlink_at(AT_FDCWD, path, AT_REMOVEDIR); }
int remove(const char *path) {
  int result = unlink(path);
  return result != 0 && errno == EISDIR ? rmdir(path) : result;
}

static int link_at(int from_directory, const char *from, int to_directory, const char *to, int flags) {
  char real_from[PATH_MAX], real_to[PATH_MAX];
  int known = root_length > 0 && resolve(to_directory, to, real_to) && is_below_root(real_to) &&
              resolve(from_directory, from, real_from);
  if (!known) return (int)syscall(SYS_linkat, from_directory, from, to_directory, to, flags);
  if (must_fail(OP_LINK, class_of(real_to))) return -1;
  pthread_mutex_lock(&order);
  int result = (int)syscall(SYS_linkat, from_directory, from, to_directory, to, flags);
  int error = errno;
  if (result == 0) {
    record(OP_LINK, 0, inode_of(to_directory, to), 0, 0, 0, real_from, real_to, NULL, 0, 0);
  }
  pthread_mutex_unlock(&order);
  errno = error;
  return result;
}
int link(const char *from, const char *to) { return link_at(AT_FDCWD, from, AT_FDCWD, to, 0); }
int linkat(int a, const char *from, int b, const char *to, int flags) { return link_at(a, from, b, to, flags); }

static int mkdir_at(int directory, const char *path, mode_t mode) {
  char real[PATH_MAX];
  if (root_length == 0 || !resolve(directory, path, real) || !is_below_root(real)) {
    return (int)syscall(SYS_mkdirat, directory, path, mode);
  }
  if (must_fail(OP_MKDIR, DIRECTORY)) return -1;
  if (room() == 0) return refuse();
  pthread_mutex_lock(&order);
  int result = (int)syscall(SYS_mkdirat, directory, path, mode);
  int error = errno;
  if (result == 0) record(OP_MKDIR, 0, inode_of(directory, path), 0, 0, 0, real, NULL, NULL, 0, 0);
  pthread_mutex_unlock(&order);
  errno = error;
  return result;
}
int mkdir(const char *path, mode_t mode) { return mkdir_at(AT_FDCWD, path, mode); }
int mkdirat(int directory, const char *path, mode_t mode) { return mkdir_at(directory, path, mode); }

/* The C library makes the directory itself. */
char *mkdtemp(char *template) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  size_t length = strlen(template);
  if (length < 6 || strcmp(template + length - 6, "XXXXXX") != 0) {
    errno = EINVAL;
    return NULL;
  }
  for (;;) {
    unsigned char chosen[6];
    if (syscall(SYS_getrandom, chosen, sizeof chosen, 0) != sizeof chosen) return NULL;
    for (size_t i = 0; i < sizeof chosen; i++) template[length - 6 + i] = letters[chosen[i] % (sizeof letters - 1)];
    if (mkdir(template, 0700) == 0) return template;
    if (errno != EEXIST) return NULL;
  }
}
