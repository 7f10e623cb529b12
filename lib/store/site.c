/* SPDX-License-Identifier: Apache-2.0 */
#include "store/site.h"

#include "crypto/message.h"
#include "store/bridge.h"
#include "store/evidence.h"

#include <string.h>

enum tg_status tg_site_derive(struct tg_store *store, const struct tg_key *key,
                              struct tg_site *site, struct tg_error *err)
{
    const struct {
        const char *label;
        struct tg_token_key **key;
    } keys[] = {{"totsugo/site/token", &site->token},
                {"totsugo/site/identity", &site->identity},
                {"totsugo/site/audit", &site->audit}};
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < sizeof keys / sizeof keys[0]; i++)
        status = tg_purpose_key_new(key, store->study->id, keys[i].label, keys[i].key, err);
    return status;
}

/* The sites of all epochs of the key, oldest first. */
static enum tg_status derive_all(struct tg_store *store, struct tg_error *err)
{
    size_t n = tg_key_info(store->site_key)->epoch;
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < n; i++) {
        struct tg_key *old = NULL;
        size_t back = n - 1 - i;
        if (back > 0)
            status = tg_key_before(store->site_key, back, &old, err);
        if (!status) {
            store->n_sites = i + 1;
            status = tg_site_derive(store, old ? old : store->site_key, &store->sites[i], err);
        }
        tg_key_free(&old);
    }
    return status;
}

char *tg_site_next_path(struct tg_store *store, struct tg_error *err)
{
    static const char suffix[] = ".next";
    size_t len = strlen(store->key_path);
    char *path = tg_arena_alloc(&store->arena, len + sizeof suffix, 1, err);
    if (path) {
        memcpy(path, store->key_path, len);
        memcpy(path + len, suffix, sizeof suffix);
    }
    return path;
}

enum tg_status tg_site_take(struct tg_store *store, bool fresh, struct tg_error *err)
{
    const char *path = store->key_path;
    if (!tg_file_exists(path) && !fresh)
        return TG_FAIL(err, TG_MSG_SITE_KEY_MISSING, .file = path);
    enum tg_status status;
    if (tg_file_exists(path)) {
        status = tg_key_load(path, &store->site_key, err);
    } else {
        status = tg_key_generate(store->study->id, &store->site_key, err);
        if (!status)
            status = tg_key_save(store->site_key, path, false, err);
    }
    return status ? status : derive_all(store, err);
}

/* The store was committed under the key that lies beside the old one: it takes its place. */
static enum tg_status finish(struct tg_store *store, const char *id, const char *next,
                             struct tg_error *err)
{
    struct tg_key *key = NULL;
    enum tg_status status = tg_key_load(next, &key, err);
    if (!status && strcmp(tg_key_info(key)->id, id) != 0)
        status = TG_FAIL(err, TG_MSG_SITE_KEY_OTHER, .file = store->key_path);
    if (!status)
        status = tg_key_save(key, store->key_path, true, err);
    if (status) {
        tg_key_free(&key);
        return status;
    }
    tg_file_remove(next);
    tg_site_free(store);
    store->site_key = key;
    return derive_all(store, err);
}

enum tg_status tg_site_check(struct tg_store *store, struct tg_error *err)
{
    char id[TG_META_SIZE];
    char *next = tg_site_next_path(store, err);
    enum tg_status status =
        next ? tg_meta_get(&store->db, TG_META_SITE_KEY, id, err) : TG_NO_MEMORY;
    if (status)
        return status;
    bool same = strcmp(id, tg_key_info(store->site_key)->id) == 0;
    if (!same && tg_file_exists(next))
        return finish(store, id, next, err);
    if (!same)
        return TG_FAIL(err, TG_MSG_SITE_KEY_OTHER, .file = store->key_path);
    /* of a rotation that was cut off before its commit */
    tg_file_remove(next);
    return TG_OK;
}

void tg_site_forget(struct tg_site *site)
{
    tg_token_key_free(&site->token);
    tg_token_key_free(&site->identity);
    tg_token_key_free(&site->audit);
}

void tg_site_free(struct tg_store *store)
{
    for (size_t i = 0; i < store->n_sites; i++)
        tg_site_forget(&store->sites[i]);
    store->n_sites = 0;
    tg_key_free(&store->site_key);
}

enum tg_status tg_site_hash(const struct tg_site *site, const char *name,
                            const unsigned char token[TG_TOKEN_LEN], struct tg_buf *message,
                            unsigned char hash[TG_TOKEN_LEN], struct tg_error *err)
{
    message->len = 0;
    enum tg_status status = tg_message_add(message, name, strlen(name), err);
    if (!status)
        status = tg_message_add(message, token, TG_TOKEN_LEN, err);
    if (!status)
        tg_token_compute(site->token, message->data, message->len, hash);
    return status;
}

static enum tg_status hash_by_all(const struct tg_store *store, const char *name, bool evidence,
                                  const unsigned char token[TG_TOKEN_LEN], struct tg_buf *message,
                                  unsigned char hash[TG_TOKEN_LEN], struct tg_error *err)
{
    enum tg_status status = tg_site_hash(&store->sites[0], name, token, message, hash, err);
    for (size_t i = 1; !status && i < store->n_sites; i++) {
        if (evidence)
            tg_evidence_pass_on(store->n_whole, i, hash);
        status = tg_site_hash(&store->sites[i], name, hash, message, hash, err);
    }
    return status ? status : tg_epoch_translate(store, name, hash, err);
}

enum tg_status tg_store_hash(const struct tg_store *store, const char *name,
                             const unsigned char token[TG_TOKEN_LEN], struct tg_buf *message,
                             unsigned char hash[TG_TOKEN_LEN], struct tg_error *err)
{
    return hash_by_all(store, name, false, token, message, hash, err);
}

enum tg_status tg_store_hash_evidence(const struct tg_store *store, const char *name,
                                      const unsigned char token[TG_TOKEN_LEN],
                                      struct tg_buf *message, unsigned char hash[TG_TOKEN_LEN],
                                      struct tg_error *err)
{
    enum tg_status status = hash_by_all(store, name, true, token, message, hash, err);
    tg_evidence_shorten(hash);
    return status;
}
