/* SPDX-License-Identifier: Apache-2.0 */
#include "run/month.h"

#include "crypto/digest.h"
#include "outcome/payfile.h"
#include "sys/file.h"
#include "table/csv.h"
#include "text/calendar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const reasons[TG_N_USER_STATES] = {
    [TG_USER_NO_CONSENT] = "no_consent", [TG_USER_WITHDRAWN] = "withdrawn",
    [TG_USER_NOT_FOUND] = "not_found",   [TG_USER_AMBIGUOUS] = "ambiguous",
    [TG_USER_REVIEW] = "review",         [TG_USER_CONFLICT] = "conflict",
};

/* A month's folder being filled. */
struct folder {
    struct tg_month *m;
    const char *path;
    struct tg_output_digest *files;
    size_t n, cap;
};

/* One file of the folder: a header, rows, its digest noted. */
struct sheet {
    const char *name;
    const char *const *header;
    size_t n_columns;
    enum tg_status (*rows)(struct tg_month *m, struct tg_csv_writer *w, struct tg_error *err);
};

/* What holds neither row ids nor exact counts may be handed over; all else is the municipality's.
 */
static bool is_released(const char *name)
{
    static const char *const names[] = {"cohort.csv",   "balance.csv", "outcomes.csv",
                                        "payments.csv", "report.html", "report.xlsx"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

static enum tg_status note_file(struct folder *f, const char *name, const char *sha256,
                                struct tg_error *err)
{
    enum tg_status status = tg_grow(&f->files, &f->cap, f->n + 1, sizeof *f->files, err);
    if (status)
        return status;
    f->files[f->n].name = name;
    f->files[f->n].rows = -1;
    f->files[f->n].internal = !is_released(name);
    memcpy(f->files[f->n].sha256, sha256, TG_DIGEST_HEX + 1);
    f->n++;
    return TG_OK;
}

static enum tg_status write_sheet(struct folder *f, const struct sheet *sheet, struct tg_error *err)
{
    struct tg_csv_writer *w = NULL;
    char sha256[TG_DIGEST_HEX + 1];
    char *path = tg_path_join(&f->m->arena, f->path, sheet->name, err);
    enum tg_status status = path ? tg_csv_create(path, 0, &w, err) : TG_NO_MEMORY;
    if (!status)
        status = tg_csv_put_row(w, sheet->header, sheet->n_columns, err);
    if (!status)
        status = sheet->rows(f->m, w, err);
    int64_t rows = status ? 0 : (int64_t)tg_csv_rows(w) - 1;
    if (!status)
        status = tg_csv_commit(&w, sha256, err);
    if (!status)
        status = note_file(f, sheet->name, sha256, err);
    if (!status)
        f->files[f->n - 1].rows = rows;
    tg_csv_discard(&w);
    return status;
}

static enum tg_status put_pair(struct tg_month *m, struct tg_csv_writer *w, size_t user,
                               bool with_subject, struct tg_error *err)
{
    const struct tg_user_result *r = &m->results[user];
    enum tg_status status = tg_csv_put_hex(w, m->users.items[user].row_id, TG_TOKEN_LEN, err);
    if (!status)
        status = tg_csv_put_hex(w, m->people.items[r->person].row_id, TG_TOKEN_LEN, err);
    if (!status && with_subject)
        status = tg_csv_put_hex(w, m->subjects[r->person], TG_TOKEN_LEN, err);
    if (!status)
        status = tg_csv_put_text(w, r->rule, err);
    if (!status)
        status = tg_csv_put_real(w, r->probability, 6, err);
    return status ? status : tg_csv_end_row(w, err);
}

static enum tg_status links_rows(struct tg_month *m, struct tg_csv_writer *w, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < m->users.n; i++) {
        if (m->results[i].state == TG_USER_LINKED)
            status = put_pair(m, w, i, true, err);
    }
    return status;
}

static enum tg_status review_rows(struct tg_month *m, struct tg_csv_writer *w, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < m->users.n; i++) {
        if (m->results[i].state == TG_USER_REVIEW)
            status = put_pair(m, w, i, false, err);
    }
    return status;
}

