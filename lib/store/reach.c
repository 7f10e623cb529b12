/* SPDX-License-Identifier: Apache-2.0 */
#include "store/reach.h"

#include "base/reporter.h"
#include "text/calendar.h"

#include <stdlib.h>
#include <string.h>

/* Somebody who carries the token that is being looked at. */
struct tg_carrier {
    struct tg_node node;
    size_t index; /* SIZE_MAX: has no rows */
    int64_t side; /* those of one side may be one person */
};

struct tg_seen_hash {
    bool used;
    unsigned char hash[TG_TOKEN_LEN];
};

size_t tg_reach_root(struct tg_reach *reach, enum tg_union which, size_t at)
{
    struct tg_node *nodes = reach->nodes;
    while (nodes[at].parent[which] != at) {
        nodes[at].parent[which] = nodes[nodes[at].parent[which]].parent[which];
        at = nodes[at].parent[which];
    }
    return at;
}

void tg_reach_join(struct tg_reach *reach, enum tg_union which, size_t a, size_t b)
{
    a = tg_reach_root(reach, which, a);
    b = tg_reach_root(reach, which, b);
    if (a < b)
        reach->nodes[b].parent[which] = (uint32_t)a;
    else
        reach->nodes[a].parent[which] = (uint32_t)b;
}

static size_t id_slot(const struct tg_reach *reach, int64_t id)
{
    uint64_t h = (uint64_t)id * 0x9E3779B97F4A7C15u;
    size_t at = (size_t)(h >> 32) & (reach->n_slots - 1);
    while (reach->slots[at] && reach->nodes[reach->slots[at] - 1].id != id)
        at = (at + 1) & (reach->n_slots - 1);
    return at;
}

size_t tg_reach_find(const struct tg_reach *reach, int64_t id)
{
    if (reach->n_slots == 0)
        return SIZE_MAX;
    uint32_t slot = reach->slots[id_slot(reach, id)];
    return slot ? slot - 1 : SIZE_MAX;
}

static enum tg_status grow_slots(struct tg_reach *reach, struct tg_error *err)
{
    if (reach->n * 2 < reach->n_slots)
        return TG_OK;
    if (reach->n >= UINT32_MAX / 4)
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
    size_t n_slots = reach->n_slots ? reach->n_slots * 2 : 1024;
    uint32_t *slots = tg_calloc(n_slots, sizeof *slots, err);
    if (!slots)
        return TG_NO_MEMORY;
    free(reach->slots);
    reach->slots = slots;
    reach->n_slots = n_slots;
    for (size_t i = 0; i < reach->n; i++)
        slots[id_slot(reach, reach->nodes[i].id)] = (uint32_t)i + 1;
    return TG_OK;
}

static enum tg_status add_heir(struct tg_reach *reach, int64_t person, int64_t member,
                               struct tg_error *err)
{
    enum tg_status status =
        tg_grow(&reach->heirs, &reach->cap_heirs, reach->n_heirs + 1, sizeof *reach->heirs, err);
    if (!status)
        reach->heirs[reach->n_heirs++] = (struct tg_heir){person, member};
    return status;
}

/* Adds an identity that has rows, unless it is there. */
static enum tg_status add_node(struct tg_reach *reach, const struct tg_node *node, size_t *index,
                               struct tg_error *err)
{
    enum tg_status status = grow_slots(reach, err);
    if (status)
        return status;
    size_t at = id_slot(reach, node->id);
    if (reach->slots[at]) {
        *index = reach->slots[at] - 1;
        return TG_OK;
    }
    status = tg_grow(&reach->nodes, &reach->cap, reach->n + 1, sizeof *reach->nodes, err);
    if (status)
        return status;
    *index = reach->n++;
    reach->nodes[*index] = *node;
    reach->nodes[*index].stayed =
        node->id < reach->first_new && !tg_ids_have(reach->revived, node->id);
    reach->nodes[*index].next = (uint32_t)*index;
    for (int u = 0; u < TG_N_UNIONS; u++)
        reach->nodes[*index].parent[u] = (uint32_t)*index;
    reach->slots[at] = (uint32_t)*index + 1;
    return TG_OK;
}

