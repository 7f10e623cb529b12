/* SPDX-License-Identifier: Apache-2.0 */
#include "table/study_read.h"

#include <limits.h>

/* What the section says; −1: nothing. */
struct disclosure {
    int min_cell;
    int population;
    int for_municipality;
};

static const struct tg_word recipients[] = {{"evaluator", 0}, {"municipality", 1}, {NULL, 0}};

static const struct tg_rule disclosure_rules[] = {
    {"min_cell", TG_RULE_INT, .offset = offsetof(struct disclosure, min_cell), .min = 10,
     .max = 1000000},
    {"population", TG_RULE_INT, .offset = offsetof(struct disclosure, population), .min = 0,
     .max = 100000000},
    {"recipient", TG_RULE_WORD, .offset = offsetof(struct disclosure, for_municipality),
     .words = recipients},
    {.key = NULL},
};

/* The smallest count that may be shown in a municipality of that many people. */
static unsigned min_cell_of(int population)
{
    if (population < 0 || population >= 25000)
        return 10;
    return population >= 2000 ? 20 : UINT_MAX;
}

enum tg_status tg_read_disclosure(struct tg_study_reader *r, const struct tg_node *node,
                                  void *object)
{
    struct tg_study *study = object;
    struct disclosure d = {.min_cell = 10, .population = -1};
    enum tg_status status = tg_rules_read(r, node, disclosure_rules, &d);
    if (status)
        return status;
    unsigned by_population = min_cell_of(d.population);
    study->min_cell = (unsigned)d.min_cell > by_population ? (unsigned)d.min_cell : by_population;
    study->for_municipality = d.for_municipality != 0;
    return TG_OK;
}
