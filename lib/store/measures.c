/* SPDX-License-Identifier: Apache-2.0 */
#include "store/assign.h"
#include "store/pack.h"
#include "store/pump.h"
#include "text/calendar.h"

#include <stdlib.h>

struct asking {
    const struct tg_db *db;
    const struct tg_measure_question *questions;
    size_t n;
    int64_t *measures; /* by question: its word; ANY: every row; 0: a measure that nobody has */
    struct tg_assignment owners;
    struct tg_measured answers[TG_ANSWERS_MAX];
    size_t n_answers;
    tg_on_measured *on;
    void *ctx;
    struct tg_event_counts *counts;
    int32_t first_month, last_month;
};

enum { ANY = -1 };

/* A row of a measures file, its values still packed. */
struct packed_row {
    uint64_t day, attributes, n;
};

static enum tg_status hand_over(struct asking *a, struct tg_error *err)
{
    size_t n = a->n_answers;
    a->n_answers = 0;
    return n ? a->on(a->ctx, a->answers, n, err) : TG_OK;
}

/* Answers those who ask for a measure. */
static enum tg_status answer(struct asking *a, uint32_t person, uint64_t day, int64_t measure,
                             double value, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t k = 0; k < a->n && !status; k++) {
        const struct tg_measure_question *q = &a->questions[k];
        if (a->measures[k] != measure || day < q->from_day || day > q->to_day)
            continue;
        a->counts[k].events++;
        a->counts[k].unassigned += person == 0;
        if (!person)
            continue;
        a->answers[a->n_answers++] =
            (struct tg_measured){person, value, (uint32_t)day, (uint32_t)k};
        if (a->n_answers == TG_ANSWERS_MAX)
            status = hand_over(a, err);
    }
    return status;
}

static void widen(struct asking *a, uint64_t day)
{
    int32_t month = tg_month_of_day((uint32_t)day);
    if (a->first_month == TG_NO_MONTH || month < a->first_month)
        a->first_month = month;
    if (a->last_month == TG_NO_MONTH || month > a->last_month)
        a->last_month = month;
}

static enum tg_status take_row(struct asking *a, uint32_t person, struct tg_unpack *in,
                               const struct packed_row *row, bool *ok, struct tg_error *err)
{
    enum tg_status status = answer(a, person, row->day, ANY, 1, err);
    widen(a, row->day);
    for (uint64_t i = 0; *ok && !status && i < row->n; i++) {
        uint64_t word;
        double value;
        *ok = tg_unpack_number(in, &word) && tg_unpack_real(in, &value);
        if (*ok && word > 0 && word <= INT64_MAX)
            status = answer(a, person, row->day, (int64_t)word, value, err);
    }
    return status;
}

static enum tg_status on_run(void *ctx, const struct tg_pumped *run, struct tg_error *err)
{
    struct asking *a = ctx;
    uint32_t person = tg_assigned(&a->owners, run->numbers[0]);
    struct tg_unpack in = {run->bytes, run->bytes + run->len};
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

static enum tg_status take_runs(struct asking *a, int64_t source_id, int32_t month,
                                struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    enum tg_status status =
        tg_db_prepare(a->db,
                      "SELECT r.identity_id, r.measures FROM delivery d CROSS JOIN measure_run r"
                      " ON r.id BETWEEN d.first_run AND d.last_run AND r.delivery_id = d.id"
                      " WHERE d.source_id = ? AND d.period <= ?",
                      &stmt, err);
    if (!status)
        status = tg_db_bind(a->db, stmt, DB_ARGS(DB_INT(source_id), DB_INT(month)), err);
    if (!status)
        status = tg_pump(a->db, stmt, 1, on_run, a, err);
    (void)sqlite3_finalize(stmt);
    return status ? status : hand_over(a, err);
}

static enum tg_status take_all(struct tg_store *store, const struct tg_asked_source *asked,
                               int64_t source_id, struct asking *a, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    a->measures = tg_calloc(a->n, sizeof *a->measures, err);
    if (!a->measures)
        return TG_NO_MEMORY;
    for (size_t k = 0; k < a->n && !status; k++) {
        a->measures[k] = ANY;
        if (a->questions[k].measure)
            status = tg_word_find(&store->db, a->questions[k].measure, &a->measures[k], err);
    }
    if (!status)
        status = tg_assign(store, asked->source, source_id, asked->month, asked->linked,
                           asked->n_linked, &a->owners, err);
    return status ? status : take_runs(a, source_id, asked->month, err);
}

enum tg_status tg_store_measures(struct tg_store *store, const struct tg_asked_source *asked,
                                 const struct tg_measure_question *questions, size_t n,
                                 tg_on_measured *on, void *ctx, struct tg_event_counts *counts,
                                 struct tg_error *err)
{
    int64_t source_id = 0;
    for (size_t k = 0; k < n; k++)
        counts[k] = (struct tg_event_counts){.first_month = TG_NO_MONTH, .last_month = TG_NO_MONTH};
    enum tg_status status = tg_source_number(store, asked->source->name, &source_id, err);
    if (status || source_id == 0)
        return status;
    struct asking *a = tg_calloc(1, sizeof *a, err);
    if (!a)
        return TG_NO_MEMORY;
    *a = (struct asking){.db = &store->db,
                         .questions = questions,
                         .n = n,
                         .on = on,
                         .ctx = ctx,
                         .counts = counts,
                         .first_month = TG_NO_MONTH,
                         .last_month = TG_NO_MONTH};
    status = take_all(store, asked, source_id, a, err);
    for (size_t k = 0; k < n; k++) {
        counts[k].first_month = a->first_month;
        counts[k].last_month = a->last_month;
    }
    tg_assignment_free(&a->owners);
    free(a->measures);
    free(a);
    return status;
}
