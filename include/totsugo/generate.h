/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * A synthetic municipality with known truth: raw files as a city and an app have them.
 *
 *     DIR/study.yaml                  the study that reads them, without a key
 *     DIR/raw/SOURCE_YYYY-MM.csv      a delivery of SOURCE (a source of the study) for a month:
 *                                     roster, late_elderly, care_ledger (every `roster_every`
 *                                     months and the last month), medical, care (every month),
 * checkup (every March and the last month) DIR/raw/SOURCE.csv              without a month:
 * app_users, app_steps, consents DIR/truth/users.csv             uid, line (in app_users.csv),
 * person (empty: lives elsewhere), number (1: has a checked insured number), slips
 * (name;surname;birth;gender;order) DIR/truth/roster_lines.csv      file, line, person, for the
 * three rosters DIR/truth/persons.csv           person, household, birth_date, sex, district,
 * events (moved_in turned75 married left died, renumbered, reading, returned, returned_new with
 * their day; no_resident with a source; twin_of namesake_of with a person) DIR/truth/effect.csv
 * source, factor on a user's cost, from when
 *
 * What years bring begins with 2026-04, the 25th month: newcomers, whose numbers follow a gap, move
 * in; people who left are insured again
 * (returned), some of them with a new resident number (returned_new); all insured symbols and
 * numbers change on 2026-10-01 (renumbered); readings of names are corrected from 2026-05 on
 * (reading: the voicing of one character); late_elderly and care_ledger lack some people's resident
 * number (no_resident).
 *
 * Lines are physical lines from 1, as in the lookup files of `pseudonymize`, so that links can be
 * joined with the truth. The first month is 2024-04. What people are like depends on the seed and
 * their number alone: more persons add to the fewer. From 18 months on, more months leave what
 * earlier months brought as it is: medical, care and app_users to the byte, rosters and check-ups
 * but for those of the old last month, while app_steps and consents grow. Shares and rates, with
 * their sources, stand in lib/generate/parameters.h.
 */
#ifndef TOTSUGO_GENERATE_H
#define TOTSUGO_GENERATE_H

#include <totsugo/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tg_generate_options {
    const char *dir;  /**< required; made when missing, must be empty unless force */
    uint64_t persons; /**< residents, 100…10,000,000 */
    uint64_t users;   /**< app users, at most `persons` */
    unsigned months;  /**< 2…120 */
    uint64_t seed;    /**< any */
    bool force;       /**< `dir` need not be empty */
    /** Months from one roster to the next, 1…12; 0: 12. Of fewer than 12, some beginnings and ends
     *  of insurance reach the rosters months after their day. */
    unsigned roster_every;
};

/**
 * Writes the municipality. Same options, same bytes. Memory does not grow with persons × months;
 * files appear when all are whole, study.yaml last. With `force` the folders raw/ and truth/ are
 * replaced as wholes and other things in `dir` stay.
 *
 * When fewer than `users` residents are old enough (40) and here at the time, the rest of the users
 * live elsewhere.
 *
 * @return TG_OK, TG_USAGE, TG_CANT_CREATE, TG_IO, TG_CANCELLED, TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_generate(const struct tg_generate_options *options,
                                             const struct tg_reporter *reporter,
                                             struct tg_error *err);

#ifdef __cplusplus
}
#endif
#endif
