/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Token files and manifests (format totsugo-tokens/1): one reader for import, link and inspect.
 */
#ifndef TG_TABLE_TOKENFILE_H
#define TG_TABLE_TOKENFILE_H

#include "table/csv.h"
#include "table/study.h"

/** Appends ".manifest.json". In `arena`. */
TG_CHECKED char *tg_manifest_path(struct tg_arena *arena, const char *token_path,
                                  struct tg_error *err);
/** Reads and checks a manifest; strings live in `arena`. @return TG_OK, TG_NO_INPUT, TG_DATA */
TG_CHECKED enum tg_status tg_manifest_read(const char *path, struct tg_arena *arena,
                                           struct tg_manifest *out, struct tg_error *err);
/** The same from `len` bytes of text; `path` is what errors show. */
TG_CHECKED enum tg_status tg_manifest_parse(const char *path, const char *text, size_t len,
                                            struct tg_arena *arena, struct tg_manifest *out,
                                            struct tg_error *err);
/** Writes a manifest beside its token file. `extra`: NULL or a JSON object (text) whose members
 * are added under "profile". */
TG_CHECKED enum tg_status tg_manifest_write(const char *path, const struct tg_manifest *m,
                                            const char *extra, bool force, struct tg_error *err);
/** The same, but leaves the file to be put in place by tg_output_commit_all(). */
TG_CHECKED enum tg_status tg_manifest_finish(const char *path, const struct tg_manifest *m,
                                             const char *extra, bool force, struct tg_output **out,
                                             struct tg_error *err);

/** Carried columns of each kind, in the file's order, ended by NULL. */
const char *const *tg_kind_carries(enum tg_kind kind);
/** A column that files of this kind carry behind those, where the study maps it; NULL: there is
 * none.
 */
const char *tg_kind_may_carry(enum tg_kind kind);
/** That of rosters: why insurance was lost (資格喪失事由); TG_DEATH, or empty for anything else. */
#define TG_LOSS_REASON "loss_reason"
#define TG_DEATH       "death"
/** Do files of this kind begin with a row id? */
bool tg_kind_has_row_id(enum tg_kind kind);

/** A token file being read. */
struct tg_token_file;

/** Tokens of one cell. */
struct tg_token_cell {
    const unsigned char (*tokens)[TG_TOKEN_LEN]; /**< n of them, ascending */
    size_t n;
};

/** One row; everything is valid until the next one. */
struct tg_token_row {
    bool has_row_id;
    unsigned char row_id[TG_TOKEN_LEN];
    const struct tg_token_cell *tokens; /**< by token column: n_tokens of the file */
    const struct tg_cell *carried;      /**< UTF-8, by carried column, then measures, attributes */
    uint64_t line;
};

/**
 * Opens a token file, reads its manifest and checks the header against it and, unless `study` is
 * NULL, study id, digest, normaliser and source against the study.
 *
 * @return TG_OK; TG_NO_INPUT; TG_DATA: not a token file, or of another study, digest or
 *         normaliser
 */
TG_CHECKED enum tg_status tg_token_file_open(const char *path, const struct tg_study *study,
                                             struct tg_token_file **out, struct tg_error *err);
const struct tg_manifest *tg_token_file_manifest(const struct tg_token_file *f);
enum tg_kind tg_token_file_kind(const struct tg_token_file *f);
/** Names of the token columns without "token_": "app" first where there is a provider. */
const char *const *tg_token_file_tokens(const struct tg_token_file *f, size_t *n);
/** Names of the columns behind the tokens. */
const char *const *tg_token_file_carried(const struct tg_token_file *f, size_t *n);
/** The next row; `*end` at the end, when rows and SHA-256 have been held against the manifest.
 * @return TG_OK; TG_DATA: malformed row, or (at the end) file and manifest disagree; TG_IO */
TG_CHECKED enum tg_status tg_token_file_next(struct tg_token_file *f,
                                             const struct tg_token_row **row, bool *end,
                                             struct tg_error *err);
void tg_token_file_close(struct tg_token_file **f);

#endif
