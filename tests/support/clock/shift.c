/* The time of day with CLOCK_SHIFT_SECONDS added; every other clock as it is. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *time) {
    long result = syscall(SYS_clock_gettime, clock, time);
    const char *shift = getenv("CLOCK_SHIFT_SECONDS");
    if (result == 0 && clock == CLOCK_REALTIME && shift != NULL)
        time->tv_sec += atol(shift);
    return (int)result;
}
