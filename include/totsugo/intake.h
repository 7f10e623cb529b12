/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * From raw rows with names in the open to a token file.
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
    const char *source;           /**< required; a source of the study */
    const char *period;           /**< YYYY-MM, or NULL */
    const char *const *inputs;    /**< required; CSV files, "-" for standard input */
    size_t n_inputs;
    const char *output;           /**< required unless check_only; the manifest goes beside it */
    const char *lookup;           /**< NULL: none; mode 0600 */
    const char *rejects;          /**< NULL: none */
    unsigned threads;             /**< 0: one a processor */
    uint64_t memory;              /**< bytes for sorting and caches; 0: 1 GiB; at least 16 MiB */
    bool force;                   /**< replace outputs */
    bool check_only;              /**< do everything but write */
};

/** How often the rows of one token column share a token. */
struct tg_token_profile {
    const char *token;     /**< without "token_" */
    uint64_t empty;        /**< rows without this token */
    uint64_t distinct;     /**< different tokens; 0 when not counted */
    uint64_t largest[5];   /**< rows that share one token: the largest groups */
};

/** What came of it. */
struct tg_pseudonymize_result {
    uint64_t rows;         /**< in the token file */
    uint64_t rejected;
    uint64_t no_token;     /**< rows without any token */
    struct tg_count *rejects;  /**< by rule, sorted */
    size_t n_rejects;
    struct tg_count *warnings; /**< by rule, sorted */
    size_t n_warnings;
    struct tg_token_profile *profiles; /**< by token column */
    size_t n_profiles;
    void *owner;           /**< of everything above */
};

/**
 * Turns raw CSV into a token file and its manifest. Streaming: memory stays near
 * `options->memory`. Same bytes whatever threads and memory.
 *
 * @param result  out: also set as far as known when the data is refused; free it
 * @return TG_OK; TG_DATA: refused, nothing was written; TG_NO_INPUT; TG_NO_PERMISSION: key of
 *         another study; TG_CANT_CREATE; TG_IO; TG_CANCELLED; TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_pseudonymize(const struct tg_pseudonymize_options *options,
                                                 const struct tg_reporter *reporter,
                                                 struct tg_pseudonymize_result *result,
                                                 struct tg_error *err);
TG_API void tg_pseudonymize_result_free(struct tg_pseudonymize_result *result);

#ifdef __cplusplus
}
#endif
#endif
