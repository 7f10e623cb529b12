/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Bridges between identities that share no number: names, and the 75th birthday.
 *
 * What numbers make one is a unit; one whose birth months or sexes contradict each other is bridged
 * to nobody, nor is one in which a death is outlived. Two units are two people when, at the same
 * time, both are in one roster or have different numbers of one kind, when their birth months or
 * sexes differ, when one begins after the death of the other (of which a roster tells), or when
 * somebody said so by hand. At the same time: their days of enrolment overlap, where a day on which
 * one ends and the other begins is no overlap, and in one roster some file could have had both.
 * Without days, whoever is in the newest file of a roster is enrolled still, and others were from
 * the first day of the first month in which a file had them to the last day of the last.
 *
 * In this order:
 * 1. A loss and a gain at 75 (an enrolment that ends on a day, or the day before it, and one that
 *    begins on it, in the month of the 75th birthday, of two rosters or kinds of number) are one
 *    person when they share a name and neither fits another one that shares it.
 * 2. A name joins all units that carry it, unless any two of them are two people. When those whom
 *    several names would join contain two people, none of these names joins. A reading joins nobody
 *    either when two who share it have written names, and none in common: namesakes write theirs
 *    differently, while who has the same written name may have had the reading corrected.
 * 3. A loss and a gain at 75, of the same birth month and sex, are one person when neither fits
 *    another one, those left out that fit somebody with whom they are one already; not when both
 *    have names of one kind, and none in common.
 * Neither 1 nor 3 joins two people, nor a loss and a gain with different numbers of one kind.
 *
 * All of this depends on what was reached alone and not on its order.
 */
#ifndef TG_STORE_TIES_H
#define TG_STORE_TIES_H

#include "store/reach.h"

/** As in table person_bridge; permanent. */
enum tg_tie_rule {
    TG_TIE_NAME = 1,     /**< the same name, birth date and sex */
    TG_TIE_BIRTHDAY = 2, /**< and loss and gain at 75 */
    TG_TIE_DAYS = 3,     /**< loss and gain at 75 alone */
    /* from here on names that join nobody */
    TG_TIE_UNDECIDED = 4, /**< some who carry it are two people, and others could be either */
    TG_TIE_NAMESAKES = 5, /**< all who carry it are different people */
    TG_TIE_WRITTEN = 6,   /**< a reading of people who write their names differently */
    TG_TIE_TOGETHER = 7,  /**< with other names it would join two people */
};

/** A node that a bridge joined to others, or could not. */
struct tg_tie {
    uint32_t node;
    enum tg_tie_rule rule;
    size_t name; /**< into tg_reach.names; SIZE_MAX: days alone */
};

struct tg_ties {
    struct tg_tie *items;
    size_t n, cap;
    bool *watched; /**< by node that stands for a component: a bridge depends on its days */
};

/**
 * Decides, and changes `group` of the nodes of whoever is joined.
 *
 * @param reach  `group` is what numbers made of it
 * @param whole  by node that stands for a component: all of it is one person
 * @param out    out: free it with tg_ties_free(), also after a failure
 */
TG_CHECKED enum tg_status tg_ties_decide(struct tg_reach *reach, const bool *whole,
                                         struct tg_ties *out, struct tg_error *err);
/** Writes them into table person_bridge. One that is there keeps the file that brought it.
 *
 * @param delivery_id  what brought the change; 0: no file did
 */
TG_CHECKED enum tg_status tg_ties_write(struct tg_reach *reach, const struct tg_ties *ties,
                                        int64_t delivery_id, struct tg_error *err);
void tg_ties_free(struct tg_ties *ties);

#endif
