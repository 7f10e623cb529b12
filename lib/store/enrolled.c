/* SPDX-License-Identifier: Apache-2.0 */
#include "store/enrolled.h"

#include "text/calendar.h"

#include <string.h>

enum { AGE_MONTHS = 75 * 12 };
/* What the fields of struct tg_known_identity hold. */
enum { DAY_MASK = (1 << 30) - 1, DEATH_MASK = 3 };

enum tg_status tg_file_time_of(const struct tg_store *store, int64_t source_id, int32_t period,
                               bool replaces, bool roster, struct tg_file_time *out,
                               struct tg_error *err)
{
    int64_t newest = -1;
    *out = (struct tg_file_time){period, -1, roster};
    if (!roster)
        return TG_OK;
    enum tg_status status = tg_db_number(
        &store->db,
        "SELECT coalesce(max(period), -1) FROM delivery WHERE source_id = ? AND period <> ?",
        DB_ARGS(DB_INT(source_id), DB_INT(period)), &newest, err);
    out->newest = replaces && period > newest ? period : (int32_t)newest;
    return status;
}

void tg_enrolled_read(sqlite3_stmt *stmt, int column, int32_t newest, struct tg_known_identity *out)
{
    bool has_rows = sqlite3_column_type(stmt, column) != SQLITE_NULL;
    bool in_newest = sqlite3_column_type(stmt, column + 1) == SQLITE_NULL;
    out->seen_from = has_rows ? (uint16_t)sqlite3_column_int(stmt, column) : TG_NOT_SEEN;
    out->seen_to = (uint16_t)(in_newest ? newest : sqlite3_column_int(stmt, column + 1));
    out->enrolled_from = (uint32_t)sqlite3_column_int(stmt, column + 2) & INT32_MAX;
    out->enrolled_to = (uint32_t)sqlite3_column_int(stmt, column + 3) & DAY_MASK;
    out->death = (uint32_t)sqlite3_column_int(stmt, column + 4) & DEATH_MASK;
}

struct tg_known_identity tg_enrolled_fresh(const struct tg_file_time *time,
                                           const struct tg_identity_facts *facts, int64_t id)
{
    return (struct tg_known_identity){
        .id = (uint32_t)id,
        .seen_from = (uint16_t)time->period,
        .seen_to = (uint16_t)time->period,
        .enrolled_from = facts->enrolled_from & INT32_MAX,
        .met = 1,
        .enrolled_to = facts->enrolled_to & DAY_MASK,
        .death = facts->death ? TG_DEATH_ENDS : TG_NO_DEATH,
    };
}

static uint32_t smaller_day(uint32_t a, uint32_t b)
{
    if (a == 0 || b == 0)
        return a ? a : b;
    return a < b ? a : b;
}

/* 0 is open. */
static uint32_t later_end(uint32_t a, uint32_t b)
{
    if (a == 0 || b == 0)
        return 0;
    return a > b ? a : b;
}

/* One more row of a file: the last end counts, and whether the last death is that end. */
static void add_end(const struct tg_identity_facts *facts, struct tg_known_identity *known)
{
    const uint32_t end = later_end(known->enrolled_to, facts->enrolled_to);
    const bool later = end != known->enrolled_to;
    if (facts->death && end == facts->enrolled_to)
        known->death = TG_DEATH_ENDS;
    else if (later ? known->death != TG_NO_DEATH : facts->death && known->death == TG_NO_DEATH)
        known->death = TG_DEATH_OUTLIVED;
    known->enrolled_to = end & DAY_MASK;
}

static void take_row(const struct tg_file_time *time, const struct tg_identity_facts *facts,
                     struct tg_known_identity *known)
{
    const uint16_t period = (uint16_t)time->period;
    if (period < known->seen_from)
        known->seen_from = period;
    known->enrolled_from = smaller_day(known->enrolled_from, facts->enrolled_from) & INT32_MAX;
    if (period == known->seen_to && known->met) {
        add_end(facts, known);
    } else if (period >= known->seen_to) {
        known->enrolled_to = facts->enrolled_to & DAY_MASK;
        known->death = facts->death ? TG_DEATH_ENDS : TG_NO_DEATH;
    }
    if (period > known->seen_to)
        known->seen_to = period;
    known->met = 1;
}

static void see_first(const struct tg_file_time *time, struct tg_known_identity *known,
                      struct tg_found *found)
{
    if (known->seen_from <= time->period)
        return;
    found->seen = true;
    found->seen_from = known->seen_from = (uint16_t)time->period;
    found->seen_to = TG_NOT_SEEN;
}

