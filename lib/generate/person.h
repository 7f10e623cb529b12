/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * Who lives in the municipality: people and what happens to them, made from the seed and their
 * number alone. Nothing depends on how many people, users or months there are, so that a larger
 * municipality contains the smaller one and a later month continues the earlier ones.
 *
 * People come in blocks of 16 neighbours that fall into households. Days are YYYYMMDD.
 */
#ifndef TG_GENERATE_PERSON_H
#define TG_GENERATE_PERSON_H

#include "generate/names.h"
#include "generate/parameters.h"

enum { TG_GEN_BLOCK = 16, TG_GEN_N_CHRONIC_EACH = 3 };

#define TG_GEN_NOBODY UINT64_MAX
/**
 * Those from this number on move in during the years after TG_GEN_YEARS_MONTH. A block of them goes
 * with each TG_GEN_PER_NEWCOMER blocks of the others.
 */
#define TG_GEN_NEWCOMERS (UINT64_C(1445313) * TG_GEN_BLOCK)
enum { TG_GEN_PER_NEWCOMER = 4 };
/** People from this number on live elsewhere. */
#define TG_GEN_ELSEWHERE (UINT64_C(1) << 40)

struct tg_gen_person {
    uint64_t id;
    uint64_t household; /**< number of its first member */
    uint64_t twin;      /**< same birth date, sex and household; or TG_GEN_NOBODY */
    uint64_t namesake;  /**< whose name, birth date and sex it has; or TG_GEN_NOBODY */
    uint64_t name_id;   /**< whose streams the names come from */
    uint64_t name_household;
    uint32_t birth;
    uint32_t arrived; /**< first day of insurance here */
    uint32_t left;    /**< moved out, or got a job with other insurance; 0: never */
    uint32_t died;    /**< 0: lives */
    uint32_t turns75;
    uint32_t renamed; /**< first day of another surname; 0: never */
    int32_t birth_month;
    uint8_t sex;      /**< 1 male, 2 female */
    uint8_t district; /**< index into tg_gen_districts */
    uint8_t branch;   /**< 1…99; 0: none */
    uint8_t symbol;   /**< how the household's symbol is made */
    bool foreign;
    bool uses_care;
    uint32_t returned;       /**< insured here again from this day on; 0: never */
    uint32_t reread_family;  /**< first day of a corrected reading of the surname; 0: never */
    uint32_t reread_given;   /**< of the given name */
    bool left_alone;         /**< for a job, without the household */
    bool new_resident;       /**< came back with a new resident number */
    bool late_no_resident;   /**< late_elderly lacks the resident number */
    bool ledger_no_resident; /**< care_ledger lacks it */
    uint8_t left_notice;     /**< months after which the insurer hears of it */
    uint8_t returned_notice;
    uint8_t died_notice;
    uint8_t care_level;                     /**< first level: index into tg_gen_levels */
    uint8_t care_pace;                      /**< months from one level to the next */
    uint8_t chronic[TG_GEN_N_CHRONIC_EACH]; /**< indexes into tg_gen_chronic */
    double frailty;                         /**< factor on medical cost, mean 1 */
    double care_need;                       /**< certified once tg_gen_certified() exceeds it */
};

/** Makes block `b`: people 16b…16b+15. */
void tg_gen_block(uint64_t seed, uint64_t b, struct tg_gen_person out[TG_GEN_BLOCK]);
/** Makes one person. */
void tg_gen_person(uint64_t seed, uint64_t id, struct tg_gen_person *out);
/** The name a person has on a day. */
void tg_gen_person_name(uint64_t seed, const struct tg_gen_person *p, uint32_t day,
                        struct tg_gen_name *name);

/** A time of insurance here. */
struct tg_gen_stay {
    uint32_t from;
    uint32_t to;    /**< first day on which the person is not insured any more; 0: stays */
    uint8_t notice; /**< months after which the insurer hears of the end */
    uint8_t heard;  /**< and of the beginning */
};
enum { TG_GEN_MAX_STAYS = 2 };
/** Ascending; returns how many. */
size_t tg_gen_stays(const struct tg_gen_person *p, struct tg_gen_stay out[TG_GEN_MAX_STAYS]);
/** First day on which the person is not insured here any more, as far as known on a day; 0: never.
 */
uint32_t tg_gen_end(const struct tg_gen_person *p, uint32_t today);
/** Is the person insured here on a day? */
bool tg_gen_insured_on(const struct tg_gen_person *p, uint32_t day);
/** Is the person insured here on some day of the month? */
bool tg_gen_present(const struct tg_gen_person *p, int32_t month);
/** Age in years at the start of a month. */
double tg_gen_age(const struct tg_gen_person *p, int32_t month);
/** The care level in a month as index into tg_gen_levels; −1: not certified. */
int tg_gen_care_level(const struct tg_gen_person *p, int32_t month);
/** The day `day` (1…27) of a month as YYYYMMDD. */
uint32_t tg_gen_day(int32_t month, int day);

#endif
