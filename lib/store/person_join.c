/* SPDX-License-Identifier: Apache-2.0 */
#include "store/person.h"

/* The rows that somebody decides about. */
struct deciding {
    struct tg_store *store;
    struct tg_ids identities; /* sorted */
    struct tg_ids persons;    /* likewise */
};

static enum tg_status find_rows(struct deciding *d, const char *const *rows, size_t n,
                                struct tg_error *err)
{
    enum tg_status status = TG_OK;
    d->identities.n = d->persons.n = 0;
    for (size_t i = 0; !status && i < n; i++) {
        struct tg_named_row row;
        status = tg_named_row_find(d->store, rows[i], &row, err);
        if (!status)
            status = tg_ids_add(&d->identities, row.identity, err);
        if (!status)
            status = tg_ids_add(&d->persons, row.person, err);
    }
    tg_ids_sort(&d->identities);
    tg_ids_sort(&d->persons);
    return status;
}

static enum tg_status join(struct deciding *d, const char *const *rows, size_t n,
                           const struct tg_reporter *reporter, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < d->identities.n; i++)
        status = tg_db_once(&d->store->db,
                            "INSERT INTO person_joined(identity_id, audit, side)"
                            " VALUES(?, (SELECT coalesce(max(seq), 0) + 1 FROM audit), 0)",
                            DB_ARGS(DB_INT(d->identities.items[i])), err);
    if (!status)
        status = tg_person_decide(d->store, &d->identities, reporter, err);
    if (!status)
        status = find_rows(d, rows, n, err);
    if (!status && d->persons.n > 1)
        return TG_FAIL(err, TG_MSG_PERSON_CONTRADICTS, .line = 0);
    return status;
}

enum tg_status tg_person_join(struct tg_store *store, const char *const *rows, size_t n,
                              const struct tg_reporter *reporter, struct tg_error *err)
{
    struct deciding d = {.store = store};
    enum tg_status status = find_rows(&d, rows, n, err);
    if (!status && d.identities.n < 2)
        status = TG_FAIL(err, TG_MSG_PERSON_SAME, .line = 0);
    if (!status)
        status = tg_db_begin(&store->db, err);
    if (!status) {
        status = join(&d, rows, n, reporter, err);
        if (!status)
            status = tg_person_audit(store, "person join", d.persons.items[0], rows, n, err);
        status = tg_db_end(&store->db, status, err);
    }
    tg_ids_free(&d.identities);
    tg_ids_free(&d.persons);
    return status;
}

/* All of a person are on a side of their own. */
static enum tg_status put_side(struct deciding *d, size_t side, struct tg_error *err)
{
    struct tg_ids members = {0};
    enum tg_status status = tg_person_members(d->store, d->persons.items[side], &members, err);
    for (size_t i = 0; !status && i < members.n; i++)
        status = tg_db_once(&d->store->db,
                            "INSERT INTO person_two(audit, identity_id, side)"
                            " VALUES((SELECT coalesce(max(seq), 0) + 1 FROM audit), ?, ?)",
                            DB_ARGS(DB_INT(members.items[i]), DB_INT((int64_t)side)), err);
    tg_ids_free(&members);
    return status;
}

enum tg_status tg_person_apart(struct tg_store *store, const char *const *rows, size_t n,
                               const struct tg_reporter *reporter, struct tg_error *err)
{
    struct deciding d = {.store = store};
    enum tg_status status = find_rows(&d, rows, n, err);
    if (!status && (d.persons.n < 2 || d.persons.n != n))
        status = TG_FAIL(err, TG_MSG_PERSON_ONE, .line = 0);
    if (!status)
        status = tg_db_begin(&store->db, err);
    if (!status) {
        for (size_t side = 0; !status && side < d.persons.n; side++)
            status = put_side(&d, side, err);
        if (!status)
            status = tg_person_decide(store, &d.identities, reporter, err);
        if (!status)
            status = tg_person_audit(store, "person apart", d.persons.items[0], rows, n, err);
        status = tg_db_end(&store->db, status, err);
    }
    tg_ids_free(&d.identities);
    tg_ids_free(&d.persons);
    return status;
}
