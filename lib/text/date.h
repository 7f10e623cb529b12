/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The eras, and dates out of readings.
 */
#ifndef TG_TEXT_DATE_H
#define TG_TEXT_DATE_H

#include "text/fold.h"

/** One era. The last day on which it is legal may be the first of the next. */
struct tg_era {
    char digit;             /**< in GYYMMDD */
    char letter;            /**< in S10.5.3 */
    const char *name;       /**< 昭和 */
    const char *short_name; /**< 昭 */
    int first_year;         /**< Gregorian year of its year 1 */
    uint32_t first_day;     /**< YYYYMMDD */
    uint32_t last_day;      /**< YYYYMMDD */
};
extern const struct tg_era tg_eras[];
extern const size_t tg_n_eras;

/** tg_date_parse() of a reading. */
TG_CHECKED enum tg_value tg_date_read(struct tg_reading *r, struct tg_date *out);
/** tg_month_parse() of a reading. */
TG_CHECKED enum tg_value tg_month_read(struct tg_reading *r, int32_t *out);

/** tg_date_parse() and tg_month_parse() by one of the ways. */
TG_CHECKED enum tg_value tg_date_parse_way(enum tg_fold_way way, const char *value, size_t len,
                                           struct tg_date *out, unsigned *notes);
TG_CHECKED enum tg_value tg_month_parse_way(enum tg_fold_way way, const char *value, size_t len,
                                            int32_t *out, unsigned *notes);

#endif
