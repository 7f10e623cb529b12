/* SPDX-License-Identifier: Apache-2.0 */
#include "outcome/conceal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_LEN = 512 };

void tg_concealing_end(struct tg_concealing *c)
{
    free(c->now);
    c->now = NULL;
    c->n_now = c->cap_now = 0;
}

/* One cell on its way to being shown or not. */
struct cell {
    uint64_t n[TG_N_ARMS];
    const struct tg_withheld *before; /* last month; NULL: was shown */
    bool kept_back;                   /* small, or too like last month's */
    bool hidden;
};

static const struct tg_withheld *find_before(const struct tg_concealing *c, const char *name)
{
    for (size_t i = 0; i < c->n_before; i++) {
        if (strcmp(c->before[i].cell, name) == 0)
            return &c->before[i];
    }
    return NULL;
}

static bool is_near(uint64_t a, uint64_t b, unsigned min_cell)
{
    uint64_t difference = a > b ? a - b : b - a;
    return difference < min_cell;
}

/* Left out last month, and in some arm not changed by enough people since. */
static bool is_like_before(const struct cell *cell, unsigned min_cell)
{
    return cell->before && (is_near(cell->n[0], cell->before->n[0], min_cell) ||
                            is_near(cell->n[1], cell->before->n[1], min_cell));
}

/* What was left out together comes back together: else what stays behind, which may be as it was,
 * tells what the others were. */
static void keep_back_before(struct cell *cells, size_t n, unsigned min_cell)
{
    bool any = false;
    for (size_t i = 0; i < n; i++)
        any = any || is_like_before(&cells[i], min_cell);
    for (size_t i = 0; any && i < n; i++)
        cells[i].kept_back = cells[i].kept_back || cells[i].before;
}

static enum tg_status note_hidden(struct tg_concealing *c, const char *name,
                                  const struct cell *cell, struct tg_error *err)
{
    enum tg_status status = tg_grow(&c->now, &c->cap_now, c->n_now + 1, sizeof *c->now, err);
    if (status)
        return status;
    struct tg_withheld *w = &c->now[c->n_now++];
    bool older = cell->before && cell->kept_back;
    w->cell = tg_arena_strndup(c->arena, name, strlen(name), err);
    for (int arm = 0; arm < TG_N_ARMS; arm++)
        w->n[arm] = older ? cell->before->n[arm] : cell->n[arm];
    return w->cell ? TG_OK : TG_NO_MEMORY;
}

/* The cell to hide next: one that was hidden last month, else the one of the fewest people. */
static size_t next_to_hide(const struct cell *cells, size_t n)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        const struct cell *a = &cells[i], *b = best == SIZE_MAX ? NULL : &cells[best];
        uint64_t people = a->n[0] + a->n[1];
        if (a->hidden || people == 0)
            continue;
        bool rather = !b || (a->before && !b->before) ||
                      (!a->before == !b->before && people < b->n[0] + b->n[1]);
        best = rather ? i : best;
    }
    return best;
}

/* --- subgroups --- */

/* The levels of one factor, and what is known of all people. */
struct levels {
    struct tg_effect *rows;
    struct cell *cells;
    size_t n;
    uint64_t rest[TG_N_ARMS], rest_cases[TG_N_ARMS]; /* people of no level */
    bool is_count;
};

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static bool group_may_show(const struct levels *l, int arm, unsigned min_cell)
{
    struct tg_effect group = {.design = "did", .is_count = l->is_count};
    uint64_t n = l->rest[arm], cases = l->rest_cases[arm];
    for (size_t i = 0; i < l->n; i++) {
        n += l->cells[i].hidden ? l->rows[i].n[arm] : 0;
        cases += l->cells[i].hidden ? l->rows[i].cases[arm] : 0;
    }
    group.n[0] = group.n[1] = n;
    group.cases[0] = group.cases[1] = cases;
    return n == 0 || tg_effect_may_show(&group, min_cell);
}

static bool is_protected(const struct levels *l, unsigned min_cell)
{
    size_t parts = l->rest[0] + l->rest[1] > 0, kept_back = 0;
    for (size_t i = 0; i < l->n; i++) {
        parts += l->cells[i].hidden;
        kept_back += l->cells[i].kept_back;
    }
    return (kept_back == 0 || parts > 1) && group_may_show(l, 0, min_cell) &&
           group_may_show(l, 1, min_cell);
}

static void hide_levels(struct levels *l, bool all, unsigned min_cell)
{
    for (size_t i = 0; i < l->n; i++) {
        struct cell *cell = &l->cells[i];
        cell->kept_back = !tg_effect_may_show(&l->rows[i], min_cell);
    }
    keep_back_before(l->cells, l->n, min_cell);
    for (size_t i = 0; i < l->n; i++)
        l->cells[i].hidden = l->cells[i].kept_back || all;
    while (!is_protected(l, min_cell)) {
        size_t next = next_to_hide(l->cells, l->n);
        if (next == SIZE_MAX)
            break;
        l->cells[next].hidden = true;
    }
}

