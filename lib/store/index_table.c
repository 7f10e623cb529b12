/* SPDX-License-Identifier: Apache-2.0 */
#include "store/index.h"
#include "store/index_room.h"

/* What is asked of a table: bits of its plan. */
enum { BY_COLUMN = 1, BY_HASH = 2, BY_IDENTITY = 4 };

struct table {
    sqlite3_vtab base; /* first, as SQLite asks for */
    struct tg_db db;
    enum tg_index index;
    struct tg_index_cursor spare; /* of a cursor that was closed: its statements are used again */
};

struct cursor {
    sqlite3_vtab_cursor base; /* first, as SQLite asks for */
    int plan;
    bool there;
    struct tg_index_cursor place;
    int64_t column; /* that was asked for */
    /* by identity: pairs as of tg_packed_find() */
    int64_t identity;
    struct tg_buf packed;
    size_t at;
    sqlite3_int64 rowid;
};

static int code_of(const struct table *t, enum tg_status status)
{
    int rc = sqlite3_extended_errcode(t->db.handle);
    if (status == TG_OK)
        return SQLITE_OK;
    if (status == TG_NO_MEMORY)
        return SQLITE_NOMEM;
    return rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_CORRUPT : rc;
}

static const struct table *table_of(const struct cursor *c)
{
    return (const struct table *)c->base.pVtab;
}

static int on_connect(sqlite3 *db, void *aux, int argc, const char *const *argv, sqlite3_vtab **out,
                      char **message)
{
    const enum tg_index index = aux ? TG_INDEX_DIGESTS : TG_INDEX_TOKENS;
    (void)argc;
    (void)argv;
    (void)message;
    int rc = sqlite3_declare_vtab(db, index == TG_INDEX_TOKENS
                                          ? "CREATE TABLE x(token, hash, identity_id)"
                                          : "CREATE TABLE x(source_id, digest, identity_id)");
    struct table *t = rc ? NULL : sqlite3_malloc(sizeof *t);
    if (!t)
        return rc ? rc : SQLITE_NOMEM;
    memset(t, 0, sizeof *t);
    t->db = (struct tg_db){.handle = db, .path = NULL};
    t->index = index;
    *out = &t->base;
    return SQLITE_OK;
}

static int on_disconnect(sqlite3_vtab *base)
{
    struct table *t = (struct table *)base;
    tg_index_end(&t->spare);
    sqlite3_free(t);
    return SQLITE_OK;
}

/* The wanted constraints become arguments in the order of their columns. */
static int take_constraints(sqlite3_index_info *info, const int found[3], int plan)
{
    int n = 0;
    for (int column = 0; column < 3; column++) {
        if (!(plan & 1 << column))
            continue;
        info->aConstraintUsage[found[column]].argvIndex = ++n;
    }
    info->idxNum = plan;
    return SQLITE_OK;
}

static bool is_in_order(const sqlite3_index_info *info)
{
    for (int i = 0; i < info->nOrderBy; i++) {
        if (info->aOrderBy[i].iColumn != i || info->aOrderBy[i].desc)
            return false;
    }
    return true;
}

/* What is found is compared again by SQLite, so that a plan may yield more than was asked for. */
static int on_best_index(sqlite3_vtab *base, sqlite3_index_info *info)
{
    int found[3] = {-1, -1, -1}, plan = 0;
    (void)base;
    for (int i = 0; i < info->nConstraint; i++) {
        int column = info->aConstraint[i].iColumn;
        if (column >= 0 && column < 3 && info->aConstraint[i].usable &&
            info->aConstraint[i].op == SQLITE_INDEX_CONSTRAINT_EQ)
            found[column] = i;
    }
    if (found[0] >= 0 && found[1] >= 0)
        plan = BY_COLUMN | BY_HASH;
    else if (found[2] >= 0)
        plan = BY_IDENTITY;
    else if (found[0] >= 0)
        plan = BY_COLUMN;
    bool few = plan & (BY_HASH | BY_IDENTITY);
    info->estimatedCost = few ? 8 : plan ? 1e7 : 1e8;
    info->estimatedRows = few ? 4 : plan ? 1000000 : 10000000;
    info->orderByConsumed = plan != BY_IDENTITY && is_in_order(info);
    return take_constraints(info, found, plan);
}

static int on_open(sqlite3_vtab *base, sqlite3_vtab_cursor **out)
{
    struct table *t = (struct table *)base;
    struct cursor *c = sqlite3_malloc(sizeof *c);
    if (!c)
        return SQLITE_NOMEM;
    memset(c, 0, sizeof *c);
    c->place = t->spare;
    c->place.db = &t->db;
    c->place.index = t->index;
    t->spare = (struct tg_index_cursor){0};
    *out = &c->base;
    return SQLITE_OK;
}

static int on_close(sqlite3_vtab_cursor *base)
{
    struct cursor *c = (struct cursor *)base;
    struct table *t = (struct table *)base->pVtab;
    if (t->spare.first)
        tg_index_end(&c->place);
    else
        t->spare = c->place;
    tg_index_let_go(&t->spare);
    tg_buf_free(&c->packed);
    sqlite3_free(c);
    return SQLITE_OK;
}

