/* SPDX-License-Identifier: Apache-2.0 */
#include "outcome/payfile.h"

#include <totsugo/pay.h>

#include "base/reporter.h"
#include "table/named.h"
#include "text/decimal.h"

#include <stdlib.h>

enum { C_INDICATOR, C_VALUE, C_N, N_COLUMNS, N_MAX_DIGITS = 18 };

static const char *const columns[N_COLUMNS] = {"indicator", "value", "n"};

const char *const tg_payments_header[5] = {"indicator", "value", "floor", "cap", "amount"};

static enum tg_status put_value(struct tg_csv_writer *w, bool has, int64_t value,
                                struct tg_error *err)
{
    char text[TG_DECIMAL_TEXT];
    struct tg_decimal number = tg_decimal_of_fixed(value, TG_PAY_DECIMALS);
    return tg_csv_put(w, text, has ? tg_decimal_write(&number, text) : 0, err);
}

static enum tg_status put_yen(struct tg_csv_writer *w, bool has, int64_t yen, struct tg_error *err)
{
    return has ? tg_csv_put_int(w, yen, err) : tg_csv_put_text(w, "", err);
}

static enum tg_status put_payment(struct tg_csv_writer *w, const struct tg_payment *p,
                                  struct tg_error *err)
{
    int64_t floor = 0, cap = 0;
    bool has_floor = tg_pay_floor(p->indicator, &floor), has_cap = tg_pay_cap(p->indicator, &cap);
    bool hidden = p->reason == TG_PAID_HIDDEN;
    enum tg_status status = tg_csv_put_text(w, p->indicator->name, err);
    if (!status)
        status = put_value(w, p->has_value && !hidden, p->value, err);
    if (!status)
        status = put_value(w, has_floor, floor, err);
    if (!status)
        status = put_value(w, has_cap, cap, err);
    if (!status)
        status = put_yen(w, !hidden && p->reason != TG_PAID_NO_VALUE, p->yen, err);
    return status ? status : tg_csv_end_row(w, err);
}

enum tg_status tg_payments_write(struct tg_csv_writer *w, const struct tg_pfs *pfs,
                                 const struct tg_payment_row *payments, size_t n,
                                 struct tg_error *err)
{
    struct tg_pay_total total = tg_pay_rows_sum(pfs, payments, n, TG_PAY_OWN);
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < n; i++)
        status = put_payment(w, &payments[i].own, err);
    if (!status)
        status = tg_csv_put_text(w, "total", err);
    if (!status)
        status = tg_csv_put_text(w, "", err);
    if (!status)
        status = tg_csv_put_text(w, "", err);
    if (!status)
        status = put_yen(w, pfs->cap_yen < INT64_MAX, pfs->cap_yen, err);
    if (!status)
        status = put_yen(w, !total.hidden, total.yen, err);
    return status ? status : tg_csv_end_row(w, err);
}

/* The file being read. */
struct values {
    const struct tg_pay_options *options;
    struct tg_payment_row *payments;
    bool *given;
    size_t n;
};

static enum tg_status bad_cell(const struct values *v, uint64_t line, size_t column,
                               enum tg_message message, const char *rule, struct tg_error *err)
{
    return TG_FAIL(err, message, .file = v->options->values, .line = line,
                   .column = columns[column], .rule = rule);
}

static enum tg_status find_indicator(const struct values *v, const struct tg_cell *cell,
                                     uint64_t line, size_t *at, struct tg_error *err)
{
    for (*at = 0; *at < v->n; ++*at) {
        if (tg_cell_is(cell, v->payments[*at].own.indicator->name))
            break;
    }
    if (*at == v->n)
        return bad_cell(v, line, C_INDICATOR, TG_MSG_PAY_INDICATOR, "pfs: indicators", err);
    if (v->given[*at])
        return bad_cell(v, line, C_INDICATOR, TG_MSG_PAY_TWICE,
                        v->payments[*at].own.indicator->name, err);
    v->given[*at] = true;
    return TG_OK;
}

/* A decimal number, or a percentage. */
static bool read_value(const struct tg_cell *cell, int64_t *out)
{
    struct tg_decimal number;
    bool percent = cell->len > 0 && cell->data[cell->len - 1] == '%';
    if (!tg_decimal_read(cell->data, cell->len - percent, &number))
        return false;
    if (percent && number.n > 0)
        number.decimals += 2;
    return tg_decimal_fixed(&number, TG_PAY_DECIMALS, out);
}

