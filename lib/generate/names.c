/* SPDX-License-Identifier: Apache-2.0 */
#include "generate/names.h"

#include <stdio.h>

enum {
    N_FASHIONS = 3,
    PER_PEOPLE = 100000, /* the sum that surnames' weights are parts of */
};

struct part {
    const char *kanji, *kana;
};

struct family {
    const char *kanji, *kana;
    uint32_t weight;
};

struct given {
    const char *kanji, *kana;
    uint32_t weight[N_FASHIONS];
};

struct foreign {
    const char *family, *given, *family_kana, *given_kana;
    int sex;
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct family families[] = {
#define FAMILY(kanji, kana, weight) {(kanji), (kana), (weight)},
#include "generate/names.def"
#undef FAMILY
};
static const struct part family_fronts[] = {
#define FAMILY_FRONT(kanji, kana) {(kanji), (kana)},
#include "generate/names.def"
#undef FAMILY_FRONT
};
static const struct part family_backs[] = {
#define FAMILY_BACK(kanji, kana) {(kanji), (kana)},
#include "generate/names.def"
#undef FAMILY_BACK
};
static const struct given males[] = {
#define MALE(kanji, kana, w1, w2, w3) {(kanji), (kana), {(w1), (w2), (w3)}},
#include "generate/names.def"
#undef MALE
};
static const struct given females[] = {
#define FEMALE(kanji, kana, w1, w2, w3) {(kanji), (kana), {(w1), (w2), (w3)}},
#include "generate/names.def"
#undef FEMALE
};
static const struct part male_stems[] = {
#define MALE_STEM(kanji, kana) {(kanji), (kana)},
#include "generate/names.def"
#undef MALE_STEM
};
static const struct part male_ends[] = {
#define MALE_END(kanji, kana) {(kanji), (kana)},
#include "generate/names.def"
#undef MALE_END
};
static const struct part female_stems[] = {
#define FEMALE_STEM(kanji, kana) {(kanji), (kana)},
#include "generate/names.def"
#undef FEMALE_STEM
};
static const struct part female_ends[] = {
#define FEMALE_END(kanji, kana) {(kanji), (kana)},
#include "generate/names.def"
#undef FEMALE_END
};
static const struct foreign foreigners[] = {
#define FOREIGN(family, given, family_kana, given_kana, sex)                                       \
    {(family), (given), (family_kana), (given_kana), (sex)},
#include "generate/names.def"
#undef FOREIGN
};

static void join(char out[TG_GEN_NAME_BYTES], const char *a, const char *b)
{
    (void)snprintf(out, TG_GEN_NAME_BYTES, "%s%s", a, b);
}

static void join_parts(struct tg_gen_rng *r, const struct part *fronts, size_t n_fronts,
                       const struct part *backs, size_t n_backs, char *kanji, char *kana)
{
    const struct part *front = &fronts[tg_gen_below(r, (uint32_t)n_fronts)];
    const struct part *back = &backs[tg_gen_below(r, (uint32_t)n_backs)];
    join(kanji, front->kanji, back->kanji);
    join(kana, front->kana, back->kana);
}

void tg_gen_family_name(struct tg_gen_rng *r, struct tg_gen_name *name)
{
    uint32_t at = tg_gen_below(r, PER_PEOPLE);
    for (size_t i = 0; i < COUNT(families); i++) {
        if (at < families[i].weight) {
            join(name->family, families[i].kanji, "");
            join(name->family_kana, families[i].kana, "");
            return;
        }
        at -= families[i].weight;
    }
    join_parts(r, family_fronts, COUNT(family_fronts), family_backs, COUNT(family_backs),
               name->family, name->family_kana);
}

static const struct given *pick_given(struct tg_gen_rng *r, const struct given *table, size_t n,
                                      int fashion)
{
    uint32_t total = 0;
    for (size_t i = 0; i < n; i++)
        total += table[i].weight[fashion];
    uint32_t at = tg_gen_below(r, total);
    size_t i = 0;
    while (at >= table[i].weight[fashion])
        at -= table[i++].weight[fashion];
    return &table[i];
}

void tg_gen_given_name(struct tg_gen_rng *r, int sex, int birth_year, struct tg_gen_name *name)
{
    bool female = sex == 2;
    if (tg_gen_chance(r, 0.5)) {
        join_parts(r, female ? female_stems : male_stems,
                   female ? COUNT(female_stems) : COUNT(male_stems),
                   female ? female_ends : male_ends, female ? COUNT(female_ends) : COUNT(male_ends),
                   name->given, name->given_kana);
        return;
    }
    int fashion = birth_year < 1950 ? 0 : birth_year < 1980 ? 1 : 2;
    const struct given *g = female ? pick_given(r, females, COUNT(females), fashion)
                                   : pick_given(r, males, COUNT(males), fashion);
    join(name->given, g->kanji, "");
    join(name->given_kana, g->kana, "");
}

void tg_gen_foreign_name(struct tg_gen_rng *r, int sex, struct tg_gen_name *name)
{
    const struct foreign *f;
    do {
        f = &foreigners[tg_gen_below(r, COUNT(foreigners))];
    } while (f->sex != sex);
    join(name->family, f->family, "");
    join(name->given, f->given, "");
    join(name->family_kana, f->family_kana, "");
    join(name->given_kana, f->given_kana, "");
}
