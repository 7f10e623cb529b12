/* SPDX-License-Identifier: Apache-2.0 */
#include "generate/kana.h"
#include "generate/person.h"

#include <stdio.h>
#include <string.h>

#include "text/calendar.h"

enum household_kind { ALONE, COUPLE, PARENT_AND_CHILD, FAMILY_OF_FOUR, TWINS, N_KINDS };

static const struct {
    uint32_t weight; /* in 1,000 households */
    uint8_t size;
} kinds[N_KINDS] = {{520, 1}, {360, 2}, {70, 2}, {44, 4}, {6, 2}};

/* What the members of a household share. */
struct household {
    uint64_t id;
    enum household_kind kind;
    uint8_t size, district, symbol;
    bool branches, foreign;
    uint32_t arrived, left;
    int head_age, head_month; /* full years, and months more, in the first month of all */
    uint8_t head_sex;
};

uint32_t tg_gen_day(int32_t month, int day)
{
    return (uint32_t)(month / 12) * 10000 + (uint32_t)(month % 12 + 1) * 100 + (uint32_t)day;
}

static uint32_t some_day(struct tg_gen_rng *r, int32_t month)
{
    return tg_gen_day(month, tg_gen_between(r, 1, 27));
}

/* Events after so many months from a first one; 0: so late that it is never. */
static uint32_t day_after(struct tg_gen_rng *r, int32_t from, int months)
{
    uint32_t day = some_day(r, from + (months < 2400 ? months : 0));
    return months < 2400 ? day : 0;
}

static bool is_newcomer(uint64_t id)
{
    return id >= TG_GEN_NEWCOMERS && id < TG_GEN_ELSEWHERE;
}

static struct household draw_household(uint64_t seed, uint64_t id, unsigned room)
{
    struct tg_gen_rng r = tg_gen_rng(seed, TG_GEN_STREAM_HOUSEHOLD, id, 0);
    struct household h = {.id = id};
    uint32_t weights[N_KINDS];
    for (size_t i = 0; i < N_KINDS; i++)
        weights[i] = kinds[i].weight;
    h.kind = (enum household_kind)tg_gen_pick(&r, weights, N_KINDS, 1000);
    if (kinds[h.kind].size > room)
        h.kind = ALONE;
    h.size = kinds[h.kind].size;
    h.district = (uint8_t)tg_gen_below(&r, TG_GEN_N_DISTRICTS);
    h.symbol = (uint8_t)tg_gen_below(&r, 240);
    h.branches = !tg_gen_chance(&r, TG_GEN_P_NO_BRANCH);
    h.foreign = tg_gen_chance(&r, TG_GEN_P_FOREIGN) && h.kind <= COUPLE;
    bool moves_in = tg_gen_chance(&r, TG_GEN_P_ARRIVES);
    int months =
        moves_in ? tg_gen_between(&r, 1, TG_GEN_ARRIVAL_MONTHS - 1) : -tg_gen_between(&r, 3, 300);
    if (is_newcomer(id))
        months = TG_GEN_YEARS_MONTH - TG_GEN_FIRST_MONTH +
                 tg_gen_between(&r, 0, TG_GEN_NEWCOMER_SPAN - 1);
    h.arrived = some_day(&r, TG_GEN_FIRST_MONTH + months);
    int wait = tg_gen_wait(&r, TG_GEN_Y_MOVES_OUT);
    h.left = day_after(&r, TG_GEN_FIRST_MONTH + (months > 0 ? months + 1 : 0), wait);
    uint32_t bands = 0;
    for (size_t i = 0; i < TG_GEN_N_HEAD_BANDS; i++)
        bands += tg_gen_head_bands[i];
    h.head_age = 40 + 5 * (int)tg_gen_pick(&r, tg_gen_head_bands, TG_GEN_N_HEAD_BANDS, bands);
    h.head_age += tg_gen_between(&r, 0, 4);
    h.head_month = tg_gen_between(&r, 0, 11);
    h.head_sex = h.kind == COUPLE || h.kind == FAMILY_OF_FOUR ? 1 : tg_gen_chance(&r, 0.57) ? 2 : 1;
    return h;
}

