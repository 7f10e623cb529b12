/* SPDX-License-Identifier: Apache-2.0 */
#include "generate/person.h"
#include "text/calendar.h"

/* Insurance is lost the day after death. */
size_t tg_gen_stays(const struct tg_gen_person *p, struct tg_gen_stay out[TG_GEN_MAX_STAYS])
{
    uint32_t death = p->died ? p->died + 1 : 0;
    out[0] = (struct tg_gen_stay){p->arrived, p->left, p->left_notice, 0};
    if (!p->left) {
        out[0].to = death;
        out[0].notice = p->died_notice;
    }
    out[1] = (struct tg_gen_stay){p->returned, death, p->died_notice, p->returned_notice};
    return p->returned ? 2 : 1;
}

uint32_t tg_gen_end(const struct tg_gen_person *p, uint32_t today)
{
    struct tg_gen_stay stays[TG_GEN_MAX_STAYS];
    size_t n = tg_gen_stays(p, stays);
    return stays[n == 2 && stays[1].from <= today].to;
}

static bool overlaps(const struct tg_gen_person *p, uint32_t first, uint32_t last)
{
    struct tg_gen_stay stays[TG_GEN_MAX_STAYS];
    size_t n = tg_gen_stays(p, stays);
    for (size_t i = 0; i < n; i++) {
        if (stays[i].from <= last && (!stays[i].to || stays[i].to > first))
            return true;
    }
    return false;
}

bool tg_gen_insured_on(const struct tg_gen_person *p, uint32_t day)
{
    return overlaps(p, day, day);
}

bool tg_gen_present(const struct tg_gen_person *p, int32_t month)
{
    return overlaps(p, tg_gen_day(month, 1), tg_month_last_day(month));
}

double tg_gen_age(const struct tg_gen_person *p, int32_t month)
{
    return (double)(month - p->birth_month) / 12;
}

/* Need grows with age, so the level follows from the age at which it passed the person's mark. */
int tg_gen_care_level(const struct tg_gen_person *p, int32_t month)
{
    double age = tg_gen_age(p, month);
    if (tg_gen_certified(age) <= p->care_need)
        return -1;
    double low = 65, high = age;
    while (high - low > 1.0 / 24) {
        double middle = (low + high) / 2;
        if (tg_gen_certified(middle) > p->care_need)
            high = middle;
        else
            low = middle;
    }
    int steps = (int)((age - high) * 12) / p->care_pace;
    int level = p->care_level + steps;
    return level < TG_GEN_N_LEVELS ? level : TG_GEN_N_LEVELS - 1;
}
