/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * A synthetic municipality with known truth: raw files as a city and an app have them.
 */
#ifndef TOTSUGO_GENERATE_H
#define TOTSUGO_GENERATE_H

#include <totsugo/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tg_generate_options {
    const char *dir;     /**< required; made when missing, must be empty unless force */
    uint64_t persons;    /**< residents, 100…10,000,000 */
    uint64_t users;      /**< app users, at most `persons` */
    unsigned months;     /**< 2…120 */
    uint64_t seed;
    bool force;
};

/**
 * Writes raw/…csv, study.yaml (without a key) and truth/…csv. Same options, same bytes.
 * @return TG_OK, TG_USAGE, TG_CANT_CREATE, TG_IO, TG_CANCELLED, TG_NO_MEMORY
 */
TG_API TG_CHECKED enum tg_status tg_generate(const struct tg_generate_options *options,
                                             const struct tg_reporter *reporter,
                                             struct tg_error *err);

#ifdef __cplusplus
}
#endif
#endif