static void set_birth(struct tg_gen_rng *r, struct tg_gen_person *p, int age_months)
{
    p->birth_month = TG_GEN_FIRST_MONTH - age_months;
    int last = (int)(tg_month_last_day(p->birth_month) % 100);
    p->birth = tg_gen_day(p->birth_month, tg_gen_between(r, 1, last));
}

/* The second of a couple is of about the same age; children are 20 to 40 years younger. */
static void draw_birth(struct tg_gen_rng *r, const struct household *h, unsigned place,
                       struct tg_gen_person *p)
{
    int age = h->head_age * 12 + h->head_month;
    bool child = place >= 2 || (place == 1 && h->kind == PARENT_AND_CHILD);
    p->sex = h->head_sex;
    if (child) {
        age -= tg_gen_between(r, 20 * 12, 40 * 12);
        p->sex = tg_gen_chance(r, 0.5) ? 1 : 2;
    } else if (place == 1) {
        age += tg_gen_between(r, -72, 30);
        p->sex = 2;
    }
    set_birth(r, p, age < 3 ? 3 : age);
}

static int earliest(int a, int b)
{
    return a < b ? a : b;
}

/* Time to death by Gompertz's law, for somebody who lives at the age given. */
static int months_to_live(struct tg_gen_rng *r, const struct tg_gen_person *p, double age)
{
    double rate = TG_GEN_DEATH_AT_40 * (p->sex == 1 ? 1.35 : 0.75) *
                  tg_gen_exp(TG_GEN_DEATH_GROWTH * (age - 40));
    double years = tg_gen_log(1 - TG_GEN_DEATH_GROWTH * tg_gen_log(tg_gen_unit(r)) / rate) /
                   TG_GEN_DEATH_GROWTH;
    return (int)(years * 12);
}

static double renames_a_year(const struct tg_gen_person *p, double age)
{
    if (p->foreign)
        return 0;
    return p->sex == 2 && age >= 20 && age < 60 ? TG_GEN_Y_MARRIES : TG_GEN_Y_RENAMES;
}

static void draw_events(struct tg_gen_rng *r, const struct household *h, struct tg_gen_person *p)
{
    int32_t start = tg_month_of_day(h->arrived) + 1;
    if (start < TG_GEN_FIRST_MONTH)
        start = TG_GEN_FIRST_MONTH;
    double age = tg_gen_age(p, start);
    p->arrived = h->arrived > p->birth ? h->arrived : p->birth;
    p->left = h->left;
    int to_65 = age < 65 ? (int)((65 - age) * 12) : 0;
    int job = age < 65 ? tg_gen_wait(r, TG_GEN_Y_NEW_JOB) : to_65;
    uint32_t job_day = day_after(r, start, earliest(job, to_65));
    if (job < to_65 && (!p->left || job_day < p->left))
        p->left = job_day;
    p->died = day_after(r, start, months_to_live(r, p, age));
    if (p->left && p->died && p->left <= p->died)
        p->died = 0;
    else if (p->left && p->died)
        p->left = 0;
    p->renamed = day_after(r, start, tg_gen_wait(r, renames_a_year(p, age)));
    p->turns75 = p->birth + 750000;
    if (p->turns75 % 10000 == 229 && !tg_date_exists((int)(p->turns75 / 10000), 2, 29))
        p->turns75 += 72; /* 1 March */
}

