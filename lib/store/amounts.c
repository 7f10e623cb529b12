/* SPDX-License-Identifier: Apache-2.0 */
#include "store/assign.h"
#include "store/pack.h"
#include "store/pump.h"
#include "store/wanted.h"
#include "text/calendar.h"

#include <stdlib.h>

/* Neighbouring events of one month of a run, as one question has them. */
struct sum {
    int64_t yen;
    int32_t month;
    uint32_t n;
};

/* The questions of a pass and what is counted on the way. */
struct summing {
    const struct tg_db *db;
    const struct tg_amount_question *questions;
    size_t n;
    uint32_t first; /* number of the first of them among all that were asked */
    struct tg_assignment owners;
    struct tg_wanted wanted;
    struct sum sums[TG_WANTED_MAX];
    struct tg_amount answers[TG_ANSWERS_MAX];
    size_t n_answers;
    tg_on_amounts *on;
    void *ctx;
    struct tg_event_counts *counts;
};

static enum tg_status hand_over(struct summing *s, struct tg_error *err)
{
    size_t n = s->n_answers;
    s->n_answers = 0;
    return n ? s->on(s->ctx, s->answers, n, err) : TG_OK;
}

/* Ends the sum of a question. */
static enum tg_status answer(struct summing *s, size_t k, uint32_t person, struct tg_error *err)
{
    const struct tg_amount_question *q = &s->questions[k];
    struct sum sum = s->sums[k];
    s->sums[k] = (struct sum){.month = TG_NO_MONTH};
    if (sum.n == 0 || sum.month < q->from || sum.month > q->to)
        return TG_OK;
    s->counts[k].events += sum.n;
    if (!person) {
        s->counts[k].unassigned += sum.n;
        return TG_OK;
    }
    s->answers[s->n_answers++] =
        (struct tg_amount){person, sum.yen, sum.month, sum.n, s->first + (uint32_t)k};
    return s->n_answers < TG_ANSWERS_MAX ? TG_OK : hand_over(s, err);
}

static enum tg_status damaged(const struct summing *s, struct tg_error *err)
{
    return TG_FAIL(err, TG_MSG_STORE_DAMAGED, .file = s->db->path, .rule = "table event_run");
}

static enum tg_status add_event(struct summing *s, uint32_t person,
                                const struct tg_packed_event *event, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (uint64_t by = tg_wanted_by(&s->wanted, event->code); by && !status; by &= by - 1) {
        size_t k = (size_t)__builtin_ctzll(by);
        if (s->sums[k].month != event->month)
            status = answer(s, k, person, err);
        s->sums[k].month = event->month;
        s->sums[k].n++;
        if (__builtin_add_overflow(s->sums[k].yen, event->yen, &s->sums[k].yen))
            return TG_FAIL(err, TG_MSG_OUTCOME_TOO_LARGE, .file = s->db->path);
    }
    return status;
}

static enum tg_status on_run(void *ctx, const struct tg_pumped *row, struct tg_error *err)
{
    struct summing *s = ctx;
    enum tg_status status = TG_OK;
    uint32_t person = tg_assigned(&s->owners, row->numbers[0]);
    struct tg_unpack in = {row->bytes, row->bytes + row->len};
    while (!status && in.at < in.end) {
        struct tg_packed_event event;
        if (!tg_unpack_event(&in, &event))
            return damaged(s, err);
        status = add_event(s, person, &event, err);
    }
    for (size_t k = 0; k < s->n && !status; k++) {
        if (s->sums[k].n)
            status = answer(s, k, person, err);
    }
    return status;
}

/* The months that anybody asks for. */
static void find_months(const struct summing *s, int32_t *from, int32_t *to)
{
    *from = INT32_MAX;
    *to = INT32_MIN;
    for (size_t k = 0; k < s->n; k++) {
        const struct tg_amount_question *q = &s->questions[k];
        if (q->from > q->to)
            continue;
        *from = q->from < *from ? q->from : *from;
        *to = q->to > *to ? q->to : *to;
    }
}

static enum tg_status sum_runs(struct summing *s, int64_t source_id, int32_t month,
                               struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int32_t from, to;
    find_months(s, &from, &to);
    if (from > to)
        return TG_OK;
    enum tg_status status =
        tg_db_prepare(s->db,
                      "SELECT r.identity_id, r.events FROM delivery d CROSS JOIN event_run r"
                      " ON r.id BETWEEN d.first_run AND d.last_run AND r.delivery_id = d.id"
                      " WHERE d.source_id = ? AND d.period <= ?"
                      " AND d.first_month <= ? AND d.last_month >= ?",
                      &stmt, err);
    if (!status)
        status = tg_db_bind(
            s->db, stmt, DB_ARGS(DB_INT(source_id), DB_INT(month), DB_INT(to), DB_INT(from)), err);
    for (size_t k = 0; k < s->n; k++)
        s->sums[k] = (struct sum){.month = TG_NO_MONTH};
    for (size_t k = 0; k < s->n && !status; k++)
        status = tg_wanted_codes(s->db, (unsigned)k, s->questions[k].codes, s->questions[k].n_codes,
                                 &s->wanted, err);
    if (!status)
        status = tg_pump(s->db, stmt, 1, on_run, s, err);
    (void)sqlite3_finalize(stmt);
    return status ? status : hand_over(s, err);
}

