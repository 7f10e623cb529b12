/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The study as a structure. Everything lives in the study's arena and is read-only after loading.
 */
#ifndef TG_TABLE_STUDY_H
#define TG_TABLE_STUDY_H

#include <totsugo/match.h>
#include <totsugo/table.h>
#include <totsugo/text.h>

#include "base/mem.h"
#include "text/decode.h"

enum tg_kind {
    TG_KIND_ROSTER,
    TG_KIND_USERS,
    TG_KIND_CONSENTS,
    TG_KIND_EVENTS,
    TG_KIND_MEASURES,
    TG_N_KINDS
};
const char *tg_kind_name(enum tg_kind kind);
TG_CHECKED bool tg_kind_parse(const char *name, enum tg_kind *out);

/** A field that may be part of tokens: built in (a table in study_field.c) or of the study's
 * `fields`. */
struct tg_field {
    const char *name;        /**< "kana_name_folded" */
    const char *column_name; /**< the name under `columns` it is filled from: "kana_name" */
    enum tg_field_type type;
    bool is_number; /**< a token with it is number-like: it can make a person */
};

/** What of a field's value stands in a token. */
enum tg_part_form {
    TG_PART_WHOLE,
    TG_PART_ONE_MISSING,  /**< `~1`: also what one missing character would leave */
    TG_PART_YEAR_MONTH,   /**< `/ym` of a date: YYYYMM */
    TG_PART_MONTH_DAY,    /**< `/md`: MMDD */
    TG_PART_YEAR_DAY,     /**< `/yd`: YYYYDD */
    TG_PART_DAY_MONTH,    /**< `/dm`: YYYY, then month and day, the smaller number first */
    TG_PART_FIRST,        /**< `/3`: the first 3 characters, or all if there are fewer */
    TG_PART_LAST,         /**< `/-3`: the last 3 */
    TG_PART_TURNED,       /**< `/turned`: of the value's rotations the least (Booth 1980) */
    TG_PART_EITHER_ORDER, /**< `a<>b`: the values of two fields, the smaller by bytes first */
};

/** One field's part in a token. */
struct tg_token_part {
    const struct tg_field *field;
    enum tg_part_form form;
    unsigned n_characters;        /**< FIRST and LAST: 1…99 */
    const struct tg_field *other; /**< EITHER_ORDER: the second field; else NULL */
};

/** Writes a part as a study file does, for example "kana_name_folded~1". */
TG_CHECKED enum tg_status tg_token_part_print(const struct tg_token_part *part, struct tg_buf *out,
                                              struct tg_error *err);

struct tg_token_def {
    const char *name; /**< "person"; its column is "token_person" */
    struct tg_token_part *parts;
    size_t n_parts;
    bool number_like; /**< some part's field is_number */
    bool evidence;    /**< never decides alone: some part is not whole, or the set says
                           so; a cell may hold several tokens */
};

/** name: header, as the study maps them. */
struct tg_mapping {
    const char *name;   /**< field, carried column ("month"), measure or attribute */
    const char *header; /**< the file's column header, trimmed */
    uint64_t line;      /**< of the study file */
};

struct tg_source {
    const char *name;
    enum tg_kind kind;
    const char *provider; /**< NULL: none */
    struct tg_mapping *columns;
    size_t n_columns;
    struct tg_mapping *measures; /**< sorted by name; kind measures only */
    size_t n_measures;
    struct tg_mapping *attributes; /**< sorted by name */
    size_t n_attributes;
    enum tg_encoding encoding;
    uint64_t header_row; /**< 1…; 0: find it by the names */
    char delimiter;      /**< ',' */
    double scale;        /**< yen per unit of `amount`, 1 */
    const char **death;  /**< values of loss_reason that mean death, beside tg_is_death()'s words */
    size_t n_death;
    uint64_t line; /**< of the study file */
};

/** Codes whose first characters lie between two texts, both counted: E10…E14. Compared as bytes,
 * each end by as many bytes as it has; a single code stands as both ends. */
struct tg_code_range {
    const char *from, *to;
};
/** Does a code lie in one of the ranges? "" lies in none. */
bool tg_code_in(const struct tg_code_range *ranges, size_t n, const char *code);

enum tg_index_rule {
    TG_INDEX_FIRST_CONSENT,
    TG_INDEX_FIRST_ACTIVITY,
    TG_INDEX_REGISTERED,
    TG_INDEX_FIXED
};

/** Strata on which a control must be equal; bits. */
enum tg_stratum { TG_STRATUM_SEX = 1, TG_STRATUM_AGE_BAND = 2, TG_STRATUM_DISTRICT = 4 };

