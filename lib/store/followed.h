/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Tokens that were followed, as sorted runs: what a pass in ascending order adds becomes a run, and
 * two runs become one when the later is not much shorter, so that there are few (a logarithmic
 * method: Bentley and Saxe, Decomposable searching problems, 1980). 24 bytes a token.
 */
#ifndef TG_STORE_FOLLOWED_H
#define TG_STORE_FOLLOWED_H

#include "store/posting.h"

enum { TG_FOLLOWED_RUNS = 48 };

/** All zero is a valid beginning. */
struct tg_followed {
    struct tg_posting *items; /**< run after run; behind them, what this pass adds */
    size_t n, cap;
    size_t end[TG_FOLLOWED_RUNS]; /**< where each run ends */
    size_t at[TG_FOLLOWED_RUNS];  /**< how far the pass has come in each */
    size_t n_runs;
};

/** A pass in ascending order begins. */
void tg_followed_begin(struct tg_followed *f);
/**
 * Was it added by an earlier pass?
 *
 * @param token  column and hash not below those of the call before in this pass
 */
bool tg_followed_has(struct tg_followed *f, const struct tg_posting *token);
/** @param token  above those that this pass added before; its identity does not matter */
TG_CHECKED enum tg_status tg_followed_add(struct tg_followed *f, const struct tg_posting *token,
                                          struct tg_error *err);
/** What the pass has added is a run from now on. */
TG_CHECKED enum tg_status tg_followed_end(struct tg_followed *f, struct tg_error *err);
void tg_followed_free(struct tg_followed *f);

#endif
