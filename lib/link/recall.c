/* SPDX-License-Identifier: Apache-2.0 */
#include "link/recall.h"

#include "store/pack.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_PART = TG_MEMORY_PARTS - 1, SETS_MAX = 4096, WORD_BITS = 64 };
_Static_assert(TG_MEMORY_PARTS - 1 == (int)TG_N_PARTS,
               "a part of hashes for each of theirs, and the rows");

/* A remembered part being read: the hash it stands on, and how many of its rows are unread. */
struct reader {
    struct tg_unpack in;
    const unsigned char *group; /* where the hash's number of rows stands */
    uint64_t hash;
    uint32_t key, row; /* the last ones read */
    uint64_t n_left;
    uint64_t n_keys, n_rows; /* all of them are below */
    bool begun, there;
};

static struct reader read_part(const struct tg_recall *r, size_t part)
{
    const struct tg_buf *old = &r->memory->old[part];
    const unsigned char *bytes = (const unsigned char *)old->data;
    return (struct reader){.in = {bytes, bytes ? bytes + old->len : NULL},
                           .n_keys = r->n_keys,
                           .n_rows = r->memory->n_rows};
}

/* Goes to the next hash; false: damaged. */
static bool next_hash(struct reader *r)
{
    uint64_t more;
    r->there = r->in.at < r->in.end;
    if (!r->there)
        return true;
    if (!tg_unpack_number(&r->in, &more) || (r->begun && more == 0) ||
        __builtin_add_overflow(r->hash, more, &r->hash))
        return false;
    r->begun = true;
    r->group = r->in.at;
    r->key = UINT32_MAX;
    return tg_unpack_number(&r->in, &r->n_left);
}

/* Reads a row of the hash; false: damaged. */
static bool next_row(struct reader *r)
{
    uint64_t key, row;
    if (!tg_unpack_number(&r->in, &key) || !tg_unpack_number(&r->in, &row) || key >= r->n_keys ||
        row >= r->n_rows)
        return false;
    if (key == r->key)
        row += r->row;
    r->key = (uint32_t)key;
    r->row = (uint32_t)row;
    r->n_left--;
    return row < r->n_rows;
}

/* Passes by hashes below this one; false: damaged. */
static bool go_to(struct reader *r, uint64_t hash)
{
    bool ok = r->begun || next_hash(r);
    while (ok && r->there && r->hash < hash) {
        while (ok && r->n_left)
            ok = next_row(r);
        ok = ok && next_hash(r);
    }
    return ok;
}

enum tg_status tg_recall_ask(struct tg_recall *r, uint64_t hash, uint32_t who, struct tg_error *err)
{
    if (!r->memory)
        return TG_OK;
    if (r->n_asked == TG_MEMORY_ASKED_MAX) {
        for (size_t i = 0; i < TG_N_PARTS; i++)
            tg_part_free(&r->asked[i]);
        r->memory = NULL;
        return TG_OK;
    }
    r->n_asked++;
    const struct tg_item asked = tg_item_of(hash, 0, false, who);
    return tg_part_add(&r->asked[tg_part_of(hash)], &asked, err);
}

static enum tg_status sort_part(struct tg_part *part, struct tg_error *err)
{
    struct tg_item *scratch = tg_calloc(part->n, sizeof *scratch, err);
    if (!scratch)
        return TG_NO_MEMORY;
    tg_part_sort(part, scratch);
    free(scratch);
    return TG_OK;
}

/* The sets of keys come first. */
static bool read_sets(struct tg_unpack *in, uint64_t sets[SETS_MAX], uint64_t *n)
{
    bool ok = tg_unpack_number(in, n) && *n <= SETS_MAX;
    for (uint64_t i = 0; ok && i < *n; i++)
        ok = tg_unpack_number(in, &sets[i]);
    return ok;
}

