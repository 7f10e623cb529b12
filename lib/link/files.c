/* SPDX-License-Identifier: Apache-2.0 */
#include "link/engine.h"

#include "base/reporter.h"
#include "table/tokenfile.h"
#include "text/calendar.h"

#include <stdlib.h>
#include <string.h>

#define NO_COLUMN SIZE_MAX

enum { ROWS_BETWEEN_NOTES = 1 << 16 };

/* One of the two files, read. */
struct side {
    struct tg_token_file *file;
    const char *path;
    size_t *columns; /* by key: the file's token column */
    unsigned char (*row_ids)[TG_TOKEN_LEN];
    int32_t *birth_month;
    uint8_t *sex;
    uint32_t n;
    size_t id_cap, birth_cap, sex_cap;
};

struct linking {
    const struct tg_link_options *options;
    const struct tg_reporter *reporter;
    struct side sides[TG_N_SIDES];
    struct tg_linkage linkage;
    struct tg_link_decision *decisions;
    struct tg_link_key_report *reports;
    struct tg_link_estimate estimate;
};

static size_t find_name(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i], name) == 0)
            return i;
    }
    return NO_COLUMN;
}

static enum tg_status side_open(struct linking *work, enum tg_side which, struct tg_error *err)
{
    struct side *s = &work->sides[which];
    s->path = which == TG_LEFT ? work->options->left : work->options->right;
    enum tg_status status = tg_token_file_open(s->path, work->options->study, &s->file, err);
    if (status)
        return status;
    enum tg_kind kind = tg_token_file_kind(s->file);
    if (kind == TG_KIND_EVENTS || kind == TG_KIND_MEASURES)
        return TG_FAIL(err, TG_MSG_LINK_NO_ROW_IDS, .file = s->path);
    s->columns = tg_calloc(work->options->study->n_tokens, sizeof *s->columns, err);
    return s->columns ? TG_OK : TG_NO_MEMORY;
}

static enum tg_status check_one_key(const struct linking *work, struct tg_error *err)
{
    const char *left = tg_token_file_manifest(work->sides[TG_LEFT].file)->key_id;
    const char *right = tg_token_file_manifest(work->sides[TG_RIGHT].file)->key_id;
    if (strcmp(left, right) != 0)
        return TG_FAIL(err, TG_MSG_LINK_OTHER_KEY, .file = work->options->right);
    return TG_OK;
}

/* Match keys: tokens that both files have, in the study's order. */
static enum tg_status choose_keys(struct linking *work, struct tg_error *err)
{
    const struct tg_study *study = work->options->study;
    struct tg_linkage *l = &work->linkage;
    l->accept = study->accept;
    l->review = study->review;
    l->margin = study->margin;
    l->estimate = &work->estimate;
    l->keys = tg_calloc(study->n_tokens, sizeof *l->keys, err);
    if (!l->keys)
        return TG_NO_MEMORY;
    for (size_t t = 0; t < study->n_tokens; t++) {
        const struct tg_token_def *token = &study->tokens[t];
        bool found = true;
        for (int side = 0; side < TG_N_SIDES; side++) {
            size_t n;
            const char *const *names = tg_token_file_tokens(work->sides[side].file, &n);
            size_t column = find_name(names, n, token->name);
            work->sides[side].columns[l->n_keys] = column;
            found = found && column != NO_COLUMN;
        }
        if (found)
            l->keys[l->n_keys++] = (struct tg_link_key){
                .rule = token->name, .exact = !token->evidence, .number_like = token->number_like};
    }
    if (l->n_keys == 0)
        return TG_FAIL(err, TG_MSG_LINK_NO_COMMON, .file = work->options->right);
    return tg_linkage_describe(l, study, err);
}

static enum tg_status side_grow(struct side *s, struct tg_error *err)
{
    if (s->n >= UINT32_MAX - 2)
        return TG_FAIL(err, TG_MSG_FILE_TOO_LARGE, .file = s->path, .rule = "4294967293 rows");
    size_t need = (size_t)s->n + 1;
    enum tg_status status = tg_grow(&s->row_ids, &s->id_cap, need, sizeof *s->row_ids, err);
    if (!status)
        status = tg_grow(&s->birth_month, &s->birth_cap, need, sizeof *s->birth_month, err);
    if (!status)
        status = tg_grow(&s->sex, &s->sex_cap, need, sizeof *s->sex, err);
    return status;
}

