/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort/eligible.h"

#include "text/calendar.h"

int tg_age_in(int32_t birth_month, int32_t month)
{
    if (birth_month == TG_NO_MONTH || month < birth_month)
        return -1;
    return (int)(((int64_t)month - birth_month) / 12);
}

int tg_age_band(int age)
{
    return age < 0 ? -1 : age / 5 * 5;
}

/* Months from…to, both counted. */
struct span {
    int32_t from, to;
};

static struct span overlap(struct span a, struct span b)
{
    return (struct span){a.from > b.from ? a.from : b.from, a.to < b.to ? a.to : b.to};
}

static int64_t months_in(struct span s)
{
    return s.from > s.to ? 0 : (int64_t)s.to - s.from + 1;
}

int64_t tg_insured_months(const struct tg_people *people, const struct tg_person *person,
                          int32_t from, int32_t to)
{
    int64_t n = 0;
    for (uint32_t i = 0; i < person->n_stretches; i++) {
        const struct tg_stretch *s = &people->stretches[person->first_stretch + i];
        n += months_in(overlap((struct span){s->from, s->to}, (struct span){from, to}));
    }
    return n;
}

/* The last month of being insured without a gap since `month`, in which the person is. */
static int32_t insured_until(const struct tg_people *people, const struct tg_person *p,
                             int32_t month)
{
    int32_t until = month;
    for (uint32_t i = 0; i < p->n_stretches; i++) {
        const struct tg_stretch *s = &people->stretches[p->first_stretch + i];
        if (s->to > until && (int64_t)s->from - 1 <= until)
            until = s->to;
    }
    return until;
}

enum tg_eligibility tg_eligibility_in(const struct tg_cohort_input *input, uint32_t person,
                                      int32_t index_month)
{
    const struct tg_cohort_rules *rules = input->rules;
    const struct tg_person *p = &input->people->items[person];
    if (index_month == TG_NO_MONTH)
        return TG_NO_INDEX_MONTH;
    int age = tg_age_in(p->birth_month, index_month);
    if (age < 0 || age < rules->age_min || age > rules->age_max || p->sex == 0)
        return TG_OUTSIDE_AGE;
    struct span data = {input->first_month, input->last_month};
    struct span before =
        overlap(data, (struct span){index_month - rules->baseline_months, index_month - 1});
    int32_t start = index_month + rules->landmark;
    if (months_in(before) == 0)
        return TG_NO_BASELINE;
    if (tg_insured_months(input->people, p, before.from, before.to) < months_in(before) ||
        tg_insured_months(input->people, p, index_month, index_month) == 0)
        return TG_NOT_INSURED;
    if (start > data.to || insured_until(input->people, p, index_month) < start)
        return TG_NO_FOLLOWUP;
    return TG_ELIGIBLE;
}

void tg_observe(const struct tg_cohort_input *input, struct tg_member *member)
{
    const struct tg_person *p = &input->people->items[member->person];
    int32_t insured = insured_until(input->people, p, member->index_month);
    member->start = member->index_month + input->rules->landmark;
    member->last = member->start + input->rules->followup_months - 1;
    member->end = TG_END_WINDOW;
    if (input->last_month < member->last) {
        member->last = input->last_month;
        member->end = TG_END_DATA;
    }
    if (insured < member->last) {
        member->last = insured;
        member->end = TG_END_LEFT;
    }
}