static void draw_health(uint64_t seed, struct tg_gen_person *p)
{
    struct tg_gen_rng r = tg_gen_rng(seed, TG_GEN_STREAM_COURSE, p->id, 0);
    const double sigma = TG_GEN_SIGMA_FRAILTY;
    p->frailty = tg_gen_exp(sigma * tg_gen_normal(&r) - sigma * sigma / 2);
    p->care_need = tg_gen_unit(&r);
    p->care_level = (uint8_t)tg_gen_below(&r, 5);
    p->care_pace = (uint8_t)tg_gen_between(&r, 10, 48);
    p->uses_care = tg_gen_chance(&r, TG_GEN_P_USES_CARE);
    for (size_t i = 0; i < TG_GEN_N_CHRONIC_EACH; i++)
        p->chronic[i] = (uint8_t)tg_gen_pick_disease(&r, tg_gen_chronic, tg_gen_n_chronic);
}

enum {
    OF_RETURN,
    OF_HOUSEHOLDS_RETURN,
    OF_READING,
    OF_HOUSEHOLDS_READING,
    OF_CORRECTION,
    OF_HOUSEHOLDS_CORRECTION,
    OF_FILES,
    OF_75,
    OF_KANJI
};

static struct tg_gen_rng of_years(uint64_t seed, uint64_t id, int what)
{
    return tg_gen_rng(seed, TG_GEN_STREAM_YEARS, id, (uint64_t)what);
}

static bool years_bring(uint32_t day)
{
    int32_t month = tg_month_of_day(day);
    return month >= TG_GEN_YEARS_MONTH && month < TG_GEN_YEARS_MONTH + TG_GEN_NEWCOMER_SPAN;
}

/* Some lose their insurance at 75 and gain none here; some gain one and had none here. */
static void draw_75(uint64_t seed, struct tg_gen_person *p)
{
    struct tg_gen_rng r = of_years(seed, p->id, OF_75);
    bool elsewhere = tg_gen_chance(&r, TG_GEN_P_ELSEWHERE_75);
    bool employed = tg_gen_chance(&r, TG_GEN_P_EMPLOYED_75) && is_newcomer(p->id);
    uint32_t end = tg_gen_end(p, p->turns75);
    if (!years_bring(p->turns75) || (end && end <= p->turns75))
        return;
    if (employed) {
        p->arrived = p->turns75;
    } else if (elsewhere && p->arrived < p->turns75) {
        p->left = p->turns75;
        p->died = 0;
    }
}

static uint8_t draw_notice(struct tg_gen_rng *r, double late)
{
    bool is_late = tg_gen_chance(r, late);
    int months = tg_gen_between(r, 1, TG_GEN_NOTICE_MONTHS);
    return (uint8_t)(is_late ? months : 0);
}

/* A household comes back together; nobody does before TG_GEN_YEARS_MONTH. */
static void draw_return(uint64_t seed, const struct household *h, struct tg_gen_person *p)
{
    p->left_alone = p->left != h->left;
    struct tg_gen_rng r = p->left_alone ? of_years(seed, p->id, OF_RETURN)
                                        : of_years(seed, h->id, OF_HOUSEHOLDS_RETURN);
    bool returns = tg_gen_chance(&r, TG_GEN_P_RETURNS);
    int away = tg_gen_between(&r, TG_GEN_AWAY_MIN, TG_GEN_AWAY_MAX);
    bool new_resident = tg_gen_chance(&r, TG_GEN_P_NEW_RESIDENT);
    double late = p->left_alone ? TG_GEN_P_NOTICE_JOB : TG_GEN_P_NOTICE_OTHER;
    p->left_notice = draw_notice(&r, late);
    p->returned_notice = draw_notice(&r, late);
    p->died_notice = draw_notice(&r, TG_GEN_P_NOTICE_OTHER);
    int32_t month = p->left ? tg_month_of_day(p->left) + away : 0;
    if (!returns || month < TG_GEN_YEARS_MONTH)
        return;
    p->returned = some_day(&r, month);
    p->new_resident = new_resident && !p->left_alone;
    r = of_years(seed, p->id, OF_RETURN);
    (void)tg_gen_next(&r);
    p->died = day_after(&r, month + 1, months_to_live(&r, p, tg_gen_age(p, month)));
    if (p->left_notice > away)
        p->left_notice = (uint8_t)away;
}

