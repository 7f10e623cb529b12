/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/stream.h"

#include <zlib.h>

#include <stdlib.h>
#include <string.h>

enum { PACKED = 64 * 1024, WINDOW_BITS = 15 + 16 /* gzip only */ };

struct tg_stream {
    struct tg_input *input;
    const char *path;
    uint64_t done;

    char *look; /* the first bytes, until they have been read */
    size_t look_at, look_len;

    bool gzip, in_member, inflating;
    z_stream z;
    unsigned char *packed;
    bool packed_end;
};

/* zlib's window holds raw values: its size stands before it, so that it can be wiped. */
struct piece {
    size_t size;
    max_align_t bytes[];
};

static void *piece_alloc(void *ctx, unsigned n, unsigned size)
{
    (void)ctx;
    size_t bytes;
    if (__builtin_mul_overflow((size_t)n, (size_t)size, &bytes))
        return NULL;
    struct piece *p = calloc(1, sizeof *p + bytes);
    if (!p)
        return NULL;
    p->size = bytes;
    return p->bytes;
}

static void piece_free(void *ctx, void *bytes)
{
    (void)ctx;
    struct piece *p = (void *)((char *)bytes - offsetof(struct piece, bytes));
    tg_wipe(p->bytes, p->size);
    free(p);
}

static enum tg_status read_input(struct tg_stream *s, void *data, size_t size, size_t *got,
                                 struct tg_error *err)
{
    enum tg_status status = tg_input_read(s->input, data, size, got, err);
    s->done += *got;
    return status;
}

static enum tg_status damaged(const struct tg_stream *s, struct tg_error *err)
{
    return TG_FAIL(err, TG_MSG_INPUT_GZIP, .file = s->path);
}

static enum tg_status start_gzip(struct tg_stream *s, struct tg_error *err)
{
    s->z.zalloc = piece_alloc;
    s->z.zfree = piece_free;
    s->packed = tg_calloc(1, PACKED, err);
    if (!s->packed)
        return TG_NO_MEMORY;
    if (inflateInit2(&s->z, WINDOW_BITS) != Z_OK)
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .file = s->path);
    s->gzip = true;
    s->inflating = true;
    memcpy(s->packed, s->look, s->look_len);
    s->z.next_in = s->packed;
    s->z.avail_in = (unsigned)s->look_len;
    s->look_len = 0;
    return TG_OK;
}

static enum tg_status refill(struct tg_stream *s, struct tg_error *err)
{
    size_t got = 0;
    enum tg_status status = read_input(s, s->packed, PACKED, &got, err);
    s->z.next_in = s->packed;
    s->z.avail_in = (unsigned)got;
    s->packed_end = got == 0;
    return status;
}

/* A file may hold several members, one after the other. */
static enum tg_status inflate_some(struct tg_stream *s, void *data, size_t size, size_t *got,
                                   struct tg_error *err)
{
    s->z.next_out = data;
    s->z.avail_out = (unsigned)size;
    while (s->z.avail_out == size) {
        if (s->z.avail_in == 0 && !s->packed_end) {
            enum tg_status status = refill(s, err);
            if (status)
                return status;
        }
        if (s->z.avail_in == 0 && !s->in_member)
            break;
        if (!s->in_member && inflateReset(&s->z) != Z_OK)
            return damaged(s, err);
        s->in_member = true;
        int result = inflate(&s->z, Z_NO_FLUSH);
        if (result == Z_STREAM_END)
            s->in_member = false;
        else if (result == Z_MEM_ERROR)
            return TG_FAIL(err, TG_MSG_NO_MEMORY, .file = s->path);
        else if (result != Z_OK)
            return damaged(s, err);
    }
    *got = size - s->z.avail_out;
    return TG_OK;
}

static enum tg_status read_some(struct tg_stream *s, void *data, size_t size, size_t *got,
                                struct tg_error *err)
{
    if (size > PACKED && s->gzip)
        size = PACKED;
    *got = 0;
    return s->gzip ? inflate_some(s, data, size, got, err) : read_input(s, data, size, got, err);
}

/* Fills `look` up to `want` bytes or the end. */
static enum tg_status look_ahead(struct tg_stream *s, size_t want, struct tg_error *err)
{
    while (s->look_len < want) {
        size_t got = 0;
        enum tg_status status = read_some(s, s->look + s->look_len, want - s->look_len, &got, err);
        if (status)
            return status;
        if (got == 0)
            return TG_OK;
        s->look_len += got;
    }
    return TG_OK;
}

static bool begins(const struct tg_stream *s, const char *magic, size_t len)
{
    return s->look_len >= len && memcmp(s->look, magic, len) == 0;
}

static enum tg_status begin(struct tg_stream *s, struct tg_error *err)
{
    enum tg_status status = look_ahead(s, 4, err);
    if (!status && begins(s, "\x1F\x8B", 2))
        status = start_gzip(s, err);
    if (!status)
        status = look_ahead(s, TG_STREAM_LOOK, err);
    if (!status && (begins(s, "PK\x03\x04", 4) || begins(s, "\xD0\xCF\x11\xE0", 4)))
        status = TG_FAIL(err, TG_MSG_INPUT_WORKBOOK, .file = s->path);
    return status;
}

enum tg_status tg_stream_open(const char *path, struct tg_stream **out, struct tg_error *err)
{
    struct tg_stream *s = tg_calloc(1, sizeof *s, err);
    if (!s)
        return TG_NO_MEMORY;
    s->path = path;
    s->look = tg_calloc(1, TG_STREAM_LOOK, err);
    enum tg_status status = s->look ? tg_input_open(path, &s->input, err) : TG_NO_MEMORY;
    if (!status)
        status = begin(s, err);
    if (status) {
        tg_stream_close(&s);
        return status;
    }
    *out = s;
    return TG_OK;
}

static void drop_look(struct tg_stream *s)
{
    if (s->look)
        tg_wipe(s->look, s->look_len);
    free(s->look);
    s->look = NULL;
}

enum tg_status tg_stream_read(void *stream, void *data, size_t size, size_t *got,
                              struct tg_error *err)
{
    struct tg_stream *s = stream;
    if (!s->look)
        return read_some(s, data, size, got, err);
    *got = s->look_len - s->look_at < size ? s->look_len - s->look_at : size;
    if (*got == 0) {
        drop_look(s);
        return read_some(s, data, size, got, err);
    }
    memcpy(data, s->look + s->look_at, *got);
    s->look_at += *got;
    return TG_OK;
}

enum tg_encoding tg_stream_encoding(const struct tg_stream *s, bool *bom)
{
    *bom = begins(s, "\xEF\xBB\xBF", 3);
    size_t valid = tg_utf8_valid_prefix(s->look, s->look_len);
    /* a character may be cut where the look ends, not where the file does */
    size_t spare = s->look_len == TG_STREAM_LOOK ? 3 : 0;
    return *bom || valid + spare >= s->look_len ? TG_ENCODING_UTF8 : TG_ENCODING_CP932;
}

bool tg_stream_is_empty(const struct tg_stream *s)
{
    return s->look_len == 0;
}

uint64_t tg_stream_done(const struct tg_stream *s)
{
    return s->done;
}

void tg_stream_close(struct tg_stream **stream)
{
    if (!stream || !*stream)
        return;
    struct tg_stream *s = *stream;
    drop_look(s);
    if (s->inflating)
        (void)inflateEnd(&s->z);
    if (s->packed)
        tg_wipe(s->packed, PACKED);
    free(s->packed);
    tg_input_close(&s->input);
    free(s);
    *stream = NULL;
}
