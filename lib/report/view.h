/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * What of a report may be seen: every count of people with its mark, worked out once for the page
 * and the workbook. A study for the municipality's own use has nothing marked.
 */
#ifndef TG_REPORT_VIEW_H
#define TG_REPORT_VIEW_H

#include "base/mem.h"
#include "report/mask.h"
#include "report/number.h"
#include "report/report.h"
#include "report/words.h"

/** The people of the flow, so ordered that the parts of each sum stand together. */
enum tg_flow_cell {
    TG_CELL_USERS,
    TG_CELL_CONSENTED, /**< users = consented + not consented */
    TG_CELL_NOT_CONSENTED,
    TG_CELL_NO_CONSENT, /**< not consented = no consent + withdrawn */
    TG_CELL_WITHDRAWN,
    TG_CELL_LINKED, /**< consented = linked + not linked */
    TG_CELL_NOT_LINKED,
    TG_CELL_NOT_FOUND, /**< not linked = not found + … + conflict */
    TG_CELL_AMBIGUOUS,
    TG_CELL_REVIEW,
    TG_CELL_CONFLICT,
    TG_CELL_CANDIDATES,     /**< linked = candidates + not candidates; persons from here on */
    TG_CELL_NOT_CANDIDATES, /**< a person's second account, another provider */
    TG_CELL_ELIGIBLE,       /**< candidates = eligible + not eligible */
    TG_CELL_NOT_ELIGIBLE,
    TG_CELL_NO_INDEX_MONTH, /**< not eligible = no index month + … + inactive */
    TG_CELL_AGE,
    TG_CELL_NO_BASELINE,
    TG_CELL_NOT_INSURED,
    TG_CELL_NO_FOLLOWUP,
    TG_CELL_EARLIER_USE,
    TG_CELL_EXCLUDED,
    TG_CELL_INACTIVE,
    TG_CELL_MATCHED, /**< eligible = matched + no control */
    TG_CELL_NO_CONTROL,
    TG_CELL_NO_STRATUM, /**< no control = no stratum + … + separated */
    TG_CELL_OUTSIDE_CALIPER,
    TG_CELL_USED_UP,
    TG_CELL_SEPARATED,
    TG_N_FLOW_CELLS
};

/** One row of the flow: people who are still in, and those who dropped out before the next. */
struct tg_flow_step {
    enum tg_word label;
    enum tg_flow_cell total;
    enum tg_flow_cell dropped; /**< the same as `total` where nobody drops out */
    const struct tg_flow_drop *drops;
    size_t n_drops;
};
struct tg_flow_drop {
    enum tg_word label;
    enum tg_flow_cell cell;
};

enum { TG_FLOW_STEPS_MAX = 6 };

struct tg_view {
    const struct tg_report *r;
    unsigned min_cell;          /**< 0: nothing is hidden */
    struct tg_mask_cell *cells; /**< TG_N_FLOW_CELLS, then links by rule, then deliveries */
    size_t n_cells;
    size_t rules;     /**< cells[rules + i]: people linked by rule i */
    size_t *delivery; /**< cells[delivery[i]]: rows of delivery i */
    struct tg_flow_step steps[TG_FLOW_STEPS_MAX];
    size_t n_steps;
    size_t n_hidden; /**< of the cells */
    struct tg_arena arena;
};

/** @return TG_OK, TG_NO_MEMORY */
TG_CHECKED enum tg_status tg_view_make(const struct tg_report *r, struct tg_view *out,
                                       struct tg_error *err);
void tg_view_free(struct tg_view *v);

/** A cell as it is shown: "1,234", "<10", "not shown". */
struct tg_number tg_view_cell(const struct tg_view *v, size_t cell, enum tg_language language);
/** The same with its unit in Japanese: "1,234人"; TG_WORD_PEOPLE, TG_WORD_LINES… */
struct tg_number tg_view_cell_unit(const struct tg_view *v, size_t cell, enum tg_word unit,
                                   enum tg_language language);
/** A count with a mark of its own, without unit where `unit` is TG_WORD_NONE. */
struct tg_number tg_view_marked(const struct tg_view *v, uint64_t n, enum tg_mark mark,
                                enum tg_word unit, enum tg_language language);
/** A count that stands in no sum. */
struct tg_number tg_view_count(const struct tg_view *v, uint64_t n, enum tg_word unit,
                               enum tg_language language);
/** The mark of a count among `whole`: not shown either when the rest is a small count. */
enum tg_mark tg_view_part_mark(const struct tg_view *v, uint64_t n, uint64_t whole);

/** What the main row of each outcome comes to, in the order of the effects. */
enum tg_verdict {
    TG_VERDICT_LESS,
    TG_VERDICT_MORE,
    TG_VERDICT_UNCLEAR,     /**< the interval contains 0 */
    TG_VERDICT_NO_INTERVAL, /**< a difference without an interval */
    TG_VERDICT_HIDDEN,
    TG_VERDICT_NO_DATA,
};
enum tg_verdict tg_effect_verdict(const struct tg_effect *e);
/** What the row is of: "before", "after", "change"… */
enum tg_word tg_effect_word(const struct tg_effect *e);
/** A mean or a difference in the effect's unit. */
struct tg_number tg_effect_number(const struct tg_effect *e, double x, enum tg_language language);

/** How well the two arms resembled each other before the index month. */
struct tg_balance_state {
    size_t judged; /**< covariates with a difference after matching */
    size_t beyond; /**< of them, |SMD| of 0.1 or more */
};
struct tg_balance_state tg_view_balance(const struct tg_report *r);

/** How a covariate is called and written. */
struct tg_covariate_label {
    enum tg_word word; /**< stands before `name`; TG_WORD_NONE: nothing does */
    const char *name;
    bool yen;
};
struct tg_covariate_label tg_view_covariate(const struct tg_report *r, const char *covariate);

#endif
