/* SPDX-License-Identifier: Apache-2.0 */
#include "link/evidence.h"

#include "text/calendar.h"

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
    double more = met > 0 ? 1 + expected->unmet / met : 1;
    for (uint32_t i = 0; i < l->facts[TG_LEFT].n; i++) {
        bool linked = decisions[i].state == TG_LINK_LINKED;
        double open = expected->by_left ? expected->by_left[i] : 0;
        double p = linked ? decisions[i].probability : open;
        const struct tg_link_share share = {linked, linked ? p : 0, p * more};
        add(&e->all, &share);
        add(&e->sex[sex_of(l, i)], &share);
        add(&e->age[age_band(l, i)], &share);
    }
}
