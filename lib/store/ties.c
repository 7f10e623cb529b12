/* SPDX-License-Identifier: Apache-2.0 */
#include "store/ties.h"

#include "store/apart.h"
#include "text/calendar.h"

#include <stdlib.h>

/* A name that more units carry is nobody's in particular. */
enum { UNITS_MAX = 64 };
enum { AGE_MONTHS = 75 * 12 };

/* An enrolment that ends or begins at the 75th birthday. */
struct turner {
    uint32_t node;
    bool loses;
    bool settled; /* fits somebody with whom it is one already */
    uint32_t day;
};

/* A loss and a gain, each the only one that fits the other. */
struct pair {
    uint32_t loser, gainer;
    size_t name; /* SIZE_MAX: none in common that says so */
};

/* Those of one side who carry a name. */
struct bearers {
    size_t name;
    const struct tg_carry *items;
    size_t n;
    size_t trial; /* the unit that stands for all whom it and other names would join */
};

struct tying {
    struct tg_reach *reach;
    const bool *whole;
    struct tg_ties *out;
    struct tg_apart apart;
    struct tg_numbers written;
    struct bearers *bearers;
    size_t n_bearers, cap_bearers;
    struct turner *turners;
    size_t n_turners, cap_turners;
    struct pair *pairs;
    size_t n_pairs, cap_pairs;
    uint32_t *units; /* scratch */
    size_t n_units, cap_units;
};

static size_t unit_of(const struct tying *t, size_t node)
{
    return tg_reach_root(t->reach, TG_UNITED, node);
}

static size_t component_of(const struct tying *t, size_t node)
{
    return tg_reach_root(t->reach, TG_COMPONENT, node);
}

/* Two rings become one. */
static void unite(struct tying *t, size_t a, size_t b)
{
    struct tg_node *nodes = t->reach->nodes;
    if (unit_of(t, a) == unit_of(t, b))
        return;
    tg_reach_join(t->reach, TG_UNITED, a, b);
    uint32_t kept = nodes[a].next;
    nodes[a].next = nodes[b].next;
    nodes[b].next = kept;
}

static enum tg_status note(struct tying *t, uint32_t node, enum tg_tie_rule rule, size_t name,
                           struct tg_error *err)
{
    struct tg_ties *out = t->out;
    enum tg_status status = tg_grow(&out->items, &out->cap, out->n + 1, sizeof *out->items, err);
    if (!status)
        out->items[out->n++] = (struct tg_tie){node, rule, name};
    return status;
}

static enum tg_status note_all(struct tying *t, const struct bearers *b, enum tg_tie_rule rule,
                               struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < b->n; i++)
        status = note(t, b->items[i].node, rule, b->name, err);
    return status;
}

/* ---- who carries a name ---- */