static enum tg_status take_row(struct linking *work, enum tg_side which,
                               const struct tg_token_row *row, const struct tg_cell *birth,
                               const struct tg_cell *sex, struct tg_error *err)
{
    struct side *s = &work->sides[which];
    enum tg_status status = side_grow(s, err);
    if (status)
        return status;
    memcpy(s->row_ids[s->n], row->row_id, TG_TOKEN_LEN);
    s->birth_month[s->n] = TG_NO_MONTH;
    if (birth && !tg_month_scan(birth->data, birth->len, &s->birth_month[s->n]))
        s->birth_month[s->n] = TG_NO_MONTH;
    bool known = sex && sex->len == 1 && (sex->data[0] == '1' || sex->data[0] == '2');
    s->sex[s->n] = known ? (uint8_t)(sex->data[0] - '0') : 0;
    for (size_t k = 0; k < work->linkage.n_keys; k++) {
        const struct tg_token_cell *cell = &row->tokens[s->columns[k]];
        for (size_t i = 0; i < cell->n; i++) {
            status = tg_linkage_add(&work->linkage.keys[k], which, cell->tokens[i], s->n, err);
            if (status)
                return status;
        }
    }
    s->n++;
    return TG_OK;
}

static enum tg_status side_read(struct linking *work, enum tg_side which, struct tg_error *err)
{
    struct side *s = &work->sides[which];
    size_t n;
    const char *const *carried = tg_token_file_carried(s->file, &n);
    size_t birth = find_name(carried, n, "birth_month"), sex = find_name(carried, n, "sex");
    uint64_t total = tg_token_file_manifest(s->file)->rows;
    for (;;) {
        const struct tg_token_row *row;
        bool end;
        enum tg_status status = tg_token_file_next(s->file, &row, &end, err);
        if (status || end)
            return status;
        status = take_row(work, which, row, birth == NO_COLUMN ? NULL : &row->carried[birth],
                          sex == NO_COLUMN ? NULL : &row->carried[sex], err);
        if (!status && s->n % ROWS_BETWEEN_NOTES == 0)
            status = tg_progress(work->reporter, "rows", s->n, total, err);
        if (status)
            return status;
    }
}

static enum tg_status read_both(struct linking *work, struct tg_error *err)
{
    for (int side = 0; side < TG_N_SIDES; side++) {
        enum tg_status status = side_read(work, (enum tg_side)side, err);
        if (status)
            return status;
        const struct side *s = &work->sides[side];
        work->linkage.facts[side] = (struct tg_link_facts){s->n, s->birth_month, s->sex};
    }
    return TG_OK;
}

static enum tg_status decide(struct linking *work, struct tg_error *err)
{
    bool *candidates = NULL;
    tg_linkage_sort(&work->linkage);
    enum tg_status status =
        tg_linkage_decide(&work->linkage, &work->decisions, &work->reports, &candidates, err);
    free(candidates);
    if (status)
        return status;
    for (size_t k = 0; k < work->linkage.n_keys; k++) {
        if (work->linkage.keys[k].exact && work->reports[k].probability < work->linkage.accept)
            TG_WARN(work->reporter, TG_MSG_LINK_WEAK_KEY, .file = work->options->right,
                    .rule = work->linkage.keys[k].rule);
    }
    return TG_OK;
}

static void count_states(const struct linking *work, struct tg_link_counts *counts)
{
    *counts =
        (struct tg_link_counts){.left = work->sides[TG_LEFT].n, .right = work->sides[TG_RIGHT].n};
    uint64_t *const by_state[] = {
        [TG_LINK_NOT_FOUND] = &counts->not_found, [TG_LINK_LINKED] = &counts->linked,
        [TG_LINK_REVIEW] = &counts->review,       [TG_LINK_AMBIGUOUS] = &counts->ambiguous,
        [TG_LINK_CONFLICT] = &counts->conflict,
    };
    for (uint32_t i = 0; i < work->sides[TG_LEFT].n; i++)
        ++*by_state[work->decisions[i].state];
}

/* One link on its way out. */
struct pair {
    const unsigned char *left, *right;
    const struct tg_link_decision *decision;
};

static int by_row_ids(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int order = memcmp(x->left, y->left, TG_TOKEN_LEN);
    return order ? order : memcmp(x->right, y->right, TG_TOKEN_LEN);
}

