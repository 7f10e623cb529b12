/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/emit.h"

#include "intake/cells.h"
#include "intake/notice.h"
#include "intake/parallel.h"

#include <string.h>

enum { HEX_LEN = 2 * TG_TOKEN_LEN, PROGRESS_ROWS = 64 * 1024, NAMES_MAX = 4 };

/* No two outputs, and no output and input, may be one file. */
static enum tg_status check_names(const struct tg_pseudonymize_options *o, const char *manifest,
                                  struct tg_error *err)
{
    const char *names[NAMES_MAX] = {o->output, manifest, o->lookup, o->rejects};
    for (size_t i = 0; i < NAMES_MAX; i++) {
        bool twice = false;
        for (size_t j = 0; names[i] && j < i; j++)
            twice |= names[j] && strcmp(names[i], names[j]) == 0;
        for (size_t j = 0; names[i] && j < o->n_inputs && strcmp(names[i], "-") != 0; j++)
            twice |= strcmp(names[i], o->inputs[j]) == 0;
        if (twice)
            return TG_FAIL(err, TG_MSG_INPUT_IS_OUTPUT, .file = names[i]);
    }
    return TG_OK;
}

static enum tg_status create(const char *path, bool force, struct tg_csv_writer **out,
                             struct tg_error *err)
{
    return path ? tg_csv_create(path, force ? TG_OUTPUT_FORCE : 0, out, err) : TG_OK;
}

enum tg_status tg_outputs_begin(struct tg_job *job, struct tg_outputs *out, struct tg_error *err)
{
    const struct tg_pseudonymize_options *o = job->options;
    enum tg_status status = TG_OK;
    if (!o->check_only && strcmp(o->output, "-") != 0) {
        out->manifest = tg_manifest_path(&job->arena, o->output, err);
        if (!out->manifest)
            return TG_NO_MEMORY;
    }
    status = check_names(o, out->manifest, err);
    if (!status && out->manifest && !o->force && tg_file_exists(out->manifest))
        status = TG_FAIL(err, TG_MSG_OUTPUT_EXISTS, .file = out->manifest);
    if (!status && !o->check_only)
        status = create(o->output, o->force, &out->tokens, err);
    if (!status && !o->check_only)
        status = create(o->lookup, o->force, &out->lookup, err);
    if (!status)
        status = create(o->rejects, o->force, &out->rejects, err);
    return status;
}

struct emission {
    struct tg_job *job;
    struct tg_pipe *pipe;
    struct tg_csv_writer *lookup;
    struct tg_buf row; /* as text */
    uint64_t rows, same;
    struct tg_buf before; /* the row before, where rows have no ids */
};

static enum tg_status put_lookup(struct emission *e, const struct tg_record *r,
                                 struct tg_error *err)
{
    char line[HEX_LEN + 32];
    size_t len = HEX_LEN + 1;
    memcpy(line, e->row.data, len); /* the row id and its comma */
    memcpy(line + len, r->bytes + r->len, r->tail_len);
    len += r->tail_len;
    line[len++] = '\n';
    return tg_csv_put_raw(e->lookup, line, len, err);
}

/* The record as a line of the token file. */
static enum tg_status write_row(struct emission *e, const struct tg_record *r, struct tg_error *err)
{
    const struct tg_plan *plan = &e->job->plan;
    const unsigned char *end = r->bytes + r->len, *at = r->bytes + TG_JOB_KEY;
    e->row.len = 0;
    enum tg_status status = tg_buf_reserve(&e->row, HEX_LEN + 1, err);
    if (status)
        return status;
    if (plan->has_row_id) {
        tg_hex_encode(r->bytes, TG_TOKEN_LEN, e->row.data);
        e->row.data[HEX_LEN] = ',';
        e->row.len = HEX_LEN + 1;
    }
    status = tg_cells_write(at, (size_t)(end - at), plan->n_tokens, &e->row, &at, err);
    if (!status)
        status = tg_buf_add(&e->row, at, (size_t)(end - at), err);
    return status ? status : tg_buf_add_char(&e->row, '\n', err);
}

