/* SPDX-License-Identifier: Apache-2.0 */
#include "generate/numbers.h"

/* New numbers are those of people and households who do not exist: nobody else has them in a
 * municipality of so many. */
#define NOBODY_ELSE UINT64_C(1250000)

enum series { RENUMBERED = 1, CAME_BACK = 2, CAME_BACK_ALONE = 4, N_SERIES = 6 };

static bool is_back(const struct tg_gen_person *p, uint32_t day)
{
    return p->returned && day >= p->returned;
}

static unsigned series_on(const struct tg_gen_person *p, uint32_t day)
{
    unsigned series = day >= TG_GEN_RENUMBERED ? RENUMBERED : 0;
    if (is_back(p, day))
        series += p->left_alone ? CAME_BACK_ALONE : CAME_BACK;
    return series;
}

/* Who the person would be if new to all offices. */
static uint64_t newcomer(const struct tg_gen_person *p, bool is_new)
{
    return p->id + (is_new ? N_SERIES * NOBODY_ELSE : 0);
}

void tg_gen_resident_on(uint64_t seed, const struct tg_gen_person *p, uint32_t day,
                        char out[TG_GEN_FORMAT_BYTES])
{
    tg_gen_resident_number(seed, newcomer(p, p->new_resident && is_back(p, day)), out);
}

void tg_gen_symbol_on(const struct tg_gen_person *p, uint32_t day, enum tg_gen_symbol_style style,
                      char out[TG_GEN_FORMAT_BYTES])
{
    tg_gen_symbol(style, (uint8_t)((p->symbol + 97 * series_on(p, day)) % 240), out);
}

void tg_gen_insured_on_day(uint64_t seed, const struct tg_gen_person *p, uint32_t day,
                           char out[TG_GEN_FORMAT_BYTES])
{
    unsigned series = series_on(p, day);
    uint64_t owner = series >= CAME_BACK_ALONE ? p->id : p->household;
    tg_gen_insured_number(seed, owner + series * NOBODY_ELSE, out);
}

void tg_gen_late_on(uint64_t seed, const struct tg_gen_person *p, uint32_t day,
                    char out[TG_GEN_FORMAT_BYTES])
{
    tg_gen_late_number(seed, newcomer(p, is_back(p, day)), out);
}

void tg_gen_care_on(uint64_t seed, const struct tg_gen_person *p, uint32_t day,
                    char out[TG_GEN_FORMAT_BYTES])
{
    tg_gen_care_number(seed, newcomer(p, p->new_resident && is_back(p, day)), out);
}
