/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Inside the room: how the parts of a study file are read. Rules are tables; what tables cannot say
 * is a function of one section.
 */
#ifndef TG_TABLE_STUDY_READ_H
#define TG_TABLE_STUDY_READ_H

#include "table/study.h"
#include "table/yaml_tree.h"

struct tg_study_reader {
    struct tg_study *study;
    struct tg_error *err;
};

enum tg_rule_type {
    TG_RULE_TEXT,    /**< const char *: 1…255 bytes, trimmed */
    TG_RULE_NAME,    /**< const char *: as tg_name_allowed() */
    TG_RULE_INT,     /**< int, min…max */
    TG_RULE_UINT64,  /**< uint64_t, min…max */
    TG_RULE_REAL,    /**< double, min…max */
    TG_RULE_WORD,    /**< an enum: one of `words` */
    TG_RULE_BOOL,    /**< bool: true or false */
    TG_RULE_SECTION, /**< a map by the rules `section` into the same object */
    TG_RULE_CUSTOM,  /**< `read` */
};

/** A word and the number it stands for. */
struct tg_word {
    const char *word; /**< NULL ends a table */
    int value;
};

/** What a key may hold and where it goes. A table ends with a NULL key. */
struct tg_rule {
    const char *key;
    enum tg_rule_type type;
    bool required;
    size_t offset; /**< in the object that is filled */
    double min, max;
    const struct tg_word *words;
    const struct tg_rule *section;
    enum tg_status (*read)(struct tg_study_reader *r, const struct tg_node *node, void *object);
};

/** Fills `object` from a map. Keys are read in the order of the rules. */
TG_CHECKED enum tg_status tg_rules_read(struct tg_study_reader *r, const struct tg_node *node,
                                        const struct tg_rule *rules, void *object);

/** The value at `node` is not allowed; `allowed` is. */
enum tg_status tg_bad_value(struct tg_study_reader *r, const struct tg_node *node,
                            const char *allowed);
/** The value at `node` is none of `names`; what is nearest to it stands first in the message. */
enum tg_status tg_bad_word(struct tg_study_reader *r, const struct tg_node *node,
                           const char *const *names, size_t n);
/** The key of `node` is none of `names`. */
enum tg_status tg_unknown_key(struct tg_study_reader *r, const struct tg_node *node,
                              const char *const *names, size_t n);
/** `key` is missing in (or beside) `node`. */
enum tg_status tg_missing_key(struct tg_study_reader *r, const struct tg_node *node,
                              const char *key);
/** Another message about `node`. */
enum tg_status tg_study_refuse(struct tg_study_reader *r, const struct tg_node *node,
                               enum tg_message message, const char *rule);

TG_CHECKED enum tg_status tg_need_map(struct tg_study_reader *r, const struct tg_node *node);
TG_CHECKED enum tg_status tg_need_list(struct tg_study_reader *r, const struct tg_node *node);
/** Text of 1…255 bytes, white space around it dropped (ideographic too); in the study's arena. */
TG_CHECKED enum tg_status tg_need_text(struct tg_study_reader *r, const struct tg_node *node,
                                       const char **out);
/** Zeroed room in the study's arena; NULL with the reader's error set. */
void *tg_study_alloc(struct tg_study_reader *r, size_t n, size_t size);

/** A name of the user's own: 1…63 bytes; letters, digits, `_`, `-`, `.` and all beyond ASCII. */
bool tg_name_allowed(const char *name);
/** A name that goes into key derivation: 1…63 of [A-Za-z0-9_-]. */
bool tg_plain_name_allowed(const char *name);
/** Decimal digits only, at most `max`. */
bool tg_scan_uint(const char *s, uint64_t max, uint64_t *out);

/** @name Sections; each is the `read` of a rule and fills the study */
/** @{ */
enum tg_status tg_read_fields(struct tg_study_reader *r, const struct tg_node *node, void *object);
enum tg_status tg_read_sources(struct tg_study_reader *r, const struct tg_node *node, void *object);
enum tg_status tg_read_tokens(struct tg_study_reader *r, const struct tg_node *node, void *object);
enum tg_status tg_read_forms(struct tg_study_reader *r, const struct tg_node *node, void *object);
enum tg_status tg_read_cohort(struct tg_study_reader *r, const struct tg_node *node, void *object);
enum tg_status tg_read_outcomes(struct tg_study_reader *r, const struct tg_node *node,
                                void *object);
enum tg_status tg_read_pfs(struct tg_study_reader *r, const struct tg_node *node, void *object);
enum tg_status tg_read_disclosure(struct tg_study_reader *r, const struct tg_node *node,
                                  void *object);
/** @} */

/**
 * A list of codes as a study writes them: `E10` is every code that begins so, `E10-E14` every code
 * whose first characters lie between the two, which are of one length. 1…256 of them.
 */
TG_CHECKED enum tg_status tg_read_codes(struct tg_study_reader *r, const struct tg_node *node,
                                        const struct tg_code_range **out, size_t *n);

/** @name Parts of the cohort section; each fills struct tg_cohort_rules */
/** @{ */
enum tg_status tg_read_exclusions(struct tg_study_reader *r, const struct tg_node *node,
                                  void *object);
enum tg_status tg_read_covariates(struct tg_study_reader *r, const struct tg_node *node,
                                  void *object);
enum tg_status tg_read_match(struct tg_study_reader *r, const struct tg_node *node, void *object);
/** Columns that people have without being asked, or that outputs have. */
bool tg_is_built_in_column(const char *name);
/** The covariates of a study that lists none, when the outcomes have been read. */
TG_CHECKED enum tg_status tg_default_covariates(struct tg_study_reader *r);
/** Settles what follows from the others, when all keys have been read. */
enum tg_status tg_match_defaults(struct tg_study_reader *r, struct tg_cohort_rules *cohort);
/** @} */

/** The word under `fields` for a type; "" for a type that only built-in fields have. */
const char *tg_own_type_name(enum tg_field_type type);
/** The token set that holds when the file names none. */
TG_CHECKED enum tg_status tg_default_tokens(struct tg_study_reader *r);
/** Fills study->digest. */
TG_CHECKED enum tg_status tg_study_digest(struct tg_study_reader *r);

/** A study from the text of its file; see tg_study_load(). `path` is what errors show. */
TG_CHECKED enum tg_status tg_study_parse(const char *path, const char *text, size_t len,
                                         struct tg_study **out, struct tg_error *err);

#endif