static bool read_rows(struct tg_recall *r)
{
    const struct tg_link_memory *m = r->memory;
    struct tg_unpack in = read_part(r, ROWS_PART).in;
    uint64_t sets[SETS_MAX], n_sets, row = 0, more, set;
    bool ok = read_sets(&in, sets, &n_sets);
    for (uint64_t i = 0; ok && i < n_sets; i++)
        ok = r->n_keys == WORD_BITS || sets[i] >> r->n_keys == 0;
    while (ok && in.at < in.end) {
        ok = tg_unpack_number(&in, &more) && tg_unpack_number(&in, &set) && more < m->n_rows &&
             set < n_sets;
        row += ok ? more : 0;
        ok = ok && row < m->n_rows;
        if (ok && m->entity_of[row]) {
            r->known[row] = true;
            r->keys[row] = sets[set];
        }
    }
    return ok;
}

/* What cannot be read is as good as forgotten. */
static void forget(struct tg_recall *r)
{
    struct tg_link_memory *m = r->memory;
    memset(r->known, 0, m->n_rows * sizeof *r->known);
    memset(r->keys, 0, m->n_rows * sizeof *r->keys);
    for (size_t i = 0; i < TG_MEMORY_PARTS; i++)
        tg_buf_free(&m->old[i]);
}

/* Who asks, and who asks for the first time, by left entity. */
struct askers {
    bool *all, *anew;
};

/* Reads the whole part. `*sound`: it can be read. */
static enum tg_status find_anew_of(struct tg_recall *r, size_t part, const struct askers *askers,
                                   bool *sound, struct tg_error *err)
{
    struct reader old = read_part(r, part);
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && *sound && i < r->asked[part].n; i++) {
        const struct tg_item *asked = &r->asked[part].items[i];
        uint64_t hash = tg_item_hash(asked, part);
        *sound = go_to(&old, hash);
        bool anew = !old.there || old.hash != hash;
        if (asked->entity != TG_ASKED_BY_RIGHT) {
            askers->all[asked->entity] = true;
            askers->anew[asked->entity] |= anew;
        }
        if (!anew || (r->n_anew && r->anew[r->n_anew - 1] == hash))
            continue;
        status = tg_grow(&r->anew, &r->cap_anew, r->n_anew + 1, sizeof *r->anew, err);
        if (!status)
            r->anew[r->n_anew++] = hash;
    }
    *sound = *sound && go_to(&old, UINT64_MAX);
    return status;
}

static enum tg_status find_anew(struct tg_recall *r, const struct askers *askers, bool *sound,
                                struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && *sound && i < TG_N_PARTS; i++) {
        status = sort_part(&r->asked[i], err);
        if (!status)
            status = find_anew_of(r, i, askers, sound, err);
    }
    return status;
}

static enum tg_status read_old(struct tg_recall *r, uint32_t n_left, struct tg_error *err)
{
    struct askers askers = {tg_calloc(n_left, sizeof *askers.all, err),
                            tg_calloc(n_left, sizeof *askers.anew, err)};
    enum tg_status status = askers.all && askers.anew ? TG_OK : TG_NO_MEMORY;
    bool sound = !status && r->memory->old[ROWS_PART].len && read_rows(r);
    if (sound)
        status = find_anew(r, &askers, &sound, err);
    if (!status && !sound) {
        forget(r);
        r->n_anew = 0;
        sound = true;
        status = find_anew(r, &askers, &sound, err);
    }
    for (uint32_t i = 0; !status && i < n_left; i++) {
        r->memory->asking += askers.all[i];
        r->memory->asking_anew += askers.anew[i];
    }
    free(askers.all);
    free(askers.anew);
    return status;
}

enum tg_status tg_recall_begin(struct tg_recall *r, size_t n_keys, uint32_t n_left,
                               uint32_t n_right, struct tg_error *err)
{
    struct tg_link_memory *m = r->memory;
    for (size_t i = 0; i < m->n_rows; i++) {
        if (m->entity_of[i] > n_right)
            return TG_FAIL(err, TG_MSG_BUG, .rule = "a row's entity is one of its side");
    }
    r->known = tg_calloc(m->n_rows, sizeof *r->known, err);
    r->keys = tg_calloc(m->n_rows, sizeof *r->keys, err);
    if (!r->known || !r->keys)
        return TG_NO_MEMORY;
    r->n_keys = n_keys;
    enum tg_status status = read_old(r, n_left, err);
    for (size_t i = 0; i < m->n_rows; i++) {
        m->rows += m->entity_of[i] != 0;
        m->rows_anew += m->entity_of[i] != 0 && !r->known[i];
    }
    return status;
}