void tg_enrolled_see(const struct tg_file_time *time, const struct tg_identity_facts *facts,
                     struct tg_known_identity *known, struct tg_found *found)
{
    const struct tg_known_identity before = *known;
    found->revived = before.seen_from == TG_NOT_SEEN;
    if (!time->roster) {
        see_first(time, known, found);
        return;
    }
    if (found->revived) {
        struct tg_known_identity fresh = tg_enrolled_fresh(time, facts, known->id);
        memcpy(fresh.digest, known->digest, TG_TOKEN_LEN);
        *known = fresh;
    } else {
        take_row(time, facts, known);
    }
    bool was_newest = (int32_t)before.seen_to >= time->newest;
    bool is_newest = known->seen_to >= time->newest;
    bool days =
        before.enrolled_from != known->enrolled_from || before.enrolled_to != known->enrolled_to;
    found->seen = found->revived || days || before.death != known->death ||
                  before.seen_from != known->seen_from || was_newest != is_newest ||
                  (!is_newest && before.seen_to != known->seen_to);
    found->turned =
        days && tg_enrolled_turns(before.enrolled_from, before.enrolled_to, facts->birth_month);
    found->seen_from = known->seen_from;
    found->seen_to = is_newest ? (uint16_t)TG_NOT_SEEN : known->seen_to;
    found->enrolled_from = known->enrolled_from;
    found->enrolled_to = known->enrolled_to;
    found->death = known->death;
}

bool tg_enrolled_turns(uint32_t from, uint32_t to, int32_t birth_month)
{
    if (birth_month == TG_NO_MONTH)
        return false;
    int32_t birthday = birth_month + AGE_MONTHS;
    return (from && tg_month_of_day(from) == birthday) ||
           (to && (tg_month_of_day(to) == birthday || tg_month_of_day(to) == birthday - 1));
}

bool tg_enrolled_was_met(const struct tg_interner *in, int64_t id)
{
    size_t byte = (size_t)id / 8;
    return byte < in->n_met && (in->met[byte] >> id % 8 & 1);
}

enum tg_status tg_enrolled_meet(struct tg_interner *in, int64_t id, struct tg_error *err)
{
    size_t old = in->n_met, byte = (size_t)id / 8;
    if (byte >= in->n_met) {
        enum tg_status status = tg_grow(&in->met, &in->n_met, byte + 1, 1, err);
        if (status)
            return status;
        memset(in->met + old, 0, in->n_met - old);
    }
    in->met[byte] = (unsigned char)(in->met[byte] | 1U << id % 8);
    return TG_OK;
}

/* Runs a statement that changes one identity and says whether to look at it. */
static enum tg_status change(struct tg_interner *in, sqlite3_stmt *stmt, const struct tg_arg *args,
                             size_t n, int64_t id, struct tg_error *err)
{
    const struct tg_db *db = &in->store->db;
    bool row = false;
    enum tg_status status = tg_db_bind(db, stmt, args, n, err);
    if (!status)
        status = tg_db_next(db, stmt, &row, err);
    bool look = !status && row && in->founds_persons && sqlite3_column_int(stmt, 0);
    (void)sqlite3_reset(stmt);
    return look ? tg_ids_add(&in->touched, id, err) : status;
}

enum tg_status tg_enrolled_change(struct tg_interner *in, const struct tg_found *found,
                                  struct tg_error *err)
{
    return change(in, in->see,
                  DB_ARGS(DB_INT(found->seen_from),
                          DB_MAYBE(found->seen_to != TG_NOT_SEEN, found->seen_to),
                          DB_MAYBE(found->enrolled_from != 0, found->enrolled_from),
                          DB_MAYBE(found->enrolled_to != 0, found->enrolled_to),
                          DB_INT(found->death), DB_INT(found->id)),
                  found->id, err);
}

enum tg_status tg_enrolled_touch_birthday(struct tg_interner *in, int32_t birth_month, int sex,
                                          struct tg_error *err)
{
    int64_t id = 0;
    enum tg_status status =
        tg_db_number(&in->store->db,
                     "SELECT id FROM identity WHERE birth_month = ? AND sex = ? AND turns <> 0"
                     " AND person_id IS NOT NULL AND seen_from IS NOT NULL",
                     DB_ARGS(DB_INT(birth_month), DB_INT(sex)), &id, err);
    return status || !id ? status : tg_ids_add(&in->touched, id, err);
}

