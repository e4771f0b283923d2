/* Preloaded into a child process, this lets logs of RocksDB go one by one: the first of those that are deleted together
 * at once, each further one 20 ms later. And the first write to a log comes 20 ms late, so that the last one is empty. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DELAY = 20000, MOST_FILES = 1024 };

static volatile char is_new[MOST_FILES];

/* The number of a log, or 0. */
static unsigned long log_of(const char *path) {
  const char *name = strrchr(path, '/');
  const char *end = strrchr(path, '.');
  return name && end && strcmp(end, ".log") == 0 ? strtoul(name + 1, NULL, 10) : 0;
}

int unlink(const char *path) {
  static int (*original)(const char *);
  static unsigned long last;
  if (!original) original = (int (*)(const char *))dlsym(RTLD_NEXT, "unlink");
  unsigned long number = log_of(path);
  if (number != 0 && number < last) usleep(DELAY);
  if (number != 0) last = number;
  return original(path);
}

/* The two names of one call: which of them a library was compiled to use is its own affair. */
#define OPEN(name)                                                                      \
  int name(const char *path, int flags, ...) {                                          \
    static int (*original)(const char *, int, ...);                                     \
    if (!original) original = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, #name); \
    __builtin_va_list rest;                                                             \
    __builtin_va_start(rest, flags);                                                    \
    unsigned mode = __builtin_va_arg(rest, unsigned);                                   \
    __builtin_va_end(rest);                                                             \
    int file = original(path, flags, mode);                                             \
    if (file >= 0 && file < MOST_FILES) is_new[file] = (flags & O_CREAT) && log_of(path); \
    return file;                                                                        \
  }
OPEN(open)
OPEN(open64)

ssize_t write(int file, const void *data, size_t size) {
  static ssize_t (*original)(int, const void *, size_t);
  if (!original) original = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
  if (file >= 0 && file < MOST_FILES && is_new[file]) {
    is_new[file] = 0;
    usleep(DELAY);
  }
  return original(file, data, size);
}
