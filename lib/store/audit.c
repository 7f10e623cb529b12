/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reporter.h"
#include "crypto/message.h"
#include "store/room.h"

#include <stdio.h>
#include <string.h>

/* One entry. The seal covers everything but itself, and so, by `prev`, all entries before it. */
struct entry {
    int64_t seq;
    size_t site; /* the site key that seals it; counted while the log is checked */
    const char *at, *user, *verb, *detail;
    unsigned char prev[TG_DIGEST_LEN];
    unsigned char mac[TG_DIGEST_LEN];
};

static enum tg_status seal(const struct tg_site *site, const struct entry *e,
                           unsigned char mac[TG_DIGEST_LEN], struct tg_error *err)
{
    const char *texts[] = {e->at, e->user, e->verb, e->detail};
    struct tg_buf message = {0};
    enum tg_status status = tg_message_add_number(&message, (uint64_t)e->seq, err);
    for (size_t i = 0; !status && i < sizeof texts / sizeof texts[0]; i++)
        status = tg_message_add(&message, texts[i], strlen(texts[i]), err);
    if (!status)
        status = tg_message_add(&message, e->prev, TG_DIGEST_LEN, err);
    if (!status)
        tg_mac(site->audit, message.data, message.len, mac);
    tg_buf_free(&message);
    return status;
}

static const struct tg_site *newest(const struct tg_store *store)
{
    return &store->sites[store->n_sites - 1];
}

/* What is kept outside the log, so that taking away its last entries is found. */
static enum tg_status seal_head(const struct tg_store *store,
                                const unsigned char mac[TG_DIGEST_LEN], char hex[TG_DIGEST_HEX + 1],
                                struct tg_error *err)
{
    unsigned char head[TG_DIGEST_LEN];
    struct tg_buf message = {0};
    enum tg_status status = tg_message_add(&message, "head", 4, err);
    if (!status)
        status = tg_message_add(&message, mac, TG_DIGEST_LEN, err);
    if (!status) {
        tg_mac(newest(store)->audit, message.data, message.len, head);
        tg_hex_encode(head, TG_DIGEST_LEN, hex);
        hex[TG_DIGEST_HEX] = '\0';
    }
    tg_buf_free(&message);
    return status;
}

