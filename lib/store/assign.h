/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * To whom the events and measures of a source belong.
 */
#ifndef TG_STORE_ASSIGN_H
#define TG_STORE_ASSIGN_H

#include "store/dense.h"
#include "store/query.h"

struct tg_assignment {
    struct tg_owners persons; /**< of roster identities; of a provider's source: of its users */
    struct tg_owners found;   /**< of the source's identities; TG_UNASSIGNED; 0: not its own */
    bool kept;                /**< `found` belongs to the store */
};

/** An identity of the source that belongs to nobody, or to several. */
#define TG_UNASSIGNED UINT32_MAX

/**
 * Assigns the identities of a source: by the study's tokens, strongest first, to the one person
 * that carries it; those of a provider by the app's token to the linked users. A month asks about
 * the same source many times, so the store keeps the answer (4 bytes an identity and source) until
 * something is written; that of a provider's source rests on who is linked and is not kept.
 *
 * @param out  out: free it with tg_assignment_free(), also after a failure
 */
TG_CHECKED enum tg_status tg_assign(struct tg_store *store, const struct tg_source *source,
                                    int64_t source_id, int32_t month,
                                    const struct tg_linked_user *linked, size_t n_linked,
                                    struct tg_assignment *out, struct tg_error *err);
void tg_assignment_free(struct tg_assignment *a);
/** Forgets what is kept. */
void tg_assignments_free(struct tg_store *store);
/** The person of an identity; 0: none. */
uint32_t tg_assigned(const struct tg_assignment *a, int64_t identity);

/** The number of a source in the store; 0: nothing of it was delivered. */
TG_CHECKED enum tg_status tg_source_number(const struct tg_store *store, const char *name,
                                           int64_t *id, struct tg_error *err);

#endif