static enum tg_status unlinked_rows(struct tg_month *m, struct tg_csv_writer *w,
                                    struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < m->users.n; i++) {
        if (m->results[i].state == TG_USER_LINKED)
            continue;
        status = tg_csv_put_hex(w, m->users.items[i].row_id, TG_TOKEN_LEN, err);
        if (!status)
            status = tg_csv_put_text(w, reasons[m->results[i].state], err);
        if (!status)
            status = tg_csv_end_row(w, err);
    }
    return status;
}

/* Words of the reasons, one after the other with `;` between. */
static enum tg_status put_conflict_reasons(struct tg_csv_writer *w, unsigned why,
                                           struct tg_error *err)
{
    static const struct {
        unsigned bit;
        const char *word;
    } reason[] = {{TG_CONFLICT_BIRTH_MONTH, "birth_month"},
                  {TG_CONFLICT_SEX, "sex"},
                  {TG_CONFLICT_DEATH, "after_death"}};
    char text[64] = "";
    size_t len = 0;
    for (size_t i = 0; i < sizeof reason / sizeof reason[0]; i++) {
        if (why & reason[i].bit)
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", len ? ";" : "",
                                    reason[i].word);
    }
    return tg_csv_put_text(w, text, err);
}

static enum tg_status on_conflict(void *ctx, uint64_t number,
                                  const unsigned char row_id[TG_TOKEN_LEN], unsigned why,
                                  struct tg_error *err)
{
    struct tg_csv_writer *w = ctx;
    enum tg_status status = tg_csv_put_int(w, (int64_t)number, err);
    if (!status)
        status = tg_csv_put_hex(w, row_id, TG_TOKEN_LEN, err);
    if (!status)
        status = put_conflict_reasons(w, why, err);
    return status ? status : tg_csv_end_row(w, err);
}

static enum tg_status conflict_rows(struct tg_month *m, struct tg_csv_writer *w,
                                    struct tg_error *err)
{
    return tg_store_conflicts(m->store, m->month, on_conflict, w, err);
}

/* Members who may be released, in the order of their subject ids. */
struct release {
    const unsigned char *subject;
    const struct tg_member *member;
    const struct tg_released *row;
};

static int by_subject(const void *a, const void *b)
{
    const struct release *x = a, *y = b;
    return memcmp(x->subject, y->subject, TG_TOKEN_LEN);
}

static enum tg_status put_age_and_sex(struct tg_csv_writer *w, const struct tg_released *row,
                                      struct tg_error *err)
{
    char band[16] = "";
    if (row->age_band >= 90)
        (void)snprintf(band, sizeof band, "90+");
    else if (row->age_band >= 0)
        (void)snprintf(band, sizeof band, "%d-%d", row->age_band, row->age_band + 4);
    enum tg_status status = tg_csv_put_text(w, band, err);
    if (status)
        return status;
    return row->sex ? tg_csv_put_int(w, row->sex, err) : tg_csv_put_text(w, "", err);
}

static enum tg_status put_member(struct tg_month *m, struct tg_csv_writer *w,
                                 const struct release *r, struct tg_error *err)
{
    const struct tg_member *member = r->member;
    enum tg_status status = tg_csv_put_hex(w, r->subject, TG_TOKEN_LEN, err);
    if (!status)
        status = tg_csv_put_text(w, member->arm == TG_PARTICIPANT ? "participant" : "control", err);
    if (!status)
        status = member->set ? tg_csv_put_int(w, member->set, err) : tg_csv_put_text(w, "", err);
    if (!status)
        status = tg_csv_put_real(w, r->row->weight, 6, err);
    if (!status)
        status = tg_csv_put_real(w, r->row->propensity, 6, err);
    if (!status)
        status = tg_csv_put_text(w, r->row->index_month, err);
    if (!status)
        status = put_age_and_sex(w, r->row, err);
    if (!status)
        status = tg_csv_put_text(w, r->row->district ? r->row->district : "", err);
    size_t n = m->study->cohort.n_covariates;
    for (size_t i = 0; !status && i < n; i++)
        status = tg_csv_put_real(w, m->released_covariates[r->row->member * n + i], 6, err);
    return status ? status : tg_csv_end_row(w, err);
}

