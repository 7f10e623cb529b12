/* SPDX-License-Identifier: Apache-2.0 */
#include "outcome/outcome.h"

#include <limits.h>
#include <math.h>
#include <string.h>

enum { FEWEST_OF_A_MEAN = 10, N_GROUPS = TG_BALANCE_GROUPS };

bool tg_count_may_show(uint64_t n, unsigned min_cell)
{
    return n == 0 || (min_cell != UINT_MAX && n >= min_cell);
}

static bool mean_may_show(uint64_t n, unsigned min_cell)
{
    return n >= FEWEST_OF_A_MEAN && tg_count_may_show(n, min_cell);
}

/* Tells how many numbers it hid: 1 or 0. */
static size_t blank(double *cell)
{
    if (isnan(*cell))
        return 0;
    *cell = NAN;
    return 1;
}

/* A row of participants alone has no controls to be too few. */
static bool is_alone(const struct tg_effect *e)
{
    return strcmp(e->design, "alone") == 0;
}

static size_t hide_effect(struct tg_effect *e)
{
    size_t cells = blank(&e->effect) + blank(&e->ci_low) + blank(&e->ci_high) + blank(&e->p);
    for (int arm = 0; arm < TG_N_ARMS; arm++)
        cells += blank(&e->mean[arm]);
    cells += blank(&e->welch.effect) + blank(&e->welch.ci_low) + blank(&e->welch.ci_high);
    e->linkage = (struct tg_linkage_range){NAN, NAN, NAN, NAN, NAN};
    e->hidden = true;
    return cells;
}

/* People of "before" or "after" who are not in "did": from the three rows' means and counts theirs
 * could be computed. */
static bool tells_of_few(const struct tg_effect *level, const struct tg_effect *did,
                         unsigned min_cell)
{
    for (int arm = 0; arm < TG_N_ARMS; arm++) {
        uint64_t more = level->n[arm] - did->n[arm];
        if (level->n[arm] > did->n[arm] && !mean_may_show(more, min_cell))
            return true;
    }
    return false;
}

static bool is_design(const struct tg_effect *e, const char *outcome, const char *design)
{
    return strcmp(e->outcome, outcome) == 0 && strcmp(e->design, design) == 0;
}

/* A share of n tells how many had it, and how many had not. */
static bool tells_few_cases(const struct tg_effect *e, unsigned min_cell)
{
    for (int arm = 0; e->is_count && arm < TG_N_ARMS; arm++) {
        uint64_t rest = e->n[arm] > e->cases[arm] ? e->n[arm] - e->cases[arm] : 0;
        if (!tg_count_may_show(e->cases[arm], min_cell) || !tg_count_may_show(rest, min_cell))
            return true;
    }
    return false;
}

bool tg_effect_may_show(const struct tg_effect *e, unsigned min_cell)
{
    return mean_may_show(e->n[TG_PARTICIPANT], min_cell) &&
           (is_alone(e) || mean_may_show(e->n[TG_CONTROL], min_cell)) &&
           !tells_few_cases(e, min_cell);
}

size_t tg_effects_hide(struct tg_effect *rows, size_t n, unsigned min_cell)
{
    size_t cells = 0;
    for (size_t i = 0; i < n; i++) {
        struct tg_effect *e = &rows[i];
        bool hide = !tg_effect_may_show(e, min_cell);
        for (size_t j = 0; j < n && !hide; j++) {
            bool level = strcmp(e->design, "before") == 0 || strcmp(e->design, "after") == 0;
            hide = level && is_design(&rows[j], e->outcome, "did") &&
                   tells_of_few(e, &rows[j], min_cell);
        }
        if (hide)
            cells += hide_effect(e);
    }
    return cells;
}

/* The means or shares of a row, in the order of its counts. */
static double *group_cell(struct tg_balance_row *row, int group)
{
    double *const cells[N_GROUPS] = {&row->participants, &row->controls_before,
                                     &row->controls_after, &row->participants_after};
    return cells[group];
}

static uint64_t count_of(struct tg_balance_row *row, int group)
{
    return (uint64_t)llround(*group_cell(row, group) * (double)row->n[group]);
}

