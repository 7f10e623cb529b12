/* SPDX-License-Identifier: Apache-2.0 */
#include "store/assign.h"

#include "store/index.h"

#include <stdlib.h>
#include <string.h>

/* What was found of a source, as of a month and of what was in the store. */
struct tg_kept_assignment {
    struct tg_owners found;
    int32_t month;
    int written; /* rows that had been written by then */
};

/* One token: those of the source that carry it belong to the one person who does. */
static enum tg_status assign_group(void *ctx, const unsigned char hash[TG_TOKEN_LEN],
                                   const struct tg_ids *identities, struct tg_error *err)
{
    struct tg_assignment *a = ctx;
    uint32_t person = 0;
    (void)hash;
    (void)err;
    for (size_t i = 0; i < identities->n; i++) {
        uint32_t owner = tg_owner(&a->persons, identities->items[i]);
        if (owner && person && owner != person)
            return TG_OK;
        person = owner ? owner : person;
    }
    for (size_t i = 0; person && i < identities->n; i++) {
        if (tg_owner(&a->found, identities->items[i]) == TG_UNASSIGNED)
            a->found.of[identities->items[i]] = person;
    }
    return TG_OK;
}

static enum tg_status leave_unassigned(void *ctx, const unsigned char digest[TG_TOKEN_LEN],
                                       int64_t identity, struct tg_error *err)
{
    struct tg_owners *found = ctx;
    (void)digest;
    (void)err;
    if ((uint64_t)identity < found->n)
        found->of[identity] = TG_UNASSIGNED;
    return TG_OK;
}

/* None of the source's identities belongs to anybody yet. */
static enum tg_status begin(const struct tg_db *db, int64_t source_id, struct tg_owners *found,
                            struct tg_error *err)
{
    enum tg_status status = tg_owners_new(db, found, err);
    return status ? status
                  : tg_index_walk(db, TG_INDEX_DIGESTS, source_id, leave_unassigned, found, err);
}

static enum tg_status assign_to_users(const struct tg_db *db, const struct tg_linked_user *linked,
                                      size_t n_linked, struct tg_assignment *a,
                                      struct tg_error *err)
{
    enum tg_status status = tg_owners_new(db, &a->persons, err);
    for (size_t i = 0; !status && i < n_linked; i++) {
        if (linked[i].identity > 0 && (uint64_t)linked[i].identity < a->persons.n)
            a->persons.of[linked[i].identity] = (uint32_t)linked[i].person;
    }
    return status ? status : tg_walk_token(db, TG_APP_TOKEN, assign_group, a, err);
}

/* `written`: as of the state at hand; below 0: nothing may be kept. */
static bool holds(const struct tg_kept_assignment *kept, int32_t month, int written)
{
    return kept->found.of && kept->month == month && written >= 0 && kept->written == written;
}

/* `persons`: of whom they are, kept for the next source. */
static enum tg_status assign_to_persons(struct tg_store *store, const struct tg_source *source,
                                        int32_t month, int written,
                                        struct tg_kept_assignment *persons,
                                        struct tg_assignment *out, struct tg_error *err)
{
    const struct tg_db *db = &store->db;
    enum tg_status status = TG_OK;
    if (!holds(persons, month, written)) {
        tg_owners_free(&persons->found);
        status = tg_owners_of_persons(db, month, &persons->found, err);
        persons->month = month;
        persons->written = status ? -1 : written;
    }
    out->persons = persons->found;
    for (size_t i = 0; !status && i < store->study->n_tokens; i++) {
        const struct tg_token_def *token = &store->study->tokens[i];
        if (!token->evidence && tg_source_can_fill(source, token)) /* its files have no others */
            status = tg_walk_token(db, token->name, assign_group, out, err);
    }
    out->persons = (struct tg_owners){0};
    return status;
}

/* Where the answer about a source is kept; NULL: it is none of the study's. */
static struct tg_kept_assignment *place_of(struct tg_store *store, const struct tg_source *source,
                                           struct tg_error *err)
{
    const struct tg_study *study = store->study;
    if (!store->assigned)
        store->assigned = tg_calloc(study->n_sources + 1, sizeof *store->assigned, err);
    for (size_t i = 0; store->assigned && i < study->n_sources; i++) {
        if (strcmp(study->sources[i].name, source->name) == 0)
            return &store->assigned[i];
    }
    return NULL;
}

enum tg_status tg_assign(struct tg_store *store, const struct tg_source *source, int64_t source_id,
                         int32_t month, const struct tg_linked_user *linked, size_t n_linked,
                         struct tg_assignment *out, struct tg_error *err)
{
    const struct tg_db *db = &store->db;
    *out = (struct tg_assignment){0};
    if (source->provider) {
        enum tg_status status = begin(db, source_id, &out->found, err);
        return status ? status : assign_to_users(db, linked, n_linked, out, err);
    }
    struct tg_kept_assignment *kept = place_of(store, source, err);
    /* what a transaction wrote may be undone without being counted */
    int written = sqlite3_get_autocommit(db->handle) ? sqlite3_total_changes(db->handle) : -1;
    if (!kept)
        return store->assigned ? TG_FAIL(err, TG_MSG_BUG, .rule = "a source is one of the study")
                               : TG_NO_MEMORY;
    if (!holds(kept, month, written)) {
        tg_owners_free(&kept->found);
        enum tg_status status = begin(db, source_id, &out->found, err);
        if (!status)
            status = assign_to_persons(store, source, month, written,
                                       &store->assigned[store->study->n_sources], out, err);
        if (status)
            return status;
        *kept = (struct tg_kept_assignment){out->found, month, written};
    }
    out->found = kept->found;
    out->kept = true;
    return TG_OK;
}

void tg_assignment_free(struct tg_assignment *a)
{
    tg_owners_free(&a->persons);
    if (!a->kept)
        tg_owners_free(&a->found);
}

void tg_assignments_free(struct tg_store *store)
{
    for (size_t i = 0; store->assigned && i <= store->study->n_sources; i++)
        tg_owners_free(&store->assigned[i].found);
    free(store->assigned);
    store->assigned = NULL;
}

uint32_t tg_assigned(const struct tg_assignment *a, int64_t identity)
{
    uint32_t person = tg_owner(&a->found, identity);
    return person == TG_UNASSIGNED ? 0 : person;
}

enum tg_status tg_source_number(const struct tg_store *store, const char *name, int64_t *id,
                                struct tg_error *err)
{
    *id = 0;
    return tg_db_number(&store->db, "SELECT id FROM source WHERE name = ?",
                        DB_ARGS(DB_TEXT(name, strlen(name))), id, err);
}
