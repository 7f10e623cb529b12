/* SPDX-License-Identifier: Apache-2.0 */
#include "store/enrolled.h"
#include "store/index.h"
#include "store/pump.h"

#include <stdlib.h>
#include <string.h>

/* A larger source is looked up in the table, identity by identity: 2^23 slots of 32 bytes. */
enum { KNOWN_MAX = 5500000 };
/* So many are put into their slots together. */
enum { SOME = 64 };
/* One look-up in the table costs about as much as loading so many identities. */
enum { LOADS_A_LOOKUP = 8 };

struct tg_known_identity *tg_known_find(const struct tg_known *known,
                                        const unsigned char digest[TG_TOKEN_LEN])
{
    uint64_t h;
    memcpy(&h, digest, sizeof h);
    size_t at = (size_t)h & (known->n_slots - 1);
    while (known->slots[at].id && memcmp(known->slots[at].digest, digest, TG_TOKEN_LEN) != 0)
        at = (at + 1) & (known->n_slots - 1);
    return &known->slots[at];
}

void tg_known_prefetch(const struct tg_known *known, const unsigned char digest[TG_TOKEN_LEN])
{
    uint64_t h;
    memcpy(&h, digest, sizeof h);
    __builtin_prefetch(&known->slots[(size_t)h & (known->n_slots - 1)], 1);
}

static enum tg_status make_room(struct tg_known *known, size_t need, struct tg_error *err)
{
    struct tg_known old = *known;
    size_t n_slots = old.n_slots ? old.n_slots : 1024;
    while (n_slots / 3 * 2 < need)
        n_slots *= 2;
    if (n_slots == old.n_slots)
        return TG_OK;
    struct tg_known_identity *slots = tg_calloc(n_slots, sizeof *slots, err);
    if (!slots)
        return TG_NO_MEMORY;
    known->slots = slots;
    known->n_slots = n_slots;
    for (size_t i = 0; i < old.n_slots; i++) {
        if (old.slots[i].id)
            *tg_known_find(known, old.slots[i].digest) = old.slots[i];
    }
    free(old.slots);
    return TG_OK;
}

enum tg_status tg_known_add(struct tg_known *known, const struct tg_known_identity *identity,
                            struct tg_error *err)
{
    if (known->n >= KNOWN_MAX) {
        tg_known_free(known);
        return TG_OK;
    }
    enum tg_status status = make_room(known, known->n + 1, err);
    if (status)
        return status;
    *tg_known_find(known, identity->digest) = *identity;
    known->n++;
    return TG_OK;
}

/* The slots of a few are asked for together: each is far from the others. */
static enum tg_status add_some(struct tg_known *known, const struct tg_known_identity *some,
                               size_t n, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t i = 0; i < n; i++)
        tg_known_prefetch(known, some[i].digest);
    for (size_t i = 0; !status && known->slots && i < n; i++)
        status = tg_known_add(known, &some[i], err);
    return status;
}

/* A source on its way in. */
struct loading {
    const struct tg_db *db;
    struct tg_known *known;
    int64_t source_id;
    int32_t newest;
    sqlite3_stmt *rows;
    unsigned char *is; /* a bit for each identity of the store: is it of the source? */
    int64_t last;
    struct tg_known_identity some[SOME];
    size_t n;
};

static enum tg_status mark(void *ctx, const unsigned char digest[TG_TOKEN_LEN], int64_t identity,
                           struct tg_error *err)
{
    struct loading *l = ctx;
    (void)digest;
    (void)err;
    if (identity <= l->last)
        l->is[identity / 8] |= (unsigned char)(1u << identity % 8);
    return TG_OK;
}

static bool is_marked(const struct loading *l, int64_t identity)
{
    return l->is[identity / 8] >> identity % 8 & 1;
}

static enum tg_status put_some(struct loading *l, struct tg_error *err)
{
    enum tg_status status = l->known->slots ? add_some(l->known, l->some, l->n, err) : TG_OK;
    l->n = 0;
    return status;
}

