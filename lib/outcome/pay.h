/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Outcome-based payment: from an indicator's value to yen, exactly.
 *
 * Values are whole numbers of 10^−9 and yen are whole; nothing is rounded but the last step of a
 * line and of a unit price, where a part of a yen is cut off (never rounded up).
 */
#ifndef TG_OUTCOME_PAY_H
#define TG_OUTCOME_PAY_H

#include "table/study.h"

/** Why an amount is what it is. */
enum tg_pay_reason {
    TG_PAID_NO_VALUE, /**< nothing is known: no amount, which is not 0 yen */
    TG_PAID_HIDDEN,   /**< known, but disclosure control hides it: no amount is shown */
    TG_PAID_NOT_DUE,  /**< not an indicator of this fiscal year: 0 */
    TG_PAID_TOO_FEW,  /**< n below min_n: 0 */
    TG_PAID_FLOOR,    /**< below the floor: 0 */
    TG_PAID_NOT_YET,  /**< below the table's first point: 0 */
    TG_PAID_STEP,     /**< the yen of the last step reached */
    TG_PAID_LINE,     /**< between two points in proportion, cut to whole yen */
    TG_PAID_LAST,     /**< at or beyond the table's last point */
    TG_PAID_UNIT,     /**< unit price × value, cut to whole yen */
    TG_PAID_MAX,      /**< the same, at the most that is paid */
    TG_N_PAY_REASONS
};

/** One row of payments.csv, and how it came about. */
struct tg_payment {
    const struct tg_indicator *indicator; /**< borrowed */
    enum tg_pay_reason reason;
    bool has_value, has_n;
    int64_t value; /**< 10^−9 */
    uint64_t n;
    bool capped;              /**< the value lies beyond the cap: `used` is the cap */
    int64_t used;             /**< 10^−9: what was looked up */
    struct tg_pay_point low;  /**< STEP, LAST: the point reached; LINE: the one below */
    struct tg_pay_point high; /**< LINE: the one above; STEP: the next, if `has_next` */
    bool has_next;
    int64_t yen;
};

/** What an indicator's value comes to. `payment` has indicator, value and n; the rest is filled. */
void tg_pay(struct tg_payment *payment);

/** A payment, and what it would be at the ends of its value's 95 % interval. */
struct tg_payment_row {
    struct tg_payment own;
    bool has_interval;
    struct tg_payment low, high; /**< at the smaller and at the larger value */
};

/** A count as a value. */
int64_t tg_pay_whole(uint64_t n);
/** A fraction as a value: part / whole, cut after 6 decimals, so that a step counts as reached only
 * when it is. `whole` > 0. */
int64_t tg_pay_share(uint64_t part, uint64_t whole);
/** A number of an outcome as a value: rounded to the 6 decimals that outcomes.csv shows of it, so
 * that who has the file finds the same yen. @return false: no number, or too large */
bool tg_pay_number(double x, int64_t *value);

/** Where a table or line begins and ends, for payments.csv: floor and cap of the study, or else the
 * first and the last point. @return false where there is none */
bool tg_pay_floor(const struct tg_indicator *indicator, int64_t *value);
bool tg_pay_cap(const struct tg_indicator *indicator, int64_t *value);

/** All of a month's payments together. */
struct tg_pay_total {
    int64_t fixed_yen;
    int64_t outcome_yen; /**< sum of the amounts that are known */
    int64_t yen;         /**< fixed part and outcomes, at most the cap of all */
    bool capped;
    size_t n_unknown; /**< indicators without an amount */
    bool hidden;      /**< an amount is hidden, so the total must be as well */
};
/** Which of the three payments of a row a total is of; rows without an interval count their own. */
enum tg_pay_end { TG_PAY_OWN, TG_PAY_LOW, TG_PAY_HIGH };
struct tg_pay_total tg_pay_rows_sum(const struct tg_pfs *pfs, const struct tg_payment_row *rows,
                                    size_t n, enum tg_pay_end end);

/** Is an indicator paid in this fiscal year (April to March)? 0: no year is asked for. */
bool tg_pay_due(const struct tg_indicator *indicator, int year);
/** The fiscal year of a month. */
int tg_fiscal_year(int32_t month);

#endif