static bool read_n(const struct tg_cell *cell, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < cell->len; i++) {
        if (cell->data[i] < '0' || cell->data[i] > '9' || i >= N_MAX_DIGITS)
            return false;
        *out = *out * 10 + (uint64_t)(cell->data[i] - '0');
    }
    return true;
}

static enum tg_status read_row(struct values *v, const struct tg_cell *cells, uint64_t line,
                               struct tg_error *err)
{
    size_t at;
    enum tg_status status = find_indicator(v, &cells[C_INDICATOR], line, &at, err);
    if (status)
        return status;
    struct tg_payment *p = &v->payments[at].own;
    p->has_value = cells[C_VALUE].len > 0;
    p->has_n = cells[C_N].len > 0;
    if (p->has_value && !read_value(&cells[C_VALUE], &p->value))
        return bad_cell(v, line, C_VALUE, TG_MSG_PAY_NUMBER, "0.821, 82.1%, 1234", err);
    if (!read_n(&cells[C_N], &p->n))
        return bad_cell(v, line, C_N, TG_MSG_PAY_NUMBER, "1234", err);
    if (p->has_value && !p->has_n && p->indicator->min_n > 0)
        return bad_cell(v, line, C_N, TG_MSG_PAY_NO_N, p->indicator->name, err);
    return TG_OK;
}

static enum tg_status read_values(struct values *v, struct tg_error *err)
{
    struct tg_named *in = NULL;
    const struct tg_cell *cells;
    uint64_t line;
    bool end = false;
    enum tg_status status = tg_named_open(v->options->values, columns, N_COLUMNS, NULL, &in, err);
    while (!status && !end) {
        status = tg_named_next(in, &cells, &line, &end, err);
        if (!status && !end)
            status = read_row(v, cells, line, err);
    }
    tg_named_close(&in);
    return status;
}

static void pay_all(struct values *v, const struct tg_reporter *reporter)
{
    for (size_t i = 0; i < v->n; i++) {
        struct tg_payment *p = &v->payments[i].own;
        tg_pay(p);
        if (!tg_pay_due(p->indicator, v->options->year)) {
            p->reason = TG_PAID_NOT_DUE;
            p->yen = 0;
        }
        if (p->reason == TG_PAID_NO_VALUE)
            TG_WARN(reporter, TG_MSG_PAY_NO_VALUE, .file = v->options->values,
                    .rule = p->indicator->name);
    }
}

static enum tg_status write_payments(const struct values *v, struct tg_error *err)
{
    struct tg_csv_writer *w = NULL;
    enum tg_status status =
        tg_csv_create(v->options->output, v->options->force ? TG_OUTPUT_FORCE : 0, &w, err);
    if (!status)
        status = tg_csv_put_row(w, tg_payments_header, 5, err);
    if (!status)
        status = tg_payments_write(w, &v->options->study->pfs, v->payments, v->n, err);
    if (!status)
        status = tg_csv_commit(&w, NULL, err);
    tg_csv_discard(&w);
    return status;
}

enum tg_status tg_pay_file(const struct tg_pay_options *options, const struct tg_reporter *reporter,
                           struct tg_pay_counts *counts, struct tg_error *err)
{
    const struct tg_pfs *pfs = &options->study->pfs;
    struct values v = {.options = options, .n = pfs->n};
    if (pfs->n == 0)
        return TG_FAIL(err, TG_MSG_STUDY_MISSING, .file = options->study->path, .rule = "pfs");
    v.payments = tg_calloc(v.n, sizeof *v.payments, err);
    v.given = tg_calloc(v.n, sizeof *v.given, err);
    enum tg_status status = v.payments && v.given ? TG_OK : TG_NO_MEMORY;
    for (size_t i = 0; !status && i < v.n; i++)
        v.payments[i].own.indicator = &pfs->indicators[i];
    if (!status)
        status = read_values(&v, err);
    if (!status) {
        pay_all(&v, reporter);
        status = write_payments(&v, err);
    }
    if (!status && counts) {
        struct tg_pay_total total = tg_pay_rows_sum(pfs, v.payments, v.n, TG_PAY_OWN);
        *counts = (struct tg_pay_counts){
            .indicators = v.n, .total_yen = total.yen, .capped = total.capped};
        for (size_t i = 0; i < v.n; i++)
            counts->given += v.payments[i].own.has_value;
    }
    free(v.payments);
    free(v.given);
    return status;
}
