/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reporter.h"
#include "store/evidence.h"
#include "table/tokenfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As many tokens are sought at a time, so that memory is bounded: 64 MiB and a filter of 16. */
enum { AT_A_TIME = 1 << 22, FILTER_BITS = 27, CHUNK = 1 << 20, HEX_LEN = 2 * TG_TOKEN_LEN };
/* Of n tokens and m bytes n · m / 2^64 agree in eight bytes by accident: with more than these
 * comparisons, where it is likelier than one in 16,384, one place proves nothing yet. */
#define HALVES_SURE (UINT64_C(1) << 50)

struct seeking {
    unsigned char (*tokens)[TG_TOKEN_LEN]; /* sorted once they are complete */
    size_t n, cap;
    uint64_t *filter; /* a bit for each token, by its first bytes */
    uint64_t n_halves,
        first_half; /* places with what the store would keep of evidence; the first */
    const struct tg_reporter *reporter;
    uint64_t sought, findings;
};

static uint64_t bit_of(const unsigned char *token)
{
    uint64_t first;
    memcpy(&first, token, sizeof first);
    return first * UINT64_C(0x9E3779B97F4A7C15) >> (64 - FILTER_BITS);
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, TG_TOKEN_LEN);
}

static int by_first_half(const void *a, const void *b)
{
    return memcmp(a, b, TG_EVIDENCE_LEN);
}

/* May a token begin with these 8 bytes? */
static bool may_be_sought(const struct seeking *s, const unsigned char *bytes)
{
    uint64_t bit = bit_of(bytes);
    return s->filter[bit / 64] >> bit % 64 & 1;
}

static bool is_sought(const struct seeking *s, const unsigned char *bytes)
{
    return may_be_sought(s, bytes) &&
           bsearch(bytes, s->tokens, s->n, TG_TOKEN_LEN, by_bytes) != NULL;
}

static bool is_half_sought(const struct seeking *s, const unsigned char *bytes)
{
    return may_be_sought(s, bytes) &&
           bsearch(bytes, s->tokens, s->n, TG_TOKEN_LEN, by_first_half) != NULL;
}

static void found(struct seeking *s, const char *path, uint64_t at)
{
    char place[32];
    (void)snprintf(place, sizeof place, "%llu", (unsigned long long)at);
    TG_WARN(s->reporter, TG_MSG_TOKEN_STORED, .file = path, .rule = place);
    s->findings++;
}

