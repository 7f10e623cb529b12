/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/message.h"
#include "intake/carry.h"
#include "intake/cells.h"
#include "intake/job.h"
#include "intake/notice.h"

#include <stdlib.h>
#include <string.h>

enum {
    DIGITS_MAX = 20,
    SAMPLE = 32 * 1024, /* rows after which it is known whether the cache helps */
    REST = 16 * SAMPLE, /* rows that do without it where it does not */
    HELPS = 16,         /* it does when one row in so many is found */
    AHEAD_SLOT = 16,    /* rows before its turn that a row's place in the cache is asked for */
    AHEAD_ENTRY = 8,
};

/* One row of a batch. */
struct row {
    uint64_t line;
    uint64_t hash;
    uint32_t cells_len, identity_len;
    const char *key; /* encoding and identity cells */
    const char *cells;
};

struct worker {
    struct tg_job *job;
    size_t lane;
    struct tg_tally *tally;
    struct tg_batch batch;
    struct tg_identifier *identifier;
    struct tg_carrier *carrier;
    struct tg_buf row;     /* the record in the making */
    struct tg_buf message; /* of the row id; its first two fields stay */
    size_t message_len;
    uint64_t asked, found; /* of the cache since the sample began */
    uint64_t resting;      /* rows that will not ask */
    bool asks;             /* this batch does */
    struct row *rows;      /* of the batch */
    size_t cap_rows;
};

static struct row read_row(const char *at)
{
    struct row row = {.key = at + TG_BATCH_ENCODING, .cells = at + TG_BATCH_HEAD};
    memcpy(&row.line, at, sizeof row.line);
    memcpy(&row.cells_len, at + 8, sizeof row.cells_len);
    memcpy(&row.identity_len, at + 12, sizeof row.identity_len);
    return row;
}

