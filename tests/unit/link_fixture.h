/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * A linkage made by hand, for the tests of the engine.
 */
#ifndef TG_TEST_LINK_FIXTURE_H
#define TG_TEST_LINK_FIXTURE_H

#include "link/engine.h"

#include "text/calendar.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_KEYS = 6, MAX_ENTITIES = 400 };

/* The linkage, and what came of it. */
static struct tg_linkage linkage;
static int32_t birth[TG_N_SIDES][MAX_ENTITIES];
static uint8_t sex[TG_N_SIDES][MAX_ENTITIES];
static struct tg_link_decision *decisions;
static struct tg_link_key_report *reports;
static bool *candidates;

static void begin(uint32_t n_left, uint32_t n_right, size_t n_keys)
{
    static const char *const names[MAX_KEYS] = {"k0", "k1", "k2", "k3", "k4", "k5"};
    linkage = (struct tg_linkage){.n_keys = n_keys, .accept = 0.99, .review = 0.5};
    linkage.keys = calloc(n_keys, sizeof *linkage.keys);
    for (size_t k = 0; k < n_keys; k++)
        linkage.keys[k] = (struct tg_link_key){.rule = names[k], .exact = true};
    linkage.facts[TG_LEFT] = (struct tg_link_facts){n_left, birth[TG_LEFT], sex[TG_LEFT]};
    linkage.facts[TG_RIGHT] = (struct tg_link_facts){n_right, birth[TG_RIGHT], sex[TG_RIGHT]};
    for (int side = 0; side < TG_N_SIDES; side++) {
        for (size_t i = 0; i < MAX_ENTITIES; i++) {
            birth[side][i] = TG_NO_MONTH;
            sex[side][i] = 0;
        }
    }
}

/* A token is told by a number. */
static void add(size_t key, enum tg_side side, uint32_t token, uint32_t entity)
{
    unsigned char hash[TG_TOKEN_LEN];
    for (size_t i = 0; i < TG_TOKEN_LEN; i++)
        hash[i] = (unsigned char)((token * UINT32_C(2654435761)) >> (8 * (i % 4)));
    memcpy(hash + 12, &token, sizeof token);
    ck_assert_int_eq(tg_linkage_add(&linkage.keys[key], side, hash, entity, NULL), TG_OK);
}

static void forget(void)
{
    free(decisions);
    free(reports);
    free(candidates);
    decisions = NULL;
    reports = NULL;
    candidates = NULL;
}

static void decide(void)
{
    struct tg_error err;
    tg_linkage_sort(&linkage);
    ck_assert_int_eq(tg_linkage_decide(&linkage, &decisions, &reports, &candidates, &err), TG_OK);
}

static void end(void)
{
    forget();
    tg_linkage_free(&linkage);
}

static void expect_state(uint32_t left, enum tg_link_state state)
{
    ck_assert_str_eq(tg_link_state_name(decisions[left].state), tg_link_state_name(state));
}

#endif
