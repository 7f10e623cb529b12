/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Numbers for the few different names that many people carry (districts).
 */
#ifndef TG_COHORT_NAMES_H
#define TG_COHORT_NAMES_H

#include "base/mem.h"

/** The different names so far, ascending; borrowed. All zero is empty. */
struct tg_names {
    struct tg_name {
        const char *text;
        uint32_t number;
    } * items;
    size_t n, cap;
};

/** The number of a name: 0 for the first one asked for, 1 for the next new one, … */
TG_CHECKED enum tg_status tg_names_number(struct tg_names *names, const char *text,
                                          uint32_t *number, struct tg_error *err);
void tg_names_free(struct tg_names *names);

#endif