/** What is taken from the time before a person's index month. */
enum tg_quantity {
    TG_SUM_AMOUNT,   /**< yen per month with data */
    TG_COUNT_EVENTS, /**< events per month with data */
    TG_ANY_EVENT,    /**< 0 or 1 */
    TG_LAST_MEASURE, /**< the last value */
};

/** A look back from the index month, which is not part of it. */
struct tg_history {
    const struct tg_source *source; /**< of kind events; TG_LAST_MEASURE: measures */
    enum tg_quantity quantity;
    const struct tg_code_range *codes; /**< NULL: events of all codes */
    size_t n_codes;
    const char *measure; /**< TG_LAST_MEASURE */
    int months;          /**< how far back; 0: baseline_months for events, any time for measures */
};

struct tg_covariate_rule {
    const char *name;
    struct tg_history history;
    double missing; /**< what stands for no value; NaN: a flag and the others' mean */
};

enum tg_compare { TG_NOT_ZERO, TG_AT_LEAST, TG_AT_MOST, TG_ABOVE, TG_BELOW, TG_IS_MISSING };

/** Who fulfils it takes no part. Who has no value does not, but for TG_IS_MISSING. */
struct tg_exclusion {
    struct tg_history history;
    enum tg_compare compare;
    double value;
};

struct tg_cohort_rules {
    enum tg_index_rule index;
    int32_t index_month;    /**< TG_INDEX_FIXED only */
    int baseline_months;    /**< 1…120, 12 */
    int followup_months;    /**< 1…120, 12: from the index month + landmark on */
    int landmark;           /**< 0…60, 0: months after the index month until follow-up begins */
    int age_min;            /**< full years in the index month, 0 */
    int age_max;            /**< 130 */
    const char *provider;   /**< NULL: users of any provider */
    int active_months;      /**< of index month … landmark, at least so many with activity, 0 */
    bool allow_earlier_use; /**< participants may have used the app before their index month */
    unsigned exact;         /**< bits of enum tg_stratum that stand in match.exact */
    uint64_t seed;          /**< 1 */
    struct tg_exclusion *exclusions;
    size_t n_exclusions;
    struct tg_covariate_rule *covariates;
    size_t n_covariates;
    struct tg_match_options match; /**< without files; columns are covariates, sex, age, age_band,
                                        district and months_insured. ratio 0: as 1 */
};

/** What of an outcome is compared; docs/EVALUATION.md has the definitions. */
enum tg_design {
    TG_DESIGN_DID,        /**< events: change of yen per month from before to after */
    TG_DESIGN_CHANGE,     /**< measures: last value after less last value before */
    TG_DESIGN_LEVEL,      /**< last value after; or yen per month after; or: any row after? */
    TG_DESIGN_RATE,       /**< rows or events per person-year after */
    TG_DESIGN_INCIDENCE,  /**< risk within some months, of those who had not reached it before */
    TG_DESIGN_TRANSITION, /**< share whose level was kept or got better */
    TG_N_DESIGNS
};

/** By what people are told apart for subgroups; bits. */
enum tg_subgroup {
    TG_BY_SEX = 1,
    TG_BY_AGE_BAND = 2, /**< 0–64, 65–74, 75–84, 85 and over */
    TG_BY_DISTRICT = 4,
    TG_BY_LEVEL = 8, /**< the value before the index month, in its thirds; TRANSITION: the level */
};

/** What one person in a level costs on average. */
struct tg_benefit {
    double level;
    int64_t yen; /**< a month */
};

struct tg_outcome_rule {
    const char *name;
    const struct tg_source *source; /**< of kind events or measures */
    enum tg_design design;
    const struct tg_code_range *codes; /**< events; NULL: all */
    size_t n_codes;
    const char *measure; /**< measures; NULL: rows are counted, not looked into */
    bool has_threshold;
    bool at_most;     /**< the threshold is reached from above */
    double threshold; /**< a value becomes 1 (reached) or 0 */
    int months;       /**< INCIDENCE: within so many; TRANSITION: of saving; 0: followup_months */
    int per_year;     /**< CHANGE: divided by the years between the two values */
    bool has_missing; /**< TRANSITION: `missing` stands for no value */
    double missing;
    int higher_is_better; /**< TRANSITION */
    struct tg_benefit *benefits;
    size_t n_benefits;
    unsigned by; /**< bits of enum tg_subgroup */
};

