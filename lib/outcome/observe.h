/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * One outcome being read, member by member; private to the room.
 */
#ifndef TG_OUTCOME_OBSERVE_H
#define TG_OUTCOME_OBSERVE_H

#include "outcome/outcome.h"

/** The value that stands for before or after; of one day the largest counts. */
struct tg_latest {
    uint32_t day; /**< 0: none */
    double value;
};

struct tg_observing {
    const struct tg_outcome_question *q;
    struct tg_observation *out;       /**< by member; borrowed */
    struct tg_latest *before, *after; /**< by member; of measures */
    double *yen;                      /**< by member; of events: in the follow-up */
};

/** Everybody is at risk and nothing is known. @return TG_OK, TG_NO_MEMORY: free it all the same */
TG_CHECKED enum tg_status tg_observing_begin(struct tg_observing *o,
                                             const struct tg_outcome_question *q,
                                             struct tg_observation *out, struct tg_error *err);
/** The months anybody is asked for; from > to: nobody is. */
void tg_observing_span(const struct tg_observing *o, int32_t *from, int32_t *to);
/** A sum, or a value, of a member's person. */
void tg_observing_amount(struct tg_observing *o, size_t member, const struct tg_amount *amount);
void tg_observing_measure(struct tg_observing *o, size_t member, const struct tg_measured *value);
/** Turns what was noted into what is known. */
void tg_observing_end(struct tg_observing *o);
void tg_observing_free(struct tg_observing *o);

#endif
