/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Memory: checked sizes, buffers that wipe themselves, an arena.
 */
#ifndef TG_BASE_MEM_H
#define TG_BASE_MEM_H

#include <totsugo/base.h>

/** Overwrites `len` bytes; the compiler does not remove it. `p` may be NULL when len is 0. */
void tg_wipe(void *p, size_t len);

/** n × size zeroed bytes, or NULL with `err` set; free() it. n × size is checked. */
TG_CHECKED void *tg_calloc(size_t n, size_t size, struct tg_error *err);

/**
 * Grows `*p` (element size `size`) to at least `need` elements, at least doubling `*cap`.
 * On failure `*p` stays as it was.
 */
TG_CHECKED enum tg_status tg_grow(void *p, size_t *cap, size_t need, size_t size,
                                  struct tg_error *err);

/** A copy of `len` bytes ended by NUL, or NULL with `err` set; free() it. */
TG_CHECKED char *tg_strndup(const char *s, size_t len, struct tg_error *err);

/** Growing bytes. All zero is an empty buffer. `data` is not NUL-ended unless said. */
struct tg_buf {
    char *data;
    size_t len; /**< bytes in use */
    size_t cap; /**< bytes there are */
};

/** tg_buf_reserve() where there is not room enough. */
TG_CHECKED enum tg_status tg_buf_enlarge(struct tg_buf *b, size_t extra, struct tg_error *err);
/** Room for `extra` bytes after `len`. Old storage is wiped when it moves. */
TG_CHECKED static inline enum tg_status tg_buf_reserve(struct tg_buf *b, size_t extra,
                                                       struct tg_error *err)
{
    return extra <= b->cap - b->len ? TG_OK : tg_buf_enlarge(b, extra, err);
}
TG_CHECKED enum tg_status tg_buf_add(struct tg_buf *b, const void *p, size_t len,
                                     struct tg_error *err);
TG_CHECKED enum tg_status tg_buf_add_char(struct tg_buf *b, char c, struct tg_error *err);
/** Appends formatted text; for configuration and numbers, never for values of persons. */
TG_CHECKED enum tg_status tg_buf_printf(struct tg_buf *b, struct tg_error *err, const char *format,
                                        ...) __attribute__((format(printf, 3, 4)));
/** Ends the text with a NUL that `len` does not count, and returns it; NULL with `err` set. */
TG_CHECKED const char *tg_buf_text(struct tg_buf *b, struct tg_error *err);
/** Wipes and frees; the buffer is empty and usable again. NULL is allowed. */
void tg_buf_free(struct tg_buf *b);

/** Many small objects with one life. All zero is an empty arena. */
struct tg_arena {
    struct tg_arena_block *block;
};

/** `size` zeroed bytes, aligned for any type, that live as long as the arena; NULL with `err`. */
TG_CHECKED void *tg_arena_alloc(struct tg_arena *a, size_t n, size_t size, struct tg_error *err);
/** A NUL-ended copy in the arena; NULL with `err` set. */
TG_CHECKED char *tg_arena_strndup(struct tg_arena *a, const char *s, size_t len,
                                  struct tg_error *err);
/** Wipes and frees everything. NULL is allowed. */
void tg_arena_free(struct tg_arena *a);

#endif
