/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <totsugo/crypto.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int file_of(const void *data, size_t size)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0 || fchmod(fd, 0600) || (size && write(fd, data, size) != (ssize_t)size) ||
        lseek(fd, 0, SEEK_SET) != 0)
        abort();
    return fd;
}

/* A key that was read says so again when it is written; who may not read it learns why. */
static void check_key(struct tg_key *key, const char *path)
{
    const struct tg_key_info *info = tg_key_info(key);
    struct tg_error err;
    bool wrapped;
    if (strlen(info->id) != TG_KEY_ID_HEX || info->epoch == 0 ||
        tg_key_is_wrapped(path, &wrapped, &err))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char words[] = "correct horse battery";
    struct tg_passphrase *passphrase = NULL;
    struct tg_key *key = NULL;
    struct tg_error err;
    char path[64];
    int fd = file_of(data, size), words_fd = file_of(words, sizeof words - 1);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (tg_passphrase_read(words_fd, false, &passphrase, &err))
        abort();
    enum tg_status status = tg_key_unwrap(path, passphrase, &key, &err);
    if (status && status != TG_NO_PERMISSION)
        abort();
    if (!status)
        check_key(key, path);
    tg_key_free(&key);
    tg_passphrase_free(&passphrase);
    close(words_fd);
    close(fd);
    return 0;
}