static enum tg_status on_identity(void *ctx, const struct tg_pumped *row, struct tg_error *err)
{
    struct loading *l = ctx;
    if (row->len != TG_TOKEN_LEN)
        return TG_OK;
    struct tg_known_identity *one = &l->some[l->n++];
    *one = (struct tg_known_identity){.id = (uint32_t)row->numbers[0]};
    tg_enrolled_read(&row->numbers[1], l->newest, one);
    memcpy(one->digest, row->bytes, TG_TOKEN_LEN);
    return l->n < SOME ? TG_OK : put_some(l, err);
}

static enum tg_status load_range(struct loading *l, int64_t first, int64_t last,
                                 struct tg_error *err)
{
    enum tg_status status =
        tg_db_bind(l->db, l->rows, DB_ARGS(DB_INT(first), DB_INT(last), DB_INT(l->source_id)), err);
    return status ? status : tg_pump(l->db, l->rows, 1 + TG_ENROLLED_COLUMNS, on_identity, l, err);
}

/* A source's identities lie together where a file brought them; others between are passed over when
 * they are many. */
static enum tg_status load_ranges(struct loading *l, struct tg_error *err)
{
    enum { FEW = 64 };
    enum tg_status status = TG_OK;
    for (int64_t at = 1, first = 0, end = 0; !status && at <= l->last + 1; at++) {
        bool is = at <= l->last && is_marked(l, at);
        if (first && (at > l->last || at - end > FEW)) {
            status = load_range(l, first, end, err);
            first = 0;
        }
        first = is && !first ? at : first;
        end = is ? at : end;
    }
    return status ? status : put_some(l, err);
}

static enum tg_status load_all(const struct tg_db *db, int64_t source_id, int32_t newest,
                               struct tg_known *known, struct tg_error *err)
{
    struct loading l = {.db = db, .known = known, .source_id = source_id, .newest = newest};
    enum tg_status status =
        tg_db_number(db, "SELECT coalesce(max(id), 0) FROM identity", DB_NO_ARGS, &l.last, err);
    if (!status)
        l.is = tg_calloc((size_t)l.last / 8 + 1, 1, err);
    if (!status)
        status =
            l.is ? tg_index_walk(db, TG_INDEX_DIGESTS, source_id, mark, &l, err) : TG_NO_MEMORY;
    if (!status)
        status =
            tg_db_prepare(db,
                          "SELECT id, seen_from, seen_to, enrolled_from, enrolled_to, death, digest"
                          " FROM identity WHERE id BETWEEN ? AND ? AND source_id = ? ORDER BY id",
                          &l.rows, err);
    if (!status)
        status = load_ranges(&l, err);
    (void)sqlite3_finalize(l.rows);
    free(l.is);
    tg_wipe(l.some, sizeof l.some);
    return status;
}

enum tg_status tg_known_load(const struct tg_db *db, int64_t source_id, uint64_t rows, bool each,
                             int32_t newest, struct tg_known *known, struct tg_error *err)
{
    int64_t n = 0;
    enum tg_status status = tg_index_count(db, TG_INDEX_DIGESTS, source_id, &n, err);
    if (status || n > KNOWN_MAX || (uint64_t)n / LOADS_A_LOOKUP > rows)
        return status;
    /* the first file of a source: room for all of them, so that nothing has to move */
    uint64_t fresh = !each || n ? 0 : rows < KNOWN_MAX ? rows : KNOWN_MAX;
    status = make_room(known, (size_t)(n + 1) + (size_t)fresh, err);
    return status || n == 0 ? status : load_all(db, source_id, newest, known, err);
}

void tg_known_free(struct tg_known *known)
{
    if (known->slots)
        tg_wipe(known->slots, known->n_slots * sizeof *known->slots);
    free(known->slots);
    *known = (struct tg_known){0};
}