static enum tg_status first_and_last(const struct tg_db *db, int64_t source_id, int32_t month,
                                     int32_t *first, int32_t *last, struct tg_error *err)
{
    const struct tg_arg args[] = {DB_INT(source_id), DB_INT(month)};
    int64_t low = TG_NO_MONTH, high = TG_NO_MONTH;
    enum tg_status status = tg_db_number(db,
                                         "SELECT first_month FROM delivery WHERE source_id = ?"
                                         " AND period <= ? AND first_month IS NOT NULL"
                                         " ORDER BY first_month LIMIT 1",
                                         args, 2, &low, err);
    if (!status)
        status = tg_db_number(db,
                              "SELECT last_month FROM delivery WHERE source_id = ?"
                              " AND period <= ? AND last_month IS NOT NULL"
                              " ORDER BY last_month DESC LIMIT 1",
                              args, 2, &high, err);
    *first = (int32_t)low;
    *last = (int32_t)high;
    return status;
}

static enum tg_status first_measure(const struct tg_db *db, int64_t source_id, int32_t month,
                                    int32_t *first, struct tg_error *err)
{
    int64_t day = TG_NO_DAY;
    enum tg_status status =
        tg_db_number(db,
                     "SELECT coalesce(min(r.first_day), 0) FROM delivery d CROSS JOIN measure_run r"
                     " ON r.id BETWEEN d.first_run AND d.last_run AND r.delivery_id = d.id"
                     " WHERE d.source_id = ? AND d.period <= ?",
                     DB_ARGS(DB_INT(source_id), DB_INT(month)), &day, err);
    if (!status && day != TG_NO_DAY)
        *first = tg_month_of_day((uint32_t)day);
    return status;
}

enum tg_status tg_store_span(struct tg_store *store, const struct tg_source *source, int32_t month,
                             int32_t *first, int32_t *last, struct tg_error *err)
{
    int64_t source_id = 0;
    *first = *last = TG_NO_MONTH;
    enum tg_status status = tg_source_number(store, source->name, &source_id, err);
    if (status || source_id == 0)
        return status;
    return source->kind == TG_KIND_EVENTS
               ? first_and_last(&store->db, source_id, month, first, last, err)
               : first_measure(&store->db, source_id, month, first, err);
}

/* As many questions as have a place in a set, in a pass each. */
static enum tg_status sum_all(struct summing *s, const struct tg_asked_source *asked,
                              int64_t source_id, const struct tg_amount_question *questions,
                              size_t n, struct tg_event_counts *counts, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t first = 0; first < n && !status; first += TG_WANTED_MAX) {
        s->questions = questions + first;
        s->n = n - first < TG_WANTED_MAX ? n - first : TG_WANTED_MAX;
        s->first = (uint32_t)first;
        s->counts = counts + first;
        status = sum_runs(s, source_id, asked->month, err);
        tg_wanted_free(&s->wanted);
    }
    return status;
}

enum tg_status tg_store_amounts(struct tg_store *store, const struct tg_asked_source *asked,
                                const struct tg_amount_question *questions, size_t n,
                                tg_on_amounts *on, void *ctx, struct tg_event_counts *counts,
                                struct tg_error *err)
{
    int64_t source_id = 0;
    int32_t first = TG_NO_MONTH, last = TG_NO_MONTH;
    enum tg_status status = tg_source_number(store, asked->source->name, &source_id, err);
    if (!status && source_id)
        status = first_and_last(&store->db, source_id, asked->month, &first, &last, err);
    for (size_t k = 0; k < n; k++)
        counts[k] = (struct tg_event_counts){.first_month = first, .last_month = last};
    if (status || source_id == 0)
        return status;
    struct summing *s = tg_calloc(1, sizeof *s, err);
    if (!s)
        return TG_NO_MEMORY;
    s->db = &store->db;
    s->on = on;
    s->ctx = ctx;
    status = tg_assign(store, asked->source, source_id, asked->month, asked->linked,
                       asked->n_linked, &s->owners, err);
    if (!status)
        status = sum_all(s, asked, source_id, questions, n, counts, err);
    tg_assignment_free(&s->owners);
    tg_wanted_free(&s->wanted);
    free(s);
    return status;
}
