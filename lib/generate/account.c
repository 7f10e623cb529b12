/* SPDX-License-Identifier: Apache-2.0 */
#include "generate/app.h"

#include <stdio.h>
#include <string.h>

#include "text/calendar.h"

void tg_gen_uid(uint64_t seed, uint64_t person, char out[24])
{
    uint64_t scrambled = tg_gen_mix(person ^ tg_gen_mix(seed + 1));
    (void)snprintf(out, 24, "u%016llx", (unsigned long long)scrambled);
}

static enum tg_gen_spelling draw_spelling(struct tg_gen_rng *r)
{
    static const uint32_t weights[TG_GEN_N_SPELLINGS] = {
        [TG_GEN_HALF_LARGE] = 3,       [TG_GEN_HALF] = 5,         [TG_GEN_FULL] = 25,
        [TG_GEN_FULL_LARGE] = 2,       [TG_GEN_FULL_JOINED] = 12, [TG_GEN_HIRAGANA] = 30,
        [TG_GEN_HIRAGANA_JOINED] = 20, [TG_GEN_DECOMPOSED] = 3,
    };
    return (enum tg_gen_spelling)tg_gen_pick(r, weights, TG_GEN_N_SPELLINGS, 100);
}

static bool exists(uint32_t day)
{
    return tg_date_exists((int)(day / 10000), (int)(day / 100 % 100), (int)(day % 100));
}

/* A day, month, year or ten years beside, or day and month swapped. */
static uint32_t mistype_date(struct tg_gen_rng *r, uint32_t day)
{
    static const int32_t steps[] = {1, -1, 100, -100, 10000, -10000, -100000};
    uint32_t y = day / 10000, m = day / 100 % 100, d = day % 100;
    if (d <= 12 && d != m && tg_gen_chance(r, 0.4))
        return y * 10000 + d * 100 + m;
    int32_t step = steps[tg_gen_below(r, sizeof steps / sizeof steps[0])];
    uint32_t other = (uint32_t)((int32_t)day + step);
    return exists(other) ? other : day + 40000; /* a leap year follows a leap year */
}

static void draw_name(uint64_t seed, const struct tg_gen_user *user, const struct tg_gen_person *p,
                      struct tg_gen_rng *r, struct tg_gen_account *a)
{
    struct tg_gen_name name;
    tg_gen_person_name(seed, p, user->registered, &name);
    if (tg_gen_chance(r, TG_GEN_P_OTHER_NAME) && !p->foreign) {
        a->slips |= TG_GEN_SLIP_SURNAME;
        tg_gen_family_name(r, &name);
    }
    if (tg_gen_chance(r, TG_GEN_P_NAME_SLIP)) {
        a->slips |= TG_GEN_SLIP_NAME;
        bool family = tg_gen_chance(r, 0.5);
        tg_gen_mistype(r, family ? name.family_kana : name.given_kana, TG_GEN_NAME_BYTES);
    }
    enum tg_gen_spelling spelling = draw_spelling(r);
    if (p->foreign && tg_gen_chance(r, 0.4)) {
        a->slips |= TG_GEN_SLIP_ORDER;
        tg_gen_spell(spelling, name.given_kana, name.family_kana, a->kana);
        return;
    }
    tg_gen_spell(spelling, name.family_kana, name.given_kana, a->kana);
}

static const char *draw_gender(struct tg_gen_rng *r, const struct tg_gen_person *p,
                               struct tg_gen_account *a)
{
    static const char *const words[2][4] = {{"male", "男", "男性", "M"},
                                            {"female", "女", "女性", "F"}};
    static const uint32_t weights[] = {50, 30, 15, 5};
    const char *word = words[p->sex - 1][tg_gen_pick(r, weights, 4, 100)];
    if (!tg_gen_chance(r, TG_GEN_P_NO_GENDER))
        return word;
    a->slips |= TG_GEN_SLIP_GENDER;
    return "回答しない";
}

void tg_gen_account(uint64_t seed, const struct tg_gen_user *user, const struct tg_gen_person *p,
                    struct tg_gen_rng *r, struct tg_gen_account *out)
{
    *out = (struct tg_gen_account){.birth = p->birth};
    *r = tg_gen_rng(seed, TG_GEN_STREAM_APP, p->id, 0);
    tg_gen_uid(seed, p->id, out->uid);
    draw_name(seed, user, p, r, out);
    if (tg_gen_chance(r, TG_GEN_P_BIRTH_SLIP)) {
        out->slips |= TG_GEN_SLIP_BIRTH;
        out->birth = mistype_date(r, p->birth);
    }
    out->gender = draw_gender(r, p, out);
    out->slashes = tg_gen_chance(r, 0.4);
    out->has_number = tg_gen_chance(r, TG_GEN_P_NUMBER) && p->id < TG_GEN_ELSEWHERE;
}
