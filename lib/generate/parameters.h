/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * What the synthetic municipality is like: every share, rate and curve in one place, with its
 * source, or said to be an assumption.
 *
 * Sources: [C] MHLW, share certified for long-term care by age, September 2024 (2.8, 5.7, 11.3,
 * 25.6, 47.7 and 73.0 % from 65 to 90 and over), and benefit per head (13.6, 31.0 and 68.1 times
 * 10,000 yen a year at 75, 80 and 85), fiscal 2023. [M] MHLW, national medical expenditure of
 * fiscal 2021: 754,000 yen a head and year at 65 and over, 198,600 below; the curve by age through
 * them is an assumption. [S] Meiji Yasuda's survey of surnames, 2018. [K] Act of 2023 on readings
 * in the family register, in force since 26 May 2025: readings are told within a year and entered
 * after it. [N] What is expected of N people: N²/2 × P(birth date and sex) × P(reading).
 * P(birth date and sex): 1 / (2 × 365 × 45 years in which most were born) = 3.0e-5. P(reading), as
 * the sum of squared shares: surnames 0.0020 (the first ten of [S], 佐藤 100,588 to 加藤 46,464 of
 * 6,550,000, give 0.0011, the others of the first hundred, a third of all together, 0.0007, the
 * rest 0.0002) × given names 0.004 (an assumption: 250 names of one weight) = 8e-6. So 40,000
 * people have 0.2 pairs, 1,000,000 have 120. A written name in common: from the counts of full
 * names in a directory of telephones (同姓同名辞典: 田中実 2,620, the 130th 999, the 3,331,514th 2,
 * 9,868,485 once, hence 27,000,000 entries) 1.0e-6, twice that among those born in one year, a
 * quarter of 8e-6. Everything else is an assumption, chosen so that each trap of real files occurs
 * in a municipality of 20,000.
 */
#ifndef TG_GENERATE_PARAMETERS_H
#define TG_GENERATE_PARAMETERS_H

#include "generate/random.h"

#define TG_GEN_LATE_DEATH "03" /* late_elderly's code for death, an assumption */

enum {
    TG_GEN_FIRST_MONTH = 2024 * 12 + 3, /* 2024-04, the first of a Japanese fiscal year */
    TG_GEN_ARRIVAL_MONTHS = 24,         /* people who move in do so in the first two years */
    TG_GEN_SNAPSHOT_MONTHS = 12,        /* a roster each year, and one of the last month */
    TG_GEN_YEARS_MONTH = TG_GEN_FIRST_MONTH + 24,    /* from here on happens what years bring */
    TG_GEN_RENUMBERED = 20261001,                    /* new insured symbols and numbers for all */
    TG_GEN_READINGS_MONTH = TG_GEN_FIRST_MONTH + 25, /* 2026-05: readings enter the family register
                                                      * a year after the law on them [K] */
    TG_GEN_NEWCOMER_SPAN = 96, /* months in which newcomers move in, a quarter as many as people */
    TG_GEN_AWAY_MIN = 3,       /* months after which people come back, an assumption */
    TG_GEN_AWAY_MAX = 36,
    TG_GEN_NOTICE_MONTHS = 4,    /* an end is told so late at most, an assumption */
    TG_GEN_PROGRAMME_MONTH = 12, /* app users register in the six months from here on, or in the */
    TG_GEN_PROGRAMME_SPAN = 6,   /* second half of a shorter time */
    TG_GEN_USER_AGE = 40,        /* youngest app user who is asked to take part */
    TG_GEN_CONSENT_MONTHS = 24,  /* study.yaml: consent.valid_months */
    TG_GEN_RENEWAL_MONTHS = 20,  /* consent is asked again after so many */
    TG_GEN_N_DISTRICTS = 6,
};

/* Effect of the programme: yen are multiplied from the month of registration on. */
#define TG_GEN_EFFECT_MEDICAL 0.85
#define TG_GEN_EFFECT_CARE    0.80

/* Residents */
#define TG_GEN_P_ARRIVES   0.05   /* move in during TG_GEN_ARRIVAL_MONTHS */
#define TG_GEN_Y_MOVES_OUT 0.015  /* a year, whole households */
#define TG_GEN_Y_NEW_JOB   0.04   /* a year below 65: leaves National Health Insurance */
#define TG_GEN_Y_MARRIES   0.015  /* a year, women of 20 to 59 */
#define TG_GEN_Y_RENAMES   0.0008 /* a year, everybody else: divorce, adoption */
#define TG_GEN_P_FOREIGN   0.012  /* of households */
#define TG_GEN_P_NAMESAKE                                                                          \
    0.004                        /* of people living alone: same kana, birth date, sex as another; \
                                  * far above the real share [N], a stress for linkage */
#define TG_GEN_P_NO_BRANCH  0.10 /* of households: branch numbers are absent */
#define TG_GEN_DEATH_AT_40  0.0010 /* a year; Gompertz's law */
#define TG_GEN_DEATH_GROWTH 0.095  /* a year of age */

/* What years bring, from TG_GEN_YEARS_MONTH on; an insurer that renumbers everybody in mid-year and
 * files of the wide-area union without the city's number have been met, shares are assumptions */