static void blank_effect(struct tg_concealing *c, struct tg_effect *e)
{
    double *const cells[] = {&e->mean[0],      &e->mean[1],      &e->effect,
                             &e->ci_low,       &e->ci_high,      &e->p,
                             &e->welch.effect, &e->welch.ci_low, &e->welch.ci_high};
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        c->hidden += isnan(*cells[i]) ? 0 : 1;
        *cells[i] = NAN;
    }
    e->linkage = (struct tg_linkage_range){NAN, NAN, NAN, NAN, NAN};
    e->hidden = true;
}

static const struct tg_effect *main_of(const struct tg_effect *mains, size_t n, const char *outcome)
{
    for (size_t i = 0; i < n; i++) {
        if (tg_effect_is_main(&mains[i]) && strcmp(mains[i].outcome, outcome) == 0)
            return &mains[i];
    }
    return NULL;
}

static void name_level(const struct tg_effect *e, char name[NAME_MAX_LEN])
{
    (void)snprintf(name, NAME_MAX_LEN, "%s/%s", e->outcome, e->subgroup);
}

static enum tg_status hide_factor(struct tg_concealing *c, struct levels *l,
                                  const struct tg_effect *main, struct tg_error *err)
{
    char name[NAME_MAX_LEN];
    enum tg_status status = TG_OK;
    for (int arm = 0; arm < TG_N_ARMS; arm++) {
        l->rest[arm] = main ? main->n[arm] : 0;
        l->rest_cases[arm] = main ? main->cases[arm] : 0;
        for (size_t i = 0; i < l->n; i++) {
            l->rest[arm] = less(l->rest[arm], l->rows[i].n[arm]);
            l->rest_cases[arm] = less(l->rest_cases[arm], l->rows[i].cases[arm]);
            l->cells[i].n[arm] = l->rows[i].n[arm];
        }
    }
    for (size_t i = 0; i < l->n; i++) {
        name_level(&l->rows[i], name);
        l->cells[i].before = find_before(c, name);
    }
    hide_levels(l, !main || main->hidden, c->min_cell);
    for (size_t i = 0; !status && i < l->n; i++) {
        if (!l->cells[i].hidden)
            continue;
        name_level(&l->rows[i], name);
        blank_effect(c, &l->rows[i]);
        status = note_hidden(c, name, &l->cells[i], err);
    }
    return status;
}

static bool same_factor(const struct tg_effect *a, const struct tg_effect *b)
{
    size_t len = strcspn(a->subgroup, "=");
    return strcmp(a->outcome, b->outcome) == 0 && strncmp(a->subgroup, b->subgroup, len + 1) == 0;
}

enum tg_status tg_subgroups_hide(struct tg_concealing *c, struct tg_effect *rows, size_t n,
                                 const struct tg_effect *mains, size_t n_mains,
                                 struct tg_error *err)
{
    struct cell *cells = tg_calloc(n, sizeof *cells, err);
    enum tg_status status = cells ? TG_OK : TG_NO_MEMORY;
    for (size_t at = 0, end; !status && at < n; at = end) {
        for (end = at + 1; end < n && same_factor(&rows[at], &rows[end]);)
            end++;
        struct levels l = {
            .rows = rows + at, .cells = cells + at, .n = end - at, .is_count = rows[at].is_count};
        status = hide_factor(c, &l, main_of(mains, n_mains, rows[at].outcome), err);
    }
    free(cells);
    return status;
}

/* --- from level to level --- */

/* Cells whose sum is known. */
static bool sum_is_protected(const struct cell *const *group, size_t n, unsigned min_cell)
{
    uint64_t people = 0;
    size_t hidden = 0, kept_back = 0;
    for (size_t i = 0; i < n; i++) {
        people += group[i]->hidden ? group[i]->n[0] : 0;
        hidden += group[i]->hidden;
        kept_back += group[i]->kept_back;
    }
    return kept_back == 0 || (hidden > 1 && tg_count_may_show(people, min_cell));
}

static void protect_sum(struct cell **group, size_t n, unsigned min_cell)
{
    while (!sum_is_protected((const struct cell *const *)group, n, min_cell)) {
        struct cell *best = NULL;
        for (size_t i = 0; i < n; i++) {
            struct cell *a = group[i];
            if (a->hidden || a->n[0] == 0)
                continue;
            if (!best || (a->before && !best->before) ||
                (!a->before == !best->before && a->n[0] < best->n[0]))
                best = a;
        }
        if (!best)
            return;
        best->hidden = true;
    }
}