static enum tg_status add_pair(struct cursor *c, int64_t column, const void *hash,
                               struct tg_error *err)
{
    const char number[2] = {(char)(column & 0xFF), (char)(column >> 8 & 0xFF)};
    enum tg_status status = tg_buf_add(&c->packed, number, sizeof number, err);
    return status ? status : tg_buf_add(&c->packed, hash, TG_TOKEN_LEN, err);
}

/* What table identity says of one. */
static enum tg_status read_identity(struct cursor *c, struct tg_error *err)
{
    const struct table *t = table_of(c);
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum tg_status status = tg_db_prepare(
        &t->db, "SELECT source_id, digest, tokens FROM main.identity WHERE id = ?", &stmt, err);
    if (!status)
        status = tg_db_bind(&t->db, stmt, DB_ARGS(DB_INT(c->identity)), err);
    if (!status)
        status = tg_db_next(&t->db, stmt, &row, err);
    if (!status && row && t->index == TG_INDEX_DIGESTS &&
        sqlite3_column_bytes(stmt, 1) == TG_TOKEN_LEN)
        status = add_pair(c, sqlite3_column_int64(stmt, 0), sqlite3_column_blob(stmt, 1), err);
    if (!status && row && t->index == TG_INDEX_TOKENS)
        status = tg_buf_add(&c->packed, sqlite3_column_blob(stmt, 2),
                            (size_t)sqlite3_column_bytes(stmt, 2), err);
    (void)sqlite3_finalize(stmt);
    return status;
}

static void look(struct cursor *c)
{
    if (c->plan == BY_IDENTITY)
        c->there = c->at + TG_PACKED_LEN <= c->packed.len;
    else if (c->there && c->plan == BY_COLUMN)
        c->there = tg_index_column(&c->place) == c->column;
}

static int on_filter(sqlite3_vtab_cursor *base, int plan, const char *text, int argc,
                     sqlite3_value **argv)
{
    struct cursor *c = (struct cursor *)base;
    enum tg_status status = TG_OK;
    (void)text;
    c->plan = plan;
    c->there = false;
    c->rowid = 0;
    c->at = c->packed.len = 0;
    c->column = argc && plan & BY_COLUMN ? sqlite3_value_int64(argv[0]) : 0;
    tg_index_let_go(&c->place); /* it may have been written to */
    if (plan == BY_IDENTITY) {
        c->identity = sqlite3_value_int64(argv[0]);
        status = read_identity(c, NULL);
    } else if (plan & BY_HASH) {
        const void *hash = sqlite3_value_blob(argv[1]);
        if (hash && sqlite3_value_bytes(argv[1]) == TG_TOKEN_LEN)
            status = tg_index_seek(&c->place, c->column, hash, &c->there, NULL);
    } else {
        status = tg_index_first(&c->place, c->column, &c->there, NULL);
    }
    look(c);
    return code_of(table_of(c), status);
}

static int on_next(sqlite3_vtab_cursor *base)
{
    struct cursor *c = (struct cursor *)base;
    enum tg_status status = TG_OK;
    c->rowid++;
    if (c->plan == BY_IDENTITY)
        c->at += TG_PACKED_LEN;
    else if (c->plan & BY_HASH)
        c->there = tg_index_again(&c->place);
    else
        status = tg_index_next(&c->place, &c->there, NULL);
    look(c);
    return code_of(table_of(c), status);
}

static int on_eof(sqlite3_vtab_cursor *base)
{
    return !((const struct cursor *)base)->there;
}

static int on_column(sqlite3_vtab_cursor *base, sqlite3_context *out, int column)
{
    const struct cursor *c = (const struct cursor *)base;
    const bool packed = c->plan == BY_IDENTITY;
    const unsigned char *pair = packed ? (const unsigned char *)c->packed.data + c->at : NULL;
    if (column == 0)
        sqlite3_result_int64(out, packed ? tg_packed_token(pair) : tg_index_column(&c->place));
    else if (column == 1)
        sqlite3_result_blob(out, packed ? pair + 2 : tg_index_hash(&c->place), TG_TOKEN_LEN,
                            SQLITE_TRANSIENT);
    else
        sqlite3_result_int64(out, packed ? c->identity : tg_index_identity(&c->place));
    return SQLITE_OK;
}

static int on_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *rowid)
{
    *rowid = ((const struct cursor *)base)->rowid;
    return SQLITE_OK;
}

/* Without xCreate there is no table of this kind but the one of its name. */
static const sqlite3_module module = {
    .xConnect = on_connect,
    .xBestIndex = on_best_index,
    .xDisconnect = on_disconnect,
    .xOpen = on_open,
    .xClose = on_close,
    .xFilter = on_filter,
    .xNext = on_next,
    .xEof = on_eof,
    .xColumn = on_column,
    .xRowid = on_rowid,
};

enum tg_status tg_index_register(const struct tg_db *db, struct tg_error *err)
{
    static const char of_digests = 0;
    int rc = sqlite3_create_module_v2(db->handle, "identity_token", &module, NULL, NULL);
    if (!rc)
        rc = sqlite3_create_module_v2(db->handle, "identity_digest", &module,
                                      (void *)(uintptr_t)&of_digests, NULL);
    return rc ? tg_db_fail(db, rc, err) : TG_OK;
}