static enum tg_status list_in_table(const struct tg_interner *in, struct tg_ids *left,
                                    struct tg_error *err)
{
    const struct tg_db *db = &in->store->db;
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status = tg_db_prepare(db,
                                          "SELECT id FROM identity WHERE source_id = ?"
                                          " AND seen_from IS NOT NULL AND seen_to IS NULL",
                                          &stmt, err);
    if (!status)
        status = tg_db_bind(db, stmt, DB_ARGS(DB_INT(in->source_id)), err);
    while (!status && row) {
        status = tg_db_next(db, stmt, &row, err);
        int64_t id = !status && row ? sqlite3_column_int64(stmt, 0) : 0;
        if (id && !tg_enrolled_was_met(in, id))
            status = tg_ids_add(left, id, err);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

static enum tg_status list_known(const struct tg_interner *in, const struct tg_known *known,
                                 struct tg_ids *left, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < known->n_slots; i++) {
        const struct tg_known_identity *k = &known->slots[i];
        if (k->id && !k->met && k->seen_from != TG_NOT_SEEN &&
            (int32_t)k->seen_to == in->time.newest)
            status = tg_ids_add(left, k->id, err);
    }
    return status;
}

enum tg_status tg_enrolled_end(struct tg_interner *in, const struct tg_known *known,
                               struct tg_error *err)
{
    struct tg_ids left = {0};
    if (in->time.newest < 0 || in->time.period <= in->time.newest)
        return TG_OK;
    enum tg_status status =
        known->slots ? list_known(in, known, &left, err) : list_in_table(in, &left, err);
    tg_ids_sort(&left);
    for (size_t i = 0; !status && i < left.n; i++)
        status = change(in, in->leave, DB_ARGS(DB_INT(in->time.newest), DB_INT(left.items[i])),
                        left.items[i], err);
    tg_ids_free(&left);
    return status;
}

/* What the rows that are left say; an open end counts as later than any day. Deaths: of the newest
 * delivery too, 0 for a row that says none. */
static const char look_through[] =
    "UPDATE temp.dropped SET period = s.first, last = s.newest / 100000000,"
    " enrolled_from = s.from_day, enrolled_to = nullif(s.newest % 100000000, 99999999),"
    " death = iif(s.died % 100000000 = 0, 0, iif(s.died = s.newest, 1, 2)) FROM"
    " (SELECT r.identity_id AS id, min(d.period) AS first, min(r.enrolled_from) AS from_day,"
    "  max(d.period * 100000000 + coalesce(r.enrolled_to, 99999999)) AS newest,"
    "  max(d.period * 100000000 + iif(r.death, r.enrolled_to, 0)) AS died"
    "  FROM roster_row r JOIN delivery d ON d.id = r.delivery_id WHERE d.source_id = ?"
    "  AND r.identity_id IN (SELECT identity_id FROM temp.dropped) GROUP BY r.identity_id) s"
    " WHERE s.id = dropped.identity_id";

static const char write_back[] =
    "UPDATE identity SET seen_from = d.period, seen_to = nullif(d.last, ?1),"
    " enrolled_from = d.enrolled_from, enrolled_to = d.enrolled_to, death = coalesce(d.death, 0)"
    " FROM temp.dropped d WHERE identity.id = d.identity_id"
    " RETURNING id, seen_from IS NOT NULL AND (watched <> 0 OR turns <> 0 OR identity.death <> 0)";

/* The newest delivery may be another one now: who is in it is enrolled still. */
static const char reopen[] = "UPDATE identity SET seen_to = NULL WHERE source_id = ?2"
                             " AND seen_to = ?1 RETURNING id, watched";

/* Runs a statement that yields identities and whether to look at them. */
static enum tg_status change_many(struct tg_interner *in, const char *sql,
                                  const struct tg_arg *args, size_t n, struct tg_error *err)
{
    const struct tg_db *db = &in->store->db;
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status = tg_db_prepare(db, sql, &stmt, err);
    if (!status)
        status = tg_db_bind(db, stmt, args, n, err);
    while (!status && row) {
        status = tg_db_next(db, stmt, &row, err);
        if (!status && row && sqlite3_column_int(stmt, 1))
            status = tg_ids_add(&in->touched, sqlite3_column_int64(stmt, 0), err);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

enum tg_status tg_enrolled_again(struct tg_interner *in, int64_t gone, struct tg_error *err)
{
    const struct tg_db *db = &in->store->db;
    const struct tg_arg source[] = {DB_INT(in->source_id)};
    int64_t newest = -1;
    enum tg_status status = tg_db_number(
        db, "SELECT coalesce(max(period), -1) FROM delivery WHERE source_id = ? AND id <> ?",
        DB_ARGS(DB_INT(in->source_id), DB_INT(gone)), &newest, err);
    if (!status)
        status = tg_db_once(db, look_through, source, 1, err);
    if (!status)
        status = change_many(in, write_back, DB_ARGS(DB_INT(newest)), err);
    return status || !gone
               ? status
               : change_many(in, reopen, DB_ARGS(DB_INT(newest), DB_INT(in->source_id)), err);
}