/* Columns as NODE_COLUMNS. */
static struct tg_node node_of(sqlite3_stmt *stmt, bool *has_rows)
{
    bool born = sqlite3_column_type(stmt, 3) != SQLITE_NULL;
    bool in_newest = sqlite3_column_type(stmt, 7) == SQLITE_NULL;
    *has_rows = sqlite3_column_type(stmt, 5) != SQLITE_NULL;
    return (struct tg_node){.id = sqlite3_column_int64(stmt, 0),
                            .person = sqlite3_column_int64(stmt, 1),
                            .conflict = sqlite3_column_int64(stmt, 2),
                            .birth_month = born ? sqlite3_column_int(stmt, 3) : TG_NO_MONTH,
                            .sex = (uint8_t)sqlite3_column_int(stmt, 4),
                            .seen_from = sqlite3_column_int(stmt, 5),
                            .source = (uint32_t)sqlite3_column_int64(stmt, 6),
                            .seen_to = in_newest ? INT32_MAX : sqlite3_column_int(stmt, 7),
                            .enrolled_from = (uint32_t)sqlite3_column_int64(stmt, 8),
                            .enrolled_to = (uint32_t)sqlite3_column_int64(stmt, 9),
                            .turns = sqlite3_column_int(stmt, 10) != 0,
                            .watched = sqlite3_column_int(stmt, 11) != 0,
                            .death = (uint8_t)sqlite3_column_int(stmt, 12)};
}

static struct tg_seen_hash *seen_slot(const struct tg_reach *reach, const unsigned char *hash)
{
    uint64_t h;
    memcpy(&h, hash, sizeof h);
    size_t at = (size_t)h & (reach->cap_seen - 1);
    while (reach->seen[at].used && memcmp(reach->seen[at].hash, hash, TG_TOKEN_LEN) != 0)
        at = (at + 1) & (reach->cap_seen - 1);
    return &reach->seen[at];
}

static enum tg_status grow_seen(struct tg_reach *reach, struct tg_error *err)
{
    if (reach->n_seen * 2 < reach->cap_seen)
        return TG_OK;
    struct tg_reach old = *reach;
    size_t cap = old.cap_seen ? old.cap_seen * 2 : 1024;
    struct tg_seen_hash *seen = tg_calloc(cap, sizeof *seen, err);
    if (!seen)
        return TG_NO_MEMORY;
    reach->seen = seen;
    reach->cap_seen = cap;
    for (size_t i = 0; i < old.cap_seen; i++) {
        if (old.seen[i].used)
            *seen_slot(reach, old.seen[i].hash) = old.seen[i];
    }
    free(old.seen);
    return TG_OK;
}

static enum tg_status mark_seen(struct tg_reach *reach, const unsigned char *hash,
                                struct tg_error *err)
{
    enum tg_status status = grow_seen(reach, err);
    if (status)
        return status;
    struct tg_seen_hash *slot = seen_slot(reach, hash);
    slot->used = true;
    memcpy(slot->hash, hash, TG_TOKEN_LEN);
    reach->n_seen++;
    return TG_OK;
}

static enum tg_status list_carriers(struct tg_reach *reach, unsigned token,
                                    const unsigned char *hash, struct tg_error *err)
{
    const struct tg_db *db = &reach->store->db;
    bool row = true;
    reach->ids.n = 0;
    enum tg_status status =
        tg_db_bind(db, reach->carriers, DB_ARGS(DB_INT(token), DB_BLOB(hash, TG_TOKEN_LEN)), err);
    while (!status && row) {
        status = tg_db_next(db, reach->carriers, &row, err);
        if (!status && row)
            status = tg_ids_add(&reach->ids, sqlite3_column_int64(reach->carriers, 0), err);
    }
    (void)sqlite3_reset(reach->carriers);
    return status;
}

/* One of those who carry a token; most are there already. `*is`: it is of a roster. */
static enum tg_status load_carrier(struct tg_reach *reach, int64_t id, struct tg_carrier *c,
                                   bool *is, struct tg_error *err)
{
    const struct tg_db *db = &reach->store->db;
    bool has_rows = false;
    *c = (struct tg_carrier){.index = tg_reach_find(reach, id)};
    *is = c->index != SIZE_MAX;
    if (*is)
        c->node = reach->nodes[c->index];
    if (*is)
        return TG_OK;
    enum tg_status status = tg_db_bind(db, reach->load, DB_ARGS(DB_INT(id)), err);
    if (!status)
        status = tg_db_next(db, reach->load, is, err);
    if (!status && *is)
        c->node = node_of(reach->load, &has_rows);
    if (has_rows)
        status = add_node(reach, &c->node, &c->index, err);
    (void)sqlite3_reset(reach->load);
    return status;
}

