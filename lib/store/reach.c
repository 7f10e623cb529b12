/* SPDX-License-Identifier: Apache-2.0 */
#include "store/reach.h"

#include "base/reporter.h"
#include "store/carriers.h"
#include "store/enrolled.h"
#include "store/joined.h"
#include "text/calendar.h"

#include <stdlib.h>
#include <string.h>

/* The column of the tokens, behind those of a node. */
enum { NODE_TOKENS = 12 };
#define FROM_TOKEN " WHERE (token, hash) >= (?, ?) ORDER BY token, hash"

/* Birth months lie below: years have four digits. Sexes are 1 to 3. */
enum { BIRTH_MONTHS = 12 * 10000, SEXES = 4 };

/* Tokens that are followed and identities that are met at a time, unless the caller says so. */
enum { LEADS_MAX = 1 << 21, MET_MAX = 1 << 21 };

/* Who carries one token: `n` of reach->ids from `first` on. */
struct tg_meeting {
    const struct tg_posting *lead;
    size_t first, n;
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

/* Eight that follow one another share a line of the cache: they are loaded in their order. */
static size_t first_slot(const struct tg_reach *reach, int64_t id)
{
    uint64_t h = ((uint64_t)id >> 3) * 0x9E3779B97F4A7C15u;
    return (size_t)(h >> 32 << 3 | ((uint64_t)id & 7)) & (reach->n_slots - 1);
}

static struct tg_slot *slot_of(const struct tg_reach *reach, int64_t id)
{
    size_t at = first_slot(reach, id);
    while (reach->slots[at].id && reach->slots[at].id != (uint64_t)id)
        at = (at + 1) & (reach->n_slots - 1);
    return &reach->slots[at];
}

size_t tg_reach_find(const struct tg_reach *reach, int64_t id)
{
    if (reach->n_slots == 0)
        return SIZE_MAX;
    const struct tg_slot *slot = slot_of(reach, id);
    return slot->id ? slot->index : SIZE_MAX;
}

static enum tg_status grow_slots(struct tg_reach *reach, struct tg_error *err)
{
    if (reach->n * 2 < reach->n_slots)
        return TG_OK;
    if (reach->n >= UINT32_MAX / 4)
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
    size_t n_slots = reach->n_slots ? reach->n_slots * 2 : 1024;
    struct tg_slot *slots = tg_calloc(n_slots, sizeof *slots, err);
    if (!slots)
        return TG_NO_MEMORY;
    free(reach->slots);
    reach->slots = slots;
    reach->n_slots = n_slots;
    for (size_t i = 0; i < reach->n; i++)
        *slot_of(reach, reach->nodes[i].id) =
            (struct tg_slot){(uint32_t)reach->nodes[i].id, (uint32_t)i};
    return TG_OK;
}

/* Adds an identity that has rows and is not there. */
static enum tg_status add_node(struct tg_reach *reach, const struct tg_node *node,
                               struct tg_error *err)
{
    enum tg_status status = grow_slots(reach, err);
    if (!status)
        status = tg_grow(&reach->nodes, &reach->cap, reach->n + 1, sizeof *reach->nodes, err);
    if (status)
        return status;
    uint32_t index = (uint32_t)reach->n++;
    struct tg_node *added = &reach->nodes[index];
    *added = *node;
    added->stayed = node->id < reach->first_new && !tg_ids_have(reach->revived, node->id);
    added->next = index;
    for (int u = 0; u < TG_N_UNIONS; u++)
        added->parent[u] = index;
    *slot_of(reach, node->id) = (struct tg_slot){(uint32_t)node->id, index};
    return TG_OK;
}

/* Columns as in prepare_strides(). */
static struct tg_node node_of(sqlite3_stmt *stmt, bool *has_rows)
{
    bool born = sqlite3_column_type(stmt, 3) != SQLITE_NULL;
    bool in_newest = sqlite3_column_type(stmt, 7) == SQLITE_NULL;
    *has_rows = sqlite3_column_type(stmt, 5) != SQLITE_NULL;
    struct tg_node node = {.id = (uint32_t)sqlite3_column_int64(stmt, 0),
                           .person = (uint32_t)sqlite3_column_int64(stmt, 1),
                           .conflict = (uint32_t)sqlite3_column_int64(stmt, 2),
                           .birth_month = born ? sqlite3_column_int(stmt, 3) : TG_NO_MONTH,
                           .sex = (uint8_t)sqlite3_column_int(stmt, 4),
                           .seen_from = sqlite3_column_int(stmt, 5),
                           .source = (uint32_t)sqlite3_column_int64(stmt, 6),
                           .seen_to = in_newest ? INT32_MAX : sqlite3_column_int(stmt, 7),
                           .enrolled_from = (uint32_t)sqlite3_column_int64(stmt, 8),
                           .enrolled_to = (uint32_t)sqlite3_column_int64(stmt, 9),
                           .watched = sqlite3_column_int(stmt, 10) != 0,
                           .death = (uint8_t)sqlite3_column_int(stmt, 11)};
    /* to ask for column `turns` costs as much as all others */
    node.turns = tg_enrolled_turns(node.enrolled_from, node.enrolled_to, node.birth_month);
    return node;
}

/* ---- nodes and their tokens, in the order of identities ---- */

/* The tokens of a node that may lead to others wait to be followed. */
static enum tg_status add_leads(struct tg_reach *reach, const unsigned char *packed, size_t len,
                                struct tg_error *err)
{
    for (size_t i = 0; i + TG_PACKED_LEN <= len; i += TG_PACKED_LEN) {
        unsigned token = tg_packed_token(packed + i);
        if (!tg_numbers_has(&reach->numbers, token) && !tg_numbers_has(&reach->bridging, token))
            continue;
        enum tg_status status = tg_grow(&reach->leads, &reach->cap_leads, reach->n_leads + 1,
                                        sizeof *reach->leads, err);
        if (status)
            return status;
        tg_posting_put(&reach->leads[reach->n_leads++], token, packed + i + 2, 0);
    }
    reach->n_led++;
    return TG_OK;
}

static struct tg_carrier carrier_of(const struct tg_node *node, size_t index)
{
    return (struct tg_carrier){.id = node->id,
                               .person = node->person,
                               .birth_month = node->birth_month,
                               .sex = node->sex,
                               .index = index};
}

/* Somebody without rows is nobody's node, but the number may be inherited. */
static enum tg_status add_dead(struct tg_reach *reach, const struct tg_node *node,
                               struct tg_error *err)
{
    enum tg_status status =
        tg_grow(&reach->dead, &reach->cap_dead, reach->n_dead + 1, sizeof *reach->dead, err);
    if (!status)
        reach->dead[reach->n_dead++] = carrier_of(node, SIZE_MAX);
    return status;
}

/* While there is room, what a new node leads to is read in passing. */
static enum tg_status load_row(struct tg_reach *reach, sqlite3_stmt *stmt, struct tg_error *err)
{
    bool has_rows;
    if (sqlite3_column_type(stmt, 1) == SQLITE_NULL) /* of no roster */
        return TG_OK;
    const struct tg_node node = node_of(stmt, &has_rows);
    if (!has_rows)
        return add_dead(reach, &node, err);
    enum tg_status status = add_node(reach, &node, err);
    if (status || reach->n_led + 1 < reach->n || reach->n_leads >= reach->leads_max)
        return status;
    return add_leads(reach, sqlite3_column_blob(stmt, NODE_TOKENS),
                     (size_t)sqlite3_column_bytes(stmt, NODE_TOKENS), err);
}

/* `ids`: ascending. Those without rows are in reach->dead afterwards, ascending. */
static enum tg_status load_nodes(struct tg_reach *reach, const struct tg_ids *ids,
                                 struct tg_error *err)
{
    enum tg_status status = TG_OK;
    bool there = false;
    reach->n_dead = 0;
    for (size_t i = 0; !status && i < ids->n; i++) {
        if (tg_reach_find(reach, ids->items[i]) != SIZE_MAX)
            continue;
        status = tg_stride_identity(&reach->load, ids->items[i], &there, err);
        if (!status && there)
            status = load_row(reach, reach->load.stmt, err);
    }
    tg_stride_reset(&reach->load);
    return status;
}

/* What those lead to for whom there was no room. */
static enum tg_status read_leads(struct tg_reach *reach, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    bool there = false;
    while (!status && reach->n_led < reach->n && reach->n_leads < reach->leads_max) {
        int64_t id = reach->nodes[reach->n_led].id;
        if (reach->n_led && id < reach->nodes[reach->n_led - 1].id)
            tg_stride_reset(&reach->load); /* here another load began */
        status = tg_stride_identity(&reach->load, id, &there, err);
        if (!status && !there)
            return TG_FAIL(err, TG_MSG_STORE_DAMAGED, .file = reach->store->db.path);
        if (!status)
            status = add_leads(reach, sqlite3_column_blob(reach->load.stmt, NODE_TOKENS),
                               (size_t)sqlite3_column_bytes(reach->load.stmt, NODE_TOKENS), err);
    }
    tg_stride_reset(&reach->load);
    return status;
}

/* Are the birth month and the sex of a node asked about for the first time? */
static bool is_new_birthday(struct tg_reach *reach, const struct tg_node *of)
{
    const uint32_t born = (uint32_t)of->birth_month * SEXES + of->sex;
    unsigned char *bits = &reach->birthdays[born / 8], bit = (unsigned char)(1u << born % 8);
    bool is_new = !(*bits & bit);
    *bits |= bit;
    return is_new;
}

/* All who begin or end near the 75th birthday and were born in one month: any two may be one. */
static enum tg_status meet_birthday(struct tg_reach *reach, const struct tg_node *of,
                                    struct tg_error *err)
{
    const struct tg_db *db = &reach->store->db;
    bool row = true;
    if (!of->turns || of->birth_month < 0 || of->birth_month >= BIRTH_MONTHS || of->sex == 0 ||
        of->sex >= SEXES || !is_new_birthday(reach, of))
        return TG_OK;
    enum tg_status status =
        tg_db_bind(db, reach->turners, DB_ARGS(DB_INT(of->birth_month), DB_INT(of->sex)), err);
    while (!status && row) {
        status = tg_db_next(db, reach->turners, &row, err);
        if (!status && row)
            status = tg_ids_add(&reach->ids, sqlite3_column_int64(reach->turners, 0), err);
    }
    (void)sqlite3_reset(reach->turners);
    return status;
}

static enum tg_status meet_birthdays(struct tg_reach *reach, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    reach->ids.n = 0;
    for (; !status && reach->n_turned < reach->n; reach->n_turned++)
        status = meet_birthday(reach, &reach->nodes[reach->n_turned], err);
    tg_ids_sort(&reach->ids);
    return status ? status : load_nodes(reach, &reach->ids, err);
}

/* Those whom somebody joined to nodes, and those who turn 75 with them. */
static enum tg_status meet_others(struct tg_reach *reach, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    size_t before = SIZE_MAX;
    while (!status && before != reach->n) {
        before = reach->n;
        status = tg_joined_list(reach, err);
        if (!status)
            status = load_nodes(reach, &reach->ids, err);
        if (!status)
            status = meet_birthdays(reach, err);
    }
    tg_joined_unite(reach);
    return status;
}

/* ---- who carries their tokens, in the order of tokens ---- */

static enum tg_status is_shared(struct tg_reach *reach, unsigned token, const unsigned char *hash,
                                bool *shared, struct tg_error *err)
{
    *shared = false;
    if (!reach->has_shared || !tg_numbers_has(&reach->numbers, token))
        return TG_OK;
    return tg_stride_token(&reach->shared, token, hash, shared, err);
}

/* One who carries it is the node that leads to it, alone. */
static enum tg_status meet_carriers(struct tg_reach *reach, const struct tg_posting *lead,
                                    struct tg_error *err)
{
    const unsigned token = (unsigned)tg_posting_column(lead);
    const unsigned char *hash = tg_posting_hash(lead);
    const size_t first = reach->ids.n;
    bool shared = false, row = false;
    if (tg_followed_has(&reach->followed, lead))
        return TG_OK;
    enum tg_status status = is_shared(reach, token, hash, &shared, err);
    if (status || shared)
        return status;
    status = tg_index_seek(&reach->carriers, token, hash, &row, err);
    while (!status && row) {
        status = tg_ids_add(&reach->ids, tg_index_identity(&reach->carriers), err);
        row = tg_index_again(&reach->carriers);
    }
    size_t n = reach->ids.n - first;
    if (n < 2)
        reach->ids.n = first;
    if (status || n < 2)
        return status;
    status = tg_followed_add(&reach->followed, lead, err);
    if (!status)
        status = tg_grow(&reach->meetings, &reach->cap_meetings, reach->n_meetings + 1,
                         sizeof *reach->meetings, err);
    if (!status)
        reach->meetings[reach->n_meetings++] = (struct tg_meeting){lead, first, n};
    return status;
}

static int by_identity(const void *a, const void *b)
{
    const struct tg_carrier *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

/* Each is far from the others: what is looked at next is asked for ahead. */
static enum tg_status find_places(struct tg_reach *reach, struct tg_error *err)
{
    enum { AHEAD = 16 };
    const struct tg_ids *ids = &reach->ids;
    enum tg_status status =
        tg_grow(&reach->places, &reach->cap_places, ids->n, sizeof *reach->places, err);
    for (size_t i = 0; !status && i < ids->n; i++) {
        if (i + AHEAD < ids->n)
            __builtin_prefetch(&reach->slots[first_slot(reach, ids->items[i + AHEAD])]);
        size_t index = tg_reach_find(reach, ids->items[i]);
        reach->places[i] = index == SIZE_MAX ? UINT32_MAX : (uint32_t)index;
    }
    return status;
}

/* Those of a meeting who are of rosters. */
static enum tg_status gather(struct tg_reach *reach, const struct tg_meeting *m, size_t *n,
                             size_t *n_alive, struct tg_error *err)
{
    *n = *n_alive = 0;
    enum tg_status status =
        tg_grow(&reach->group, &reach->cap_group, m->n, sizeof *reach->group, err);
    for (size_t i = m->first; !status && i < m->first + m->n; i++) {
        const struct tg_carrier key = {.id = reach->ids.items[i]};
        const uint32_t index = reach->places[i];
        const struct tg_carrier *dead = NULL;
        if (index == UINT32_MAX && reach->n_dead)
            dead = bsearch(&key, reach->dead, reach->n_dead, sizeof key, by_identity);
        if (index != UINT32_MAX)
            reach->group[(*n)++] = carrier_of(&reach->nodes[index], index);
        else if (dead)
            reach->group[(*n)++] = *dead;
        *n_alive += index != UINT32_MAX;
    }
    return status;
}

static enum tg_status join_meeting(struct tg_reach *reach, const struct tg_meeting *m,
                                   struct tg_error *err)
{
    size_t n, n_alive;
    enum tg_status status = gather(reach, m, &n, &n_alive, err);
    return status ? status
                  : tg_carriers_join(reach, (unsigned)tg_posting_column(m->lead),
                                     tg_posting_hash(m->lead), n, n_alive, err);
}

static void ask_ahead(const struct tg_reach *reach, size_t meeting)
{
    enum { AHEAD = 8 };
    if (meeting + AHEAD >= reach->n_meetings)
        return;
    const struct tg_meeting *m = &reach->meetings[meeting + AHEAD];
    for (size_t i = m->first; i < m->first + m->n; i++) {
        if (reach->places[i] != UINT32_MAX)
            __builtin_prefetch(&reach->nodes[reach->places[i]], 1);
    }
}

/* Loads whom the meetings name, then joins them. */
static enum tg_status join_meetings(struct tg_reach *reach, struct tg_error *err)
{
    enum tg_status status = find_places(reach, err);
    reach->new_ids.n = 0;
    for (size_t i = 0; !status && i < reach->ids.n; i++) {
        if (reach->places[i] == UINT32_MAX)
            status = tg_ids_add(&reach->new_ids, reach->ids.items[i], err);
    }
    tg_ids_sort(&reach->new_ids);
    if (!status)
        status = load_nodes(reach, &reach->new_ids, err);
    if (!status)
        status = find_places(reach, err);
    for (size_t i = 0; !status && i < reach->n_meetings; i++) {
        ask_ahead(reach, i);
        status = join_meeting(reach, &reach->meetings[i], err);
    }
    reach->ids.n = reach->n_meetings = 0;
    return status;
}

/* The tokens that wait are followed; what those who are met lead to waits afterwards. */
static enum tg_status follow_leads(struct tg_reach *reach, const struct tg_reporter *reporter,
                                   struct tg_error *err)
{
    struct tg_posting *leads = reach->leads;
    const size_t n = reach->n_leads;
    enum tg_status status = TG_OK;
    reach->leads = NULL;
    reach->n_leads = reach->cap_leads = 0;
    tg_postings_sort(leads, n);
    tg_followed_begin(&reach->followed);
    for (size_t i = 0; !status && i < n; i += tg_postings_alike(&leads[i], n - i)) {
        status = meet_carriers(reach, &leads[i], err);
        if (!status && reach->ids.n >= reach->met_max)
            status = join_meetings(reach, err);
    }
    if (!status)
        status = join_meetings(reach, err);
    if (!status)
        status = tg_followed_end(&reach->followed, err);
    tg_index_let_go(&reach->carriers);
    tg_stride_reset(&reach->shared);
    tg_stride_reset(&reach->apart);
    free(leads);
    return status ? status : tg_progress(reporter, "persons", reach->n_led, reach->n, err);
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
    node->numbers_len = (uint32_t)keep_those(&reach->packed, &reach->numbers, kept);
    node->names = kept + node->numbers_len;
    node->names_len =
        (uint32_t)keep_those(&reach->packed, &reach->bridging, kept + node->numbers_len);
    return TG_OK;
}

static enum tg_status has_rows_in(const struct tg_reach *reach, const char *sql, bool *has,
                                  struct tg_error *err)
{
    int64_t is = 0;
    enum tg_status status = tg_db_number(&reach->store->db, sql, DB_NO_ARGS, &is, err);
    *has = is != 0;
    return status;
}

static enum tg_status prepare_strides(struct tg_reach *reach, struct tg_error *err)
{
    const struct {
        struct tg_stride *stride;
        const char *sql;
    } strides[] = {
        {&reach->load, "SELECT id, person_id, conflict, birth_month, sex, seen_from, source_id,"
                       " seen_to, enrolled_from, enrolled_to, watched, death, tokens"
                       " FROM identity WHERE id >= ? ORDER BY id"},
        {&reach->shared, "SELECT token, hash FROM shared_token" FROM_TOKEN},
        {&reach->apart, "SELECT token, hash, identity_id, side FROM person_apart" FROM_TOKEN},
    };
    enum tg_status status = TG_OK;
    reach->carriers.db = &reach->store->db;
    reach->carriers.index = TG_INDEX_TOKENS;
    for (size_t i = 0; !status && i < sizeof strides / sizeof strides[0]; i++) {
        strides[i].stride->db = &reach->store->db;
        status = tg_stride_prepare(strides[i].stride, strides[i].sql, err);
    }
    return status;
}

static enum tg_status prepare(struct tg_reach *reach, struct tg_error *err)
{
    const struct {
        sqlite3_stmt **stmt;
        const char *sql;
    } statements[] = {
        {&reach->tokens, "SELECT tokens FROM identity WHERE id = ?"},
        {&reach->turners, "SELECT id FROM identity WHERE birth_month = ? AND sex = ?"
                          " AND turns <> 0 AND person_id IS NOT NULL AND seen_from IS NOT NULL"},
        {&reach->alive, "SELECT seen_from IS NOT NULL FROM identity WHERE id = ?"},
        {&reach->holders, "SELECT id FROM identity WHERE person_id = ? AND person_id <> id"
                          " AND seen_from IS NOT NULL"},
    };
    reach->birthdays = tg_arena_alloc(&reach->arena, BIRTH_MONTHS * SEXES / 8, 1, err);
    enum tg_status status =
        reach->birthdays ? tg_numbers_load(reach->store, &reach->numbers, err) : TG_NO_MEMORY;
    if (!status)
        status = tg_bridging_load(reach->store, &reach->bridging, err);
    if (!status)
        status = has_rows_in(reach, "SELECT EXISTS (SELECT 1 FROM shared_token)",
                             &reach->has_shared, err);
    if (!status)
        status = has_rows_in(reach, "SELECT EXISTS (SELECT 1 FROM person_apart)",
                             &reach->has_parted, err);
    if (!status)
        status = tg_joined_load(reach, err);
    for (size_t i = 0; !status && i < sizeof statements / sizeof statements[0]; i++)
        status = tg_db_prepare(&reach->store->db, statements[i].sql, statements[i].stmt, err);
    return status ? status : prepare_strides(reach, err);
}

enum tg_status tg_reach_load(struct tg_reach *reach, const struct tg_ids *from,
                             const struct tg_reporter *reporter, struct tg_error *err)
{
    bool more = true;
    reach->leads_max = reach->leads_max ? reach->leads_max : LEADS_MAX;
    reach->met_max = reach->met_max ? reach->met_max : MET_MAX;
    enum tg_status status = prepare(reach, err);
    if (!status)
        status = load_nodes(reach, from, err);
    while (!status && more) {
        status = meet_others(reach, err);
        if (!status && !reach->n_leads)
            status = read_leads(reach, err);
        more = reach->n_leads > 0;
        if (!status && more)
            status = follow_leads(reach, reporter, err);
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
    sqlite3_stmt *statements[] = {reach->tokens, reach->alive, reach->holders, reach->turners};
    struct tg_stride *strides[] = {&reach->load, &reach->shared, &reach->apart};
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
        (void)sqlite3_finalize(statements[i]);
    for (size_t i = 0; i < sizeof strides / sizeof strides[0]; i++)
        tg_stride_free(strides[i]);
    tg_index_end(&reach->carriers);
    tg_numbers_free(&reach->numbers);
    tg_numbers_free(&reach->bridging);
    tg_arena_free(&reach->arena);
    tg_ids_free(&reach->ids);
    tg_ids_free(&reach->new_ids);
    free(reach->names);
    free(reach->carries);
    tg_buf_free(&reach->packed);
    free(reach->nodes);
    free(reach->heirs);
    free(reach->joined);
    free(reach->slots);
    tg_followed_free(&reach->followed);
    free(reach->group);
    free(reach->dead);
    free(reach->leads);
    free(reach->meetings);
    free(reach->places);
}
