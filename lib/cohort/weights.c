/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort/matched.h"

#include <stdlib.h>

enum tg_status tg_matched_add(struct tg_matched *m, uint32_t person, uint32_t set, double weight,
                              struct tg_error *err)
{
    enum tg_status status = tg_grow(&m->rows, &m->cap, m->n + 1, sizeof *m->rows, err);
    if (!status)
        m->rows[m->n++] = (struct tg_matched_row){person, set, weight};
    return status;
}

enum tg_status tg_matched_miss(struct tg_matched *m, uint32_t person, enum tg_unmatched why,
                               struct tg_error *err)
{
    enum tg_status status =
        tg_grow(&m->unmatched, &m->cap_unmatched, m->n_unmatched + 1, sizeof *m->unmatched, err);
    if (!status)
        m->unmatched[m->n_unmatched++] = (struct tg_unmatched_row){person, why};
    return status;
}

void tg_matched_free(struct tg_matched *m)
{
    free(m->rows);
    free(m->unmatched);
    *m = (struct tg_matched){0};
}

/* People of one stratum. */
struct census {
    uint32_t n[2]; /* controls, participants */
    uint32_t set;
};

static struct census *count(const struct tg_matching *in, struct tg_error *err)
{
    struct census *strata = tg_calloc(in->strata->n, sizeof *strata, err);
    for (uint32_t i = 0; strata && i < in->sample->n; i++)
        strata[in->strata->of[i]].n[in->sample->treated[i]]++;
    return strata;
}

static enum tg_status add_arm(const struct tg_matching *in, bool arm, struct census *strata,
                              double scale, struct tg_matched *out, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (uint32_t i = 0; i < in->sample->n && !status; i++) {
        struct census *c = &strata[in->strata->of[i]];
        if (in->sample->treated[i] != arm)
            continue;
        if (c->n[0] == 0 || c->n[1] == 0) {
            status = arm ? tg_matched_miss(out, i, TG_NO_STRATUM, err) : TG_OK;
            continue;
        }
        if (!c->set)
            c->set = ++out->n_sets;
        double weight = arm ? 1 : (double)c->n[1] / c->n[0] * scale;
        status = tg_matched_add(out, i, c->set, weight, err);
    }
    return status;
}

enum tg_status tg_match_strata(const struct tg_matching *in, struct tg_matched *out,
                               struct tg_error *err)
{
    uint64_t total[2] = {0};
    struct census *strata = count(in, err);
    if (!strata)
        return TG_NO_MEMORY;
    for (uint32_t s = 0; s < in->strata->n; s++) {
        bool both = strata[s].n[0] && strata[s].n[1];
        total[0] += both ? strata[s].n[0] : 0;
        total[1] += both ? strata[s].n[1] : 0;
    }
    /* controls weigh one on average */
    double scale = total[1] ? (double)total[0] / (double)total[1] : 0;
    enum tg_status status = add_arm(in, true, strata, scale, out, err);
    if (!status)
        status = add_arm(in, false, strata, scale, out, err);
    free(strata);
    return status;
}

static double weight_of(enum tg_match_method method, bool arm, double eta)
{
    if (method == TG_MATCH_OVERLAP)
        return tg_logistic(arm ? -eta : eta);
    return arm ? 1 : tg_exp(eta); /* p / (1 − p) */
}

enum tg_status tg_match_weights(const struct tg_matching *in, struct tg_matched *out,
                                struct tg_error *err)
{
    enum tg_status status = TG_OK;
    for (uint32_t i = 0; i < in->sample->n && !status; i++) {
        double weight = weight_of(in->options->method, in->sample->treated[i], in->eta[i]);
        status = tg_matched_add(out, i, TG_NO_SET, weight, err);
    }
    return status;
}
