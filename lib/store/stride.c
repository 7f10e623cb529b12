/* SPDX-License-Identifier: Apache-2.0 */
#include "store/stride.h"

#include <string.h>

/* A search costs about as much as so many steps. */
enum { PATIENCE_MAX = 8 };

/* `hash` NULL: an identity. */
struct key {
    int64_t number;
    const unsigned char *hash;
};

enum tg_status tg_stride_prepare(struct tg_stride *s, const char *sql, struct tg_error *err)
{
    s->patience = PATIENCE_MAX;
    return tg_db_prepare(s->db, sql, &s->stmt, err);
}

/* The row at hand against a key: below 0, 0 or above 0. */
static int compare(const struct tg_stride *s, const struct key *key)
{
    int64_t number = sqlite3_column_int64(s->stmt, 0);
    if (number != key->number)
        return number < key->number ? -1 : 1;
    if (!key->hash)
        return 0;
    const void *hash = sqlite3_column_blob(s->stmt, 1);
    size_t len = (size_t)sqlite3_column_bytes(s->stmt, 1);
    int order = len ? memcmp(hash, key->hash, len < TG_TOKEN_LEN ? len : TG_TOKEN_LEN) : 0;
    return order ? order : (len > TG_TOKEN_LEN) - (len < TG_TOKEN_LEN);
}

static enum tg_status step(struct tg_stride *s, struct tg_error *err)
{
    return tg_db_next(s->db, s->stmt, &s->row, err);
}

static enum tg_status search(struct tg_stride *s, const struct key *key, struct tg_error *err)
{
    const struct tg_arg args[] = {DB_INT(key->number), DB_BLOB(s->sought, TG_TOKEN_LEN)};
    if (key->hash) /* who asks may let go of it while the statement runs */
        memcpy(s->sought, key->hash, TG_TOKEN_LEN);
    enum tg_status status = tg_db_bind(s->db, s->stmt, args, key->hash ? 2 : 1, err);
    s->begun = true;
    return status ? status : step(s, err);
}

static enum tg_status go_to(struct tg_stride *s, const struct key *key, bool *there,
                            struct tg_error *err)
{
    enum tg_status status = TG_OK;
    int order = -1;
    *there = false;
    if (s->begun && !s->row) /* it is at the end */
        return TG_OK;
    for (unsigned i = 0; s->begun && !status && s->row && order < 0 && i <= s->patience; i++) {
        order = compare(s, key);
        if (order < 0 && i < s->patience)
            status = step(s, err);
    }
    if (!status && s->row && order >= 0) {
        s->patience += s->patience < PATIENCE_MAX;
    } else if (!status && (!s->begun || s->row)) {
        s->patience -= s->begun && s->patience > 1;
        status = search(s, key, err);
        order = !status && s->row ? compare(s, key) : 1;
    }
    *there = !status && s->row && order == 0;
    return status;
}

enum tg_status tg_stride_identity(struct tg_stride *s, int64_t id, bool *there,
                                  struct tg_error *err)
{
    return go_to(s, &(struct key){id, NULL}, there, err);
}

enum tg_status tg_stride_token(struct tg_stride *s, unsigned token,
                               const unsigned char hash[TG_TOKEN_LEN], bool *there,
                               struct tg_error *err)
{
    return go_to(s, &(struct key){token, hash}, there, err);
}

enum tg_status tg_stride_again(struct tg_stride *s, unsigned token,
                               const unsigned char hash[TG_TOKEN_LEN], bool *there,
                               struct tg_error *err)
{
    enum tg_status status = step(s, err);
    *there = !status && s->row && compare(s, &(struct key){token, hash}) == 0;
    return status;
}

void tg_stride_reset(struct tg_stride *s)
{
    (void)sqlite3_reset(s->stmt);
    s->begun = s->row = false;
}

void tg_stride_free(struct tg_stride *s)
{
    (void)sqlite3_finalize(s->stmt);
    *s = (struct tg_stride){0};
}
