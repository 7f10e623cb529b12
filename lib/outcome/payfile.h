/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The rows of payments.csv.
 */
#ifndef TG_OUTCOME_PAYFILE_H
#define TG_OUTCOME_PAYFILE_H

#include "outcome/pay.h"
#include "table/csv.h"

/** The header of payments.csv. */
extern const char *const tg_payments_header[5];
/** A row an indicator, then `total`. What is hidden or unknown is an empty cell. */
TG_CHECKED enum tg_status tg_payments_write(struct tg_csv_writer *w, const struct tg_pfs *pfs,
                                            const struct tg_payment_row *payments, size_t n,
                                            struct tg_error *err);

#endif
