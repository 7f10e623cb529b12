/* SPDX-License-Identifier: Apache-2.0 */
#include "store/person.h"

#include "store/graph.h"

#include <string.h>

enum tg_status tg_named_row_find(struct tg_store *store, const char *named,
                                 struct tg_named_row *out, struct tg_error *err)
{
    unsigned char row_id[TG_TOKEN_LEN];
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    if (strlen(named) != (size_t)2 * TG_TOKEN_LEN || !tg_hex_decode(named, TG_TOKEN_LEN, row_id))
        return TG_FAIL(err, TG_MSG_USAGE_VALUE, .rule = "32 hexadecimal digits");
    enum tg_status status =
        tg_db_prepare(&store->db,
                      "SELECT i.id, i.person_id FROM delivery d"
                      " JOIN roster_row r ON r.delivery_id = d.id AND r.row_id = ?"
                      " JOIN identity i ON i.id = r.identity_id"
                      " WHERE i.person_id IS NOT NULL LIMIT 1",
                      &stmt, err);
    if (!status)
        status = tg_db_bind(&store->db, stmt, DB_ARGS(DB_BLOB(row_id, TG_TOKEN_LEN)), err);
    if (!status)
        status = tg_db_next(&store->db, stmt, &row, err);
    if (!status && row)
        *out = (struct tg_named_row){sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1)};
    (void)sqlite3_finalize(stmt);
    return !status && !row ? TG_FAIL(err, TG_MSG_PERSON_UNKNOWN, .line = 0) : status;
}

struct splitting {
    struct tg_store *store;
    int64_t person;
    struct tg_ids leaving; /* sorted */
    struct tg_ids members; /* all of the person, sorted; those who leave too */
};

static enum tg_status find_leaving(struct splitting *s, const char *const *rows, size_t n,
                                   struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < n; i++) {
        struct tg_named_row row;
        status = tg_named_row_find(s->store, rows[i], &row, err);
        if (!status && s->person && row.person != s->person)
            return TG_FAIL(err, TG_MSG_PERSON_SEVERAL, .line = 0);
        if (!status)
            status = tg_ids_add(&s->leaving, row.identity, err);
        s->person = row.person;
    }
    tg_ids_sort(&s->leaving);
    return status;
}

enum tg_status tg_person_members(struct tg_store *store, int64_t person, struct tg_ids *members,
                                 struct tg_error *err)
{
    const struct tg_db *db = &store->db;
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status = tg_db_prepare(db,
                                          "SELECT id FROM identity WHERE (id = ?1 OR"
                                          " (person_id = ?1 AND person_id <> id))"
                                          " AND person_id = ?1 AND seen_from IS NOT NULL",
                                          &stmt, err);
    if (!status)
        status = tg_db_bind(db, stmt, DB_ARGS(DB_INT(person)), err);
    while (!status && row) {
        status = tg_db_next(db, stmt, &row, err);
        if (!status && row)
            status = tg_ids_add(members, sqlite3_column_int64(stmt, 0), err);
    }
    (void)sqlite3_finalize(stmt);
    tg_ids_sort(members);
    return status;
}

static enum tg_status find_members(struct splitting *s, struct tg_error *err)
{
    enum tg_status status = tg_person_members(s->store, s->person, &s->members, err);
    if (!status && s->members.n <= s->leaving.n)
        return TG_FAIL(err, TG_MSG_PERSON_WHOLE, .line = 0);
    return status;
}

/* Carriers of one token among the members: those who leave on one side, those who stay on the
 * other. It joins nobody across, and nobody who comes later. */
static enum tg_status part_token(struct splitting *s, unsigned token, const unsigned char *hash,
                                 struct tg_error *err)
{
    const struct tg_db *db = &s->store->db;
    struct tg_ids carriers = {0};
    size_t leaving = 0;
    enum tg_status status = tg_graph_touch(s->store, token, hash, &carriers, err);
    tg_ids_sort(&carriers);
    for (size_t i = 0; i < carriers.n; i++)
        leaving += tg_ids_have(&s->leaving, carriers.items[i]);
    for (size_t i = 0; !status && leaving < carriers.n && i < carriers.n; i++) {
        int64_t id = carriers.items[i];
        bool leaves = tg_ids_have(&s->leaving, id);
        status = tg_db_once(db,
                            leaves ? "INSERT OR REPLACE INTO person_apart VALUES(?, ?, ?,"
                                     " (SELECT coalesce(max(seq), 0) + 1 FROM audit))"
                                   : "INSERT OR IGNORE INTO person_apart VALUES(?, ?, ?, 0)",
                            DB_ARGS(DB_INT(token), DB_BLOB(hash, TG_TOKEN_LEN), DB_INT(id)), err);
    }
    tg_ids_free(&carriers);
    return status;
}

