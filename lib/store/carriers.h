/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Those who carry one token, joined in what was reached.
 */
#ifndef TG_STORE_CARRIERS_H
#define TG_STORE_CARRIERS_H

#include "store/reach.h"

/** Somebody of a roster who carries the token that is being looked at. */
struct tg_carrier {
    int64_t id, person;
    int32_t birth_month;
    uint8_t sex;
    size_t index; /**< of the node; SIZE_MAX: has no rows */
    int64_t side; /**< those of one side may be one person */
};

/**
 * Joins the first `n` of reach->group, `n_alive` of them with rows, by a number-like token they
 * share; those of a name are remembered, for whether it joins them is decided when all are known.
 *
 * @param hash  token and hash not below those of the call before, unless reach->apart is reset
 */
TG_CHECKED enum tg_status tg_carriers_join(struct tg_reach *reach, unsigned token,
                                           const unsigned char hash[TG_TOKEN_LEN], size_t n,
                                           size_t n_alive, struct tg_error *err);

#endif
