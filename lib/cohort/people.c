/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort/eligible.h"
#include "cohort/entrants.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MONTHS_INSURED_MAX = 60, DISTRICTS_MAX = 100 };

struct making {
    const struct tg_entrants *e;
    struct tg_sample *sample;
};

static const struct tg_person *person_of(const struct tg_entrants *e, size_t i)
{
    return &e->input->people->items[e->items[i].person];
}

static struct tg_sample_column *add_column(struct making *m, const char *name, struct tg_error *err)
{
    struct tg_sample_column *c = &m->sample->columns[m->sample->n_columns++];
    *c = (struct tg_sample_column){.name = name,
                                   .values = tg_calloc(m->e->n, sizeof *c->values, err)};
    return c->values ? c : NULL;
}

static double age_of(const struct tg_entrants *e, size_t i)
{
    return tg_age_in(person_of(e, i)->birth_month, e->items[i].month);
}

static double age_band_of(const struct tg_entrants *e, size_t i)
{
    return tg_age_band(tg_age_in(person_of(e, i)->birth_month, e->items[i].month));
}

static double index_month_of(const struct tg_entrants *e, size_t i)
{
    return e->items[i].month;
}

/* Without a gap until the index month: more is not known of everybody. */
static double months_insured_of(const struct tg_entrants *e, size_t i)
{
    const struct tg_person *p = person_of(e, i);
    int32_t month = e->items[i].month;
    int n = 0;
    while (n < MONTHS_INSURED_MAX &&
           tg_insured_months(e->input->people, p, month - n - 1, month - n - 1) > 0)
        n++;
    return n;
}

static enum tg_status add_numbers(struct making *m, const char *name,
                                  double (*value)(const struct tg_entrants *, size_t),
                                  struct tg_error *err)
{
    struct tg_sample_column *c = add_column(m, name, err);
    if (!c)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < m->e->n; i++)
        c->values[i] = value(m->e, i);
    return TG_OK;
}

static const char *sex_of(const struct tg_person *p)
{
    return p->sex == 1 ? "1" : "2";
}

static const char *district_of(const struct tg_person *p)
{
    return p->district;
}

static enum tg_status add_texts(struct making *m, const char *name,
                                const char *(*text)(const struct tg_person *), struct tg_error *err)
{
    struct tg_sample_column *c = add_column(m, name, err);
    if (!c)
        return TG_NO_MEMORY;
    enum tg_status status = TG_OK;
    c->text = true;
    for (size_t i = 0; i < m->e->n && !status; i++) {
        const char *value = text(person_of(m->e, i));
        uint32_t number = 0;
        if (*value)
            status = tg_levels_number(&c->levels, value, strlen(value), &number, err);
        c->values[i] = *value ? number : (double)NAN;
        c->n_missing += !*value;
    }
    return status ? status : tg_sample_sort_levels(c, (uint32_t)m->e->n, err);
}

static enum tg_status add_covariate(struct making *m, const struct tg_covariate_rule *rule,
                                    const double *values, struct tg_error *err)
{
    struct tg_sample_column *c = add_column(m, rule->name, err);
    if (!c)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < m->e->n; i++) {
        c->values[i] = isnan(values[i]) ? rule->missing : values[i];
        c->n_missing += isnan(c->values[i]) != 0;
    }
    return TG_OK;
}

static bool is_named(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

static bool is_asked(const struct tg_match_options *o, const char *name)
{
    return is_named(o->exact, o->n_exact, name) || is_named(o->covariates, o->n_covariates, name);
}

enum tg_status tg_sample_of_entrants(const struct tg_entrants *e, double *const *covariates,
                                     struct tg_sample *out, struct tg_error *err)
{
    const struct tg_cohort_rules *rules = e->input->rules;
    struct making m = {e, out};
    *out = (struct tg_sample){.n = (uint32_t)e->n, .n_treated = (uint32_t)e->n_participants};
    out->treated = tg_calloc(e->n, sizeof *out->treated, err);
    out->columns = tg_calloc(6 + rules->n_covariates, sizeof *out->columns, err);
    if (!out->treated || !out->columns)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < e->n; i++)
        out->treated[i] = e->items[i].arm == TG_PARTICIPANT;
    enum tg_status status = add_numbers(&m, "age", age_of, err);
    if (!status)
        status = add_texts(&m, "sex", sex_of, err);
    if (!status)
        status = add_texts(&m, "district", district_of, err);
    if (!status)
        status = add_numbers(&m, "index_month", index_month_of, err);
    if (!status && is_asked(&rules->match, "age_band"))
        status = add_numbers(&m, "age_band", age_band_of, err);
    if (!status && is_asked(&rules->match, "months_insured"))
        status = add_numbers(&m, "months_insured", months_insured_of, err);
    for (size_t i = 0; i < rules->n_covariates && !status; i++)
        status = add_covariate(&m, &rules->covariates[i], covariates[i], err);
    return status;
}

size_t tg_balance_columns(const struct tg_sample *sample, const struct tg_cohort_rules *rules,
                          const char **names)
{
    size_t n = 0;
    names[n++] = "age";
    names[n++] = "sex";
    if (tg_sample_find(sample, "district")->levels.n <= DISTRICTS_MAX)
        names[n++] = "district";
    for (size_t i = 0; i < rules->n_covariates; i++)
        names[n++] = rules->covariates[i].name;
    return n;
}