#define TG_GEN_P_RETURNS        0.25  /* of those who leave: are insured here again */
#define TG_GEN_P_NEW_RESIDENT   0.30  /* of those who move back: all their numbers are new */
#define TG_GEN_Y_FAMILY_READING 0.006 /* a year, households: the surname's reading is corrected */
#define TG_GEN_Y_GIVEN_READING  0.006 /* a year: the given name's */
#define TG_GEN_P_LATE_NO_NUMBER 0.30  /* of people: late_elderly lacks the resident number */
#define TG_GEN_P_CARE_NO_NUMBER 0.30  /* of people: care_ledger lacks it */
#define TG_GEN_P_ELSEWHERE_75   0.01  /* of those who turn 75: insured elsewhere from that day on */
#define TG_GEN_P_EMPLOYED_75    0.50  /* of newcomers: insured at work until 75 */
#define TG_GEN_P_NEW_NAMESAKE                                                                      \
    0.002                          /* of those who move in and live alone: 4 pairs at 40,000       \
                                    * people in five years, where 0.1 are to be expected [N] */
#define TG_GEN_P_OTHER_KANJI  0.80 /* of namesakes who move in: write the name otherwise [N] */
#define TG_GEN_P_NOTICE_JOB   0.30 /* another insurance, or its end, is told months later */
#define TG_GEN_P_NOTICE_OTHER 0.10 /* so is moving, or death */

/* Damage in municipal files, share of rows */
#define TG_GEN_P_NO_REASON  0.05  /* of ends: nobody entered why */
#define TG_GEN_P_ZEROS_LOST 0.08  /* a spreadsheet ate leading zeros of one number */
#define TG_GEN_P_GLYPH_LOST 0.003 /* a kanji became ● */
#define TG_GEN_P_HAS_PHONE  0.55

/* App users */
#define TG_GEN_P_STRANGER      0.05 /* do not live here, or are insured elsewhere */
#define TG_GEN_P_NAME_SLIP     0.10 /* a typing error in the name */
#define TG_GEN_P_OTHER_NAME    0.03 /* a surname the municipality does not know */
#define TG_GEN_P_BIRTH_SLIP    0.01
#define TG_GEN_P_NO_GENDER     0.003
#define TG_GEN_P_NUMBER        0.50 /* insured number checked by the municipality */
#define TG_GEN_P_NO_CONSENT    0.04
#define TG_GEN_P_OTHER_PURPOSE 0.01
#define TG_GEN_P_WITHDRAWN     0.03
#define TG_GEN_P_REGRANTED     0.01 /* withdrawn, and given again */
#define TG_GEN_P_EXPIRED       0.03 /* from an earlier programme, never renewed */
#define TG_GEN_P_RENEWS        0.97
#define TG_GEN_P_STOPS         0.03 /* a month: no more steps are sent */

/* Claims */
#define TG_GEN_SIGMA_FRAILTY 0.60 /* of ln(cost) between people of one age and sex */
#define TG_GEN_SIGMA_CLAIM   1.10 /* of ln(points) between claims of one person */
#define TG_GEN_P_INPATIENT   0.025
#define TG_GEN_INPATIENT     14.0 /* a stay costs so many times an outpatient month */
#define TG_GEN_P_CHRONIC     0.65 /* of claims are for a chronic disease of the person */
#define TG_GEN_P_USES_CARE   0.85 /* of certified people use services */
#define TG_GEN_P_CARE_MONTH  0.96
#define TG_GEN_P_CHECKUP     0.37 /* a year */
#define TG_GEN_P_HBA1C       0.85 /* of check-ups measure it */
#define TG_GEN_EGFR_AT_40    85.0 /* mean, ml/min/1.73 m² */
#define TG_GEN_EGFR_YEARLY   0.5  /* falls so much a year of age */
#define TG_GEN_EGFR_DIABETIC 0.4  /* and so much more with diabetes */

/** A value that depends on age, straight between the points and constant outside. */
struct tg_gen_point {
    double age, value;
};
double tg_gen_curve(const struct tg_gen_point *points, size_t n, double age);

double tg_gen_certified(double age);        /**< share certified [C] */
double tg_gen_medical_yen(double age);      /**< a month [M] */
double tg_gen_claims(double age);           /**< claims a month */
double tg_gen_take_up(double age, int sex); /**< how likely people are to use the app */
double tg_gen_hba1c(double age);            /**< mean, % */

/** Levels 要介護区分 in the order of need, and what one who uses services costs a month. */
struct tg_gen_level {
    const char *code;
    int yen;
};
enum { TG_GEN_N_LEVELS = 7 };
extern const struct tg_gen_level tg_gen_levels[TG_GEN_N_LEVELS];

/** Age bands of five years from 40 on: people who head a household. */
enum { TG_GEN_N_HEAD_BANDS = 12 };
extern const unsigned tg_gen_head_bands[TG_GEN_N_HEAD_BANDS];

/** Diagnoses: ICD-10 with a weight among acute or chronic ones. */
struct tg_gen_disease {
    const char *code;
    unsigned weight;
};
extern const struct tg_gen_disease tg_gen_chronic[];
extern const struct tg_gen_disease tg_gen_acute[];
extern const size_t tg_gen_n_chronic, tg_gen_n_acute;

/** An index into a table of weighted diseases or services. */
size_t tg_gen_pick_disease(struct tg_gen_rng *r, const struct tg_gen_disease *table, size_t n);

/** Care services: two-digit code and the share of a month's cost. */
extern const struct tg_gen_disease tg_gen_services[];
extern const size_t tg_gen_n_services;

extern const char *const tg_gen_districts[TG_GEN_N_DISTRICTS];

#endif
