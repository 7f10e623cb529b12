/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The one thing a signal handler may touch. */
static volatile sig_atomic_t caught_signal;

/* A file opened in the place of a closed standard stream would get what is meant for the stream.
 * What is written to, or read from, a stream that was closed fails as before. */
static void hold_standard_streams(void)
{
    static const int how[] = {
        [STDIN_FILENO] = O_WRONLY, [STDOUT_FILENO] = O_RDONLY, [STDERR_FILENO] = O_RDWR};
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)open("/dev/null", how[fd]);
    }
}

void tg_process_harden(void)
{
    hold_standard_streams();
    /* a file too large and a reader gone are errors of the call, told as such */
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)signal(SIGPIPE, SIG_IGN);
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__)
    /* the leak checker of test builds is a debugger in this sense */
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
    (void)umask(077);
}

static void on_signal(int number)
{
    caught_signal = number;
}

void tg_process_catch_interrupts(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

int tg_process_interrupted(void)
{
    return caught_signal;
}

void tg_process_die_of_interrupt(void)
{
    int number = caught_signal;
    if (!number)
        return;
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

enum tg_language tg_process_language(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value && value[0])
            return strncmp(value, "ja", 2) == 0 ? TG_JAPANESE : TG_ENGLISH;
    }
    return TG_ENGLISH;
}

bool tg_process_stderr_is_terminal(void)
{
    return isatty(STDERR_FILENO) == 1;
}

double tg_clock_seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A wrong clock may say any year; what is written has one of four digits, as all who read it do. */
static time_t bounded(time_t t)
{
    const time_t first = -2208988800, last = 253402214399; /* of 1900, of 9999 but for a day */
    return t < first ? first : t > last ? last : t;
}

uint32_t tg_clock_today(void)
{
    time_t now = bounded(time(NULL));
    struct tm tm;
    if (!localtime_r(&now, &tm))
        return 0;
    return (uint32_t)((tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday);
}

int64_t tg_clock_unix(void)
{
    return (int64_t)time(NULL);
}

void tg_clock_iso(int64_t unix_seconds, char *out, size_t size)
{
    time_t t = bounded((time_t)unix_seconds);
    struct tm tm;
    if (size)
        out[0] = '\0';
    if (gmtime_r(&t, &tm) && strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0 && size)
        out[0] = '\0';
}

void tg_process_user(char *out, size_t size)
{
    char room[4096];
    struct passwd entry, *found = NULL;
    uid_t uid = getuid();
    if (getpwuid_r(uid, &entry, room, sizeof room, &found) == 0 && found)
        (void)snprintf(out, size, "%s", found->pw_name);
    else
        (void)snprintf(out, size, "%lu", (unsigned long)uid);
}
