/* SPDX-License-Identifier: Apache-2.0 */
#include "report/json_results.h"

#include "text/decimal.h"

#include <math.h>
#include <string.h>

static json_t *count(uint64_t n)
{
    return json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n);
}

static json_t *number(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

/* Adds an item that may be NULL; frees the array where it cannot. */
static bool append(json_t **array, json_t *item)
{
    if (!json_array_append_new(*array, item))
        return true;
    json_decref(*array);
    *array = NULL;
    return false;
}

static json_t *value_text(int64_t value)
{
    char text[TG_DECIMAL_TEXT];
    struct tg_decimal decimal = tg_decimal_of_fixed(value, TG_PAY_DECIMALS);
    size_t len = tg_decimal_write(&decimal, text);
    return json_stringn(text, len);
}

static json_t *yen(const struct tg_payment *p, bool known)
{
    return known && p->reason != TG_PAID_NO_VALUE ? json_integer(p->yen) : json_null();
}

static json_t *payment(const struct tg_payment_row *row)
{
    static const char *const reasons[TG_N_PAY_REASONS] = {[TG_PAID_NO_VALUE] = "no_value",
                                                          [TG_PAID_HIDDEN] = "hidden",
                                                          [TG_PAID_NOT_DUE] = "not_due",
                                                          [TG_PAID_TOO_FEW] = "too_few",
                                                          [TG_PAID_FLOOR] = "floor",
                                                          [TG_PAID_NOT_YET] = "first_point",
                                                          [TG_PAID_STEP] = "step",
                                                          [TG_PAID_LINE] = "line",
                                                          [TG_PAID_LAST] = "last_point",
                                                          [TG_PAID_UNIT] = "unit",
                                                          [TG_PAID_MAX] = "max"};
    const struct tg_payment *p = &row->own;
    return json_pack("{s:s, s:o, s:o, s:s, s:b, s:o, s:o, s:o}", "indicator", p->indicator->name,
                     "value", p->has_value ? value_text(p->value) : json_null(), "n",
                     p->has_n ? count(p->n) : json_null(), "rule", reasons[p->reason], "capped",
                     p->capped, "amount", yen(p, true), "amount_low",
                     yen(&row->low, row->has_interval), "amount_high",
                     yen(&row->high, row->has_interval));
}

json_t *tg_json_payments(const struct tg_report *r)
{
    const struct tg_pfs *pfs = &r->study->pfs;
    json_t *array = json_array();
    if (!r->payments) {
        json_decref(array);
        return json_null();
    }
    for (size_t i = 0; i < pfs->n; i++) {
        if (!append(&array, payment(&r->payments[i])))
            return NULL;
    }
    struct tg_pay_total total = tg_pay_rows_sum(pfs, r->payments, pfs->n, TG_PAY_OWN);
    return json_pack("{s:o, s:I, s:I, s:b}", "indicators", array, "fixed",
                     (json_int_t)total.fixed_yen, "total", (json_int_t)total.yen, "capped",
                     total.capped);
}

json_t *tg_json_subgroups(const struct tg_report *r)
{
    json_t *array = json_array();
    for (size_t i = 0; i < r->n_subgroups; i++) {
        const struct tg_effect *e = &r->subgroups[i];
        json_t *item = json_pack(
            "{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "outcome", e->outcome, "subgroup",
            e->subgroup, "n_participants", count(e->n[TG_PARTICIPANT]), "n_controls",
            count(e->n[TG_CONTROL]), "effect", number(e->effect), "ci_low", number(e->ci_low),
            "ci_high", number(e->ci_high), "p", number(e->p), "hidden", e->hidden);
        if (!append(&array, item))
            return NULL;
    }
    return array;
}

json_t *tg_json_savings(const struct tg_report *r)
{
    json_t *array = json_array();
    for (size_t i = 0; r->outcomes && i < r->study->n_outcomes; i++) {
        const struct tg_saving *s = &r->outcomes[i].saving;
        if (s->known &&
            !append(&array, json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "outcome",
                                      r->outcomes[i].rule->name, "people", count(s->people),
                                      "months", number(s->months), "yen", number(s->yen), "ci_low",
                                      number(s->ci_low), "ci_high", number(s->ci_high))))
            return NULL;
    }
    return array;
}

json_t *tg_json_withheld(const struct tg_report *r)
{
    json_t *array = json_array();
    for (size_t i = 0; i < r->n_withheld; i++) {
        const struct tg_withheld *w = &r->withheld[i];
        if (!append(&array, json_pack("{s:s, s:[o, o]}", "cell", w->cell, "n", count(w->n[0]),
                                      count(w->n[1]))))
            return NULL;
    }
    return array;
}
