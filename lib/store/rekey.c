/* SPDX-License-Identifier: Apache-2.0 */
#include "store/remap.h"
#include "store/site.h"

#include <string.h>

/* The newest site as a remap: one more layer on what is stored. */
struct layer {
    const struct tg_site *site;
    const char **names; /* of tokens, by number */
    size_t n_names;
    struct tg_arena arena;
    struct tg_buf message;
};

static enum tg_status load_names(const struct tg_db *db, struct layer *layer, struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int64_t last = 0;
    bool row = true;
    enum tg_status status =
        tg_db_number(db, "SELECT coalesce(max(id), 0) FROM token_name", DB_NO_ARGS, &last, err);
    if (status)
        return status;
    layer->n_names = (size_t)last + 1;
    layer->names = tg_arena_alloc(&layer->arena, layer->n_names, sizeof *layer->names, err);
    status = layer->names ? tg_db_prepare(db, "SELECT id, name FROM token_name", &stmt, err)
                          : TG_NO_MEMORY;
    while (!status && row) {
        status = tg_db_next(db, stmt, &row, err);
        if (status || !row)
            break;
        const char *name = (const char *)sqlite3_column_text(stmt, 1);
        char *copy =
            tg_arena_strndup(&layer->arena, name ? name : "", name ? strlen(name) : 0, err);
        layer->names[sqlite3_column_int64(stmt, 0)] = copy;
        status = copy ? TG_OK : TG_NO_MEMORY;
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

static enum tg_status hash_again(void *ctx, int64_t token, const unsigned char hash[TG_TOKEN_LEN],
                                 unsigned char out[TG_TOKEN_LEN], struct tg_error *err)
{
    struct layer *layer = ctx;
    const char *name = token == TG_APP_NUMBER                        ? TG_APP_TOKEN
                       : token > 0 && (size_t)token < layer->n_names ? layer->names[token]
                                                                     : NULL;
    if (!name)
        return TG_FAIL(err, TG_MSG_STORE_DAMAGED, .rule = "a token without a name");
    return tg_site_hash(layer->site, name, hash, &layer->message, out, err);
}

static void digest_again(void *ctx, const unsigned char digest[TG_TOKEN_LEN],
                         unsigned char out[TG_TOKEN_LEN])
{
    const struct layer *layer = ctx;
    tg_token_compute(layer->site->identity, digest, TG_TOKEN_LEN, out);
}

static enum tg_status write_audit(struct tg_store *store, const char *from, const char *to,
                                  struct tg_error *err)
{
    struct tg_buf json = {0};
    enum tg_status status = tg_json_text(&json, "from", from, strlen(from), err);
    if (!status)
        status = tg_json_text(&json, "to", to, strlen(to), err);
    if (!status)
        status = tg_buf_add_char(&json, '}', err);
    const char *detail = status ? NULL : tg_buf_text(&json, err);
    if (!status)
        status = detail ? tg_audit_add(store, TG_AUDIT_REKEY, detail, err) : TG_NO_MEMORY;
    tg_buf_free(&json);
    return status;
}

static enum tg_status rewrite(struct tg_store *store, const struct tg_key *next,
                              const struct tg_reporter *reporter, struct tg_error *err)
{
    struct layer layer = {.site = &store->sites[store->n_sites - 1]};
    const struct tg_remap remap = {hash_again, digest_again, &layer, true};
    const char *id = tg_key_info(next)->id;
    enum tg_status status = load_names(&store->db, &layer, err);
    if (!status)
        status = tg_remap_all(store, &remap, reporter, err);
    if (!status)
        status = tg_meta_set(&store->db, TG_META_SITE_KEY, id, err);
    if (!status)
        status = write_audit(store, tg_key_info(store->site_key)->id, id, err);
    tg_buf_free(&layer.message);
    tg_arena_free(&layer.arena);
    return status;
}

/* Sorting goes to files here: a large store's tokens do not fit into memory. */
static enum tg_status in_one_transaction(struct tg_store *store, const struct tg_key *next,
                                         const struct tg_reporter *reporter, struct tg_error *err)
{
    const struct tg_db *db = &store->db;
    enum tg_status status = tg_db_exec(db, "PRAGMA temp_store=FILE", err);
    if (!status)
        status = tg_db_begin(db, err);
    if (status)
        return status;
    status = tg_db_end(db, rewrite(store, next, reporter, err), err);
    (void)sqlite3_exec(db->handle, "PRAGMA temp_store=MEMORY", NULL, NULL, NULL);
    return status;
}

/* The order matters: a kill at any instant leaves a key that opens the store beside it. */
static enum tg_status switch_to(struct tg_store *store, struct tg_key **next,
                                const struct tg_reporter *reporter, struct tg_error *err)
{
    char *beside = tg_site_next_path(store, err);
    enum tg_status status = beside ? tg_key_save(*next, beside, true, err) : TG_NO_MEMORY;
    if (!status)
        status = in_one_transaction(store, *next, reporter, err);
    if (status) {
        if (beside)
            tg_file_remove(beside);
        return status;
    }
    /* no page of the old hashes stays in the journal */
    status = tg_db_exec(&store->db, "PRAGMA wal_checkpoint(TRUNCATE)", err);
    if (!status)
        status = tg_key_save(*next, store->key_path, true, err);
    if (!status)
        tg_file_remove(beside);
    tg_key_free(&store->site_key);
    store->site_key = *next;
    *next = NULL;
    return status;
}

enum tg_status tg_store_rekey(struct tg_store *store, const struct tg_reporter *reporter,
                              struct tg_error *err)
{
    struct tg_key *next = NULL;
    uint64_t findings = 0;
    enum tg_status status = tg_audit_check(store, reporter, &findings, err);
    if (!status && findings)
        return TG_FAIL(err, TG_MSG_STORE_FINDINGS, .file = store->db.path);
    if (!status)
        status = tg_key_rotate(store->site_key, NULL, &next, err);
    if (status)
        return status;
    size_t at = store->n_sites++;
    status = tg_site_derive(store, next, &store->sites[at], err);
    if (!status)
        status = switch_to(store, &next, reporter, err);
    /* still there: the store is as it was */
    if (next) {
        store->n_sites = at;
        tg_site_forget(&store->sites[at]);
    }
    tg_key_free(&next);
    return status;
}
