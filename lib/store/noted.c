/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reporter.h"
#include "store/room.h"

#include <stdlib.h>
#include <string.h>

static enum tg_status seal_of(struct tg_store *store, const char *sql, int64_t seq,
                              struct tg_audit_seal *out, struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    *out = (struct tg_audit_seal){0};
    enum tg_status status = tg_db_prepare(&store->db, sql, &stmt, err);
    if (!status)
        status = tg_db_bind(&store->db, stmt, DB_ARGS(DB_INT(seq)), err);
    if (!status)
        status = tg_db_next(&store->db, stmt, &row, err);
    if (!status && row && sqlite3_column_bytes(stmt, 1) == TG_DIGEST_LEN) {
        out->entry = (uint64_t)sqlite3_column_int64(stmt, 0);
        tg_hex_encode(sqlite3_column_blob(stmt, 1), TG_DIGEST_LEN / 2, out->seal);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

enum tg_status tg_store_audit_seal(struct tg_store *store, struct tg_audit_seal *out,
                                   struct tg_error *err)
{
    return seal_of(store, "SELECT seq, mac FROM audit WHERE seq >= ? ORDER BY seq DESC LIMIT 1", 0,
                   out, err);
}

enum tg_status tg_store_audit_noted(struct tg_store *store, const char *noted,
                                    const struct tg_reporter *reporter, struct tg_error *err)
{
    struct tg_audit_seal seal;
    char *end;
    long long seq = strtoll(noted, &end, 10);
    size_t digits = *end == ':' ? strspn(end + 1, "0123456789abcdef") : 0;
    if (seq < 1 || digits < 8 || digits > TG_DIGEST_LEN || end[1 + digits])
        return TG_FAIL(err, TG_MSG_USAGE_VALUE, .column = "--noted", .rule = "ENTRY:SEAL");
    enum tg_status status =
        seal_of(store, "SELECT seq, mac FROM audit WHERE seq = ?", seq, &seal, err);
    if (status || strncmp(seal.seal, end + 1, digits) == 0)
        return status;
    TG_WARN(reporter, TG_MSG_AUDIT_NOTED, .file = store->db.path, .rule = noted);
    return TG_FAIL(err, TG_MSG_STORE_FINDINGS, .file = store->db.path);
}