static bool is_too_small(struct tg_balance_row *row, int group, unsigned min_cell)
{
    uint64_t n = row->n[group];
    if (!mean_may_show(n, min_cell))
        return true;
    if (!row->binary)
        return false;
    uint64_t count = count_of(row, group);
    return !tg_count_may_show(count, min_cell) || !tg_count_may_show(n - count, min_cell);
}

/* "district=…": rows whose shares add up to one have the name before '=' in common. */
static bool same_factor(const struct tg_balance_row *a, const struct tg_balance_row *b)
{
    const char *end = strchr(a->covariate, '=');
    size_t len = end ? (size_t)(end - a->covariate) + 1 : 0;
    return len && a->binary && b->binary && strncmp(a->covariate, b->covariate, len) == 0;
}

/* The shown row of the factor with the fewest people; SIZE_MAX: none has anybody. */
static size_t smallest_shown(struct tg_balance_row *rows, size_t n, size_t factor, int group)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        if (!same_factor(&rows[factor], &rows[i]) || isnan(*group_cell(&rows[i], group)))
            continue;
        uint64_t count = count_of(&rows[i], group);
        if (count == 0)
            continue;
        uint64_t least = best == SIZE_MAX ? UINT64_MAX : count_of(&rows[best], group);
        if (count < least ||
            (count == least && strcmp(rows[i].covariate, rows[best].covariate) < 0))
            best = i;
    }
    return best;
}

/* What is hidden of a factor must be at least two rows and too many people to tell them apart:
 * the hidden people's number is one less the shares shown. */
static size_t hide_more(struct tg_balance_row *rows, size_t n, size_t factor, int group,
                        unsigned min_cell)
{
    size_t cells = 0;
    for (;;) {
        size_t n_hidden = 0;
        uint64_t shown = 0, people = 0;
        for (size_t i = 0; i < n; i++) {
            if (!same_factor(&rows[factor], &rows[i]))
                continue;
            bool hidden = isnan(*group_cell(&rows[i], group)) && rows[i].n[group] > 0;
            n_hidden += hidden;
            shown += isnan(*group_cell(&rows[i], group)) ? 0 : count_of(&rows[i], group);
            people = rows[i].n[group] > people ? rows[i].n[group] : people;
        }
        uint64_t left = people > shown ? people - shown : 0;
        if (n_hidden == 0 || (n_hidden > 1 && tg_count_may_show(left, min_cell)))
            return cells;
        size_t next = smallest_shown(rows, n, factor, group);
        if (next == SIZE_MAX)
            return cells;
        cells += blank(group_cell(&rows[next], group));
    }
}

/* A difference together with one of its two sides gives the other one away. */
static size_t hide_differences(struct tg_balance_row *row)
{
    size_t cells = 0;
    if (isnan(row->participants) || isnan(row->controls_before))
        cells += blank(&row->smd_before) + blank(&row->variance_ratio_before) +
                 blank(&row->ecdf_max_before);
    if (isnan(row->participants_after) || isnan(row->controls_after))
        cells += blank(&row->smd_after) + blank(&row->variance_ratio_after) +
                 blank(&row->ecdf_max_after);
    return cells;
}

/* Means of products tell of combinations, and beside plain means of covariances: none is shown.
 * Differences are, where no combination is small. */
static size_t hide_product(struct tg_balance_row *row, unsigned min_cell)
{
    bool small = false;
    size_t cells = 0;
    for (int group = 0; group < N_GROUPS; group++)
        small |= is_too_small(row, group, min_cell);
    for (int group = 0; group < N_GROUPS; group++)
        (void)blank(group_cell(row, group));
    if (small)
        cells += hide_differences(row);
    return cells;
}

size_t tg_balance_hide(struct tg_balance_row *rows, size_t n, unsigned min_cell)
{
    size_t cells = 0;
    while (n > 0 && rows[n - 1].product)
        cells += hide_product(&rows[--n], min_cell);
    for (size_t i = 0; i < n; i++) {
        for (int group = 0; group < N_GROUPS; group++) {
            if (is_too_small(&rows[i], group, min_cell))
                cells += blank(group_cell(&rows[i], group));
        }
    }
    for (size_t i = 0; i < n; i++) {
        for (int group = 0; group < N_GROUPS; group++)
            cells += hide_more(rows, n, i, group, min_cell);
    }
    for (size_t i = 0; i < n; i++)
        cells += hide_differences(&rows[i]);
    return cells;
}
