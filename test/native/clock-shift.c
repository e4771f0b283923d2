/* Preloaded into a process, this shifts its wall clock on demand: CLOCK_REALTIME and what is derived from it, not the
 * monotonic clock. The file named by SHALE_CLOCK_SHIFT holds the shift in seconds, a 64-bit integer in the machine's byte
 * order, and may change at any time. Deadlines given to pthread_cond_timedwait and pthread_cond_clockwait are taken to be
 * of the shifted clock when the wait begins; a shift during a wait does not reach it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *shift;
static int (*real_clock_gettime)(clockid_t, struct timespec *);
static int (*real_timedwait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
static int (*real_clockwait)(pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *);

__attribute__((constructor)) static void start(void) {
  real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
  /* The default version of the symbol may be the one of before 2.3.2, with another layout. */
  real_timedwait = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
  if (!real_timedwait) real_timedwait = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
  real_clockwait = dlsym(RTLD_NEXT, "pthread_cond_clockwait");
  const char *path = getenv("SHALE_CLOCK_SHIFT");
  int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void *mapped = mmap(NULL, sizeof *shift, PROT_READ, MAP_SHARED, fd, 0);
  if (mapped != MAP_FAILED) shift = mapped;
  close(fd);
}

static int is_wall(clockid_t clock) {
  return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI;
}

static int64_t seconds(void) { return shift ? *shift : 0; }

int clock_gettime(clockid_t clock, struct timespec *now) {
  if (!real_clock_gettime) real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
  int result = real_clock_gettime(clock, now);
  if (result == 0 && is_wall(clock)) now->tv_sec += seconds();
  return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  (void)zone;
  struct timespec precise;
  int result = clock_gettime(CLOCK_REALTIME, &precise);
  if (result == 0) {
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
  }
  return result;
}

time_t time(time_t *where) {
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return (time_t)-1;
  if (where) *where = now.tv_sec;
  return now.tv_sec;
}

static struct timespec unshifted(const struct timespec *deadline) {
  struct timespec real = *deadline;
  real.tv_sec -= seconds();
  if (real.tv_sec < 0) real.tv_sec = 0;
  return real;
}

int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict deadline) {
  /* libuv and V8 wait on the monotonic clock: their deadlines are small numbers, and no shift of theirs. */
  struct timespec monotonic;
  real_clock_gettime(CLOCK_MONOTONIC, &monotonic);
  if (deadline->tv_sec < monotonic.tv_sec + 1000000) return real_timedwait(condition, mutex, deadline);
  struct timespec real = unshifted(deadline);
  return real_timedwait(condition, mutex, &real);
}

int pthread_cond_clockwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, clockid_t clock,
                           const struct timespec *restrict deadline) {
  if (!is_wall(clock)) return real_clockwait(condition, mutex, clock, deadline);
  struct timespec real = unshifted(deadline);
  return real_clockwait(condition, mutex, clock, &real);
}