/* A table of one arm, being hidden. */
struct table {
    const struct tg_outcome_result *r;
    const struct tg_effect *main;
    const bool *open; /* by level before: its subgroup is shown */
    struct cell *cells;
    struct cell **group;
    enum tg_arm arm;
};

static bool is_kept(const struct tg_outcome_rule *rule, size_t from, size_t to)
{
    return rule->higher_is_better ? to >= from : to <= from;
}

/* The group of a cell: 0 and 1 over all levels that are not open, 2 and more of an open level. */
static size_t group_of(const struct table *t, size_t from, size_t to)
{
    size_t kept = is_kept(t->r->rule, from, to);
    if (t->open[from])
        return 2 + 2 * from + kept;
    return t->main && !t->main->hidden ? kept : 0;
}

static void name_move(const struct table *t, size_t cell, char name[NAME_MAX_LEN])
{
    const struct tg_transitions *m = &t->r->transitions;
    (void)snprintf(name, NAME_MAX_LEN, "%s/%d/%g-%g", t->r->rule->name, (int)t->arm,
                   m->levels[cell / m->n], m->levels[cell % m->n]);
}

static enum tg_status hide_table(struct tg_concealing *c, struct table *t, bool *hidden,
                                 struct tg_error *err)
{
    const struct tg_transitions *m = &t->r->transitions;
    char name[NAME_MAX_LEN];
    enum tg_status status = TG_OK;
    for (size_t i = 0; i < m->n * m->n; i++) {
        struct cell *cell = &t->cells[i];
        name_move(t, i, name);
        *cell = (struct cell){.n = {m->counts[t->arm][i], m->counts[t->arm][i]},
                              .before = find_before(c, name)};
        cell->kept_back = !tg_count_may_show(cell->n[0], c->min_cell);
    }
    keep_back_before(t->cells, m->n * m->n, c->min_cell);
    for (size_t i = 0; i < m->n * m->n; i++)
        t->cells[i].hidden = t->cells[i].kept_back;
    for (size_t g = 0; g < 2 + 2 * m->n; g++) {
        size_t n = 0;
        for (size_t i = 0; i < m->n * m->n; i++) {
            if (group_of(t, i / m->n, i % m->n) == g)
                t->group[n++] = &t->cells[i];
        }
        protect_sum(t->group, n, c->min_cell);
    }
    for (size_t i = 0; !status && i < m->n * m->n; i++) {
        hidden[i] = t->cells[i].hidden;
        c->hidden += hidden[i];
        name_move(t, i, name);
        if (hidden[i])
            status = note_hidden(c, name, &t->cells[i], err);
    }
    return status;
}

static bool level_is_open(const struct tg_outcome_result *r, size_t level,
                          const struct tg_effect *subgroups, size_t n)
{
    char name[64];
    (void)snprintf(name, sizeof name, "level=%g", r->transitions.levels[level]);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(subgroups[i].outcome, r->rule->name) == 0 &&
            strcmp(subgroups[i].subgroup, name) == 0)
            return !subgroups[i].hidden;
    }
    return false;
}

enum tg_status tg_transitions_hide(struct tg_concealing *c, const struct tg_outcome_result *r,
                                   const struct tg_effect *main, const struct tg_effect *subgroups,
                                   size_t n_subgroups, bool *hidden[TG_N_ARMS],
                                   struct tg_error *err)
{
    size_t n = r->transitions.n;
    bool *open = tg_calloc(n, sizeof *open, err);
    struct table t = {.r = r, .main = main, .open = open};
    t.cells = tg_calloc(n, n * sizeof *t.cells, err);
    t.group = tg_calloc(n, n * sizeof *t.group, err);
    enum tg_status status = open && t.cells && t.group ? TG_OK : TG_NO_MEMORY;
    for (size_t i = 0; !status && i < n; i++)
        open[i] = level_is_open(r, i, subgroups, n_subgroups);
    for (int arm = 0; !status && arm < TG_N_ARMS; arm++) {
        t.arm = (enum tg_arm)arm;
        status = hide_table(c, &t, hidden[arm], err);
    }
    free(open);
    free(t.cells);
    free(t.group);
    return status;
}

/* --- risk curves --- */

size_t tg_survival_shown(const struct tg_survival *s, unsigned min_cell, bool *shown)
{
    size_t hidden = 0;
    uint64_t last = 0, all = s->event_persons[s->months];
    shown[0] = true;
    for (int32_t t = 1; t <= s->months; t++) {
        uint64_t now = s->event_persons[t];
        shown[t] =
            tg_count_may_show(now - last, min_cell) && tg_count_may_show(all - now, min_cell);
        hidden += !shown[t];
        last = shown[t] ? now : last;
    }
    return hidden;
}