static int digit(unsigned char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Are the 32 bytes a token written in hex? */
static bool is_sought_hex(const struct seeking *s, const unsigned char *text)
{
    unsigned char token[TG_TOKEN_LEN];
    for (size_t i = 0; i < TG_TOKEN_LEN; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        token[i] = (unsigned char)(high * 16 + low);
    }
    return is_sought(s, token);
}

static void look(struct seeking *s, const char *path, const unsigned char *data, size_t len,
                 uint64_t at, bool last)
{
    size_t end = last ? len : len - (HEX_LEN - 1);
    for (size_t i = 0; i < end; i++) {
        bool whole = i + TG_TOKEN_LEN <= len && is_sought(s, data + i);
        if (whole)
            found(s, path, at + i);
        else if (i + TG_EVIDENCE_LEN <= len && is_half_sought(s, data + i) && s->n_halves++ == 0)
            s->first_half = at + i;
        if (i + HEX_LEN <= len && is_sought_hex(s, data + i))
            found(s, path, at + i);
    }
}

static enum tg_status read_file(struct seeking *s, const char *path, unsigned char *data,
                                struct tg_error *err)
{
    struct tg_input *in = NULL;
    uint64_t at = 0;
    size_t len = 0, got = 1;
    enum tg_status status = tg_input_open(path, &in, err);
    uint64_t size = status ? 0 : tg_input_size(in);
    s->n_halves = 0;
    while (!status && got > 0) {
        status = tg_input_read(in, data + len, CHUNK - len, &got, err);
        len += status ? 0 : got;
        if (status || (got > 0 && len < CHUNK))
            continue;
        look(s, path, data, len, at, got == 0);
        if (got == 0)
            break;
        size_t done = len - (HEX_LEN - 1);
        memmove(data, data + done, len - done);
        at += done;
        len -= done;
        status = tg_progress(s->reporter, "seek", at, size, err);
    }
    tg_input_close(&in);
    bool sure = size == 0 || s->n <= HALVES_SURE / size;
    if (!status && s->n_halves > (sure ? 0 : 1))
        found(s, path, s->first_half);
    return status;
}

/* Looks for all that was gathered, in the store and in a journal that lies beside it. */
static enum tg_status seek(struct seeking *s, const char *path, struct tg_error *err)
{
    struct tg_buf name = {0};
    if (!s->n)
        return TG_OK;
    qsort(s->tokens, s->n, TG_TOKEN_LEN, by_bytes);
    memset(s->filter, 0, ((size_t)1 << FILTER_BITS) / 8);
    for (size_t i = 0; i < s->n; i++) {
        uint64_t bit = bit_of(s->tokens[i]);
        s->filter[bit / 64] |= UINT64_C(1) << bit % 64;
    }
    unsigned char *data = tg_calloc(CHUNK, 1, err);
    enum tg_status status = data ? read_file(s, path, data, err) : TG_NO_MEMORY;
    if (!status)
        status = tg_buf_printf(&name, err, "%s-wal", path);
    const char *journal = status ? NULL : tg_buf_text(&name, err);
    if (journal && tg_file_exists(journal))
        status = read_file(s, journal, data, err);
    free(data);
    tg_buf_free(&name);
    s->sought += s->n;
    s->n = 0;
    return status;
}

static enum tg_status gather_row(struct seeking *s, const struct tg_token_row *row,
                                 size_t n_columns, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t c = 0; !status && c < n_columns; c++) {
        const struct tg_token_cell *cell = &row->tokens[c];
        status = tg_grow(&s->tokens, &s->cap, s->n + cell->n, sizeof *s->tokens, err);
        if (!status && cell->n)
            memcpy(s->tokens[s->n], cell->tokens, cell->n * TG_TOKEN_LEN);
        s->n += status ? 0 : cell->n;
    }
    return status;
}

static enum tg_status gather(struct seeking *s, const char *store, const char *path, uint64_t most,
                             struct tg_error *err)
{
    struct tg_token_file *file = NULL;
    const struct tg_token_row *row = NULL;
    size_t n_columns = 0;
    bool end = false;
    enum tg_status status = tg_token_file_open(path, NULL, &file, err);
    if (!status)
        (void)tg_token_file_tokens(file, &n_columns);
    for (uint64_t n = 0; !status && !end && (!most || n < most); n++) {
        status = tg_token_file_next(file, &row, &end, err);
        if (!status && !end)
            status = gather_row(s, row, n_columns, err);
        if (!status && s->n >= AT_A_TIME)
            status = seek(s, store, err);
    }
    tg_token_file_close(&file);
    /* of a sample a damaged file gives what it has: to refuse it is for import */
    return status == TG_DATA && most ? TG_OK : status;
}

static enum tg_status lock(const char *store_path, struct tg_lock **out, struct tg_error *err)
{
    struct tg_buf name = {0};
    enum tg_status status = tg_buf_printf(&name, err, "%s.lock", store_path);
    const char *text = status ? NULL : tg_buf_text(&name, err);
    if (!status)
        status = text ? tg_lock_take_silently(text, out, err) : TG_NO_MEMORY;
    tg_buf_free(&name);
    return status;
}

enum tg_status tg_store_seek_tokens(const char *store_path, char *const *token_paths, size_t n,
                                    uint64_t most, const struct tg_reporter *reporter,
                                    uint64_t *sought, struct tg_error *err)
{
    struct seeking s = {.reporter = reporter};
    struct tg_lock *held = NULL;
    *sought = 0;
    s.filter = tg_calloc((size_t)1 << FILTER_BITS >> 6, sizeof *s.filter, err);
    enum tg_status status = s.filter ? lock(store_path, &held, err) : TG_NO_MEMORY;
    for (size_t i = 0; !status && i < n; i++)
        status = gather(&s, store_path, token_paths[i], most, err);
    if (!status)
        status = seek(&s, store_path, err);
    if (!status && s.findings)
        status = TG_FAIL(err, TG_MSG_STORE_FINDINGS, .file = store_path);
    *sought = s.sought;
    tg_lock_release(&held);
    free(s.tokens);
    free(s.filter);
    return status;
}