static enum tg_status load_group(struct tg_reach *reach, unsigned token, const unsigned char *hash,
                                 size_t *n, size_t *n_alive, struct tg_error *err)
{
    *n = *n_alive = 0;
    enum tg_status status = list_carriers(reach, token, hash, err);
    if (status || reach->ids.n < 2) /* the node that is followed alone */
        return status;
    status = tg_grow(&reach->group, &reach->cap_group, reach->ids.n, sizeof *reach->group, err);
    for (size_t i = 0; !status && i < reach->ids.n; i++) {
        struct tg_carrier *c = &reach->group[*n];
        bool is = false;
        status = load_carrier(reach, reach->ids.items[i], c, &is, err);
        *n += is;
        *n_alive += is && c->index != SIZE_MAX;
    }
    return status;
}

/* Equal birth month and sex side by side, those with rows first. */
static int by_facts(const void *a, const void *b)
{
    const struct tg_carrier *x = a, *y = b;
    if (x->node.birth_month != y->node.birth_month)
        return x->node.birth_month < y->node.birth_month ? -1 : 1;
    if (x->node.sex != y->node.sex)
        return x->node.sex < y->node.sex ? -1 : 1;
    if ((x->index == SIZE_MAX) != (y->index == SIZE_MAX))
        return x->index == SIZE_MAX ? 1 : -1;
    return (x->node.id > y->node.id) - (x->node.id < y->node.id);
}

static bool agree(const struct tg_node *a, const struct tg_node *b)
{
    return a->birth_month != TG_NO_MONTH && a->birth_month == b->birth_month && a->sex != 0 &&
           a->sex == b->sex;
}

/* Joins those who carry one token. An identity without rows joins nobody, but who agrees with it
 * may go on with its number. */
static enum tg_status join_group(struct tg_reach *reach, struct tg_carrier *group, size_t n,
                                 struct tg_error *err)
{
    enum tg_status status = TG_OK;
    const struct tg_carrier *first = NULL, *head = NULL;
    qsort(group, n, sizeof *group, by_facts);
    for (size_t i = 0; !status && i < n; i++) {
        const struct tg_carrier *c = &group[i];
        if (!head || !agree(&head->node, &c->node))
            head = c;
        if (c->index == SIZE_MAX) {
            if (head->index != SIZE_MAX)
                status = add_heir(reach, c->node.person, head->node.id, err);
            continue;
        }
        first = first ? first : c;
        tg_reach_join(reach, TG_COMPONENT, first->index, c->index);
        tg_reach_join(reach, TG_AGREEING, head->index, c->index);
    }
    return status;
}

static int by_side(const void *a, const void *b)
{
    const struct tg_carrier *x = a, *y = b;
    if (x->side != y->side)
        return x->side < y->side ? -1 : 1;
    return (x->node.id > y->node.id) - (x->node.id < y->node.id);
}

/* The sides that somebody gave the carriers by hand; whoever came later is on one of their own. */
static enum tg_status find_sides(struct tg_reach *reach, unsigned token, const unsigned char *hash,
                                 size_t n, bool *parted, struct tg_error *err)
{
    const struct tg_db *db = &reach->store->db;
    bool row = true;
    *parted = false;
    if (!reach->has_parted)
        return TG_OK;
    enum tg_status status =
        tg_db_bind(db, reach->apart, DB_ARGS(DB_INT(token), DB_BLOB(hash, TG_TOKEN_LEN)), err);
    while (!status && row) {
        status = tg_db_next(db, reach->apart, &row, err);
        for (size_t i = 0; !status && row && i < n; i++) {
            struct tg_carrier *c = &reach->group[i];
            if (!*parted)
                c->side = -c->node.id; /* until it is named */
            if (c->node.id == sqlite3_column_int64(reach->apart, 0))
                c->side = sqlite3_column_int64(reach->apart, 1);
        }
        *parted |= !status && row;
    }
    (void)sqlite3_reset(reach->apart);
    return status;
}

