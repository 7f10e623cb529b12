/* SPDX-License-Identifier: Apache-2.0 */
#include "store/scrub.h"

#include "base/reporter.h"

enum tg_status tg_scrub_note(struct tg_store *store, struct tg_error *err)
{
    return tg_meta_set(&store->db, TG_META_SCRUB, "wanted", err);
}

/* The copy is a file without a name, so that memory does not grow with the store. */
enum tg_status tg_scrub(struct tg_store *store, const struct tg_reporter *reporter,
                        struct tg_error *err)
{
    static const char *const steps[] = {
        "PRAGMA temp_store=FILE",          "VACUUM",
        "PRAGMA temp_store=MEMORY",        "DELETE FROM meta WHERE name = '" TG_META_SCRUB "'",
        "PRAGMA wal_checkpoint(TRUNCATE)",
    };
    enum { N_STEPS = sizeof steps / sizeof steps[0] };
    char wanted[TG_META_SIZE];
    enum tg_status status = tg_meta_get(&store->db, TG_META_SCRUB, wanted, err);
    if (status || !wanted[0])
        return status;
    for (size_t i = 0; !status && i < N_STEPS; i++) {
        status = tg_db_exec(&store->db, steps[i], err);
        if (!status)
            status = tg_progress(reporter, "rewrite", i + 1, N_STEPS, err);
    }
    return status;
}