static enum tg_status cohort_rows(struct tg_month *m, struct tg_csv_writer *w, struct tg_error *err)
{
    struct release *list = tg_calloc(m->cohort.n, sizeof *list, err);
    if (!list)
        return TG_NO_MEMORY;
    size_t n = 0;
    for (size_t i = 0; i < m->cohort.n; i++) {
        const struct tg_released *row = &m->released[i];
        const struct tg_member *member = &m->cohort.members[row->member];
        if (!row->left_out)
            list[n++] = (struct release){m->subjects[member->person], member, row};
    }
    if (n)
        qsort(list, n, sizeof *list, by_subject);
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < n; i++)
        status = put_member(m, w, &list[i], err);
    free(list);
    return status;
}

static enum tg_status put_reals(struct tg_csv_writer *w, const double *numbers, size_t n,
                                struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < n; i++)
        status = tg_csv_put_real(w, numbers[i], 6, err);
    return status;
}

static enum tg_status balance_rows(struct tg_month *m, struct tg_csv_writer *w,
                                   struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < m->n_balance; i++) {
        const struct tg_balance_row *b = &m->balance[i];
        const double numbers[] = {b->participants,       b->controls_before,
                                  b->controls_after,     b->smd_before,
                                  b->smd_after,          b->variance_ratio_after,
                                  b->participants_after, b->variance_ratio_before,
                                  b->ecdf_max_before,    b->ecdf_max_after};
        status = tg_csv_put_text(w, b->covariate, err);
        if (!status)
            status = put_reals(w, numbers, sizeof numbers / sizeof numbers[0], err);
        if (!status)
            status = tg_csv_end_row(w, err);
    }
    return status;
}

static enum tg_status put_count(struct tg_month *m, struct tg_csv_writer *w, uint64_t n,
                                struct tg_error *err)
{
    if (!m->study->for_municipality && !tg_count_may_show(n, m->study->min_cell))
        return tg_csv_put_text(w, "", err);
    return tg_csv_put_int(w, (int64_t)n, err);
}

static enum tg_status outcome_rows(struct tg_month *m, struct tg_csv_writer *w,
                                   struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < m->n_effects; i++) {
        const struct tg_effect *e = &m->effects[i];
        const double numbers[] = {
            e->mean[TG_PARTICIPANT], e->mean[TG_CONTROL], e->effect, e->ci_low, e->ci_high, e->p};
        status = tg_csv_put_text(w, e->outcome, err);
        if (!status)
            status = tg_csv_put_text(w, e->design, err);
        if (!status)
            status = put_count(m, w, e->n[TG_PARTICIPANT], err);
        if (!status)
            status = put_count(m, w, e->n[TG_CONTROL], err);
        if (!status)
            status = put_reals(w, numbers, sizeof numbers / sizeof numbers[0], err);
        if (!status)
            status = tg_csv_end_row(w, err);
    }
    return status;
}

#define SHEET(file, columns, fill)                                                                 \
    {                                                                                              \
        file, columns, sizeof(columns) / sizeof((columns)[0]), fill                                \
    }