static enum tg_status join_sides(struct tg_reach *reach, unsigned token, const unsigned char *hash,
                                 size_t n, struct tg_error *err)
{
    bool parted = false;
    enum tg_status status = find_sides(reach, token, hash, n, &parted, err);
    if (status || !parted)
        return status ? status : join_group(reach, reach->group, n, err);
    qsort(reach->group, n, sizeof *reach->group, by_side);
    for (size_t i = 0, len; !status && i < n; i += len) {
        for (len = 1; i + len < n && reach->group[i + len].side == reach->group[i].side;)
            len++;
        status = join_group(reach, &reach->group[i], len, err);
    }
    return status;
}

static enum tg_status is_shared(struct tg_reach *reach, unsigned token, const unsigned char *hash,
                                bool *shared, struct tg_error *err)
{
    const struct tg_db *db = &reach->store->db;
    enum tg_status status =
        tg_db_bind(db, reach->shared, DB_ARGS(DB_INT(token), DB_BLOB(hash, TG_TOKEN_LEN)), err);
    if (!status)
        status = tg_db_next(db, reach->shared, shared, err);
    (void)sqlite3_reset(reach->shared);
    return status;
}

/* Those who carry a name are remembered: whether it joins them is decided when all are known. */
static enum tg_status keep_name(struct tg_reach *reach, unsigned token, const unsigned char *hash,
                                size_t n, struct tg_error *err)
{
    bool parted = false;
    enum tg_status status = find_sides(reach, token, hash, n, &parted, err);
    if (!status)
        status = tg_grow(&reach->names, &reach->cap_names, reach->n_names + 1, sizeof *reach->names,
                         err);
    if (!status)
        status = tg_grow(&reach->carries, &reach->cap_carries, reach->n_carries + n,
                         sizeof *reach->carries, err);
    if (status)
        return status;
    struct tg_name *name = &reach->names[reach->n_names++];
    *name = (struct tg_name){.token = token, .first = reach->n_carries};
    memcpy(name->hash, hash, TG_TOKEN_LEN);
    for (size_t i = 0; i < n; i++) {
        const struct tg_carrier *c = &reach->group[i];
        if (c->index != SIZE_MAX)
            reach->carries[reach->n_carries++] = (struct tg_carry){(uint32_t)c->index, c->side};
    }
    name->n = reach->n_carries - name->first;
    return TG_OK;
}

static enum tg_status follow_token(struct tg_reach *reach, unsigned token,
                                   const unsigned char *hash, struct tg_error *err)
{
    bool shared = false, number = tg_numbers_has(&reach->numbers, token);
    size_t n = 0, n_alive = 0;
    enum tg_status status = TG_OK;
    if (!number && !tg_numbers_has(&reach->bridging, token))
        return TG_OK;
    if (reach->cap_seen && seen_slot(reach, hash)->used)
        return TG_OK;
    if (number && reach->has_shared)
        status = is_shared(reach, token, hash, &shared, err);
    if (!status && !shared)
        status = load_group(reach, token, hash, &n, &n_alive, err);
    if (!status && number && n > 1)
        status = join_sides(reach, token, hash, n, err);
    else if (!status && !number && n_alive > 1)
        status = keep_name(reach, token, hash, n, err);
    return !status && n_alive > 1 ? mark_seen(reach, hash, err) : status;
}

/* All who begin or end near the 75th birthday and were born in one month: any two may be one. */
static enum tg_status follow_birthday(struct tg_reach *reach, size_t at, struct tg_error *err)
{
    const struct tg_db *db = &reach->store->db;
    const struct tg_node of = reach->nodes[at];
    unsigned char mark[TG_TOKEN_LEN] = "75th birthday";
    bool row = true, has_rows;
    size_t index;
    if (!of.turns || of.birth_month == TG_NO_MONTH || of.sex == 0)
        return TG_OK;
    mark[TG_TOKEN_LEN - 1] = of.sex;
    memcpy(mark, &of.birth_month, sizeof of.birth_month);
    if (reach->cap_seen && seen_slot(reach, mark)->used)
        return TG_OK;
    enum tg_status status = mark_seen(reach, mark, err);
    if (!status)
        status =
            tg_db_bind(db, reach->turners, DB_ARGS(DB_INT(of.birth_month), DB_INT(of.sex)), err);
    while (!status && row) {
        status = tg_db_next(db, reach->turners, &row, err);
        if (status || !row)
            break;
        const struct tg_node node = node_of(reach->turners, &has_rows);
        status = add_node(reach, &node, &index, err);
    }
    (void)sqlite3_reset(reach->turners);
    return status;
}