static enum tg_status last_entry(const struct tg_store *store, struct entry *e,
                                 struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    enum tg_status status = tg_db_prepare(
        &store->db, "SELECT seq, mac FROM audit ORDER BY seq DESC LIMIT 1", &stmt, err);
    if (!status)
        status = tg_db_next(&store->db, stmt, &row, err);
    if (!status && row) {
        e->seq = sqlite3_column_int64(stmt, 0);
        if (sqlite3_column_bytes(stmt, 1) == TG_DIGEST_LEN)
            memcpy(e->prev, sqlite3_column_blob(stmt, 1), TG_DIGEST_LEN);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

enum tg_status tg_audit_add(struct tg_store *store, const char *verb, const char *detail,
                            struct tg_error *err)
{
    char at[32], user[64], head[TG_DIGEST_HEX + 1];
    tg_clock_iso(tg_clock_unix(), at, sizeof at);
    tg_process_user(user, sizeof user);
    struct entry e = {.at = at, .user = user, .verb = verb, .detail = detail};
    enum tg_status status = last_entry(store, &e, err);
    e.seq++;
    if (!status)
        status = seal(newest(store), &e, e.mac, err);
    if (!status)
        status = seal_head(store, e.mac, head, err);
    if (!status)
        status =
            tg_db_once(&store->db,
                       "INSERT INTO audit(seq, at, user, verb, detail, prev, mac)"
                       " VALUES(?, ?, ?, ?, ?, ?, ?)",
                       DB_ARGS(DB_INT(e.seq), DB_TEXT(at, strlen(at)), DB_TEXT(user, strlen(user)),
                               DB_TEXT(verb, strlen(verb)), DB_TEXT(detail, strlen(detail)),
                               DB_BLOB(e.prev, TG_DIGEST_LEN), DB_BLOB(e.mac, TG_DIGEST_LEN)),
                       err);
    return status ? status : tg_meta_set(&store->db, TG_META_AUDIT_HEAD, head, err);
}

static void take_blob(sqlite3_stmt *stmt, int column, unsigned char out[TG_DIGEST_LEN])
{
    memset(out, 0xFF, TG_DIGEST_LEN);
    if (sqlite3_column_bytes(stmt, column) == TG_DIGEST_LEN)
        memcpy(out, sqlite3_column_blob(stmt, column), TG_DIGEST_LEN);
}

static void finding(const struct tg_store *store, const struct tg_reporter *reporter,
                    enum tg_message message, int64_t seq, uint64_t *findings)
{
    char number[24];
    (void)snprintf(number, sizeof number, "%lld", (long long)seq);
    TG_WARN(reporter, message, .file = store->db.path, .rule = number);
    ++*findings;
}

/* Checks the entry the statement stands on against the one before, and steps `last` on to it. */
static enum tg_status check_entry(const struct tg_store *store, sqlite3_stmt *stmt,
                                  struct entry *last, const struct tg_reporter *reporter,
                                  uint64_t *findings, struct tg_error *err)
{
    struct entry e = {.seq = sqlite3_column_int64(stmt, 0),
                      .at = (const char *)sqlite3_column_text(stmt, 1),
                      .user = (const char *)sqlite3_column_text(stmt, 2),
                      .verb = (const char *)sqlite3_column_text(stmt, 3),
                      .detail = (const char *)sqlite3_column_text(stmt, 4)};
    unsigned char mac[TG_DIGEST_LEN];
    take_blob(stmt, 5, e.prev);
    take_blob(stmt, 6, e.mac);
    if (!e.at || !e.user || !e.verb || !e.detail)
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
    /* from this entry on, and sealing this one too, another site key */
    e.site = last->site + (strcmp(e.verb, TG_AUDIT_REKEY) == 0);
    if (e.site >= store->n_sites)
        e.site = last->site;
    enum tg_status status = seal(&store->sites[e.site], &e, mac, err);
    if (status)
        return status;
    if (!tg_equal_secret(mac, e.mac, TG_DIGEST_LEN))
        finding(store, reporter, TG_MSG_AUDIT_CHANGED, e.seq, findings);
    if (e.seq != last->seq + 1 || memcmp(e.prev, last->mac, TG_DIGEST_LEN) != 0)
        finding(store, reporter, TG_MSG_AUDIT_BROKEN, e.seq, findings);
    last->seq = e.seq;
    last->site = e.site;
    memcpy(last->mac, e.mac, TG_DIGEST_LEN);
    return TG_OK;
}

enum tg_status tg_audit_check(struct tg_store *store, const struct tg_reporter *reporter,
                              uint64_t *findings, struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    struct entry last = {0};
    bool row = true;
    enum tg_status status = tg_db_prepare(
        &store->db, "SELECT seq, at, user, verb, detail, prev, mac FROM audit ORDER BY seq", &stmt,
        err);
    while (!status && row) {
        status = tg_db_next(&store->db, stmt, &row, err);
        if (!status && row)
            status = check_entry(store, stmt, &last, reporter, findings, err);
    }
    (void)sqlite3_finalize(stmt);
    char head[TG_DIGEST_HEX + 1], kept[TG_META_SIZE];
    if (!status)
        status = seal_head(store, last.mac, head, err);
    if (!status)
        status = tg_meta_get(&store->db, TG_META_AUDIT_HEAD, kept, err);
    if (!status && strcmp(head, kept) != 0)
        finding(store, reporter, TG_MSG_AUDIT_HEAD, last.seq, findings);
    return status;
}

static enum tg_status begin_member(struct tg_buf *json, const char *name, struct tg_error *err)
{
    return tg_buf_printf(json, err, "%s\"%s\":", json->len ? "," : "{", name);
}

enum tg_status tg_json_text(struct tg_buf *json, const char *name, const char *text, size_t len,
                            struct tg_error *err)
{
    enum tg_status status = begin_member(json, name, err);
    if (!status)
        status = tg_buf_add_char(json, '"', err);
    for (size_t i = 0; !status && i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20)
            status = tg_buf_printf(json, err, "\\u%04x", c);
        else if (c == '"' || c == '\\')
            status = tg_buf_printf(json, err, "\\%c", c);
        else
            status = tg_buf_add_char(json, (char)c, err);
    }
    return status ? status : tg_buf_add_char(json, '"', err);
}

enum tg_status tg_json_number(struct tg_buf *json, const char *name, int64_t number,
                              struct tg_error *err)
{
    enum tg_status status = begin_member(json, name, err);
    return status ? status : tg_buf_printf(json, err, "%lld", (long long)number);
}
