/* SPDX-License-Identifier: Apache-2.0 */
#include "store/index_room.h"

/* Of many postings in any order: how many, and two sums that tell others apart. */
struct sum {
    uint64_t n, plain, mixed;
};

static void add_to_sum(struct sum *s, int64_t column, const unsigned char *hash, int64_t identity)
{
    uint64_t half[2];
    memcpy(half, hash, sizeof half);
    uint64_t x = half[0] ^ half[1] * 0x9E3779B97F4A7C15u ^ (uint64_t)column << 48 ^
                 (uint64_t)identity * 0xD1B54A32D192ED03u;
    x ^= x >> 32;
    x *= 0xD6E8FEB86659FD93u;
    x ^= x >> 29;
    s->n++;
    s->plain += x;
    s->mixed += x * (x >> 7 | 1);
}

static bool are_alike(const struct sum *a, const struct sum *b)
{
    return a->n == b->n && a->plain == b->plain && a->mixed == b->mixed;
}

static enum tg_status sum_identities(const struct tg_db *db, struct sum of[TG_N_INDEXES],
                                     struct tg_error *err)
{
    sqlite3_stmt *rows = NULL;
    bool row = true;
    enum tg_status status =
        tg_db_prepare(db, "SELECT id, source_id, digest, tokens FROM identity", &rows, err);
    while (!status && row) {
        status = tg_db_next(db, rows, &row, err);
        if (status || !row)
            break;
        const int64_t id = sqlite3_column_int64(rows, 0);
        const unsigned char *digest = sqlite3_column_blob(rows, 2);
        if (sqlite3_column_bytes(rows, 2) == TG_TOKEN_LEN)
            add_to_sum(&of[TG_INDEX_DIGESTS], sqlite3_column_int64(rows, 1), digest, id);
        const unsigned char *packed = sqlite3_column_blob(rows, 3), *before = NULL;
        size_t len = packed ? (size_t)sqlite3_column_bytes(rows, 3) : 0;
        for (size_t i = 0; i + TG_PACKED_LEN <= len; i += TG_PACKED_LEN) {
            if (!before || memcmp(before, packed + i, TG_PACKED_LEN) != 0)
                add_to_sum(&of[TG_INDEX_TOKENS], tg_packed_token(packed + i), packed + i + 2, id);
            before = packed + i;
        }
    }
    (void)sqlite3_finalize(rows);
    return status;
}

/* Sums up an index; `*ordered` false: a posting is not where it would be looked for. */
static enum tg_status sum_index(const struct tg_db *db, enum tg_index index, struct sum *sum,
                                bool *ordered, struct tg_error *err)
{
    sqlite3_stmt *rows = NULL;
    unsigned char before[TG_INDEXED_LEN] = {0};
    int64_t part = INT64_MIN;
    bool row = true;
    enum tg_status status =
        tg_index_prepare(db, index, "SELECT id, postings FROM %s ORDER BY id", &rows, err);
    while (!status && row && *ordered) {
        status = tg_db_next(db, rows, &row, err);
        if (status || !row)
            break;
        const int64_t id = sqlite3_column_int64(rows, 0);
        const unsigned char *all = sqlite3_column_blob(rows, 1);
        size_t n = 0, len = (size_t)sqlite3_column_bytes(rows, 1);
        *ordered = tg_index_postings(db, index, all, len, &n, NULL) == TG_OK;
        for (size_t i = 0; *ordered && i < n; i++) {
            const unsigned char *p = all + i * TG_INDEXED_LEN;
            bool first = tg_index_part_of(id) != part;
            part = tg_index_part_of(id);
            *ordered = tg_index_key(part, p) >= id &&
                       (first || memcmp(before, p, sizeof before) < 0) &&
                       (first || i > 0 || tg_index_key(part, before) < id);
            memcpy(before, p, sizeof before);
            add_to_sum(sum, tg_index_column_of(id), p, tg_indexed_identity(p));
        }
    }
    (void)sqlite3_finalize(rows);
    return status;
}

enum tg_status tg_index_check(const struct tg_db *db, bool sound[TG_N_INDEXES],
                              struct tg_error *err)
{
    struct sum wanted[TG_N_INDEXES] = {{0}}, there[TG_N_INDEXES] = {{0}};
    enum tg_status status = sum_identities(db, wanted, err);
    for (int i = 0; !status && i < TG_N_INDEXES; i++) {
        sound[i] = true;
        status = sum_index(db, (enum tg_index)i, &there[i], &sound[i], err);
        sound[i] = sound[i] && are_alike(&wanted[i], &there[i]);
    }
    return status;
}