static enum tg_status write_linkage(struct folder *f, struct tg_error *err)
{
    static const char *const links[] = {"user_row_id", "roster_row_id", "subject_id", "rule",
                                        "probability"};
    static const char *const unlinked[] = {"user_row_id", "reason"};
    static const char *const review[] = {"user_row_id", "roster_row_id", "rule", "probability"};
    static const char *const conflicts[] = {"conflict", "roster_row_id", "reason"};
    static const struct sheet sheets[] = {
        SHEET("links.csv", links, links_rows),
        SHEET("unlinked.csv", unlinked, unlinked_rows),
        SHEET("review.csv", review, review_rows),
        SHEET("conflicts.csv", conflicts, conflict_rows),
    };
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < sizeof sheets / sizeof sheets[0]; i++)
        status = write_sheet(f, &sheets[i], err);
    return status;
}

static enum tg_status write_cohort(struct folder *f, struct tg_error *err)
{
    static const char *const fixed[] = {"subject_id",  "arm", "set", "weight",  "propensity",
                                        "index_month", "age", "sex", "district"};
    enum { N_FIXED = sizeof fixed / sizeof fixed[0] };
    struct tg_month *m = f->m;
    const struct tg_cohort_rules *rules = &m->study->cohort;
    size_t n = N_FIXED + rules->n_covariates;
    const char **header = tg_calloc(n, sizeof *header, err);
    if (!header)
        return TG_NO_MEMORY;
    memcpy(header, fixed, sizeof fixed);
    for (size_t i = 0; i < rules->n_covariates; i++)
        header[N_FIXED + i] = rules->covariates[i].name;
    const struct sheet sheet = {"cohort.csv", header, n, cohort_rows};
    enum tg_status status = write_sheet(f, &sheet, err);
    free(header);
    return status;
}

static enum tg_status write_comparison(struct folder *f, struct tg_error *err)
{
    static const char *const outcomes[] = {
        "outcome",  "design", "n_participants", "n_controls", "participants",
        "controls", "effect", "ci_low",         "ci_high",    "p"};
    static const struct sheet sheets[] = {
        SHEET("balance.csv", tg_balance_header, balance_rows),
        SHEET("outcomes.csv", outcomes, outcome_rows),
    };
    enum tg_status status = write_cohort(f, err);
    for (size_t i = 0; !status && i < sizeof sheets / sizeof sheets[0]; i++)
        status = write_sheet(f, &sheets[i], err);
    return status;
}

static enum tg_status payment_rows(struct tg_month *m, struct tg_csv_writer *w,
                                   struct tg_error *err)
{
    return tg_payments_write(w, &m->study->pfs, m->payments_shown, m->study->pfs.n, err);
}

static enum tg_status write_payments(struct folder *f, struct tg_error *err)
{
    const struct sheet sheet = {"payments.csv", tg_payments_header, 5, payment_rows};
    return write_sheet(f, &sheet, err);
}

static void count_states(const struct tg_month *m, struct tg_user_flow *flow)
{
    uint64_t n[TG_N_USER_STATES] = {0};
    for (size_t i = 0; i < m->users.n; i++)
        n[m->results[i].state]++;
    *flow = (struct tg_user_flow){
        .users = m->users.n,
        .no_consent = n[TG_USER_NO_CONSENT],
        .withdrawn = n[TG_USER_WITHDRAWN],
        .not_found = n[TG_USER_NOT_FOUND],
        .ambiguous = n[TG_USER_AMBIGUOUS],
        .review = n[TG_USER_REVIEW],
        .conflict = n[TG_USER_CONFLICT],
        .linked = n[TG_USER_LINKED],
    };
}

static enum tg_status count_conflict(void *ctx, uint64_t number,
                                     const unsigned char row_id[TG_TOKEN_LEN], unsigned why,
                                     struct tg_error *err)
{
    (void)row_id, (void)why, (void)err;
    *(uint64_t *)ctx = number;
    return TG_OK;
}

/* Keys of evidence are many and weigh together: those that tipped the scales for nobody are left
 * out. */
static enum tg_status gather_rules(struct tg_month *m, struct tg_report *r, struct tg_error *err)
{
    struct tg_link_rule_report *kept = tg_arena_alloc(&m->arena, m->n_rules, sizeof *kept, err);
    if (!kept)
        return TG_NO_MEMORY;
    for (size_t k = 0; k < m->n_rules; k++) {
        if (!m->study->tokens[k].evidence || m->rules[k].counts.linked > 0)
            kept[r->n_rules++] = m->rules[k];
    }
    r->rules = kept;
    return TG_OK;
}

