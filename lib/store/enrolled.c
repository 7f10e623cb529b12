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

void tg_enrolled_read(const int64_t columns[TG_ENROLLED_COLUMNS], int32_t newest,
                      struct tg_known_identity *out)
{
    out->seen_from = (uint16_t)(columns[0] ? columns[0] : TG_NOT_SEEN);
    out->seen_to = (uint16_t)(columns[1] ? columns[1] : newest);
    out->enrolled_from = (uint32_t)columns[2] & INT32_MAX;
    out->enrolled_to = (uint32_t)columns[3] & DAY_MASK;
    out->death = (uint32_t)columns[4] & DEATH_MASK;
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

/* A death counts until a newer file says anything of the time before it: then that file's word
 * does. Where no newer file does, but somebody begins after it, it is outlived. What is known of an
 * identity tells it but in these cases. */
static bool may_outlive(const struct tg_file_time *time, const struct tg_identity_facts *facts,
                        const struct tg_known_identity *before)
{
    const int32_t last = before->seen_to;
    if (before->seen_from == TG_NOT_SEEN)
        return false;
    return before->death == TG_DEATH_OUTLIVED || (facts->death && time->period < last) ||
           (before->death == TG_DEATH_ENDS && time->period > last &&
            facts->enrolled_from >= before->enrolled_to);
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
    found->outlives = may_outlive(time, facts, &before);
    found->seen = found->revived || found->outlives || days || before.death != known->death ||
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
                          DB_INT(found->death), DB_INT(found->id),
                          DB_INT(tg_enrolled_turns(found->enrolled_from, found->enrolled_to,
                                                   found->facts.birth_month))),
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

/* enum tg_death of those in temp.lives: of each file the last end, the last death and the first
 * day, and the first day of all files after it. */
static const char look_at_lives[] =
    "WITH file AS (SELECT r.identity_id AS id, d.period AS period,"
    "  max(coalesce(r.enrolled_to, 99999999)) AS end, max(iif(r.death, r.enrolled_to, 0)) AS died,"
    "  min(coalesce(r.enrolled_from, 0)) AS begins"
    "  FROM roster_row r JOIN delivery d ON d.id = r.delivery_id WHERE d.source_id = ?1"
    "  AND d.id <> ?2 AND r.identity_id IN (SELECT identity_id FROM temp.lives) GROUP BY 1, 2),"
    " told AS (SELECT id, end, died, min(begins) OVER (PARTITION BY id ORDER BY period"
    "  ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS later FROM file)"
    "UPDATE identity SET death = s.death FROM (SELECT id, max(CASE"
    "  WHEN later IS NULL THEN iif(died = 0, 0, iif(died = end, 1, 2))"
    "  WHEN died > 0 AND died = end AND later >= died THEN 2 ELSE 0 END) AS death"
    "  FROM told GROUP BY id) s WHERE s.id = identity.id";

static const char make_lives[] =
    "CREATE TEMP TABLE IF NOT EXISTS lives(identity_id INTEGER PRIMARY KEY);"
    "DELETE FROM temp.lives";

static enum tg_status look_up_deaths(struct tg_interner *in, struct tg_error *err)
{
    const struct tg_db *db = &in->store->db;
    enum tg_status status = in->lives.n ? tg_db_exec(db, make_lives, err) : TG_OK;
    tg_ids_sort(&in->lives);
    for (size_t i = 0; !status && i < in->lives.n; i++) {
        status = tg_db_once(db, "INSERT INTO temp.lives VALUES(?)",
                            DB_ARGS(DB_INT(in->lives.items[i])), err);
        if (!status)
            status = tg_ids_add(&in->touched, in->lives.items[i], err);
    }
    if (!status && in->lives.n)
        status = tg_db_once(db, look_at_lives, DB_ARGS(DB_INT(in->source_id), DB_INT(0)), err);
    return status;
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
    enum tg_status status = look_up_deaths(in, err);
    if (status || in->time.newest < 0 || in->time.period <= in->time.newest)
        return status;
    status = known->slots ? list_known(in, known, &left, err) : list_in_table(in, &left, err);
    tg_ids_sort(&left);
    for (size_t i = 0; !status && i < left.n; i++)
        status = change(in, in->leave, DB_ARGS(DB_INT(in->time.newest), DB_INT(left.items[i])),
                        left.items[i], err);
    tg_ids_free(&left);
    return status;
}

/* What the rows that are left say; an open end counts as later than any day. Deaths are only found.
 */
static const char look_through[] =
    "UPDATE temp.dropped SET period = s.first, last = s.newest / 100000000,"
    " enrolled_from = s.from_day, enrolled_to = nullif(s.newest % 100000000, 99999999),"
    " death = s.death FROM"
    " (SELECT r.identity_id AS id, min(d.period) AS first, min(r.enrolled_from) AS from_day,"
    "  max(d.period * 100000000 + coalesce(r.enrolled_to, 99999999)) AS newest,"
    "  max(r.death) AS death"
    "  FROM roster_row r JOIN delivery d ON d.id = r.delivery_id WHERE d.source_id = ?"
    "  AND r.identity_id IN (SELECT identity_id FROM temp.dropped) GROUP BY r.identity_id) s"
    " WHERE s.id = dropped.identity_id";

static const char write_back[] =
    "UPDATE identity SET seen_from = d.period, seen_to = nullif(d.last, ?1),"
    " enrolled_from = d.enrolled_from, enrolled_to = d.enrolled_to, death = coalesce(d.death, 0)"
    " FROM temp.dropped d WHERE identity.id = d.identity_id"
    /* column turns is not the new one yet */
    " RETURNING id, seen_from IS NOT NULL AND (watched <> 0 OR identity.death <> 0"
    "  OR coalesce(identity.enrolled_to / 10000 * 12 + identity.enrolled_to / 100 % 100 - 1"
    "   - birth_month IN (899, 900), 0)"
    "  OR coalesce(identity.enrolled_from / 10000 * 12 + identity.enrolled_from / 100 % 100 - 1"
    "   - birth_month = 900, 0))";

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

/* Those that have some. */
static enum tg_status look_again_at_deaths(struct tg_interner *in, int64_t gone,
                                           struct tg_error *err)
{
    const struct tg_db *db = &in->store->db;
    int64_t n = 0;
    enum tg_status status = tg_db_exec(db, make_lives, err);
    if (!status)
        status = tg_db_exec(db,
                            "INSERT INTO temp.lives SELECT identity_id FROM temp.dropped"
                            " WHERE death IS NOT NULL",
                            err);
    if (!status)
        status = tg_db_number(db, "SELECT count(*) FROM temp.lives", DB_NO_ARGS, &n, err);
    if (!status && n)
        status = tg_db_once(db, look_at_lives, DB_ARGS(DB_INT(in->source_id), DB_INT(gone)), err);
    return status || !n ? status
                        : tg_db_exec(db,
                                     "UPDATE temp.dropped SET death = (SELECT death FROM identity"
                                     " WHERE id = identity_id) WHERE death IS NOT NULL",
                                     err);
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
        status = look_again_at_deaths(in, gone, err);
    if (!status)
        status = change_many(in, write_back, DB_ARGS(DB_INT(newest)), err);
    return status || !gone
               ? status
               : change_many(in, reopen, DB_ARGS(DB_INT(newest), DB_INT(in->source_id)), err);
}
