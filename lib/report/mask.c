/* SPDX-License-Identifier: Apache-2.0 */
#include "report/mask.h"

enum { WANTED_WIDTH = 3 };

static const int64_t no_limit = INT64_MAX / 4;
static const uint64_t no_way = UINT64_MAX;

struct table {
    struct tg_mask_cell *cells;
    size_t n_cells;
    const struct tg_mask_sum *sums;
    size_t n_sums;
    unsigned min_cell;
    struct tg_mask_range *ranges;
};

enum tg_mark tg_mask_alone(uint64_t n, unsigned min_cell)
{
    return n > 0 && n < min_cell ? TG_MARK_SMALL : TG_MARK_SHOWN;
}

/* Members of a sum: 0 is the total, 1…n the parts. */
static size_t member(const struct tg_mask_sum *sum, size_t i)
{
    return i == 0 ? sum->total : sum->first + i - 1;
}

static bool contains(const struct tg_mask_sum *sum, size_t cell)
{
    return cell == sum->total || (cell >= sum->first && cell - sum->first < sum->n);
}

static int64_t capped(uint64_t n)
{
    return n > (uint64_t)no_limit ? no_limit : (int64_t)n;
}

static int64_t add(int64_t a, int64_t b)
{
    return a >= no_limit - b ? no_limit : a + b;
}

static void start_ranges(const struct table *t)
{
    for (size_t i = 0; i < t->n_cells; i++) {
        const struct tg_mask_cell *c = &t->cells[i];
        struct tg_mask_range *r = &t->ranges[i];
        if (c->mark == TG_MARK_SHOWN)
            *r = (struct tg_mask_range){capped(c->n), capped(c->n)};
        else if (c->mark == TG_MARK_SMALL)
            *r = (struct tg_mask_range){1, (int64_t)t->min_cell - 1};
        else
            *r = (struct tg_mask_range){(int64_t)t->min_cell, no_limit};
    }
}

static bool narrow(struct tg_mask_range *r, int64_t low, int64_t high)
{
    bool narrower = low > r->low || high < r->high;
    if (low > r->low)
        r->low = low;
    if (high < r->high)
        r->high = high;
    return narrower;
}

/* One member of a sum against all the others. */
static bool narrow_member(const struct table *t, const struct tg_mask_sum *sum, size_t which)
{
    int64_t low = 0;
    int64_t high = 0;
    for (size_t i = 1; i <= sum->n; i++) {
        if (i == which)
            continue;
        const struct tg_mask_range *r = &t->ranges[member(sum, i)];
        low = add(low, r->low);
        high = add(high, r->high);
    }
    struct tg_mask_range *r = &t->ranges[member(sum, which)];
    if (which == 0)
        return narrow(r, low, high);
    const struct tg_mask_range *total = &t->ranges[sum->total];
    return narrow(r, high == no_limit ? 0 : total->low - high,
                  total->high == no_limit ? no_limit : total->high - low);
}

static void solve(const struct table *t)
{
    start_ranges(t);
    bool changed = true;
    while (changed) {
        changed = false;
        for (size_t s = 0; s < t->n_sums; s++) {
            for (size_t i = 0; i <= t->sums[s].n; i++)
                changed = narrow_member(t, &t->sums[s], i) || changed;
        }
    }
}

static bool given_away(const struct table *t, size_t cell)
{
    if (t->cells[cell].mark != TG_MARK_SMALL)
        return false;
    int64_t possible = (int64_t)t->min_cell - 1;
    int64_t width = t->ranges[cell].high - t->ranges[cell].low + 1;
    return width < (possible < WANTED_WIDTH ? possible : WANTED_WIDTH);
}

static bool may_hide(const struct table *t, size_t cell)
{
    const struct tg_mask_cell *c = &t->cells[cell];
    return c->mark == TG_MARK_SHOWN && !c->known && c->n > 0 && c->n >= t->min_cell;
}

/* Does the sum have a cell that is not shown, other than `cell`? */
static bool marked_beside(const struct table *t, const struct tg_mask_sum *sum, size_t cell)
{
    for (size_t i = 0; i <= sum->n; i++) {
        size_t other = member(sum, i);
        if (other != cell && t->cells[other].mark != TG_MARK_SHOWN)
            return true;
    }
    return false;
}

