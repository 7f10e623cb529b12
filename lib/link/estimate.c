/* SPDX-License-Identifier: Apache-2.0 */
#include "link/evidence.h"

#include "text/calendar.h"

#include <math.h>

enum { MONTHS_A_YEAR = 12 };

static size_t age_band(const struct tg_linkage *l, uint32_t left)
{
    const int32_t *birth = l->facts[TG_LEFT].birth_month;
    if (!birth || birth[left] == TG_NO_MONTH || birth[left] > l->month)
        return TG_LINK_N_AGES;
    size_t band = (size_t)(l->month - birth[left]) / (MONTHS_A_YEAR * TG_LINK_AGE_YEARS);
    return band < TG_LINK_N_AGES ? band : TG_LINK_N_AGES - 1;
}

static size_t sex_of(const struct tg_linkage *l, uint32_t left)
{
    const uint8_t *sex = l->facts[TG_LEFT].sex;
    return sex && sex[left] < TG_LINK_N_SEXES ? sex[left] : 0;
}

static void add(struct tg_link_share *to, const struct tg_link_share *what)
{
    to->links += what->links;
    to->correct += what->correct;
    to->matches += what->matches;
    to->hidden += what->hidden;
    to->unmet += what->unmet;
    to->unmet_most += what->unmet_most;
}

/* Nobody has two partners: what is unmet is at most who is left of either side. */
static double most_unmet(const struct tg_linkage *l, const struct tg_link_expected *e, double met)
{
    double most = e->unmet_most;
    for (int side = 0; side < TG_N_SIDES; side++) {
        double left = l->facts[side].n - met;
        most = most < left ? most : left;
    }
    return most > e->unmet ? most : e->unmet;
}

void tg_estimate_links(const struct tg_linkage *l, const struct tg_link_decision *decisions,
                       const struct tg_link_expected *expected)
{
    struct tg_link_estimate *e = l->estimate;
    double met = 0;
    e->blind = e->blind || !expected->by_left;
    for (uint32_t i = 0; i < l->facts[TG_LEFT].n; i++)
        met += decisions[i].state == TG_LINK_LINKED ? decisions[i].probability
               : expected->by_left                  ? expected->by_left[i]
                                                    : 0;
    double unmet = met > 0 ? expected->unmet / met : 0;
    double most = met > 0 ? most_unmet(l, expected, met) / met : 0;
    for (uint32_t i = 0; i < l->facts[TG_LEFT].n; i++) {
        bool linked = decisions[i].state == TG_LINK_LINKED;
        double open = expected->by_left ? expected->by_left[i] : 0;
        double p = linked ? decisions[i].probability : open;
        const struct tg_link_share share = {
            linked,          linked ? p : 0,
            p * (1 + unmet), linked || !expected->hidden ? 0 : expected->hidden[i],
            p * unmet,       p * most};
        add(&e->all, &share);
        add(&e->sex[sex_of(l, i)], &share);
        add(&e->age[age_band(l, i)], &share);
    }
}

/* The standard normal distribution has 95 % within this. */
static const double z = 1.96;

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* Of n the share p is expected. What it is expected from are n, too, and so it may be another share
 * (the score interval); and what comes of it differs (the normal approximation). The wider counts:
 * the one is too narrow where nobody is expected to be missed, the other where somebody is. */
static struct tg_link_interval count_interval(double p, double n)
{
    double middle = (p + z * z / (2 * n)) / (1 + z * z / n);
    double half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n);
    double normal = z * sqrt(p * (1 - p) / n);
    return (struct tg_link_interval){p - larger(p - middle + half, normal),
                                     p + larger(middle + half - p, normal)};
}

/* Two independent reasons to be off, each within its limits of p. */
static struct tg_link_interval combine(double p, struct tg_link_interval a,
                                       struct tg_link_interval b)
{
    double low = p - hypot(p - a.low, p - b.low), high = p + hypot(a.high - p, b.high - p);
    return (struct tg_link_interval){low > 0 ? low : 0, high < 1 ? high : 1};
}

static double share_of(double part, double whole)
{
    return part < whole ? part / whole : 1;
}

/* What is computed for accidents holds where files are small, too, and is an upper bound for large
 * ones. Rates of chance are off by three tenths each, and agreement on four fields by twice that,
 * as a logarithm. */
struct tg_link_interval tg_link_precision_interval(const struct tg_link_share *s)
{
    static const double misfit_of_four = 0.6;
    if (!(s->links > 0))
        return (struct tg_link_interval){(double)NAN, (double)NAN};
    double p = share_of(s->correct, s->links);
    struct tg_link_interval model = {1 - (1 - p) * exp(z * misfit_of_four), 1};
    return combine(p, count_interval(p, s->links), model);
}

struct tg_link_interval tg_link_recall_interval(const struct tg_link_share *s)
{
    if (!(s->matches > 0))
        return (struct tg_link_interval){(double)NAN, (double)NAN};
    double p = share_of(s->correct, s->matches);
    struct tg_link_interval model = {
        share_of(s->correct, s->matches + s->hidden + s->unmet_most - s->unmet),
        share_of(s->correct, s->matches - s->hidden - s->unmet)};
    return combine(p, count_interval(p, s->matches), model);
}

bool tg_link_recall_is_bound(const struct tg_link_share *s)
{
    static const double promised = 0.01; /* what an estimate is off by at most */
    return s->unmet_most - s->unmet > promised * s->matches;
}