static int by_side(const void *a, const void *b)
{
    const struct tg_carry *x = a, *y = b;
    if (x->side != y->side)
        return x->side < y->side ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

/* Those of each side by themselves; those alone are left out. */
static enum tg_status list_bearers(struct tying *t, struct tg_error *err)
{
    struct tg_reach *reach = t->reach;
    enum tg_status status = TG_OK;
    for (size_t k = 0; !status && k < reach->n_names; k++) {
        const struct tg_name *name = &reach->names[k];
        struct tg_carry *items = &reach->carries[name->first];
        qsort(items, name->n, sizeof *items, by_side);
        for (size_t i = 0, n; !status && i < name->n; i += n) {
            for (n = 1; i + n < name->n && items[i + n].side == items[i].side;)
                n++;
            status =
                tg_grow(&t->bearers, &t->cap_bearers, t->n_bearers + 1, sizeof *t->bearers, err);
            if (!status && n > 1)
                t->bearers[t->n_bearers++] = (struct bearers){.name = k, .items = &items[i], n, 0};
        }
    }
    return status;
}

/* Who is enrolled when matters where a name leads to several, and where somebody turns 75 or died.
 */
static void watch(struct tying *t)
{
    const struct tg_reach *reach = t->reach;
    for (size_t k = 0; k < reach->n_names; k++) {
        const struct tg_carry *items = &reach->carries[reach->names[k].first];
        size_t n = reach->names[k].n, first = unit_of(t, items[0].node), others = 0;
        for (size_t i = 1; i < n; i++)
            others += unit_of(t, items[i].node) != first;
        for (size_t i = 0; others && i < n; i++)
            t->out->watched[component_of(t, items[i].node)] = true;
    }
    for (size_t i = 0; i < reach->n; i++) {
        if (reach->nodes[i].turns || reach->nodes[i].death)
            t->out->watched[component_of(t, i)] = true;
    }
}

/* ---- loss and gain at 75 ---- */

static uint32_t next_day(uint32_t day)
{
    int32_t month = tg_month_of_day(day);
    if (day < tg_month_last_day(month))
        return day + 1;
    month++;
    return (uint32_t)(month / 12 * 10000 + (month % 12 + 1) * 100 + 1);
}

/* Is it the newest that its roster says of the unit, or the first? */
static bool is_outermost(const struct tying *t, uint32_t at, bool loses)
{
    const struct tg_node *nodes = t->reach->nodes, *node = &nodes[at];
    for (size_t i = node->next; i != at; i = nodes[i].next) {
        const struct tg_node *other = &nodes[i];
        if (other->source != node->source)
            continue;
        if (!loses && tg_node_first_day(other) < node->enrolled_from)
            return false;
        if (loses &&
            (other->seen_to > node->seen_to ||
             (other->seen_to == node->seen_to && tg_node_last_day(other) > node->enrolled_to)))
            return false;
    }
    return true;
}

static enum tg_status add_turner(struct tying *t, uint32_t at, bool loses, uint32_t day,
                                 struct tg_error *err)
{
    if (!is_outermost(t, at, loses))
        return TG_OK;
    enum tg_status status =
        tg_grow(&t->turners, &t->cap_turners, t->n_turners + 1, sizeof *t->turners, err);
    if (!status)
        t->turners[t->n_turners++] = (struct turner){.node = at, .loses = loses, .day = day};
    return status;
}

static enum tg_status add_turners(struct tying *t, uint32_t at, struct tg_error *err)
{
    const struct tg_node *node = &t->reach->nodes[at];
    enum tg_status status = TG_OK;
    if (!node->turns || !node->sex || node->birth_month == TG_NO_MONTH ||
        !t->whole[component_of(t, at)])
        return TG_OK;
    int32_t birthday = node->birth_month + AGE_MONTHS;
    if (node->enrolled_to && (tg_month_of_day(node->enrolled_to) == birthday ||
                              tg_month_of_day(next_day(node->enrolled_to)) == birthday))
        status = add_turner(t, at, true, node->enrolled_to, err);
    if (!status && node->enrolled_from && tg_month_of_day(node->enrolled_from) == birthday)
        status = add_turner(t, at, false, node->enrolled_from, err);
    return status;
}

static bool fit(const struct turner *a, const struct turner *b)
{
    const struct turner *loser = a->loses ? a : b, *gainer = a->loses ? b : a;
    return a->loses != b->loses &&
           (loser->day == gainer->day || next_day(loser->day) == gainer->day);
}

static int by_day(const void *a, const void *b)
{
    const struct turner *x = a, *y = b;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    return x->loses - y->loses;
}

/* The turners on the day, or on the ones beside it, of turner `at`: from `*first` on. */
static void near_days(const struct tying *t, size_t at, size_t *first, size_t *last)
{
    uint32_t day = t->turners[at].day, beyond = next_day(day);
    for (*first = at; *first > 0 && (t->turners[*first - 1].day == day ||
                                     next_day(t->turners[*first - 1].day) == day);)
        --*first;
    for (*last = at + 1; *last < t->n_turners && t->turners[*last].day <= beyond;)
        ++*last;
}

/* The one unit, other than its own, that fits a turner: a turner of it. SIZE_MAX: none, or several.
 */
static size_t only_fit(const struct tying *t, size_t at)
{
    size_t first, last, found = SIZE_MAX;
    near_days(t, at, &first, &last);
    for (size_t i = first; i < last; i++) {
        if (t->turners[i].settled || !fit(&t->turners[at], &t->turners[i]))
            continue;
        if (found != SIZE_MAX &&
            unit_of(t, t->turners[found].node) != unit_of(t, t->turners[i].node))
            return SIZE_MAX;
        found = found == SIZE_MAX ? i : found;
    }
    return found;
}

static void settle(struct tying *t)
{
    for (size_t at = 0; at < t->n_turners; at++) {
        size_t first, last;
        near_days(t, at, &first, &last);
        for (size_t i = first; i < last; i++)
            t->turners[at].settled |=
                fit(&t->turners[at], &t->turners[i]) &&
                unit_of(t, t->turners[at].node) == unit_of(t, t->turners[i].node);
    }
}

/* All pairs of a loser and those of the one unit that fit it, if it is the one that fits them. */
static enum tg_status add_pairs(struct tying *t, size_t loser, size_t name, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    size_t first, last;
    near_days(t, loser, &first, &last);
    for (size_t i = first; !status && i < last; i++) {
        if (t->turners[i].settled || !fit(&t->turners[loser], &t->turners[i]) ||
            only_fit(t, i) == SIZE_MAX)
            continue;
        status = tg_grow(&t->pairs, &t->cap_pairs, t->n_pairs + 1, sizeof *t->pairs, err);
        if (!status)
            t->pairs[t->n_pairs++] =
                (struct pair){t->turners[loser].node, t->turners[i].node, name};
    }
    return status;
}

/* Pairs of those in t->turners, who are used up. */
static enum tg_status pair_off(struct tying *t, size_t name, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    if (t->n_turners > 1) {
        qsort(t->turners, t->n_turners, sizeof *t->turners, by_day);
        settle(t);
    }
    for (size_t at = 0; !status && t->n_turners > 1 && at < t->n_turners; at++) {
        if (t->turners[at].loses && !t->turners[at].settled && only_fit(t, at) != SIZE_MAX)
            status = add_pairs(t, at, name, err);
    }
    t->n_turners = 0;
    return status;
}

/* Two rosters or kinds of number, and nothing that speaks against it. */
static enum tg_status may_be_one(struct tying *t, const struct pair *p, bool *may,
                                 struct tg_error *err)
{
    const struct tg_node *nodes = t->reach->nodes;
    bool differ = false, kinds = false, two = false;
    enum tg_status status = tg_apart_numbers(&t->apart, p->loser, p->gainer, &differ, &kinds, err);
    *may = !differ && (kinds || nodes[p->loser].source != nodes[p->gainer].source);
    if (!status && *may)
        status = tg_apart_units(&t->apart, p->loser, p->gainer, &two, err);
    *may = *may && !two;
    if (!status && *may && p->name == SIZE_MAX) {
        status = tg_apart_names(&t->apart, p->loser, p->gainer, &t->reach->bridging, &two, err);
        *may = !two;
    }
    return status;
}

/* A unit that several pairs name is in none of them. `partner`: by unit; itself: several. */
static void mark_partners(const struct tying *t, uint32_t *partner)
{
    for (size_t i = 0; i < t->reach->n; i++)
        partner[i] = UINT32_MAX;
    for (size_t i = 0; i < t->n_pairs; i++) {
        uint32_t loser = (uint32_t)unit_of(t, t->pairs[i].loser);
        uint32_t gainer = (uint32_t)unit_of(t, t->pairs[i].gainer);
        bool other = partner[loser] != UINT32_MAX && partner[loser] != gainer;
        bool back = partner[gainer] != UINT32_MAX && partner[gainer] != loser;
        partner[loser] = other ? loser : gainer;
        partner[gainer] = back ? gainer : loser;
    }
}

static bool are_partners(const struct tying *t, const uint32_t *partner, const struct pair *p)
{
    size_t loser = unit_of(t, p->loser), gainer = unit_of(t, p->gainer);
    return partner[loser] == gainer && partner[gainer] == loser;
}

/* Leaves the pairs of units of which no pair speaks against it. */
static enum tg_status keep_pairs(struct tying *t, uint32_t *partner, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    size_t n = 0;
    mark_partners(t, partner);
    for (size_t i = 0; !status && i < t->n_pairs; i++) {
        bool may = are_partners(t, partner, &t->pairs[i]);
        if (may)
            status = may_be_one(t, &t->pairs[i], &may, err);
        size_t loser = unit_of(t, t->pairs[i].loser);
        if (!may)
            partner[loser] = (uint32_t)loser;
    }
    for (size_t i = 0; i < t->n_pairs; i++) {
        if (are_partners(t, partner, &t->pairs[i]))
            t->pairs[n++] = t->pairs[i];
    }
    t->n_pairs = n;
    return status;
}

static enum tg_status join_pairs(struct tying *t, struct tg_error *err)
{
    if (t->n_pairs == 0)
        return TG_OK;
    uint32_t *partner = tg_calloc(t->reach->n, sizeof *partner, err);
    enum tg_status status = partner ? keep_pairs(t, partner, err) : TG_NO_MEMORY;
    free(partner);
    for (size_t i = 0; !status && i < t->n_pairs; i++) {
        const struct pair *p = &t->pairs[i];
        enum tg_tie_rule rule = p->name == SIZE_MAX ? TG_TIE_DAYS : TG_TIE_BIRTHDAY;
        unite(t, p->loser, p->gainer);
        status = note(t, p->loser, rule, p->name, err);
        if (!status)
            status = note(t, p->gainer, rule, p->name, err);
    }
    t->n_pairs = 0;
    return status;
}

static enum tg_status tie_birthdays(struct tying *t, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (size_t k = 0; !status && k < t->n_bearers; k++) {
        const struct bearers *b = &t->bearers[k];
        for (size_t i = 0; !status && i < b->n; i++)
            status = add_turners(t, b->items[i].node, err);
        if (!status)
            status = pair_off(t, b->name, err);
    }
    return status ? status : join_pairs(t, err);
}

/* Place of a turning node among those born in its month. */
struct born {
    int32_t month;
    uint8_t sex;
    uint32_t node;
};

static int by_birth(const void *a, const void *b)
{
    const struct born *x = a, *y = b;
    if (x->month != y->month)
        return x->month < y->month ? -1 : 1;
    if (x->sex != y->sex)
        return x->sex < y->sex ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

static enum tg_status tie_days(struct tying *t, struct tg_error *err)
{
    const struct tg_node *nodes = t->reach->nodes;
    struct born *born = tg_calloc(t->reach->n, sizeof *born, err);
    size_t n = 0;
    enum tg_status status = born ? TG_OK : TG_NO_MEMORY;
    for (size_t i = 0; born && i < t->reach->n; i++) {
        if (nodes[i].turns)
            born[n++] = (struct born){nodes[i].birth_month, nodes[i].sex, (uint32_t)i};
    }
    if (n)
        qsort(born, n, sizeof *born, by_birth);
    for (size_t i = 0; !status && i < n; i++) {
        status = add_turners(t, born[i].node, err);
        bool last =
            i + 1 == n || born[i + 1].month != born[i].month || born[i + 1].sex != born[i].sex;
        if (!status && last)
            status = pair_off(t, SIZE_MAX, err);
    }
    free(born);
    return status ? status : join_pairs(t, err);
}

/* ---- names ---- */

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Adds the units of those who carry a name to t->units. */
static enum tg_status add_units(struct tying *t, const struct bearers *b, struct tg_error *err)
{
    enum tg_status status =
        tg_grow(&t->units, &t->cap_units, t->n_units + b->n, sizeof *t->units, err);
    for (size_t i = 0; !status && i < b->n; i++)
        t->units[t->n_units++] = (uint32_t)unit_of(t, b->items[i].node);
    return status;
}

/* Each once. */
static void sort_units(struct tying *t)
{
    size_t n = 0;
    if (t->n_units)
        qsort(t->units, t->n_units, sizeof *t->units, by_number);
    for (size_t i = 0; i < t->n_units; i++) {
        if (n == 0 || t->units[n - 1] != t->units[i])
            t->units[n++] = t->units[i];
    }
    t->n_units = n;
}

/* May all in t->units be one person? */
static enum tg_status are_one(struct tying *t, bool *one, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    *one = t->n_units <= UNITS_MAX;
    for (size_t i = 0; *one && i < t->n_units; i++)
        *one = t->whole[component_of(t, t->units[i])];
    for (size_t i = 1; !status && *one && i < t->n_units; i++) {
        for (size_t j = 0; !status && *one && j < i; j++) {
            bool two = false;
            status = tg_apart_units(&t->apart, t->units[i], t->units[j], &two, err);
            *one = !two;
        }
    }
    return status;
}

/* Are any two in t->units two people? Then there is nothing to be decided. */
static enum tg_status are_all_two(struct tying *t, bool *all, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    *all = t->n_units <= UNITS_MAX;
    for (size_t i = 1; !status && *all && i < t->n_units; i++) {
        for (size_t j = 0; !status && *all && j < i; j++)
            status = tg_apart_units(&t->apart, t->units[i], t->units[j], all, err);
    }
    return status;
}

/* Do any two in t->units write their names differently? */
static enum tg_status are_written_differently(struct tying *t, bool *differ, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    *differ = false;
    for (size_t i = 1; !status && !*differ && i < t->n_units; i++) {
        for (size_t j = 0; !status && !*differ && j < i; j++)
            status = tg_apart_names(&t->apart, t->units[i], t->units[j], &t->written, differ, err);
    }
    return status;
}

/* Whom the name would join alone; `trial` is SIZE_MAX where it joins nobody. */
static enum tg_status try_name(struct tying *t, struct bearers *b, struct tg_error *err)
{
    bool one = false, differ = false, all_two = false;
    t->n_units = 0;
    b->trial = SIZE_MAX;
    enum tg_status status = add_units(t, b, err);
    sort_units(t);
    if (status || t->n_units < 2)
        return status;
    status = are_one(t, &one, err);
    if (!status && one && !tg_numbers_has(&t->written, t->reach->names[b->name].token))
        status = are_written_differently(t, &differ, err);
    if (!status && !one)
        status = are_all_two(t, &all_two, err);
    if (!status && !one)
        return note_all(t, b, all_two ? TG_TIE_NAMESAKES : TG_TIE_UNDECIDED, err);
    if (!status && differ)
        return note_all(t, b, TG_TIE_WRITTEN, err);
    for (size_t i = 1; !status && i < t->n_units; i++)
        tg_reach_join(t->reach, TG_TRIAL, t->units[0], t->units[i]);
    b->trial = t->units[0];
    return status;
}

static int by_trial(const void *a, const void *b)
{
    const struct bearers *x = a, *y = b;
    if (x->trial != y->trial)
        return x->trial < y->trial ? -1 : 1;
    return (x->items > y->items) - (x->items < y->items);
}

/* Names that together join some: all of them do, or none. */
static enum tg_status decide_names(struct tying *t, const struct bearers *b, size_t n,
                                   struct tg_error *err)
{
    bool one = true;
    enum tg_status status = TG_OK;
    t->n_units = 0;
    for (size_t i = 0; !status && i < n; i++)
        status = add_units(t, &b[i], err);
    sort_units(t);
    if (!status && n > 1)
        status = are_one(t, &one, err);
    for (size_t i = 0; !status && i < n; i++)
        status = note_all(t, &b[i], one ? TG_TIE_NAME : TG_TIE_TOGETHER, err);
    for (size_t i = 1; !status && one && i < t->n_units; i++)
        unite(t, t->units[0], t->units[i]);
    return status;
}

static enum tg_status tie_names(struct tying *t, struct tg_error *err)
{
    struct tg_reach *reach = t->reach;
    enum tg_status status = TG_OK;
    for (size_t i = 0; i < reach->n; i++)
        reach->nodes[i].parent[TG_TRIAL] = (uint32_t)unit_of(t, i);
    for (size_t k = 0; !status && k < t->n_bearers; k++)
        status = try_name(t, &t->bearers[k], err);
    for (size_t k = 0; k < t->n_bearers; k++) {
        struct bearers *b = &t->bearers[k];
        b->trial = b->trial == SIZE_MAX ? SIZE_MAX : tg_reach_root(reach, TG_TRIAL, b->trial);
    }
    if (t->n_bearers)
        qsort(t->bearers, t->n_bearers, sizeof *t->bearers, by_trial);
    for (size_t i = 0, n; !status && i < t->n_bearers && t->bearers[i].trial != SIZE_MAX; i += n) {
        for (n = 1; i + n < t->n_bearers && t->bearers[i + n].trial == t->bearers[i].trial;)
            n++;
        status = decide_names(t, &t->bearers[i], n, err);
    }
    return status;
}

/* What numbers made one is a ring. */
static void begin_units(struct tying *t)
{
    struct tg_node *nodes = t->reach->nodes;
    for (size_t i = 0; i < t->reach->n; i++) {
        uint32_t group = nodes[i].group, kept = nodes[group].next;
        nodes[i].parent[TG_UNITED] = group;
        if (group == i)
            continue;
        nodes[group].next = nodes[i].next;
        nodes[i].next = kept;
    }
}

enum tg_status tg_ties_decide(struct tg_reach *reach, const bool *whole, struct tg_ties *out,
                              struct tg_error *err)
{
    struct tying t = {.reach = reach, .whole = whole, .out = out};
    out->watched = tg_calloc(reach->n, sizeof *out->watched, err);
    enum tg_status status = out->watched ? tg_apart_load(reach, &t.apart, err) : TG_NO_MEMORY;
    if (!status)
        status = tg_written_load(reach->store, &t.written, err);
    if (!status) {
        begin_units(&t);
        watch(&t);
        status = list_bearers(&t, err);
    }
    if (!status)
        status = tie_birthdays(&t, err);
    if (!status)
        status = tie_names(&t, err);
    if (!status)
        status = tie_days(&t, err);
    for (size_t i = 0; !status && i < reach->n; i++)
        reach->nodes[i].group = (uint32_t)unit_of(&t, i);
    tg_apart_free(&t.apart);
    tg_numbers_free(&t.written);
    free(t.bearers);
    free(t.turners);
    free(t.pairs);
    free(t.units);
    return status;
}

void tg_ties_free(struct tg_ties *ties)
{
    free(ties->items);
    free(ties->watched);
    *ties = (struct tg_ties){0};
}