/* Would hiding `cell` for the sake of `sum` be in vain because the sum `s` gives it away? */
static bool needs_more(const struct table *t, size_t s, size_t sum, size_t cell)
{
    return s != sum && contains(&t->sums[s], cell) && !marked_beside(t, &t->sums[s], cell);
}

static size_t cheapest(const struct table *t, size_t sum, size_t except, size_t depth,
                       uint64_t *cost);

/* People hidden by hiding `cell` for the sake of `sum`: itself, and one more in each other sum that
 * would otherwise give it away. */
static uint64_t cost_of(const struct table *t, size_t cell, size_t sum, size_t depth)
{
    uint64_t cost = t->cells[cell].n;
    for (size_t s = 0; s < t->n_sums; s++) {
        if (!needs_more(t, s, sum, cell))
            continue;
        uint64_t more;
        (void)cheapest(t, s, cell, depth + 1, &more);
        if (more == no_way || __builtin_add_overflow(cost, more, &cost))
            return no_way;
    }
    return cost;
}

static size_t cheapest(const struct table *t, size_t sum, size_t except, size_t depth,
                       uint64_t *cost)
{
    size_t best = SIZE_MAX;
    *cost = no_way;
    if (depth > t->n_sums)
        return best;
    for (size_t i = 0; i <= t->sums[sum].n; i++) {
        size_t cell = member(&t->sums[sum], i);
        if (cell == except || !may_hide(t, cell))
            continue;
        uint64_t c = cost_of(t, cell, sum, depth);
        if (c < *cost) {
            *cost = c;
            best = cell;
        }
    }
    return best;
}

static void hide(struct table *t, size_t sum, size_t except, size_t depth)
{
    uint64_t cost;
    size_t cell = cheapest(t, sum, except, depth, &cost);
    if (cell == SIZE_MAX)
        return;
    t->cells[cell].mark = TG_MARK_HIDDEN;
    for (size_t s = 0; s < t->n_sums; s++) {
        if (needs_more(t, s, sum, cell))
            hide(t, s, cell, depth + 1);
    }
}

/* Hides one more cell, with what follows from it, next to a small count that is given away. */
static bool protect(struct table *t, size_t cell)
{
    size_t best = SIZE_MAX;
    uint64_t least = no_way;
    for (size_t s = 0; s < t->n_sums; s++) {
        uint64_t cost;
        if (!contains(&t->sums[s], cell))
            continue;
        (void)cheapest(t, s, cell, 0, &cost);
        if (cost < least) {
            least = cost;
            best = s;
        }
    }
    if (best == SIZE_MAX)
        return false;
    hide(t, best, cell, 0);
    return true;
}

static void hide_all(struct table *t)
{
    for (size_t i = 0; i < t->n_cells; i++) {
        if (may_hide(t, i))
            t->cells[i].mark = TG_MARK_HIDDEN;
    }
    solve(t);
}

static size_t first_given_away(const struct table *t)
{
    for (size_t i = 0; i < t->n_cells; i++) {
        if (given_away(t, i))
            return i;
    }
    return SIZE_MAX;
}

size_t tg_mask(struct tg_mask_cell *cells, size_t n_cells, const struct tg_mask_sum *sums,
               size_t n_sums, unsigned min_cell, struct tg_mask_range *ranges)
{
    struct table t = {cells, n_cells, sums, n_sums, min_cell, ranges};
    for (size_t i = 0; i < n_cells; i++)
        cells[i].mark = tg_mask_alone(cells[i].n, min_cell);
    solve(&t);
    for (size_t cell; (cell = first_given_away(&t)) != SIZE_MAX; solve(&t)) {
        if (!protect(&t, cell)) {
            hide_all(&t);
            break;
        }
    }
    size_t hidden = 0;
    for (size_t i = 0; i < n_cells; i++)
        hidden += cells[i].mark != TG_MARK_SHOWN;
    return hidden;
}
