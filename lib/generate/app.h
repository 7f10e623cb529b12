/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * What people told the app about themselves, with their slips.
 */
#ifndef TG_GENERATE_APP_H
#define TG_GENERATE_APP_H

#include "generate/kana.h"
#include "generate/world.h"

/** Where an app user's row differs from the municipality's; bits. */
enum tg_gen_slip {
    TG_GEN_SLIP_NAME = 1,    /**< a typing error */
    TG_GEN_SLIP_SURNAME = 2, /**< a surname the municipality does not know */
    TG_GEN_SLIP_BIRTH = 4,   /**< another birth date */
    TG_GEN_SLIP_GENDER = 8,  /**< not told */
    TG_GEN_SLIP_ORDER = 16,  /**< given name first */
};

/** A row of app_users.csv. */
struct tg_gen_account {
    char uid[24];
    char kana[TG_GEN_SPELLED_MAX];
    uint32_t birth;
    const char *gender;
    bool slashes;    /**< style of the birthday */
    bool has_number; /**< the municipality checked the insured number */
    unsigned slips;  /**< bits of enum tg_gen_slip */
};

/** The user's id in the app. */
void tg_gen_uid(uint64_t seed, uint64_t person, char out[24]);
/** Draws the account; `r` goes on for what else the row needs. */
void tg_gen_account(uint64_t seed, const struct tg_gen_user *user, const struct tg_gen_person *p,
                    struct tg_gen_rng *r, struct tg_gen_account *out);

/** consents.csv and app_steps.csv; `order` is that of the accounts. */
TG_CHECKED enum tg_status tg_gen_write_consents(const struct tg_gen_world *w,
                                                const struct tg_gen_user *order,
                                                struct tg_error *err);
TG_CHECKED enum tg_status tg_gen_write_steps(const struct tg_gen_world *w,
                                             const struct tg_gen_user *order, struct tg_error *err);

#endif
