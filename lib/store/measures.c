/* SPDX-License-Identifier: Apache-2.0 */
#include "store/assign.h"
#include "store/pack.h"
#include "text/calendar.h"

struct asking {
    const struct tg_db *db;
    const struct tg_measure_question *question;
    struct tg_assignment owners;
    int64_t measure; /* its word */
    tg_on_measure *on;
    void *ctx;
    struct tg_event_counts *counts;
};

/* A row of a measures file, its values still packed. */
struct packed_row {
    uint64_t day, attributes, n;
};

static enum tg_status hand_over(struct asking *a, uint32_t person, uint64_t day, double value,
                                struct tg_error *err)
{
    if (day < a->question->from_day || day > a->question->to_day)
        return TG_OK;
    a->counts->events++;
    a->counts->unassigned += person == 0;
    return person ? a->on(a->ctx, person, (uint32_t)day, value, err) : TG_OK;
}

static void widen(struct tg_event_counts *counts, uint64_t day)
{
    int32_t month = tg_month_of_day((uint32_t)day);
    if (counts->first_month == TG_NO_MONTH || month < counts->first_month)
        counts->first_month = month;
    if (counts->last_month == TG_NO_MONTH || month > counts->last_month)
        counts->last_month = month;
}

static enum tg_status take_row(struct asking *a, uint32_t person, struct tg_unpack *in,
                               const struct packed_row *row, bool *ok, struct tg_error *err)
{
    bool any = a->question->measure == NULL;
    enum tg_status status = any ? hand_over(a, person, row->day, 1, err) : TG_OK;
    widen(a->counts, row->day);
    for (uint64_t i = 0; *ok && !status && i < row->n; i++) {
        uint64_t word;
        double value;
        *ok = tg_unpack_number(in, &word) && tg_unpack_real(in, &value);
        if (*ok && !any && word == (uint64_t)a->measure)
            status = hand_over(a, person, row->day, value, err);
    }
    return status;
}

static enum tg_status take_run(struct asking *a, uint32_t person, struct tg_unpack in,
                               struct tg_error *err)
{
    enum tg_status status = TG_OK;
    bool ok = true;
    while (ok && !status && in.at < in.end) {
        struct packed_row row;
        ok = tg_unpack_number(&in, &row.day) && tg_unpack_number(&in, &row.attributes) &&
             tg_unpack_number(&in, &row.n);
        if (ok)
            status = take_row(a, person, &in, &row, &ok, err);
    }
    if (!ok)
        return TG_FAIL(err, TG_MSG_STORE_DAMAGED, .file = a->db->path, .rule = "table measure_run");
    return status;
}

static enum tg_status take_runs(struct asking *a, int64_t source_id, struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    enum tg_status status =
        tg_db_prepare(a->db,
                      "SELECT r.identity_id, r.measures FROM delivery d CROSS JOIN measure_run r"
                      " ON r.id BETWEEN d.first_run AND d.last_run AND r.delivery_id = d.id"
                      " WHERE d.source_id = ? AND d.period <= ?",
                      &stmt, err);
    if (!status)
        status =
            tg_db_bind(a->db, stmt, DB_ARGS(DB_INT(source_id), DB_INT(a->question->month)), err);
    while (!status && row) {
        status = tg_db_next(a->db, stmt, &row, err);
        if (status || !row)
            break;
        uint32_t person = tg_assigned(&a->owners, sqlite3_column_int64(stmt, 0));
        const unsigned char *measures = sqlite3_column_blob(stmt, 1);
        size_t len = (size_t)sqlite3_column_bytes(stmt, 1);
        status = take_run(a, person, (struct tg_unpack){measures, measures ? measures + len : NULL},
                          err);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

enum tg_status tg_store_measures(struct tg_store *store, const struct tg_measure_question *question,
                                 tg_on_measure *on, void *ctx, struct tg_event_counts *counts,
                                 struct tg_error *err)
{
    const struct tg_measure_question *q = question;
    struct asking a = {
        .db = &store->db, .question = question, .on = on, .ctx = ctx, .counts = counts};
    int64_t source_id = 0;
    *counts = (struct tg_event_counts){.first_month = TG_NO_MONTH, .last_month = TG_NO_MONTH};
    enum tg_status status = tg_source_number(store, q->source->name, &source_id, err);
    if (!status && q->measure)
        status = tg_word_find(&store->db, q->measure, &a.measure, err);
    if (status || source_id == 0)
        return status;
    status =
        tg_assign(store, q->source, source_id, q->month, q->linked, q->n_linked, &a.owners, err);
    if (!status)
        status = take_runs(&a, source_id, err);
    tg_assignment_free(&a.owners);
    return status;
}