static enum tg_status write_pair(struct tg_csv_writer *w, const struct pair *p, const char *rule,
                                 struct tg_error *err)
{
    enum tg_status status = tg_csv_put_hex(w, p->left, TG_TOKEN_LEN, err);
    if (!status)
        status = tg_csv_put_hex(w, p->right, TG_TOKEN_LEN, err);
    if (!status)
        status = tg_csv_put_text(w, rule, err);
    if (!status)
        status = tg_csv_put_real(w, p->decision->probability, 6, err);
    return status ? status : tg_csv_end_row(w, err);
}

static enum tg_status write_links(const struct linking *work, uint64_t n_linked,
                                  struct tg_csv_writer *w, struct tg_error *err)
{
    static const char *const header[] = {"left_row_id", "right_row_id", "rule", "probability"};
    struct pair *pairs = tg_calloc((size_t)n_linked, sizeof *pairs, err);
    if (!pairs)
        return TG_NO_MEMORY;
    size_t n = 0;
    for (uint32_t i = 0; i < work->sides[TG_LEFT].n; i++) {
        const struct tg_link_decision *d = &work->decisions[i];
        if (d->state == TG_LINK_LINKED)
            pairs[n++] = (struct pair){work->sides[TG_LEFT].row_ids[i],
                                       work->sides[TG_RIGHT].row_ids[d->right], d};
    }
    qsort(pairs, n, sizeof *pairs, by_row_ids);
    enum tg_status status = tg_csv_put_row(w, header, sizeof header / sizeof header[0], err);
    for (size_t i = 0; !status && i < n; i++)
        status = write_pair(w, &pairs[i], tg_linkage_rule(&work->linkage, pairs[i].decision), err);
    free(pairs);
    return status;
}

static void note_quality(const struct tg_link_estimate *e, struct tg_link_counts *out)
{
    struct tg_link_share all = e->all;
    all.matches = e->blind ? 0 : all.matches;
    struct tg_link_interval precision = tg_link_precision_interval(&all);
    struct tg_link_interval recall = tg_link_recall_interval(&all);
    out->correct = all.correct;
    out->matches = all.matches;
    out->precision_low = precision.low;
    out->precision_high = precision.high;
    out->recall_low = recall.low;
    out->recall_high = recall.high;
    out->recall_is_bound = tg_link_recall_is_bound(&all);
}

static enum tg_status link_open_files(struct linking *work, struct tg_link_counts *counts,
                                      struct tg_error *err)
{
    struct tg_csv_writer *w = NULL;
    struct tg_link_counts found = {0};
    unsigned flags = work->options->force ? TG_OUTPUT_FORCE : 0;
    enum tg_status status = tg_csv_create(work->options->output, flags, &w, err);
    if (!status)
        status = read_both(work, err);
    if (!status)
        status = decide(work, err);
    if (status)
        goto out;
    count_states(work, &found);
    note_quality(&work->estimate, &found);
    status = write_links(work, found.linked, w, err);
    if (!status)
        status = tg_progress(work->reporter, "rows", found.left, found.left, err);
    if (!status)
        status = tg_csv_commit(&w, NULL, err);
    if (!status && counts)
        *counts = found;
out:
    tg_csv_discard(&w);
    return status;
}

static void linking_free(struct linking *work)
{
    tg_linkage_free(&work->linkage);
    free(work->decisions);
    free(work->reports);
    for (int side = 0; side < TG_N_SIDES; side++) {
        struct side *s = &work->sides[side];
        tg_token_file_close(&s->file);
        free(s->columns);
        free(s->row_ids);
        free(s->birth_month);
        free(s->sex);
    }
}

enum tg_status tg_link_files(const struct tg_link_options *options,
                             const struct tg_reporter *reporter, struct tg_link_counts *counts,
                             struct tg_error *err)
{
    struct linking work = {.options = options, .reporter = reporter};
    enum tg_status status = side_open(&work, TG_LEFT, err);
    if (!status)
        status = side_open(&work, TG_RIGHT, err);
    if (!status)
        status = check_one_key(&work, err);
    if (!status)
        status = choose_keys(&work, err);
    if (!status)
        status = link_open_files(&work, counts, err);
    linking_free(&work);
    return status;
}
