/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Members of run.json about effects and payment. Each gives NULL when there is no memory.
 */
#ifndef TG_REPORT_JSON_RESULTS_H
#define TG_REPORT_JSON_RESULTS_H

#include "report/report.h"

#include <jansson.h>

/** Exact payments; null where the study has none. */
json_t *tg_json_payments(const struct tg_report *r);
json_t *tg_json_subgroups(const struct tg_report *r);
json_t *tg_json_savings(const struct tg_report *r);
/** Cells left out of tables: what next month's tables must not give away; see
 * tg_report_withheld(). */
json_t *tg_json_withheld(const struct tg_report *r);

#endif