static void draw_readings(uint64_t seed, struct tg_gen_person *p)
{
    struct tg_gen_rng r = of_years(seed, p->household, OF_HOUSEHOLDS_READING);
    int family = tg_gen_wait(&r, p->foreign ? 0 : TG_GEN_Y_FAMILY_READING);
    p->reread_family = day_after(&r, TG_GEN_READINGS_MONTH, family);
    r = of_years(seed, p->id, OF_READING);
    int given = tg_gen_wait(&r, p->foreign ? 0 : TG_GEN_Y_GIVEN_READING);
    p->reread_given = day_after(&r, TG_GEN_READINGS_MONTH, given);
}

static void draw_files(uint64_t seed, struct tg_gen_person *p)
{
    struct tg_gen_rng r = of_years(seed, p->id, OF_FILES);
    p->late_no_resident = tg_gen_chance(&r, TG_GEN_P_LATE_NO_NUMBER);
    p->ledger_no_resident = tg_gen_chance(&r, TG_GEN_P_CARE_NO_NUMBER);
}

static void draw_member(uint64_t seed, const struct household *h, unsigned place,
                        struct tg_gen_person *p)
{
    *p = (struct tg_gen_person){.id = h->id + place, .household = h->id};
    struct tg_gen_rng r = tg_gen_rng(seed, TG_GEN_STREAM_PERSON, p->id, 0);
    p->twin = p->namesake = TG_GEN_NOBODY;
    p->name_id = p->id;
    p->name_household = h->id;
    p->district = h->district;
    p->symbol = h->symbol;
    p->branch = h->branches ? (uint8_t)(place + 1) : 0;
    p->foreign = h->foreign;
    draw_birth(&r, h, place, p);
    draw_events(&r, h, p);
    draw_health(seed, p);
    draw_75(seed, p);
    draw_return(seed, h, p);
    draw_readings(seed, p);
    draw_files(seed, p);
}

/* Twins and namesakes take over what must be equal; what happens to them stays their own. */
static void take_birth(const struct tg_gen_person *from, struct tg_gen_person *to)
{
    to->birth = from->birth;
    to->birth_month = from->birth_month;
    to->turns75 = from->turns75;
    to->sex = from->sex;
    if (to->arrived < to->birth)
        to->arrived = to->birth;
}

static void make_twins(struct tg_gen_person *a, struct tg_gen_person *b)
{
    take_birth(a, b);
    a->twin = b->id;
    b->twin = a->id;
}

static bool moves_in(const struct tg_gen_person *p)
{
    return tg_month_of_day(p->arrived) >= TG_GEN_FIRST_MONTH;
}

/* Most namesakes are found once enough people lived long enough: anybody of an earlier block. */
static void make_namesake(uint64_t seed, struct tg_gen_person *p)
{
    struct tg_gen_rng r = tg_gen_rng(seed, TG_GEN_STREAM_PERSON, p->id, 1);
    uint64_t first = p->id / TG_GEN_BLOCK * TG_GEN_BLOCK;
    if (is_newcomer(p->id))
        first = (first - TG_GEN_NEWCOMERS) * TG_GEN_PER_NEWCOMER;
    double share = moves_in(p) ? TG_GEN_P_NEW_NAMESAKE : TG_GEN_P_NAMESAKE;
    if (first == 0 || p->id >= TG_GEN_ELSEWHERE || p->foreign || !tg_gen_chance(&r, share))
        return;
    struct tg_gen_person other;
    tg_gen_person(seed, tg_gen_below(&r, (uint32_t)first), &other);
    if (other.foreign || other.birth > p->arrived)
        return;
    take_birth(&other, p);
    p->namesake = other.id;
    p->name_id = other.name_id;
    p->name_household = other.name_household;
    p->twin = TG_GEN_NOBODY;
}

