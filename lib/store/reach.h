/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * All identities that can be reached from some by number-like tokens, by names, by the day on which
 * they change systems at 75 and by what was said by hand, and union-finds over them.
 */
#ifndef TG_STORE_REACH_H
#define TG_STORE_REACH_H

#include "store/followed.h"
#include "store/graph.h"
#include "store/index.h"
#include "store/posting.h"
#include "store/stride.h"

enum tg_union {
    TG_COMPONENT, /**< joined by number-like tokens, or by hand */
    TG_AGREEING,  /**< the same, and agree on birth month and sex */
    TG_UNITED,    /**< one person; for the caller, as the next */
    TG_TRIAL,     /**< would be one person */
    TG_N_UNIONS
};

/** An identity of a roster that has rows. */
struct tg_node {
    const unsigned char *numbers; /**< its number-like tokens, packed; NULL: not read yet */
    const unsigned char *names;   /**< its names likewise */
    uint32_t numbers_len, names_len;
    uint32_t id;
    uint32_t person;
    uint32_t conflict; /**< 0: none */
    uint32_t source;
    int32_t birth_month;
    int32_t seen_from, seen_to;          /**< periods; INT32_MAX: the newest of its source */
    uint32_t enrolled_from, enrolled_to; /**< YYYYMMDD; 0: not said */
    uint32_t parent[TG_N_UNIONS];
    uint32_t group; /**< one person: a node of it that stands for all; for the caller */
    uint32_t next;  /**< ring of those who are one person; for the caller */
    uint8_t sex;
    uint8_t death; /**< enum tg_death */
    bool stayed;   /**< had rows before this delivery too */
    bool turns;    /**< begins or ends near the 75th birthday */
    bool watched;  /**< as it is in the table */
};

/** A name, with birth date and sex, that several nodes carry. */
struct tg_name {
    unsigned token;
    unsigned char hash[TG_TOKEN_LEN];
    size_t first, n; /**< into tg_reach.carries */
};

/** A node that carries a name. */
struct tg_carry {
    uint32_t node;
    int64_t side; /**< only those of one side may be one person by it */
};

/** A node that agrees with an identity without rows, and the number that one had. */
struct tg_heir {
    int64_t person;
    int64_t member; /**< the node's identity */
};

/** A node by its identity. */
struct tg_ranked {
    int64_t id;
    size_t index;
};

/** Where a node is. */
struct tg_slot {
    uint32_t id; /**< 0: the slot is free */
    uint32_t index;
};

struct tg_reach {
    struct tg_store *store;       /**< given by the caller, with the next four; the rest zero */
    int64_t first_new;            /**< identities from this number on are new */
    const struct tg_ids *revived; /**< these had no rows before; ascending */
    size_t leads_max, met_max;    /**< tokens followed and identities met at a time; 0: 2,097,152 */
    struct tg_node *nodes;
    size_t n, cap;
    struct tg_heir *heirs;
    size_t n_heirs, cap_heirs;
    struct tg_name *names;
    size_t n_names, cap_names;
    struct tg_carry *carries;
    size_t n_carries, cap_carries;

    struct tg_numbers numbers;
    struct tg_numbers bridging;
    struct tg_arena arena; /**< of what nodes point to */
    struct tg_slot *slots; /**< nodes by identity, open addressing */
    size_t n_slots;
    struct tg_followed followed; /**< tokens whose carriers are already joined */
    unsigned char *birthdays; /**< in the arena; a bit for each month and sex that was asked for */
    bool has_shared, has_parted; /**< is there anything in the tables of such tokens? */
    struct tg_joined *joined;    /**< by hand; ascending by entry of the audit log and side */
    size_t n_joined, cap_joined;
    sqlite3_stmt *tokens, *alive, *holders, *turners;
    struct tg_stride load, shared, apart;
    struct tg_index_cursor carriers;
    struct tg_buf packed;
    size_t n_led;             /**< nodes whose tokens are followed or wait for it: the first ones */
    size_t n_turned;          /**< nodes whose birthdays are followed: the first ones */
    struct tg_posting *leads; /**< tokens that wait to be followed; their column is the number */
    size_t n_leads, cap_leads;
    struct tg_meeting *meetings; /**< who carries some of them */
    size_t n_meetings, cap_meetings;
    struct tg_ids ids, new_ids; /**< of those who carry them; those that are no nodes yet */
    uint32_t *places;           /**< by id of those who carry them: the node; UINT32_MAX: none */
    size_t cap_places;
    struct tg_carrier *group, *dead;
    size_t cap_group, n_dead, cap_dead;
};

/**
 * Follows all tokens of all nodes, many at a time: what they lead to is read in the order in which
 * it lies in its tables. Memory: that of the nodes, and 150 to 250 MiB for what is being followed
 * where that are millions.
 *
 * @param from  ascending
 */
TG_CHECKED enum tg_status tg_reach_load(struct tg_reach *reach, const struct tg_ids *from,
                                        const struct tg_reporter *reporter, struct tg_error *err);
void tg_reach_join(struct tg_reach *reach, enum tg_union which, size_t a, size_t b);
/** Reads the number-like tokens and the names of a node, unless that was done. */
TG_CHECKED enum tg_status tg_reach_numbers(struct tg_reach *reach, size_t at, struct tg_error *err);
/** The node that stands for the set of node `at`. */
size_t tg_reach_root(struct tg_reach *reach, enum tg_union which, size_t at);
/** The node of an identity; SIZE_MAX: it was not reached. */
size_t tg_reach_find(const struct tg_reach *reach, int64_t id);
/** Does somebody with rows who was not reached have this number, or could have it again? */
TG_CHECKED enum tg_status tg_reach_is_taken(struct tg_reach *reach, int64_t person, bool *taken,
                                            struct tg_error *err);
void tg_reach_free(struct tg_reach *reach);

/**
 * Gives each group a number.
 *
 * @param person  out: by node that stands for a group; room for all nodes, all 0 before
 */
TG_CHECKED enum tg_status tg_number_groups(struct tg_reach *reach, int64_t *person,
                                           struct tg_error *err);

#endif
