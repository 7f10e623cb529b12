/* SPDX-License-Identifier: Apache-2.0 */
#include "store/assign.h"
#include "store/pack.h"
#include "store/wanted.h"
#include "text/calendar.h"

/* The question and what is counted on the way. */
struct sum {
    const struct tg_db *db;
    const struct tg_amount_question *question;
    struct tg_assignment owners;
    struct tg_wanted wanted;
    tg_on_amount *on;
    void *ctx;
    struct tg_event_counts *counts;
};

static enum tg_status hand_over(struct sum *sum, uint32_t person, int32_t month, int64_t yen,
                                uint64_t n, struct tg_error *err)
{
    if (n == 0 || month < sum->question->from || month > sum->question->to)
        return TG_OK;
    sum->counts->events += n;
    if (person)
        return sum->on(sum->ctx, person, month, yen, n, err);
    sum->counts->unassigned += n;
    return TG_OK;
}

/* One run: neighbouring events of one month are added up. */
static enum tg_status sum_run(struct sum *sum, uint32_t person, struct tg_unpack in,
                              struct tg_error *err)
{
    enum tg_status status = TG_OK;
    int32_t month = TG_NO_MONTH;
    int64_t yen = 0;
    uint64_t n = 0;
    while (!status && in.at < in.end) {
        struct tg_packed_event event;
        if (!tg_unpack_event(&in, &event))
            return TG_FAIL(err, TG_MSG_STORE_DAMAGED, .file = sum->db->path,
                           .rule = "table event_run");
        if (!tg_is_wanted(&sum->wanted, event.code))
            continue;
        if (event.month != month) {
            status = hand_over(sum, person, month, yen, n, err);
            month = event.month;
            yen = 0;
            n = 0;
        }
        if (__builtin_add_overflow(yen, event.yen, &yen))
            return TG_FAIL(err, TG_MSG_STORE_DAMAGED, .file = sum->db->path,
                           .rule = "table event_run");
        n++;
    }
    return status ? status : hand_over(sum, person, month, yen, n, err);
}

static enum tg_status sum_runs(struct sum *sum, int64_t source_id, struct tg_error *err)
{
    const struct tg_amount_question *q = sum->question;
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status =
        tg_db_prepare(sum->db,
                      "SELECT r.identity_id, r.events FROM delivery d CROSS JOIN event_run r"
                      " ON r.id BETWEEN d.first_run AND d.last_run AND r.delivery_id = d.id"
                      " WHERE d.source_id = ? AND d.period <= ?"
                      " AND d.first_month <= ? AND d.last_month >= ?",
                      &stmt, err);
    if (!status)
        status = tg_db_bind(
            sum->db, stmt,
            DB_ARGS(DB_INT(source_id), DB_INT(q->month), DB_INT(q->to), DB_INT(q->from)), err);
    while (!status && row) {
        status = tg_db_next(sum->db, stmt, &row, err);
        if (status || !row)
            break;
        uint32_t person = tg_assigned(&sum->owners, sqlite3_column_int64(stmt, 0));
        const unsigned char *events = sqlite3_column_blob(stmt, 1);
        size_t len = (size_t)sqlite3_column_bytes(stmt, 1);
        struct tg_unpack in = {events, events ? events + len : events};
        status = sum_run(sum, person, in, err);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

static enum tg_status first_and_last(const struct tg_db *db, int64_t source_id, int32_t month,
                                     struct tg_event_counts *counts, struct tg_error *err)
{
    const struct tg_arg args[] = {DB_INT(source_id), DB_INT(month)};
    int64_t first = TG_NO_MONTH, last = TG_NO_MONTH;
    enum tg_status status = tg_db_number(db,
                                         "SELECT first_month FROM delivery WHERE source_id = ?"
                                         " AND period <= ? AND first_month IS NOT NULL"
                                         " ORDER BY first_month LIMIT 1",
                                         args, 2, &first, err);
    if (!status)
        status = tg_db_number(db,
                              "SELECT last_month FROM delivery WHERE source_id = ?"
                              " AND period <= ? AND last_month IS NOT NULL"
                              " ORDER BY last_month DESC LIMIT 1",
                              args, 2, &last, err);
    counts->first_month = (int32_t)first;
    counts->last_month = (int32_t)last;
    return status;
}

enum tg_status tg_store_amounts(struct tg_store *store, const struct tg_amount_question *question,
                                tg_on_amount *on, void *ctx, struct tg_event_counts *counts,
                                struct tg_error *err)
{
    const struct tg_amount_question *q = question;
    struct sum sum = {
        .db = &store->db, .question = question, .on = on, .ctx = ctx, .counts = counts};
    int64_t source_id = 0;
    *counts = (struct tg_event_counts){.first_month = TG_NO_MONTH, .last_month = TG_NO_MONTH};
    enum tg_status status = tg_source_number(store, q->source->name, &source_id, err);
    if (status || source_id == 0)
        return status;
    status = first_and_last(&store->db, source_id, q->month, counts, err);
    if (status || q->from > q->to)
        return status;
    status = tg_wanted_codes(&store->db, q->codes, q->n_codes, &sum.wanted, err);
    if (!status)
        status = tg_assign(store, q->source, source_id, q->month, q->linked, q->n_linked,
                           &sum.owners, err);
    if (!status)
        status = sum_runs(&sum, source_id, err);
    tg_assignment_free(&sum.owners);
    tg_wanted_free(&sum.wanted);
    return status;
}
