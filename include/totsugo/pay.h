/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Outcome-based payment from given values: to check a payment, or to try a table, without any data
 * of people.
 */
#ifndef TOTSUGO_PAY_H
#define TOTSUGO_PAY_H

#include <totsugo/base.h>
#include <totsugo/table.h>

#ifdef __cplusplus
extern "C" {
#endif

/** All strings are UTF-8 and borrowed. */
struct tg_pay_options {
    const struct tg_study *study; /**< required; with a section `pfs` */
    const char *values;           /**< required; CSV with indicator,value,n; "-": standard input */
    const char *output;           /**< required; indicator,value,floor,cap,amount; "-": standard
                                       output */
    int year;                     /**< fiscal year whose indicators are paid; 0: all are */
    bool force;                   /**< replace an output that is there */
};

struct tg_pay_counts {
    uint64_t indicators; /**< of the study */
    uint64_t given;      /**< of them with a value in the file */
    int64_t total_yen;
    bool capped; /**< the total is the section's cap */
};

/**
 * What the values of a file come to by the study's section `pfs`.
 *
 * A value is a decimal number of at most 9 decimals, or a percentage (`82.1%`); it is used exactly
 * as written, so that 0.79 reaches a step at 0.79. Amounts are whole yen; what a line or a unit
 * price leaves of a yen is cut off. The last row is `total`, its cap the section's cap in yen: the
 * fixed part and all amounts, at most that cap. An indicator without a value has no amount and is
 * left out of the total.
 *
 * @param reporter  NULL, or told of indicators without a value
 * @param counts    out: NULL, or set on success
 * @return TG_OK; TG_CONFIG: the study has no `pfs`; TG_NO_INPUT; TG_DATA: a column is missing, a
 *         value or n is no such number, an indicator is unknown or stands twice, or n is missing
 *         where the study has a min_n; TG_CANT_CREATE; TG_IO; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_pay_file(const struct tg_pay_options *options,
                                             const struct tg_reporter *reporter,
                                             struct tg_pay_counts *counts, struct tg_error *err);

#ifdef __cplusplus
}
#endif
#endif