/* Rows without an id are sorted as a whole, so equal ones lie one behind the other. */
static enum tg_status count_same(struct emission *e, struct tg_error *err)
{
    if (e->before.len == e->row.len && memcmp(e->before.data, e->row.data, e->row.len) == 0) {
        e->same++;
        return TG_OK;
    }
    e->before.len = 0;
    return tg_buf_add(&e->before, e->row.data, e->row.len, err);
}

static enum tg_status on_row(void *ctx, const struct tg_record *r, struct tg_error *err)
{
    struct emission *e = ctx;
    enum tg_status status = TG_OK;
    if (e->rows++ % PROGRESS_ROWS == 0)
        status = tg_progress(e->job->reporter, "writing", e->rows - 1, e->job->total.rows, err);
    if (!status)
        status = write_row(e, r, err);
    if (!status && !e->job->plan.has_row_id)
        status = count_same(e, err);
    if (!status)
        status = tg_pipe_add(e->pipe, e->row.data, e->row.len, err);
    if (!status && e->lookup)
        status = put_lookup(e, r, err);
    return status;
}

enum tg_status tg_emit_rows(struct tg_job *job, struct tg_outputs *out, struct tg_error *err)
{
    static const char *const lookup_header[] = {"row_id", "line"};
    const struct tg_plan *plan = &job->plan;
    struct emission e = {.job = job, .lookup = out->lookup};
    enum tg_status status = tg_csv_put_row(out->tokens, plan->header, plan->n_header, err);
    if (!status && out->lookup)
        status = tg_csv_put_row(out->lookup, lookup_header, 2, err);
    if (!status)
        status = tg_pipe_new(out->tokens, job->n_threads > 1, &e.pipe, err);
    if (!status)
        status = tg_sorter_merge(job->rows, on_row, &e, err);
    if (!status)
        status = tg_pipe_finish(e.pipe, err);
    if (!status)
        tg_notice_of_same_rows(job, e.same, e.rows);
    tg_pipe_free(&e.pipe);
    tg_buf_free(&e.row);
    tg_buf_free(&e.before);
    return status;
}

static enum tg_status on_reject(void *ctx, const struct tg_record *r, struct tg_error *err)
{
    struct tg_csv_writer *w = ctx;
    enum tg_status status =
        tg_csv_put_raw(w, r->bytes + TG_JOB_REJECT_KEY, r->len - TG_JOB_REJECT_KEY, err);
    return status ? status : tg_csv_put_raw(w, "\n", 1, err);
}

enum tg_status tg_emit_rejects(struct tg_job *job, struct tg_outputs *out, struct tg_error *err)
{
    static const char *const header[] = {"line", "column", "rule"};
    if (!out->rejects)
        return TG_OK;
    enum tg_status status = tg_csv_put_row(out->rejects, header, 3, err);
    for (size_t i = 0; i < job->n_threads && !status; i++)
        status = tg_sorter_seal(job->rejects, i, err);
    if (!status)
        status = tg_sorter_merge(job->rejects, on_reject, out->rejects, err);
    return status;
}

enum tg_status tg_outputs_commit(struct tg_outputs *out, struct tg_output **manifest,
                                 struct tg_output **tokens, struct tg_error *err)
{
    struct tg_output *lookup = NULL, *rejects = NULL;
    /* the manifest comes last: a token file without one is imported by nobody */
    struct tg_output **all[] = {&lookup, &rejects, tokens, manifest};
    struct tg_output **there[NAMES_MAX];
    enum tg_status status = TG_OK;
    size_t n = 0;
    if (out->lookup)
        status = tg_csv_finish(&out->lookup, NULL, &lookup, err);
    if (!status && out->rejects)
        status = tg_csv_finish(&out->rejects, NULL, &rejects, err);
    for (size_t i = 0; i < NAMES_MAX; i++) {
        if (*all[i])
            there[n++] = all[i];
    }
    if (!status)
        return tg_output_commit_all(there, n, err);
    for (size_t i = 0; i < n; i++)
        tg_output_discard(there[i]);
    return status;
}

void tg_outputs_discard(struct tg_outputs *out)
{
    tg_csv_discard(&out->tokens);
    tg_csv_discard(&out->lookup);
    tg_csv_discard(&out->rejects);
}
