/* SPDX-License-Identifier: Apache-2.0 */
#include "generate/parameters.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

double tg_gen_curve(const struct tg_gen_point *points, size_t n, double age)
{
    if (age <= points[0].age)
        return points[0].value;
    for (size_t i = 1; i < n; i++) {
        const struct tg_gen_point *a = &points[i - 1], *b = &points[i];
        if (age < b->age)
            return a->value + (b->value - a->value) * (age - a->age) / (b->age - a->age);
    }
    return points[n - 1].value;
}

double tg_gen_certified(double age)
{
    static const struct tg_gen_point points[] = {
        {65, 0.015},   {67.5, 0.028}, {72.5, 0.057}, {77.5, 0.113},
        {82.5, 0.256}, {87.5, 0.477}, {93, 0.730},   {105, 0.900},
    };
    return age < 65 ? 0 : tg_gen_curve(points, COUNT(points), age);
}

double tg_gen_medical_yen(double age)
{
    static const struct tg_gen_point points[] = {
        {0, 14000},    {20, 7500},    {40, 13000},   {47.5, 17500}, {52.5, 22000}, {57.5, 28000},
        {62.5, 35000}, {67.5, 43000}, {72.5, 53000}, {77.5, 66000}, {82.5, 79000}, {90, 92000},
    };
    return tg_gen_curve(points, COUNT(points), age);
}

double tg_gen_claims(double age)
{
    static const struct tg_gen_point points[] = {
        {0, 0.6}, {20, 0.4}, {40, 0.5}, {60, 0.9}, {70, 1.2}, {80, 1.6}, {90, 1.7},
    };
    return tg_gen_curve(points, COUNT(points), age);
}

double tg_gen_take_up(double age, int sex)
{
    static const struct tg_gen_point points[] = {
        {40, 0.7}, {60, 1.0}, {70, 1.3}, {77, 0.7}, {83, 0.3}, {90, 0.1},
    };
    return tg_gen_curve(points, COUNT(points), age) * (sex == 2 ? 1.3 : 1.0);
}

double tg_gen_hba1c(double age)
{
    static const struct tg_gen_point points[] = {{40, 5.5}, {60, 5.8}, {80, 5.9}};
    return tg_gen_curve(points, COUNT(points), age);
}

const struct tg_gen_level tg_gen_levels[TG_GEN_N_LEVELS] = {
    {"12", 15000},  {"13", 27000},  {"21", 80000},  {"22", 110000},
    {"23", 170000}, {"24", 200000}, {"25", 225000},
};

const unsigned tg_gen_head_bands[TG_GEN_N_HEAD_BANDS] = {5, 6, 7, 6, 8, 14, 19, 14, 11, 7, 3, 1};

const struct tg_gen_disease tg_gen_chronic[] = {
    {"I10", 300}, {"E785", 180}, {"E119", 120}, {"K219", 60}, {"M545", 60}, {"M170", 70},
    {"J459", 40}, {"I251", 40},  {"I509", 30},  {"I489", 30}, {"I639", 30}, {"N189", 25},
    {"M819", 60}, {"F329", 30},  {"G309", 25},  {"G20", 8},   {"H409", 40}, {"C509", 12},
    {"C189", 12}, {"C349", 10},  {"J449", 20},  {"E039", 15}, {"F209", 12}, {"M0690", 12},
};
const size_t tg_gen_n_chronic = COUNT(tg_gen_chronic);

const struct tg_gen_disease tg_gen_acute[] = {
    {"K053", 160}, {"J069", 120}, {"J209", 50}, {"H251", 40}, {"L309", 60}, {"K590", 30},
    {"M479", 40},  {"R51", 20},   {"N390", 20}, {"A099", 30}, {"S7200", 4}, {"J189", 10},
    {"T149", 20},  {"H109", 20},  {"B351", 15}, {"U071", 15}, {"K297", 40}, {"R42", 15},
};
const size_t tg_gen_n_acute = COUNT(tg_gen_acute);

const struct tg_gen_disease tg_gen_services[] = {
    {"15", 40}, {"11", 22}, {"17", 14}, {"16", 10}, {"13", 8}, {"43", 6},
};
const size_t tg_gen_n_services = COUNT(tg_gen_services);

const char *const tg_gen_districts[TG_GEN_N_DISTRICTS] = {"中央", "東部", "西部",
                                                          "南部", "北部", "﨑浜"};

size_t tg_gen_pick_disease(struct tg_gen_rng *r, const struct tg_gen_disease *table, size_t n)
{
    uint32_t total = 0;
    for (size_t i = 0; i < n; i++)
        total += table[i].weight;
    uint32_t at = tg_gen_below(r, total);
    size_t i = 0;
    while (at >= table[i].weight)
        at -= table[i++].weight;
    return i;
}