static enum tg_status read_tokens(struct tg_reach *reach, size_t at, struct tg_error *err)
{
    const struct tg_db *db = &reach->store->db;
    bool row = false;
    enum tg_status status =
        tg_db_bind(db, reach->tokens, DB_ARGS(DB_INT(reach->nodes[at].id)), err);
    if (!status)
        status = tg_db_next(db, reach->tokens, &row, err);
    reach->packed.len = 0;
    if (!status && row)
        status = tg_buf_add(&reach->packed, sqlite3_column_blob(reach->tokens, 0),
                            (size_t)sqlite3_column_bytes(reach->tokens, 0), err);
    (void)sqlite3_reset(reach->tokens);
    return status;
}

static enum tg_status follow_node(struct tg_reach *reach, size_t at, struct tg_error *err)
{
    enum tg_status status = read_tokens(reach, at, err);
    const unsigned char *packed = (const unsigned char *)reach->packed.data;
    for (size_t i = 0; !status && i + TG_PACKED_LEN <= reach->packed.len; i += TG_PACKED_LEN)
        status = follow_token(reach, tg_packed_token(packed + i), packed + i + 2, err);
    return status ? status : follow_birthday(reach, at, err);
}

/* The packed tokens that are of some sort; returns their length. */
static size_t keep_those(const struct tg_buf *from, const struct tg_numbers *sort,
                         unsigned char *kept)
{
    const unsigned char *packed = (const unsigned char *)from->data;
    size_t len = 0;
    for (size_t i = 0; i + TG_PACKED_LEN <= from->len; i += TG_PACKED_LEN) {
        if (!tg_numbers_has(sort, tg_packed_token(packed + i)))
            continue;
        memcpy(kept + len, packed + i, TG_PACKED_LEN);
        len += TG_PACKED_LEN;
    }
    return len;
}

enum tg_status tg_reach_numbers(struct tg_reach *reach, size_t at, struct tg_error *err)
{
    struct tg_node *node = &reach->nodes[at];
    if (node->numbers)
        return TG_OK;
    enum tg_status status = read_tokens(reach, at, err);
    unsigned char *kept =
        status ? NULL : tg_arena_alloc(&reach->arena, 2 * reach->packed.len + 1, 1, err);
    if (!kept)
        return status ? status : TG_NO_MEMORY;
    node->numbers = kept;
    node->numbers_len = keep_those(&reach->packed, &reach->numbers, kept);
    node->names = kept + node->numbers_len;
    node->names_len = keep_those(&reach->packed, &reach->bridging, kept + node->numbers_len);
    return TG_OK;
}

static enum tg_status load_seed(struct tg_reach *reach, int64_t id, struct tg_error *err)
{
    const struct tg_db *db = &reach->store->db;
    bool row = false, has_rows;
    size_t index;
    enum tg_status status = tg_db_bind(db, reach->load, DB_ARGS(DB_INT(id)), err);
    if (!status)
        status = tg_db_next(db, reach->load, &row, err);
    if (!status && row) {
        struct tg_node node = node_of(reach->load, &has_rows);
        if (has_rows)
            status = add_node(reach, &node, &index, err);
    }
    (void)sqlite3_reset(reach->load);
    return status;
}

#define NODE_COLUMNS                                                                               \
    "i.id, i.person_id, i.conflict, i.birth_month, i.sex, i.seen_from, i.source_id, i.seen_to,"    \
    " i.enrolled_from, i.enrolled_to, i.turns, i.watched, i.death"

static enum tg_status has_rows_in(const struct tg_reach *reach, const char *sql, bool *has,
                                  struct tg_error *err)
{
    int64_t is = 0;
    enum tg_status status = tg_db_number(&reach->store->db, sql, DB_NO_ARGS, &is, err);
    *has = is != 0;
    return status;
}

