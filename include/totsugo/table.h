/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The study file, and what a token file says of itself.
 */
#ifndef TOTSUGO_TABLE_H
#define TOTSUGO_TABLE_H

#include <totsugo/base.h>
#include <totsugo/crypto.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A study, as its file describes it. Read-only once loaded; any thread. */
struct tg_study;

/**
 * Reads and checks a study file.
 *
 * @param path  a UTF-8 YAML file of at most 1 MiB
 * @param out   out: the study; free it with tg_study_free()
 * @return TG_OK; TG_NO_INPUT; TG_CONFIG: `err` has the line, the key and what is allowed
 */
TG_API TG_CHECKED enum tg_status tg_study_load(const char *path, struct tg_study **out,
                                               struct tg_error *err);
TG_API void tg_study_free(struct tg_study **study);
/** The study's id; lives as long as the study. */
TG_API const char *tg_study_id(const struct tg_study *study);

/** A commented study.yaml to begin with; a static string. */
TG_API const char *tg_study_template(void);

/** Counts by rule name, in the order of first use; owned by what contains them. */
struct tg_count {
    const char *rule;
    uint64_t n;
    uint64_t line; /**< where it begins, counted on through all inputs; 0: not known. No file has
                        it */
};

/** What stands in a manifest. Strings live as long as the object. */
struct tg_manifest {
    const char *format; /**< "totsugo-tokens/1" */
    const char *study;
    const char *study_digest; /**< 64 hex digits */
    const char *source;
    const char *kind;       /**< roster users consents events measures */
    const char *provider;   /**< empty: none */
    const char *period;     /**< YYYY-MM, empty: none */
    const char *normalizer; /**< TG_NORMALIZER */
    const char *key_id;     /**< 16 hex digits */
    const char
        *row_key_id; /**< a bridge between two epochs: id of the key of its row ids; else "" */
    const char *overlap_until; /**< a bridge: YYYY-MM, or "" for none stated */
    const char **tokens;       /**< names without "token_", in the file's order, "app" too */
    size_t n_tokens;
    uint64_t rows;
    uint64_t rejected;
    const struct tg_count *warnings; /**< sorted by rule */
    size_t n_warnings;
    const char *sha256; /**< of the token file, 64 hex digits */
    const char *tool;   /**< "totsugo 0.1.0" */
};

/** What tg_inspect() found. */
struct tg_inspection {
    struct tg_manifest manifest;
    uint64_t rows_found;
    bool sha256_holds;
    bool rows_hold;
    uint64_t n_columns;
    const char *const *columns; /**< header of the token file */
    const uint64_t *filled;     /**< non-empty cells per column */
    void *owner;                /**< of everything above */
};

/**
 * Reads a token file with its manifest and counts.
 * @return TG_OK (the inspection says whether it holds), TG_NO_INPUT, TG_DATA
 */
TG_API TG_CHECKED enum tg_status tg_inspect(const char *token_path, struct tg_inspection *out,
                                            struct tg_error *err);
TG_API void tg_inspection_free(struct tg_inspection *inspection);

/** One line of a machine-readable log; members that are NULL are left out. */
struct tg_log_line {
    const char *level;            /**< error, warning, info, progress, summary */
    const struct tg_error *error; /**< its code, place and rule */
    const char *text;
    const char *stage; /**< progress: with `done` of `total` (0: unknown) */
    uint64_t done, total;
    const char *job; /**< summary: what ended, with its exit code */
    int exit;
};

/**
 * Writes a log line as one JSON object without a line end.
 * @return its length; a line that does not fit is written as a bare `{"level":"error"}`
 */
TG_API size_t tg_log_json(const struct tg_log_line *entry, char *out, size_t size);

#ifdef __cplusplus
}
#endif
#endif