/** Decimals of an indicator's values: they are whole numbers of 10^−9, so that 0.79 is 0.79. */
enum { TG_PAY_DECIMALS = 9 };

/** A value and what is paid there. */
struct tg_pay_point {
    int64_t value; /**< 10^−9 */
    int64_t yen;
};
enum tg_pay_form {
    TG_PAY_STEPS, /**< the yen of the last point reached */
    TG_PAY_LINE,  /**< between two points in proportion */
    TG_PAY_UNIT,  /**< so much for each one */
};
/** Where a value comes from. */
enum tg_pay_from { TG_PAY_FROM_GIVEN, TG_PAY_FROM_PARTICIPANTS, TG_PAY_FROM_OUTCOME };
enum tg_pay_value { TG_PAY_EFFECT, TG_PAY_PARTICIPANTS, TG_PAY_CONTROLS };

/** One thing that is paid for. */
struct tg_indicator {
    const char *name;
    enum tg_pay_from from;
    int active_months; /**< PARTICIPANTS: active in at least so many months; 0: all */
    int share;         /**< PARTICIPANTS: of all, not their number */
    size_t outcome;    /**< OUTCOME: index into the study's outcomes */
    int value;         /**< OUTCOME: enum tg_pay_value */
    int negate;        /**< OUTCOME: the value with its sign turned */
    enum tg_pay_form form;
    struct tg_pay_point *points; /**< STEPS, LINE: all rising, or all falling */
    size_t n_points;
    bool falling;     /**< less is better */
    int64_t unit_yen; /**< UNIT: for a value of 1 */
    int64_t max_yen;  /**< UNIT: most; INT64_MAX: no limit */
    bool has_floor;
    bool has_cap;
    int64_t floor, cap; /**< 10^−9; below the floor nothing is paid, beyond the cap as at it */
    uint64_t min_n;     /**< fewer people behind the value: nothing is paid */
    int *years;         /**< fiscal years in which it is paid; none: in all */
    size_t n_years;
};

/** What is paid for outcomes. */
struct tg_pfs {
    int64_t fixed_yen;
    int64_t cap_yen; /**< of everything, the fixed part too; INT64_MAX: none */
    struct tg_indicator *indicators;
    size_t n; /**< 0: the study has no such section */
};

struct tg_study {
    const char *path;
    const char *id;
    char digest[TG_KEY_LEN * 2 + 1];      /**< SHA-256 hex over what changes tokens */
    char file_digest[TG_KEY_LEN * 2 + 1]; /**< SHA-256 hex over the whole text */
    struct tg_field *own_fields;
    size_t n_own_fields;
    struct tg_source *sources; /**< in the file's order */
    size_t n_sources;
    struct tg_token_def *tokens; /**< strongest first; without "app" */
    size_t n_tokens;
    double max_rejects;    /**< share of rows, 0.01 */
    double max_unreadable; /**< share of a column's filled values, 0.05 */
    int missing_months;    /**< months in a row that one source may lack, 11 */
    const char *purpose;   /**< "outcome-evaluation" */
    int consent_months;    /**< a consent ends this many months after it was given; 0: never */
    const char **forms;    /**< versions of the consent's text that count; with n 0 all do */
    size_t n_forms;
    double accept; /**< probability from which a pair is a link, 0.99 */
    double margin; /**< log-odds by which a link is ahead of all other pairs of its two, 0 */
    double drift;  /**< change of expected quality between months that is a warning, 0.05 */
    double review; /**< from which it is for a clerk, 0.5 */
    bool has_cohort;
    struct tg_cohort_rules cohort;
    struct tg_outcome_rule *outcomes;
    size_t n_outcomes;
    struct tg_pfs pfs;
    unsigned min_cell;     /**< smallest count shown, 10; 20 or UINT_MAX by population */
    bool for_municipality; /**< disclosure: recipient: municipality: nothing is hidden */
    struct tg_arena arena;
};

/** A field by name, built in or the study's own; NULL when there is none. */
const struct tg_field *tg_study_field(const struct tg_study *study, const char *name);
/** The i-th field, built-in ones first; NULL behind the last. */
const struct tg_field *tg_study_field_at(const struct tg_study *study, size_t i);
/** By name; NULL when there is none. */
const struct tg_source *tg_study_source(const struct tg_study *study, const char *name);
/** The header that a source maps `name` to under `columns`; NULL: not mapped. */
const struct tg_mapping *tg_source_column(const struct tg_source *source, const char *name);
/** Can this source's columns fill every field of the token? */
bool tg_source_can_fill(const struct tg_source *source, const struct tg_token_def *token);

#endif
