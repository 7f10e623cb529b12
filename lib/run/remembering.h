/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * What linking remembers of a provider's users, from the store and back; private to the room.
 */
#ifndef TG_RUN_REMEMBERING_H
#define TG_RUN_REMEMBERING_H

#include "link/memory.h"
#include "run/month.h"

/** Reads what is remembered. `memory` has its rows already. */
TG_CHECKED enum tg_status tg_month_recall(struct tg_month *m, const char *provider,
                                          struct tg_link_memory *memory, struct tg_error *err);
/** Counts what was linked anew, and remembers for the next month. Where that cannot be written, the
 * next month is linked from the start. */
void tg_month_remember(struct tg_month *m, const char *provider, struct tg_link_memory *memory);

#endif
