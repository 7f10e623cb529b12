/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The readable parts of a package.
 */
#ifndef TG_CRYPTO_PACKAGE_H
#define TG_CRYPTO_PACKAGE_H

#include <totsugo/package.h>

#include "crypto/cert.h"
#include "crypto/digest.h"

enum {
    TG_PACKAGE_TEXT_MAX =
        1024 * 1024,      /**< bytes of the first text, and of all behind the content */
    TG_PACKAGE_END = 103, /**< bytes of the last line */
};

/** A file inside. */
struct tg_packed_file {
    const char *name;
    uint64_t size;
    char sha256[TG_DIGEST_HEX + 1];
};

/** What the first text says. Strings live in `arena`. */
struct tg_package_head {
    char from[TG_DIGEST_HEX + 1], to[TG_DIGEST_HEX + 1];
    char sealed[21];
    struct tg_packed_file *files;
    size_t n, cap;
    uint64_t size; /**< of all contents */
    struct tg_arena arena;
};

/** May a file inside a package have this name? No path, nothing hidden, no control character. */
TG_CHECKED bool tg_packed_name_ok(const char *name, size_t len);
/** Adds a file; its name must be new. @return TG_OK, TG_USAGE, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_package_head_add(struct tg_package_head *head,
                                              const struct tg_packed_file *file, const char *about,
                                              struct tg_buf *text, struct tg_error *err);
/** Reads the first text, the empty line included. @return TG_OK, TG_DATA, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_package_head_parse(const struct tg_buf *text, const char *path,
                                                struct tg_package_head *head, struct tg_error *err);
void tg_package_head_free(struct tg_package_head *head);
/** The second text, of what lies between the two. */
TG_CHECKED enum tg_status tg_package_trailer(const char content_sha256[TG_DIGEST_HEX + 1],
                                             const struct tg_buf *envelope, struct tg_buf *text,
                                             struct tg_error *err);

#endif