static enum tg_status prepare(struct tg_reach *reach, struct tg_error *err)
{
    const struct {
        sqlite3_stmt **stmt;
        const char *sql;
    } statements[] = {
        {&reach->load, "SELECT " NODE_COLUMNS " FROM identity i"
                       " WHERE i.id = ? AND i.person_id IS NOT NULL"},
        {&reach->tokens, "SELECT tokens FROM identity WHERE id = ?"},
        {&reach->shared, "SELECT 1 FROM shared_token WHERE token = ? AND hash = ? LIMIT 1"},
        {&reach->carriers, "SELECT identity_id FROM identity_token WHERE token = ? AND hash = ?"},
        {&reach->turners, "SELECT " NODE_COLUMNS " FROM identity i WHERE i.birth_month = ?"
                          " AND i.sex = ? AND i.turns <> 0 AND i.person_id IS NOT NULL"
                          " AND i.seen_from IS NOT NULL"},
        {&reach->apart, "SELECT identity_id, side FROM person_apart WHERE token = ? AND hash = ?"},
        {&reach->alive, "SELECT seen_from IS NOT NULL FROM identity WHERE id = ?"},
        {&reach->holders, "SELECT id FROM identity WHERE person_id = ? AND person_id <> id"
                          " AND seen_from IS NOT NULL"},
    };
    enum tg_status status = tg_numbers_load(reach->store, &reach->numbers, err);
    if (!status)
        status = tg_bridging_load(reach->store, &reach->bridging, err);
    if (!status)
        status = has_rows_in(reach, "SELECT EXISTS (SELECT 1 FROM shared_token)",
                             &reach->has_shared, err);
    if (!status)
        status = has_rows_in(reach, "SELECT EXISTS (SELECT 1 FROM person_apart)",
                             &reach->has_parted, err);
    for (size_t i = 0; !status && i < sizeof statements / sizeof statements[0]; i++)
        status = tg_db_prepare(&reach->store->db, statements[i].sql, statements[i].stmt, err);
    return status;
}

enum tg_status tg_reach_load(struct tg_reach *reach, const struct tg_ids *from,
                             const struct tg_reporter *reporter, struct tg_error *err)
{
    enum { BETWEEN_REPORTS = 4096 };
    enum tg_status status = prepare(reach, err);
    for (size_t i = 0; !status && i < from->n; i++)
        status = load_seed(reach, from->items[i], err);
    for (size_t i = 0; !status && i < reach->n; i++) {
        status = follow_node(reach, i, err);
        if (!status && i % BETWEEN_REPORTS == 0)
            status = tg_progress(reporter, "persons", i, reach->n, err);
    }
    return status;
}

enum tg_status tg_reach_is_taken(struct tg_reach *reach, int64_t person, bool *taken,
                                 struct tg_error *err)
{
    const struct tg_db *db = &reach->store->db;
    bool row = false;
    enum tg_status status = tg_db_bind(db, reach->alive, DB_ARGS(DB_INT(person)), err);
    if (!status)
        status = tg_db_next(db, reach->alive, &row, err);
    *taken = !status && row && sqlite3_column_int(reach->alive, 0) &&
             tg_reach_find(reach, person) == SIZE_MAX;
    (void)sqlite3_reset(reach->alive);
    row = true;
    if (!status)
        status = tg_db_bind(db, reach->holders, DB_ARGS(DB_INT(person)), err);
    while (!status && row && !*taken) {
        status = tg_db_next(db, reach->holders, &row, err);
        if (!status && row)
            *taken = tg_reach_find(reach, sqlite3_column_int64(reach->holders, 0)) == SIZE_MAX;
    }
    (void)sqlite3_reset(reach->holders);
    return status;
}

void tg_reach_free(struct tg_reach *reach)
{
    sqlite3_stmt *statements[] = {reach->load,  reach->tokens,  reach->shared, reach->carriers,
                                  reach->alive, reach->holders, reach->apart,  reach->turners};
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
        (void)sqlite3_finalize(statements[i]);
    tg_numbers_free(&reach->numbers);
    tg_numbers_free(&reach->bridging);
    tg_arena_free(&reach->arena);
    tg_ids_free(&reach->ids);
    free(reach->names);
    free(reach->carries);
    tg_buf_free(&reach->packed);
    free(reach->nodes);
    free(reach->heirs);
    free(reach->slots);
    free(reach->seen);
    free(reach->group);
}