static enum tg_status gather_report(struct tg_month *m, struct tg_report *r, struct tg_error *err)
{
    struct tg_delivery *deliveries = NULL;
    uint64_t conflicts = 0;
    *r = (struct tg_report){
        .study = m->study,
        .month = m->month,
        .as_of = m->as_of,
        .recipient = m->recipient,
        .gaps = m->gaps,
        .n_gaps = m->n_gaps,
        .persons = m->people.n,
        .estimate = m->estimate,
        .has_cohort = m->study->has_cohort,
        .cohort = m->cohort.flow,
        .balance = m->balance,
        .n_balance = m->n_balance - (size_t)m->cohort.quality.n_product_rows,
        .quality = m->cohort.quality,
        .effects = m->effects,
        .n_effects = m->n_effects,
        .curves = m->curves,
        .n_curves = m->n_curves,
        .payments = m->payments,
        .payments_shown = m->payments_shown,
        .outcomes = m->outcomes,
        .shown = m->shown,
        .withheld = m->withheld,
        .n_withheld = m->n_withheld,
        .subgroups = m->subgroups,
        .n_subgroups = m->n_subgroups,
        .release = m->release,
        .hidden_cells = m->hidden_cells,
        .events = m->events,
    };
    count_states(m, &r->flow);
    enum tg_status status = gather_rules(m, r, err);
    if (!status)
        status =
            tg_store_deliveries(m->store, m->month, &m->arena, &deliveries, &r->n_deliveries, err);
    r->deliveries = deliveries;
    if (!status)
        status = tg_store_conflicts(m->store, m->month, count_conflict, &conflicts, err);
    r->person_conflicts = conflicts;
    return status;
}

typedef enum tg_status report_writer(const struct tg_report *r, const char *path,
                                     struct tg_error *err);

static enum tg_status write_view(struct folder *f, const struct tg_report *r, const char *name,
                                 report_writer *writer, struct tg_error *err)
{
    char sha256[TG_DIGEST_HEX + 1];
    char *path = tg_path_join(&f->m->arena, f->path, name, err);
    enum tg_status status = path ? writer(r, path, err) : TG_NO_MEMORY;
    if (!status)
        status = tg_digest_file(path, sha256, err);
    return status ? status : note_file(f, name, sha256, err);
}

static enum tg_status write_reports(struct folder *f, struct tg_error *err)
{
    struct tg_report r;
    char sha256[TG_DIGEST_HEX + 1];
    enum tg_status status = gather_report(f->m, &r, err);
    if (!status)
        status = write_view(f, &r, "report.html", tg_report_html, err);
    if (!status)
        status = write_view(f, &r, "report.xlsx", tg_report_xlsx, err);
    char *path = status ? NULL : tg_path_join(&f->m->arena, f->path, "run.json", err);
    if (!status)
        status = path ? tg_report_json(&r, f->files, f->n, path, err) : TG_NO_MEMORY;
    if (!status)
        status = tg_digest_file(path, sha256, err);
    return status ? status : note_file(f, "run.json", sha256, err);
}

enum tg_status tg_month_write(struct tg_month *m, const char *folder,
                              struct tg_output_digest **outputs, size_t *n_outputs,
                              struct tg_error *err)
{
    struct folder f = {.m = m, .path = folder};
    enum tg_status status = write_linkage(&f, err);
    if (!status && m->study->has_cohort)
        status = write_comparison(&f, err);
    if (!status && m->study->pfs.n)
        status = write_payments(&f, err);
    if (!status)
        status = write_reports(&f, err);
    if (status) {
        free(f.files);
        return status;
    }
    *outputs = f.files;
    *n_outputs = f.n;
    return TG_OK;
}