/* The place of a set among the sorted ones; where it would stand when it is not there. */
static size_t place_of(const uint64_t *sets, size_t n, uint64_t set)
{
    size_t low = 0;
    while (n) {
        size_t half = n / 2;
        bool above = sets[low + half] < set;
        low += above ? half + 1 : 0;
        n = above ? n - half - 1 : half;
    }
    return low;
}

/* False when there are too many. */
static bool list_sets(const struct tg_recall *r, uint64_t sets[SETS_MAX], size_t *n)
{
    *n = 0;
    for (size_t i = 0; i < r->memory->n_rows; i++) {
        if (!r->memory->entity_of[i])
            continue;
        size_t at = place_of(sets, *n, r->keys[i]);
        if (at < *n && sets[at] == r->keys[i])
            continue;
        if (*n == SETS_MAX)
            return false;
        memmove(&sets[at + 1], &sets[at], (*n - at) * sizeof *sets);
        sets[at] = r->keys[i];
        ++*n;
    }
    return true;
}

enum tg_status tg_recall_rows(struct tg_recall *r, struct tg_error *err)
{
    struct tg_link_memory *m = r->memory;
    struct tg_buf *out = &m->next[ROWS_PART];
    uint64_t sets[SETS_MAX];
    size_t n = 0, last = 0;
    m->made = list_sets(r, sets, &n);
    enum tg_status status = tg_pack_number(out, n, err);
    for (size_t i = 0; !status && i < n; i++)
        status = tg_pack_number(out, sets[i], err);
    for (size_t i = 0; !status && m->made && i < m->n_rows; i++) {
        if (!m->entity_of[i])
            continue;
        status = tg_pack_number(out, i - last, err);
        if (!status)
            status = tg_pack_number(out, place_of(sets, n, r->keys[i]), err);
        last = i;
    }
    return status;
}

/* Of items of one hash: by key and row. */
static bool comes_before(const struct tg_item *a, const struct tg_item *b)
{
    uint64_t x = tg_item_order(a), y = tg_item_order(b);
    return x != y ? x < y : a->entity < b->entity;
}

/* Rows of a token that `old` is about to pass, merged with n items that were found now. */
static enum tg_status merge_held(const struct tg_recall *r, struct reader *old,
                                 const struct tg_item *found, size_t n, struct tg_part *out,
                                 struct tg_error *err)
{
    bool held = old->n_left && next_row(old);
    enum tg_status status = TG_OK;
    out->n = 0;
    for (size_t at = 0; !status && (held || at < n);) {
        const struct tg_item known = tg_item_of(old->hash, held ? old->key : 0, false, old->row);
        bool is_first = held && (at == n || !comes_before(&found[at], &known));
        bool is_same = is_first && at < n && !comes_before(&known, &found[at]);
        const struct tg_item next = is_first ? known : found[at];
        if (r->memory->entity_of[next.entity])
            status = tg_part_add(out, &next, err);
        at += !is_first || is_same;
        if (is_first)
            held = old->n_left && next_row(old);
    }
    return status;
}

static enum tg_status write_group(struct tg_buf *out, uint64_t hash_more,
                                  const struct tg_part *group, struct tg_error *err)
{
    enum tg_status status = tg_pack_number(out, hash_more, err);
    if (!status)
        status = tg_pack_number(out, group->n, err);
    for (size_t i = 0; !status && i < group->n; i++) {
        const struct tg_item *item = &group->items[i];
        bool goes_on = i > 0 && tg_item_key(&item[-1]) == tg_item_key(item);
        status = tg_pack_number(out, tg_item_key(item), err);
        if (!status)
            status = tg_pack_number(out, item->entity - (goes_on ? item[-1].entity : 0), err);
    }
    return status;
}

/* A part while it is gathered and written down. */
struct gathering {
    const struct tg_recall *r;
    struct reader old;
    const struct tg_item *found, *found_end; /* now, not before the token at hand */
    struct tg_part group;
    struct tg_part *right;
    struct tg_buf *next; /* NULL: nothing is written down */
    uint64_t last;       /* hash that was written */
};

