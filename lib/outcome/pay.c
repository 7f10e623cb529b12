/* SPDX-License-Identifier: Apache-2.0 */
#include "outcome/pay.h"

#include <math.h>
#include <stdio.h>

__extension__ typedef __int128 wide;

enum { SHOWN_DECIMALS = 6, FISCAL_BEGIN = 3 /* April */ };

static const int64_t one = 1000000000;  /* a value of 1 */
static const int64_t shown_unit = 1000; /* the last decimal that is shown */

/* Is `a` at least as good as `b`? */
static bool reaches(const struct tg_indicator *i, int64_t a, int64_t b)
{
    return i->falling ? a <= b : a >= b;
}

/* y₀ + (y₁ − y₀)(x − x₀) / (x₁ − x₀), cut to whole yen; nothing on the way is rounded. */
static int64_t between(const struct tg_pay_point *low, const struct tg_pay_point *high, int64_t x)
{
    wide span = (wide)high->value - low->value, part = (wide)x - low->value;
    if (span < 0) {
        span = -span;
        part = -part;
    }
    return (int64_t)((low->yen * span + ((wide)high->yen - low->yen) * part) / span);
}

static void pay_table(struct tg_payment *p)
{
    const struct tg_indicator *i = p->indicator;
    size_t reached = 0;
    while (reached < i->n_points && reaches(i, p->used, i->points[reached].value))
        reached++;
    p->has_next = reached < i->n_points;
    if (p->has_next)
        p->high = i->points[reached];
    if (reached == 0) {
        p->reason = TG_PAID_NOT_YET;
        return;
    }
    p->low = i->points[reached - 1];
    p->yen = p->low.yen;
    p->reason = p->has_next ? TG_PAID_STEP : TG_PAID_LAST;
    if (!p->has_next || i->form != TG_PAY_LINE)
        return;
    p->reason = TG_PAID_LINE;
    p->yen = between(&p->low, &p->high, p->used);
}

static void pay_unit(struct tg_payment *p)
{
    const struct tg_indicator *i = p->indicator;
    wide yen = p->used > 0 ? (wide)i->unit_yen * p->used / one : 0;
    p->reason = yen >= i->max_yen ? TG_PAID_MAX : TG_PAID_UNIT;
    p->yen = yen >= i->max_yen ? i->max_yen : (int64_t)yen;
}

void tg_pay(struct tg_payment *p)
{
    const struct tg_indicator *i = p->indicator;
    p->yen = 0;
    p->used = p->value;
    p->capped = p->has_next = false;
    p->reason = TG_PAID_NO_VALUE;
    if (!p->has_value)
        return;
    if (i->min_n > 0 && p->has_n && p->n < i->min_n) {
        p->reason = TG_PAID_TOO_FEW;
        return;
    }
    if (i->has_floor && !reaches(i, p->value, i->floor)) {
        p->reason = TG_PAID_FLOOR;
        return;
    }
    if (i->has_cap && p->value != i->cap && reaches(i, p->value, i->cap)) {
        p->capped = true;
        p->used = i->cap;
    }
    if (i->form == TG_PAY_UNIT)
        pay_unit(p);
    else
        pay_table(p);
}

int64_t tg_pay_whole(uint64_t n)
{
    return n < (uint64_t)(INT64_MAX / one) ? (int64_t)n * one : INT64_MAX;
}

int64_t tg_pay_share(uint64_t part, uint64_t whole)
{
    wide shown = (wide)part * (one / shown_unit) / (wide)whole;
    return (int64_t)(shown * shown_unit);
}

bool tg_pay_number(double x, int64_t *value)
{
    double shown = x * (double)(one / shown_unit);
    if (!isfinite(x) || fabs(shown) > 9e15)
        return false;
    /* the way the file is printed: from the exact value of the double, not of the product */
    char text[64];
    (void)snprintf(text, sizeof text, "%.*f", SHOWN_DECIMALS, fabs(x));
    int64_t digits = 0;
    for (const char *at = text; *at; at++) {
        if (*at != '.')
            digits = digits * 10 + (*at - '0');
    }
    if (digits > INT64_MAX / shown_unit)
        return false;
    *value = (x < 0 ? -digits : digits) * shown_unit;
    return true;
}

bool tg_pay_floor(const struct tg_indicator *i, int64_t *value)
{
    if (i->has_floor)
        *value = i->floor;
    else if (i->n_points)
        *value = i->points[0].value;
    return i->has_floor || i->n_points > 0;
}

bool tg_pay_cap(const struct tg_indicator *i, int64_t *value)
{
    if (i->has_cap)
        *value = i->cap;
    else if (i->n_points)
        *value = i->points[i->n_points - 1].value;
    return i->has_cap || i->n_points > 0;
}

static void add_up(struct tg_pay_total *total, const struct tg_payment *p)
{
    total->outcome_yen += p->yen;
    total->n_unknown += p->reason == TG_PAID_NO_VALUE;
    total->hidden = total->hidden || p->reason == TG_PAID_HIDDEN;
}

static void end_total(const struct tg_pfs *pfs, struct tg_pay_total *total)
{
    total->fixed_yen = pfs->fixed_yen;
    total->yen = total->fixed_yen + total->outcome_yen;
    total->capped = total->yen > pfs->cap_yen;
    if (total->capped)
        total->yen = pfs->cap_yen;
}

struct tg_pay_total tg_pay_rows_sum(const struct tg_pfs *pfs, const struct tg_payment_row *rows,
                                    size_t n, enum tg_pay_end end)
{
    struct tg_pay_total total = {0};
    for (size_t i = 0; i < n; i++) {
        bool own = end == TG_PAY_OWN || !rows[i].has_interval;
        add_up(&total, own ? &rows[i].own : end == TG_PAY_LOW ? &rows[i].low : &rows[i].high);
    }
    end_total(pfs, &total);
    return total;
}

bool tg_pay_due(const struct tg_indicator *i, int year)
{
    bool due = year == 0 || i->n_years == 0;
    for (size_t k = 0; k < i->n_years; k++)
        due = due || i->years[k] == year;
    return due;
}

int tg_fiscal_year(int32_t month)
{
    return month / 12 - (month % 12 < FISCAL_BEGIN);
}
