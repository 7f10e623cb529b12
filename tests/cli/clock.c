/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loaded before the C library: the day is what TEST_CLOCK says, in seconds since 1970. Clocks that
 * only measure how long something takes go on as they do.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static time_t now(void)
{
    const char *text = getenv("TEST_CLOCK");
    return text ? (time_t)strtoll(text, NULL, 10) : 0;
}

time_t time(time_t *out)
{
    time_t t = now();
    if (out)
        *out = t;
    return t;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    (void)zone;
    *out = (struct timeval){.tv_sec = now()};
    return 0;
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
    static int (*real)(clockid_t, struct timespec *);
    if (clock == CLOCK_REALTIME) {
        *out = (struct timespec){.tv_sec = now()};
        return 0;
    }
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    return real ? real(clock, out) : -1;
}
