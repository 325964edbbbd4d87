/* Sets the wall clock back by an hour, for the programs that this is preloaded in, once the file
   that ASR_TEST_CLOCK_BACK names is there. The monotonic clock goes on. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    int failed = (int)syscall(SYS_clock_gettime, clock, now);
    char *file = getenv("ASR_TEST_CLOCK_BACK");
    if (!failed && clock == CLOCK_REALTIME && file && access(file, F_OK) == 0)
        now->tv_sec -= 3600;
    return failed;
}
