/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * From raw rows with names in the open to a token file.
 *
 * Inputs are CSV as municipalities have it: CP932 or UTF-8, with lines above the header, gzip'ed or
 * not. The header is found by its names. Any number of calls may run at once.
 *
 * Space on disk: what does not fit in memory is sorted in files without a name in the output's
 * folder. They hold pseudonymised rows only and vanish with the process. They take about half the
 * token file's size, rows of the same person much less; twice that where memory is smaller than
 * about a thousandth of the token file.
 *
 * Bounds of `~1` keys: a value of more than 255 characters gives only itself, and so do all fields
 * of a key where there would be more than 4,096 combinations.
 */
#ifndef TOTSUGO_INTAKE_H
#define TOTSUGO_INTAKE_H

#include <totsugo/crypto.h>
#include <totsugo/table.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What to pseudonymize and how. Strings are borrowed. All zero but the required is the default. */
struct tg_pseudonymize_options {
    const struct tg_study *study; /**< required */
    const struct tg_key *key;     /**< required; of the same study */
    const struct tg_key *row_key; /**< NULL; or the key of the epoch before, for a bridge: row ids
                                       are made with it, as in the file it leads over from */
    const char *source;           /**< required; a source of the study */
    const char *period;           /**< YYYY-MM, or NULL */
    const char *const *inputs;    /**< required; CSV files, "-" for standard input */
    size_t n_inputs;
    const char *output;  /**< required unless check_only; the manifest goes beside it, but
                              for "-", standard output, which has none */
    const char *lookup;  /**< NULL: none; mode 0600; only where rows have ids */
    const char *rejects; /**< NULL: none; also written for a file that is refused because of
                              its rejects or unreadable values, and with check_only */
    unsigned threads;    /**< 0: one a processor; at most 32 are used */
    uint64_t memory;     /**< bytes for sorting and caches; 0: 1 GiB; at least 16 MiB. The
                              process needs up to 64 MiB more */
    bool force;          /**< replace outputs */
    bool check_only;     /**< write nothing but `rejects` */
};

/** How often the rows of one token column share a token. */
struct tg_token_profile {
    const char *token; /**< without "token_" */
    uint64_t empty;    /**< rows without this token */
    uint64_t distinct; /**< different tokens, exact; 0 for evidence, which is not counted: it never
                          decides alone */
    uint64_t largest[5]; /**< rows that share one token: the largest groups, descending */
    uint64_t looked_at;  /**< where `distinct` is 0: rows with this token among at most 2,048 that
                              the row ids choose at random; 0 where rows have no ids */
    uint64_t looked_largest; /**< of them, how many share one token at most */
};

/** What came of it. */
struct tg_pseudonymize_result {
    uint64_t rows; /**< in the token file */
    uint64_t rejected;
    uint64_t no_token;        /**< rows without any token */
    uint64_t temporary;       /**< bytes that temporary files took at most; they are gone */
    struct tg_count *rejects; /**< by rule, sorted */
    size_t n_rejects;
    struct tg_count *warnings; /**< by rule, sorted */
    size_t n_warnings;
    struct tg_token_profile *profiles; /**< by token column */
    size_t n_profiles;
    void *owner; /**< of everything above */
};

/**
 * Turns raw CSV into a token file and its manifest. Streaming: memory stays near
 * `options->memory`. Same bytes whatever threads and memory.
 *
 * Warnings go to the reporter when a column without values keeps tokens empty for most rows (one
 * for a column, however many tokens are made of it), when a token is empty for most rows though no
 * column alone is, when temporary files are going to need more room than there is, when one token
 * has very many rows (at least 100, one in a hundred of those that have a token, and ten times as
 * many as a token has on average; or more than half of at least 1,000), when there are no rows or
 * no tokens, when too many values of a carried column cannot be read (`limits: {unreadable}`), and,
 * unless check_only, when more than one in four of the rows of events or measures is the same as
 * another one. Where rows have ids, also of keys that give values away by how often their tokens
 * come: with at least 1,000 rows to judge by (2,048 at most are looked at), more than one in a
 * hundred share one token, or a row agrees with more than one in 1,024 others on average.
 * Progress: stage "reading" in bytes, "writing" in rows.
 *
 * @param reporter  NULL: silent; its callbacks may be called from any thread, one at a time
 * @param result    out: also set as far as known when the data is refused; free it
 * @return TG_OK; TG_DATA: refused, no token file was written; TG_NO_INPUT; TG_NO_PERMISSION: key of
 *         another study; TG_USAGE: an option is missing or wrong, or one file is named twice;
 *         TG_CONFIG: no such source; TG_CANT_CREATE; TG_IO; TG_CANCELLED; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_pseudonymize(const struct tg_pseudonymize_options *options,
                                                 const struct tg_reporter *reporter,
                                                 struct tg_pseudonymize_result *result,
                                                 struct tg_error *err);
/** Frees what a result owns; NULL and a result that is all zero are allowed. */
TG_API void tg_pseudonymize_result_free(struct tg_pseudonymize_result *result);

/** @name Clerical review: names in the open again, at the desk */
/** @{ */

/** What the rows of one side of the pairs were made of. */
struct tg_review_side {
    const char *source;        /**< NULL: this side is not at hand */
    const char *lookup;        /**< the lookup file that `pseudonymize` wrote */
    const char *const *inputs; /**< the raw files, in the order they were given in then */
    size_t n_inputs;
};
struct tg_review_options {
    const struct tg_study *study; /**< required */
    const char *pairs;            /**< required; review.csv, or what `review list` wrote */
    struct tg_review_side users;  /**< of user_row_id */
    struct tg_review_side roster; /**< of roster_row_id; one of the two is needed */
};

/** How two values compare once they are normalised. */
enum tg_review_mark {
    TG_REVIEW_MISSING, /**< on one side or both: missing, unreadable or not mapped */
    TG_REVIEW_SAME,    /**< kana: in the folded form */
    TG_REVIEW_NEAR,    /**< one character differs, or kana that agree without voicing and ー */
    TG_REVIEW_DIFFERENT,
};

/** One value as tg_text_show() makes it, NUL-ended. */
struct tg_review_value {
    const char *text; /**< "" where there is none */
    size_t columns;   /**< that it takes on a terminal */
};
struct tg_review_field {
    const char *name; /**< as the study calls the column */
    struct tg_review_value users, roster;
    enum tg_review_mark mark;
};
/** One pair, valid during the callback. */
struct tg_review_pair {
    uint64_t number, of;                                          /**< from 1 */
    const char *user_row_id, *roster_row_id, *rule, *probability; /**< as the file has them */
    uint64_t user_line, roster_line; /**< in the raw files; 0: not found there */
    const struct tg_review_field *fields;
    size_t n_fields;
};
typedef enum tg_status tg_on_review_pair(void *ctx, const struct tg_review_pair *pair,
                                         struct tg_error *err);

/**
 * Shows pairs side by side, in the file's order. Nothing is written anywhere; values are wiped
 * before memory is freed. Memory: the rows of the pairs.
 *
 * @return TG_OK; TG_USAGE: no such source; TG_NO_INPUT; TG_DATA: a file is not what it must be;
 *         what `on` returned; TG_IO; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_review_show(const struct tg_review_options *options,
                                                tg_on_review_pair *on, void *ctx,
                                                struct tg_error *err);
/** @} */

#ifdef __cplusplus
}
#endif
#endif