void tg_gen_block(uint64_t seed, uint64_t b, struct tg_gen_person out[TG_GEN_BLOCK])
{
    for (unsigned at = 0; at < TG_GEN_BLOCK;) {
        struct household h = draw_household(seed, b * TG_GEN_BLOCK + at, TG_GEN_BLOCK - at);
        for (unsigned place = 0; place < h.size; place++)
            draw_member(seed, &h, place, &out[at + place]);
        if (h.kind == TWINS || (h.kind == FAMILY_OF_FOUR && h.symbol % 8 == 0))
            make_twins(&out[at + h.size - 2u], &out[at + h.size - 1u]);
        if (h.kind == ALONE)
            make_namesake(seed, &out[at]);
        at += h.size;
    }
}

void tg_gen_person(uint64_t seed, uint64_t id, struct tg_gen_person *out)
{
    struct tg_gen_person block[TG_GEN_BLOCK];
    tg_gen_block(seed, id / TG_GEN_BLOCK, block);
    *out = block[id % TG_GEN_BLOCK];
}

static void given_name(uint64_t seed, const struct tg_gen_person *p, uint64_t id, int again,
                       struct tg_gen_name *name)
{
    struct tg_gen_rng r = tg_gen_rng(seed, TG_GEN_STREAM_NAME, id, (uint64_t)again);
    if (p->foreign)
        tg_gen_foreign_name(&r, p->sex, name);
    else
        tg_gen_given_name(&r, p->sex, (int)(p->birth / 10000), name);
}

/* Parents do not give twins the same name. */
static void second_twins_name(uint64_t seed, const struct tg_gen_person *p,
                              struct tg_gen_name *name)
{
    struct tg_gen_name first;
    given_name(seed, p, p->twin, 0, &first);
    for (int again = 1; strcmp(first.given_kana, name->given_kana) == 0; again++)
        given_name(seed, p, p->name_id, again, name);
}

/* In hiragana, as many given names are. */
static void write_otherwise(uint64_t seed, const struct tg_gen_person *p, struct tg_gen_name *name)
{
    char text[TG_GEN_SPELLED_MAX];
    struct tg_gen_rng r = of_years(seed, p->id, OF_KANJI);
    if (!tg_gen_chance(&r, TG_GEN_P_OTHER_KANJI))
        return;
    tg_gen_spell(TG_GEN_HIRAGANA_JOINED, name->given_kana, "", text);
    (void)snprintf(name->given, sizeof name->given, "%.*s", (int)sizeof name->given - 1, text);
}

void tg_gen_person_name(uint64_t seed, const struct tg_gen_person *p, uint32_t day,
                        struct tg_gen_name *name)
{
    enum { OF_HOUSEHOLD = 100, OF_MARRIAGE };
    *name = (struct tg_gen_name){.family = ""};
    given_name(seed, p, p->name_id, 0, name);
    if (p->twin < p->id)
        second_twins_name(seed, p, name);
    if (moves_in(p) && p->namesake != TG_GEN_NOBODY)
        write_otherwise(seed, p, name);
    if (p->foreign)
        return;
    struct tg_gen_rng r = of_years(seed, p->id, OF_CORRECTION);
    if (p->reread_given && day >= p->reread_given)
        tg_gen_correct(&r, name->given_kana);
    r = tg_gen_rng(seed, TG_GEN_STREAM_NAME, p->name_household, OF_HOUSEHOLD);
    tg_gen_family_name(&r, name);
    if (p->renamed && day >= p->renamed) {
        r = tg_gen_rng(seed, TG_GEN_STREAM_NAME, p->id, OF_MARRIAGE);
        tg_gen_family_name(&r, name);
    } else if (p->reread_family && day >= p->reread_family) {
        r = of_years(seed, p->household, OF_HOUSEHOLDS_CORRECTION);
        tg_gen_correct(&r, name->family_kana);
    }
}
