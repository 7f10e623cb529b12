/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Which app users were linked in which run: what went out about whom. About two bytes a user and
 * run; a run whose users are those of the last one of its month and recipient adds nothing.
 */
#ifndef TG_STORE_RUN_USERS_H
#define TG_STORE_RUN_USERS_H

#include "store/intern.h"

/** Notes the linked users of the run whose entry is the last of the audit log. */
TG_CHECKED enum tg_status tg_run_users_add(struct tg_store *store, int32_t month,
                                           const char *recipient, const int64_t *users, size_t n,
                                           struct tg_error *err);

/** A run that a user was in. */
struct tg_run_of_user {
    int64_t identity;
    int64_t audit; /**< entry of the audit log */
    int32_t month;
    const char *recipient;
    const char *at; /**< when, as the audit log has it */
};
typedef enum tg_status tg_on_run_of_user(void *ctx, const struct tg_run_of_user *run,
                                         struct tg_error *err);
/** Every run that had some of these identities, ascending by entry and identity. `ids`: sorted. */
TG_CHECKED enum tg_status tg_run_users_find(struct tg_store *store, const struct tg_ids *ids,
                                            tg_on_run_of_user *on, void *ctx, struct tg_error *err);

#endif