/* Decimal digits from `out` + DIGITS_MAX backwards. @return where they begin */
static char *format_number(uint64_t n, char out[DIGITS_MAX])
{
    char *at = out + DIGITS_MAX;
    do {
        *--at = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    return at;
}

/* What a row's identity was, counted once for all rows that had it. */
static enum tg_status on_identity(void *ctx, const uint64_t *prefixes, const uint16_t *seen,
                                  bool any, uint64_t uses, struct tg_error *err)
{
    struct worker *w = ctx;
    const struct tg_plan *plan = &w->job->plan;
    enum tg_status status = TG_OK;
    for (size_t i = 0; i < plan->n_identity; i++) {
        w->tally->filled[i] += seen[i] & TG_SEEN_FILLED ? uses : 0;
        w->tally->unreadable[i] += seen[i] & TG_SEEN_UNREADABLE ? uses : 0;
        if (seen[i] & (TG_SEEN_FILLED - 1))
            tg_tally_notes(w->tally, i, seen[i], uses);
    }
    for (size_t i = 0; i < plan->n_tokens && !status; i++) {
        if (!prefixes[i])
            w->tally->empty[i] += uses;
        else if (!plan->tokens[i].evidence)
            status = tg_census_add(w->job->census, w->lane, i, prefixes[i], uses, err);
    }
    w->tally->no_token += any ? 0 : uses;
    return status;
}

static enum tg_status fail_at(const struct worker *w, enum tg_message message, uint64_t line,
                              size_t column, struct tg_error *err)
{
    return TG_FAIL(err, message, .file = w->batch.path, .line = line - w->batch.lines_before,
                   .column = w->job->plan.columns[column].header);
}

static enum tg_status reject_row(struct worker *w, uint64_t line, enum tg_reject reject,
                                 const char *column, struct tg_error *err)
{
    tg_tally_reject(w->tally, reject, line);
    if (!w->job->rejects)
        return TG_OK;
    char key[TG_JOB_REJECT_KEY];
    for (int i = 0; i < TG_JOB_REJECT_KEY; i++)
        key[i] = (char)(unsigned char)(line >> (56 - 8 * i));
    w->row.len = 0;
    enum tg_status status = tg_buf_add(&w->row, key, sizeof key, err);
    if (!status)
        status = tg_buf_printf(&w->row, err, "%llu,", (unsigned long long)line);
    if (!status)
        status = tg_csv_quote(&w->row, column, strlen(column), err);
    if (!status)
        status = tg_buf_printf(&w->row, err, ",%s", tg_reject_name(reject));
    if (!status)
        status = tg_sorter_add(w->job->rejects, w->lane, w->row.data, w->row.len, NULL, 0, err);
    return status;
}

/* A file that began as UTF-8 and is none is read wrongly from the start. */
static enum tg_status reject_cell(struct worker *w, uint64_t line, enum tg_reject reject,
                                  size_t column, struct tg_error *err)
{
    if (reject == TG_REJECT_ENCODING && w->batch.guessed)
        return fail_at(w, TG_MSG_INPUT_ENCODING, line, column, err);
    return reject_row(w, line, reject, w->job->plan.columns[column].header, err);
}

static enum tg_status begin_record(struct worker *w, uint64_t line, struct tg_error *err)
{
    static const char no_key[TG_JOB_KEY];
    w->row.len = 0;
    enum tg_status status = tg_buf_add(&w->row, no_key, sizeof no_key, err);
    if (status || !w->job->plan.has_row_id)
        return status;
    char digits[DIGITS_MAX];
    const char *number = format_number(line, digits);
    w->message.len = w->message_len;
    status = tg_message_add(&w->message, number, (size_t)(digits + DIGITS_MAX - number), err);
    if (status)
        return status;
    unsigned char *id = (unsigned char *)w->row.data;
    tg_token_compute(w->job->plan.row_key, w->message.data, w->message.len, id);
    return TG_OK;
}

/* Does the cache help the next batch? In a roster nearly everybody is new, and it only costs. */
static bool asks_cache(struct worker *w)
{
    size_t n = w->batch.n_rows;
    if (!w->job->plan.has_row_id)
        return true;
    if (w->asked >= SAMPLE) {
        w->resting = w->found < w->asked / HELPS ? REST : 0;
        w->asked = w->found = 0;
    }
    if (w->resting) {
        w->resting -= n < w->resting ? n : w->resting;
        return false;
    }
    w->asked += n;
    return true;
}

/* The cells of a new identity, in the record; `problem` when there is none. */
static enum tg_status identify(struct worker *w, const struct row *row,
                               struct tg_identity_facts *facts, const struct tg_identity **identity,
                               struct tg_error *err)
{
    const struct tg_job *job = w->job;
    enum tg_status status =
        tg_identify(w->identifier, w->batch.encoding, row->cells, identity, err);
    const struct tg_identity *new = *identity;
    if (status || new->problem)
        return status;
    *facts = new->facts;
    status = tg_buf_add(&w->row, new->cells.data, new->cells.len, err);
    if (status)
        return status;
    size_t len = 1 + row->identity_len;
    if (w->asks)
        return tg_cache_put(job->cache, row->hash, row->key, len, new, on_identity, w, err);
    return on_identity(w, new->prefixes, new->seen, new->facts.any, 1, err);
}

static enum tg_status add_identity(struct worker *w, const struct row *row,
                                   struct tg_identity_facts *facts,
                                   const struct tg_identity **identity, struct tg_error *err)
{
    struct tg_cache *cache = w->job->cache;
    size_t len = 1 + row->identity_len;
    *identity = NULL;
    bool found = false;
    enum tg_status status = TG_OK;
    if (w->asks)
        status = tg_cache_get(cache, row->hash, row->key, len, facts, &w->row, &found, err);
    w->found += found;
    if (status || found)
        return status;
    return identify(w, row, facts, identity, err);
}

static enum tg_status add_carried(struct worker *w, const struct tg_carried *carried,
                                  const struct tg_identity_facts *facts, struct tg_error *err)
{
    if (carried->facts_at == TG_PLAN_NONE)
        return tg_buf_add(&w->row, carried->text, carried->len, err);
    char text[sizeof facts->birth_month + 2];
    size_t len = facts->birth_month[0] ? sizeof facts->birth_month : 0, at = carried->facts_at;
    memcpy(text, facts->birth_month, len);
    text[len++] = ',';
    if (facts->sex)
        text[len++] = facts->sex;
    enum tg_status status = tg_buf_add(&w->row, carried->text, at, err);
    if (!status)
        status = tg_buf_add(&w->row, text, len, err);
    if (!status)
        status = tg_buf_add(&w->row, carried->text + at, carried->len - at, err);
    return status;
}

/* Of a few rows, told by their ids, all tokens are looked at. */
static enum tg_status look_for_leaks(struct worker *w, struct tg_error *err)
{
    struct tg_leak *leak = w->job->leaks[w->lane];
    const unsigned char *row = (const unsigned char *)w->row.data, *cell = row + TG_JOB_KEY;
    if (!tg_leak_wants(leak, row))
        return TG_OK;
    enum tg_status status = tg_leak_row(leak, row, err);
    for (size_t i = 0; !status && i < w->job->plan.n_tokens; i++) {
        for (; !status && *cell == TG_CELL_TOKEN; cell += TG_CELL_STEP)
            status = tg_leak_token(leak, i, cell + 1, err);
        cell++;
    }
    return status;
}

static enum tg_status finish_record(struct worker *w, uint64_t line,
                                    const struct tg_identity_facts *facts, struct tg_error *err)
{
    char digits[DIGITS_MAX];
    const char *tail = digits + DIGITS_MAX;
    w->tally->rows++;
    enum tg_status status = w->job->leaks ? look_for_leaks(w, err) : TG_OK;
    if (status || !w->job->rows)
        return status;
    if (!w->job->plan.has_row_id)
        memcpy(w->row.data, facts->key, TG_JOB_KEY);
    if (w->job->options->lookup)
        tail = format_number(line, digits);
    return tg_sorter_add(w->job->rows, w->lane, w->row.data, w->row.len, tail,
                         (size_t)(digits + DIGITS_MAX - tail), err);
}

static enum tg_status do_row(struct worker *w, const struct row *row, struct tg_error *err)
{
    struct tg_carried carried;
    struct tg_identity_facts facts;
    const struct tg_identity *identity;
    w->tally->line = row->line;
    enum tg_status status =
        tg_carry_row(w->carrier, w->batch.encoding, row->cells + row->identity_len, &carried, err);
    if (status)
        return status;
    if (carried.reject)
        return reject_cell(w, row->line, carried.reject, carried.column, err);
    status = begin_record(w, row->line, err);
    if (!status)
        status = add_identity(w, row, &facts, &identity, err);
    if (status)
        return status;
    if (identity && identity->problem == TG_IDENTITY_EXPONENT)
        return fail_at(w, TG_MSG_INPUT_EXPONENT, row->line, identity->column, err);
    if (identity && identity->problem == TG_IDENTITY_ENCODING)
        return reject_cell(w, row->line, TG_REJECT_ENCODING, identity->column, err);
    for (size_t i = 0; facts.unreadable >> i; i++) {
        if (facts.unreadable >> i & 1)
            tg_tally_unreadable_here(w->tally, i);
    }
    status = add_carried(w, &carried, &facts, err);
    if (!status)
        status = finish_record(w, row->line, &facts, err);
    return status;
}

static enum tg_status list_rows(struct worker *w, struct tg_error *err)
{
    const struct tg_cache *cache = w->job->cache;
    const char *at = w->batch.rows.data;
    enum tg_status status = tg_grow(&w->rows, &w->cap_rows, w->batch.n_rows, sizeof *w->rows, err);
    for (size_t i = 0; i < w->batch.n_rows && !status; i++) {
        struct row *row = &w->rows[i];
        *row = read_row(at);
        if (w->asks)
            row->hash = tg_cache_hash(cache, row->key, 1 + row->identity_len);
        at += TG_BATCH_HEAD + row->cells_len;
    }
    return status;
}

static void hint(const struct worker *w, size_t i)
{
    if (i + AHEAD_SLOT < w->batch.n_rows)
        tg_cache_hint_slot(w->job->cache, w->rows[i + AHEAD_SLOT].hash);
    if (i + AHEAD_ENTRY < w->batch.n_rows)
        tg_cache_hint_entry(w->job->cache, w->rows[i + AHEAD_ENTRY].hash);
}

/* @param line  out: of the row that failed */
static enum tg_status do_batch(struct worker *w, uint64_t *line, struct tg_error *err)
{
    w->asks = asks_cache(w);
    enum tg_status status = list_rows(w, err);
    for (size_t i = 0; i < w->batch.n_ragged && !status; i++)
        status = reject_row(w, w->batch.ragged[i], TG_REJECT_RAGGED, "", err);
    for (size_t i = 0; i < w->batch.n_rows && !status; i++) {
        if (w->asks)
            hint(w, i);
        *line = w->rows[i].line;
        status = do_row(w, &w->rows[i], err);
    }
    return status;
}

/* Only what is wrong with a line waits for earlier lines; anything else is told at once. */
static void fail(struct tg_job *job, enum tg_status status, uint64_t line,
                 const struct tg_error *err)
{
    if (status != TG_DATA)
        line = 0;
    tg_mutex_lock(job->failing);
    if (!job->status || line < job->failed_at) {
        job->status = status;
        job->failed_at = line;
        job->err = *err;
    }
    tg_mutex_unlock(job->failing);
    tg_mutex_lock(job->reading);
    job->ended = true;
    tg_mutex_unlock(job->reading);
}

/* @return whether there is a batch */
static bool next_batch(struct worker *w, enum tg_status *status, struct tg_error *err)
{
    struct tg_job *job = w->job;
    uint64_t done, total;
    tg_mutex_lock(job->reading);
    bool more = !job->ended;
    if (more) {
        *status = tg_reader_next(job->reader, &w->batch, &job->ended, err);
        tg_reader_progress(job->reader, &done, &total);
        tg_notice_of_space(job, done, total);
        if (!*status)
            *status = tg_progress(job->reporter, "reading", done, total, err);
        job->ended |= *status != TG_OK;
    }
    tg_mutex_unlock(job->reading);
    return more;
}

static void work(struct worker *w)
{
    enum tg_status read = TG_OK;
    struct tg_error read_err = {0}, err = {0};
    while (!read && next_batch(w, &read, &read_err)) {
        uint64_t line = 0;
        enum tg_status status = do_batch(w, &line, &err);
        if (status)
            fail(w->job, status, line, &err);
        if (read)
            fail(w->job, read, w->batch.lines_before + read_err.line, &read_err);
    }
}

static enum tg_status begin(struct worker *w, struct tg_error *err)
{
    const struct tg_plan *plan = &w->job->plan;
    enum tg_status status = tg_identifier_new(plan, &w->identifier, err);
    if (!status)
        status = tg_carrier_new(plan, w->tally, &w->carrier, err);
    if (!status)
        status = tg_message_add(&w->message, plan->source->name, strlen(plan->source->name), err);
    if (!status)
        status = tg_message_add(&w->message, plan->period, strlen(plan->period), err);
    w->message_len = w->message.len;
    return status;
}

enum tg_status tg_job_work(void *ctx, size_t lane, struct tg_error *err)
{
    struct tg_job *job = ctx;
    struct worker w = {.job = job, .lane = lane, .tally = &job->tallies[lane]};
    enum tg_status status = begin(&w, err);
    if (!status)
        work(&w);
    tg_identifier_free(&w.identifier);
    tg_carrier_free(&w.carrier);
    tg_batch_free(&w.batch);
    free(w.rows);
    tg_buf_free(&w.row);
    tg_buf_free(&w.message);
    return status;
}

enum tg_status tg_job_drain(void *ctx, size_t lane, struct tg_error *err)
{
    struct tg_job *job = ctx;
    struct worker w = {.job = job, .lane = lane, .tally = &job->tallies[lane]};
    enum tg_status status = tg_cache_drain(job->cache, lane, job->n_threads, on_identity, &w, err);
    if (!status)
        status = tg_census_seal(job->census, lane, err);
    return status;
}

enum tg_status tg_job_sort(void *ctx, size_t lane, struct tg_error *err)
{
    struct tg_job *job = ctx;
    enum tg_status status = tg_census_count(job->census, lane, job->n_threads, job->counts, err);
    if (!status && job->rows)
        status = tg_sorter_seal(job->rows, lane, err);
    return status;
}
