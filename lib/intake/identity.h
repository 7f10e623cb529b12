/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * From the raw identity cells of a row to its tokens.
 */
#ifndef TG_INTAKE_IDENTITY_H
#define TG_INTAKE_IDENTITY_H

#include "intake/order.h"
#include "intake/plan.h"

/** What became of the cells of one identity column: bits of enum tg_value_note and these. */
enum {
    TG_SEEN_FILLED = 1 << 8,     /**< something stood there */
    TG_SEEN_UNREADABLE = 1 << 9, /**< and could not be read */
};

/** Why a row or a file cannot be used. */
enum tg_identity_problem {
    TG_IDENTITY_OK,
    TG_IDENTITY_ENCODING, /**< `column` is no text of the file's encoding */
    TG_IDENTITY_EXPONENT, /**< `column` has 1.23E+11 */
};

/** The part of an identity that has one size. */
struct tg_identity_facts {
    unsigned char key[TG_TOKEN_LEN]; /**< first token; zeros when there is none */
    char birth_month[7];             /**< YYYY-MM, or a NUL first */
    char sex;                        /**< '1', '2' or 0 */
    bool any;                        /**< has a token */
    uint32_t unreadable;             /**< a bit for each identity column, of the first 32, whose
                                          value could not be read */
};

/** Everything that a row's identity cells come to. */
struct tg_identity {
    struct tg_identity_facts facts;
    struct tg_buf cells; /**< the row's token cells, as intake/cells.h has them */
    uint64_t *prefixes;  /**< by token: first 8 bytes of its first token, 0: none */
    uint16_t *seen;      /**< by identity column */
    enum tg_identity_problem problem;
    size_t column; /**< of the problem */
};

/** A token's first 8 bytes as a number. 0 is kept for "no token"; that a token begins with 8 zero
 * bytes does not happen. */
static inline uint64_t tg_identity_prefix(const unsigned char token[8])
{
    uint64_t prefix = tg_prefix_of(token, 8, 0);
    return prefix ? prefix : 1;
}

/** Reads identities; one a thread. */
struct tg_identifier;

/** @param plan  borrowed */
TG_CHECKED enum tg_status tg_identifier_new(const struct tg_plan *plan, struct tg_identifier **out,
                                            struct tg_error *err);
/**
 * @param raw  the identity cells of a row as struct tg_batch has them
 * @param out  out: valid until the next call
 * @return TG_OK (look at out->problem), TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_identify(struct tg_identifier *id, enum tg_encoding encoding,
                                      const char *raw, const struct tg_identity **out,
                                      struct tg_error *err);
/** Wipes and frees. */
void tg_identifier_free(struct tg_identifier **id);

#endif
