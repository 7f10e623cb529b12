/* SPDX-License-Identifier: Apache-2.0 */
#include "link/evidence.h"

#include <string.h>

enum { FEW = 2 };

/* Of the fields so far: how likely so many differ, with or without an equal value, and none, one or
 * more that share anything. */
struct tally {
    double p[TG_LINK_FIELDS_MAX + 1][2][FEW + 1];
};

static void add_field(struct tally *t, size_t n, const double share[TG_N_OUTCOMES])
{
    struct tally before = *t;
    memset(t, 0, sizeof *t);
    for (size_t d = 0; d <= n; d++) {
        for (int equal = 0; equal < 2; equal++) {
            for (int k = 0; k <= FEW; k++) {
                double p = before.p[d][equal][k];
                int more = k < FEW ? k + 1 : FEW;
                t->p[d][1][more] += p * share[TG_OUTCOME_SAME];
                t->p[d][equal][more] += p * share[TG_OUTCOME_NEAR];
                t->p[d + 1][equal][more] += p * share[TG_OUTCOME_ENDS];
                t->p[d + 1][equal][k] += p * share[TG_OUTCOME_APART];
            }
        }
    }
}

/* At most half of the fields differ, and an equal value meets something else that is shared. */
static double seen_of(const struct tally *t, size_t n)
{
    double sum = 0;
    for (size_t d = 0; 2 * d <= n; d++)
        sum += t->p[d][1][FEW];
    return sum < 1 ? sum : 1;
}

double tg_unseen(double share[][TG_N_OUTCOMES], size_t n, double unseen[][TG_N_OUTCOMES])
{
    struct tally all = {{{{1}}}};
    for (size_t i = 0; i < n; i++)
        add_field(&all, i, share[i]);
    for (size_t i = 0; i < n; i++) {
        struct tally others = {{{{1}}}};
        for (size_t j = 0, k = 0; j < n; j++) {
            if (j != i)
                add_field(&others, k++, share[j]);
        }
        for (int o = 0; o < TG_N_OUTCOMES; o++) {
            struct tally with = others;
            double one[TG_N_OUTCOMES] = {0};
            one[o] = 1;
            add_field(&with, n - 1, one);
            unseen[i][o] = share[i][o] * (1 - seen_of(&with, n));
        }
    }
    return 1 - seen_of(&all, n);
}
