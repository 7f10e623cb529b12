/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * What an import would do, without doing it.
 */
#ifndef TG_STORE_PREVIEW_H
#define TG_STORE_PREVIEW_H

#include <totsugo/store.h>

#include "table/study.h"

struct tg_import_preview {
    enum tg_import_outcome outcome;
    const struct tg_source *source; /**< of the study */
    int32_t period;                 /**< month; 0: the file has none */
    uint64_t rows;
};

/**
 * Reads a token file as tg_import() would and says what would come of it. A file that the store
 * does not have is read to its end.
 *
 * @param store  NULL: there is none yet
 * @return TG_OK; else what tg_import() would refuse the file with, as far as file, manifest and
 *         settings of the store tell
 */
TG_CHECKED enum tg_status tg_import_preview(struct tg_store *store, const struct tg_study *study,
                                            const char *token_path,
                                            const struct tg_reporter *reporter,
                                            struct tg_import_preview *out, struct tg_error *err);
/** The newest period of a source that is not after `month`; TG_NO_MONTH: it has none. */
TG_CHECKED enum tg_status tg_store_newest(struct tg_store *store, const char *source, int32_t month,
                                          int32_t *period, struct tg_error *err);

#endif