/* Nobody new has the token: its rows go over as they stand. `*whole`: all of them are somebody's.
 */
static enum tg_status pass_on(struct gathering *g, bool *whole, struct tg_error *err)
{
    const uint32_t *entity_of = g->r->memory->entity_of;
    struct tg_part *right = g->right;
    size_t from = right->n, n = (size_t)g->old.n_left;
    if (n > (size_t)(g->old.in.end - g->old.in.at))
        return TG_FAIL(err, TG_MSG_BUG, .rule = "what is remembered was looked at before");
    enum tg_status status =
        tg_grow(&right->items, &right->cap, right->n + n, sizeof *right->items, err);
    while (!status && g->old.n_left && next_row(&g->old)) {
        uint32_t entity = entity_of[g->old.row];
        right->items[right->n] = tg_item_of(g->old.hash, g->old.key, false, entity - 1);
        right->n += entity != 0;
    }
    *whole = right->n - from == n;
    if (status || !*whole || !g->next)
        return status;
    status = tg_pack_number(g->next, g->old.hash - g->last, err);
    g->last = g->old.hash;
    return status ? status
                  : tg_buf_add(g->next, g->old.group, (size_t)(g->old.in.at - g->old.group), err);
}

/* Who has the token, remembered or found now. */
static enum tg_status take_token(struct gathering *g, size_t part, uint64_t hash,
                                 struct tg_error *err)
{
    struct reader nobody = {.hash = hash};
    bool is_held = go_to(&g->old, hash) && g->old.there && g->old.hash == hash, whole = false;
    const struct reader before = g->old;
    size_t n_right = g->right->n, n = 0;
    enum tg_status status = TG_OK;
    while (g->found < g->found_end && tg_item_hash(g->found, part) < hash)
        g->found++;
    while (g->found + n < g->found_end && tg_item_hash(g->found + n, part) == hash)
        n++;
    if (is_held && n == 0)
        status = pass_on(g, &whole, err);
    if (status || whole)
        return status;
    g->old = before;
    g->right->n = n_right;
    status = merge_held(g->r, is_held ? &g->old : &nobody, g->found, n, &g->group, err);
    for (size_t i = 0; !status && i < g->group.n; i++) {
        struct tg_item item = g->group.items[i];
        item.entity = g->r->memory->entity_of[item.entity] - 1;
        status = tg_part_add(g->right, &item, err);
    }
    if (!status && g->next)
        status = write_group(g->next, hash - g->last, &g->group, err);
    g->last = hash;
    return status;
}

enum tg_status tg_recall_part(struct tg_recall *r, size_t part, struct tg_part *right,
                              struct tg_error *err)
{
    struct tg_link_memory *m = r->memory;
    const struct tg_part *asked = &r->asked[part];
    enum tg_status status = sort_part(&r->fresh[part], err);
    struct gathering g = {.r = r,
                          .old = read_part(r, part),
                          .found = r->fresh[part].items,
                          .found_end = r->fresh[part].items + r->fresh[part].n,
                          .right = right,
                          .next = m->made ? &m->next[part] : NULL};
    for (size_t i = 0; !status && i < asked->n; i++) {
        uint64_t hash = tg_item_hash(&asked->items[i], part);
        if (i == 0 || tg_item_hash(&asked->items[i - 1], part) != hash)
            status = take_token(&g, part, hash, err);
    }
    tg_part_free(&g.group);
    tg_part_free(&r->asked[part]);
    tg_part_free(&r->fresh[part]);
    tg_buf_free(&m->old[part]);
    return status;
}

void tg_recall_free(struct tg_recall *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < TG_N_PARTS; i++) {
        tg_part_free(&r->asked[i]);
        tg_part_free(&r->fresh[i]);
    }
    free(r->known);
    free(r->keys);
    free(r->anew);
    *r = (struct tg_recall){.memory = NULL};
}

void tg_link_memory_free(struct tg_link_memory *memory)
{
    for (size_t i = 0; i < TG_MEMORY_PARTS; i++) {
        tg_buf_free(&memory->old[i]);
        tg_buf_free(&memory->next[i]);
    }
}