static enum tg_status part_identity(struct splitting *s, int64_t id, struct tg_error *err)
{
    const struct tg_db *db = &s->store->db;
    struct tg_numbers numbers = {0}, bridging = {0};
    struct tg_buf packed = {0};
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum tg_status status = tg_numbers_load(s->store, &numbers, err);
    if (!status)
        status = tg_bridging_load(s->store, &bridging, err);
    if (!status)
        status = tg_db_prepare(db, "SELECT tokens FROM identity WHERE id = ?", &stmt, err);
    if (!status)
        status = tg_db_bind(db, stmt, DB_ARGS(DB_INT(id)), err);
    if (!status)
        status = tg_db_next(db, stmt, &row, err);
    if (!status && row)
        status = tg_buf_add(&packed, sqlite3_column_blob(stmt, 0),
                            (size_t)sqlite3_column_bytes(stmt, 0), err);
    (void)sqlite3_finalize(stmt);
    const unsigned char *p = (const unsigned char *)packed.data;
    for (size_t i = 0; !status && i + TG_PACKED_LEN <= packed.len; i += TG_PACKED_LEN) {
        unsigned token = tg_packed_token(p + i);
        if (tg_numbers_has(&numbers, token) || tg_numbers_has(&bridging, token))
            status = part_token(s, token, p + i + 2, err);
    }
    tg_buf_free(&packed);
    tg_numbers_free(&numbers);
    tg_numbers_free(&bridging);
    return status;
}

/* No name and no birthday makes one of the two again. */
static enum tg_status remember(struct splitting *s, struct tg_error *err)
{
    const struct tg_db *db = &s->store->db;
    sqlite3_stmt *add = NULL;
    enum tg_status status = tg_db_prepare(
        db, "INSERT INTO person_two VALUES((SELECT coalesce(max(seq), 0) + 1 FROM audit), ?, ?)",
        &add, err);
    for (size_t i = 0; !status && i < s->members.n; i++)
        status = tg_db_run(db, add,
                           DB_ARGS(DB_INT(s->members.items[i]),
                                   DB_INT(tg_ids_have(&s->leaving, s->members.items[i]))),
                           err);
    (void)sqlite3_finalize(add);
    return status;
}

/* Those who leave stay one with each other, where somebody joined them. */
static enum tg_status part_joined(const struct splitting *s, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < s->leaving.n; i++)
        status = tg_db_once(&s->store->db,
                            "UPDATE person_joined SET side = (SELECT coalesce(max(seq), 0) + 1"
                            " FROM audit) WHERE identity_id = ?",
                            DB_ARGS(DB_INT(s->leaving.items[i])), err);
    return status;
}

enum tg_status tg_person_audit(struct tg_store *store, const char *verb, int64_t person,
                               const char *const *rows, size_t n, struct tg_error *err)
{
    struct tg_buf json = {0};
    enum tg_status status = tg_json_number(&json, "person", person, err);
    for (size_t i = 0; !status && i < n; i++)
        status = tg_json_text(&json, "row_id", rows[i], strlen(rows[i]), err);
    if (!status)
        status = tg_buf_add_char(&json, '}', err);
    const char *detail = status ? NULL : tg_buf_text(&json, err);
    if (!status)
        status = detail ? tg_audit_add(store, verb, detail, err) : TG_NO_MEMORY;
    tg_buf_free(&json);
    return status;
}

enum tg_status tg_person_decide(struct tg_store *store, const struct tg_ids *identities,
                                const struct tg_reporter *reporter, struct tg_error *err)
{
    const struct tg_ids nobody = {0};
    struct tg_graph_change change = {.touched = identities, .revived = &nobody};
    int64_t joined;
    enum tg_status status = tg_db_number(&store->db, "SELECT max(id) + 1 FROM identity", DB_NO_ARGS,
                                         &change.first_new, err);
    return status ? status : tg_graph_update(store, &change, reporter, &joined, err);
}

static enum tg_status split(struct splitting *s, const struct tg_reporter *reporter,
                            struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < s->leaving.n; i++)
        status = part_identity(s, s->leaving.items[i], err);
    if (!status)
        status = remember(s, err);
    if (!status)
        status = part_joined(s, err);
    return status ? status : tg_person_decide(s->store, &s->members, reporter, err);
}

enum tg_status tg_person_split(struct tg_store *store, const char *const *rows, size_t n,
                               const struct tg_reporter *reporter, struct tg_error *err)
{
    struct splitting s = {.store = store};
    enum tg_status status = find_leaving(&s, rows, n, err);
    if (!status)
        status = find_members(&s, err);
    if (!status)
        status = tg_db_begin(&store->db, err);
    if (!status) {
        status = split(&s, reporter, err);
        if (!status)
            status = tg_person_audit(store, "person split", s.person, rows, n, err);
        status = tg_db_end(&store->db, status, err);
    }
    tg_ids_free(&s.leaving);
    tg_ids_free(&s.members);
    return status;
}
