/* SPDX-License-Identifier: Apache-2.0 */
#include "table/study_read.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NOT_SAID = -1, NAMES_MAX = 256, CUTS_MAX = 1000 };

/* The section as written. */
struct written {
    struct tg_cohort_rules *cohort;
    const char **exact, **propensity;
    size_t n_exact, n_propensity;
    struct tg_cutpoints *cutpoints;
    size_t n_cutpoints;
    int method, weights, distance, order, ratio;
    double caliper; /* NaN: not said */
    bool replacement;
};

#define AT(member) offsetof(struct written, member)

/* What people can be compared by: built in, then the covariates. */
static size_t list_columns(const struct tg_cohort_rules *cohort, bool numbers, const char **names)
{
    static const char *const built_in[] = {"sex", "age", "district", "months_insured", "age_band"};
    size_t n = 0;
    for (size_t i = 0; i < sizeof built_in / sizeof built_in[0]; i++) {
        if (!numbers || i == 1 || i == 3)
            names[n++] = built_in[i];
    }
    for (size_t i = 0; i < cohort->n_covariates; i++)
        names[n++] = cohort->covariates[i].name;
    return n;
}

static enum tg_status find_column(struct tg_study_reader *r, const struct tg_node *node,
                                  const char *text, const struct written *w, bool numbers,
                                  const char **out)
{
    const char *names[NAMES_MAX];
    size_t n = list_columns(w->cohort, numbers, names);
    for (size_t i = 0; text && i < n; i++) {
        if (!strcmp(text, names[i])) {
            *out = names[i];
            return TG_OK;
        }
    }
    return tg_bad_word(r, node, names, n);
}

static enum tg_status read_columns(struct tg_study_reader *r, const struct tg_node *node,
                                   const struct written *w, const char ***out, size_t *n)
{
    if (node->kind != TG_NODE_LIST || node->n == 0)
        return tg_bad_value(r, node, "a list of one or more columns");
    *out = tg_study_alloc(r, node->n + 1, sizeof **out); /* and the index month */
    *n = 0;
    if (!*out)
        return TG_NO_MEMORY;
    for (const struct tg_node *child = node->first; child; child = child->next) {
        const char *text = child->kind == TG_NODE_TEXT ? child->text : NULL;
        enum tg_status status = find_column(r, child, text, w, false, &(*out)[*n]);
        if (status)
            return status;
        for (size_t i = 0; i < *n; i++) {
            if (!strcmp((*out)[i], (*out)[*n]))
                return tg_bad_value(r, child, "each column once");
        }
        ++*n;
    }
    return TG_OK;
}

static enum tg_status read_exact(struct tg_study_reader *r, const struct tg_node *node,
                                 void *object)
{
    struct written *w = object;
    return read_columns(r, node, w, &w->exact, &w->n_exact);
}

static enum tg_status read_propensity(struct tg_study_reader *r, const struct tg_node *node,
                                      void *object)
{
    struct written *w = object;
    return read_columns(r, node, w, &w->propensity, &w->n_propensity);
}

/* [65, 75]: cut there; auto: into bins of one width, which NULL stands for. */
static enum tg_status read_cuts(struct tg_study_reader *r, const struct tg_node *node,
                                struct tg_cutpoints *out)
{
    static const char allowed[] = "auto, or a list of numbers";
    if (node->kind == TG_NODE_TEXT && !strcmp(node->text, "auto"))
        return TG_OK;
    if (node->kind != TG_NODE_LIST || node->n > CUTS_MAX)
        return tg_bad_value(r, node, allowed);
    double *cuts = tg_study_alloc(r, node->n + 1, sizeof *cuts);
    if (!cuts)
        return TG_NO_MEMORY;
    out->cuts = cuts;
    for (const struct tg_node *child = node->first; child; child = child->next) {
        char *end = NULL;
        const char *text = child->kind == TG_NODE_TEXT ? child->text : "";
        cuts[out->n] = strspn(text, "-.0123456789") == strlen(text) ? strtod(text, &end) : NAN;
        if (!end || end == text || *end || !isfinite(cuts[out->n++]))
            return tg_bad_value(r, child, allowed);
    }
    return TG_OK;
}

static enum tg_status read_cutpoints(struct tg_study_reader *r, const struct tg_node *node,
                                     void *object)
{
    struct written *w = object;
    enum tg_status status = tg_need_map(r, node);
    if (!status && node->n == 0)
        return tg_bad_value(r, node, "a map of one or more columns");
    w->cutpoints = status ? NULL : tg_study_alloc(r, node->n + 1, sizeof *w->cutpoints);
    if (!status && !w->cutpoints)
        return TG_NO_MEMORY;
    for (const struct tg_node *child = node->first; child && !status; child = child->next) {
        struct tg_cutpoints *cuts = &w->cutpoints[w->n_cutpoints++];
        *cuts = (struct tg_cutpoints){0};
        status = find_column(r, child, child->key, w, true, &cuts->column);
        if (!status)
            status = read_cuts(r, child, cuts);
    }
    return status;
}

static const struct tg_word methods[] = {
    {"nearest", TG_MATCH_NEAREST}, {"exact", TG_MATCH_EXACT}, {"cem", TG_MATCH_CEM}, {NULL, 0}};
static const struct tg_word weights[] = {
    {"ipw", TG_MATCH_IPW}, {"overlap", TG_MATCH_OVERLAP}, {NULL, 0}};
static const struct tg_word distances[] = {
    {"logit", TG_DISTANCE_LOGIT}, {"mahalanobis", TG_DISTANCE_MAHALANOBIS}, {NULL, 0}};
static const struct tg_word orders[] = {{"largest", TG_ORDER_LARGEST},
                                        {"smallest", TG_ORDER_SMALLEST},
                                        {"data", TG_ORDER_DATA},
                                        {NULL, 0}};

static const struct tg_rule rules[] = {
    {"exact", TG_RULE_CUSTOM, .read = read_exact},
    {"propensity", TG_RULE_CUSTOM, .read = read_propensity},
    {"method", TG_RULE_WORD, .offset = AT(method), .words = methods},
    {"cutpoints", TG_RULE_CUSTOM, .read = read_cutpoints},
    {"weights", TG_RULE_WORD, .offset = AT(weights), .words = weights},
    {"distance", TG_RULE_WORD, .offset = AT(distance), .words = distances},
    {"caliper", TG_RULE_REAL, .offset = AT(caliper), .min = 0, .max = 100},
    {"ratio", TG_RULE_INT, .offset = AT(ratio), .min = 1, .max = 1000},
    {"order", TG_RULE_WORD, .offset = AT(order), .words = orders},
    {"replacement", TG_RULE_BOOL, .offset = AT(replacement)},
    {.key = NULL},
};

/* What a method does not use, nobody must believe it used. */
static const char *contradiction(const struct written *w)
{
    bool nearest = w->method == TG_MATCH_NEAREST && w->weights == NOT_SAID;
    bool said_nearest = w->ratio > 0 || !isnan(w->caliper) || w->replacement ||
                        w->order != NOT_SAID || w->distance != NOT_SAID;
    if (w->weights != NOT_SAID && (w->method != NOT_SAID || w->exact || w->cutpoints))
        return "weights without method, exact and cutpoints";
    if (w->weights != NOT_SAID && !w->propensity)
        return "weights with propensity";
    if (w->method == TG_MATCH_CEM && (!w->cutpoints || w->propensity))
        return "method: cem with cutpoints and without propensity";
    if (w->method == TG_MATCH_EXACT && w->propensity)
        return "method: exact without propensity";
    if (w->method != TG_MATCH_CEM && w->cutpoints)
        return "cutpoints with method: cem";
    if (!nearest && said_nearest)
        return "ratio, caliper, replacement, order and distance with method: nearest";
    if (nearest && !w->propensity &&
        (!isnan(w->caliper) || w->order != NOT_SAID || w->distance != NOT_SAID))
        return "caliper, order and distance with propensity";
    return NULL;
}

static void note_bits(struct tg_cohort_rules *cohort)
{
    static const struct tg_word strata[] = {{"sex", TG_STRATUM_SEX},
                                            {"age_band", TG_STRATUM_AGE_BAND},
                                            {"district", TG_STRATUM_DISTRICT},
                                            {NULL, 0}};
    cohort->exact = 0;
    for (size_t i = 0; i < cohort->match.n_exact; i++) {
        for (const struct tg_word *s = strata; s->word; s++)
            cohort->exact |= strcmp(s->word, cohort->match.exact[i]) ? 0 : (unsigned)s->value;
    }
}

/* The columns to be coarsened, and cut points for those that have them. */
static enum tg_status settle_cem(struct tg_study_reader *r, struct written *w,
                                 struct tg_match_options *o)
{
    const char **names = tg_study_alloc(r, w->n_cutpoints, sizeof *names);
    if (!names)
        return TG_NO_MEMORY;
    size_t n = 0;
    for (size_t i = 0; i < w->n_cutpoints; i++) {
        names[i] = w->cutpoints[i].column;
        if (w->cutpoints[i].cuts)
            w->cutpoints[n++] = w->cutpoints[i];
    }
    o->covariates = names;
    o->n_covariates = w->n_cutpoints;
    o->cutpoints = w->cutpoints;
    o->n_cutpoints = n;
    return TG_OK;
}

static enum tg_status settle(struct tg_study_reader *r, struct written *w)
{
    struct tg_match_options *o = &w->cohort->match;
    bool nearest = w->method == TG_MATCH_NEAREST && w->weights == NOT_SAID;
    *o = (struct tg_match_options){
        .method = (enum tg_match_method)(w->weights != NOT_SAID ? w->weights : w->method),
        .covariates = w->propensity,
        .n_covariates = w->n_propensity,
        .exact = w->exact,
        .n_exact = w->n_exact,
        .distance = w->distance > 0 ? (enum tg_match_distance)w->distance : TG_DISTANCE_LOGIT,
        .ratio = (uint32_t)w->ratio,
        .caliper = isnan(w->caliper) ? 0 : w->caliper,
        .replacement = w->replacement,
        .order = w->order > 0 ? (enum tg_match_order)w->order : TG_ORDER_LARGEST,
        .flag_missing = true,
    };
    if (nearest && w->propensity && isnan(w->caliper))
        o->caliper = 0.2; /* Austin 2011 */
    if (!w->propensity)
        o->order = TG_ORDER_DATA;
    enum tg_status status = w->method == TG_MATCH_CEM ? settle_cem(r, w, o) : TG_OK;
    return status ? status : tg_match_defaults(r, w->cohort);
}

enum tg_status tg_match_defaults(struct tg_study_reader *r, struct tg_cohort_rules *cohort)
{
    static const char *const usual[] = {"sex", "age_band", "district"};
    struct tg_match_options *o = &cohort->match;
    if (o->n_exact == 0 && o->n_covariates == 0) {
        const char **names = tg_study_alloc(r, 4, sizeof *names);
        if (!names)
            return TG_NO_MEMORY;
        memcpy(names, usual, sizeof usual);
        o->exact = names;
        o->n_exact = 3;
        o->order = TG_ORDER_DATA;
        o->flag_missing = true;
    }
    note_bits(cohort);
    return TG_OK;
}

enum tg_status tg_read_match(struct tg_study_reader *r, const struct tg_node *node, void *object)
{
    struct written w = {.cohort = object,
                        .method = NOT_SAID,
                        .weights = NOT_SAID,
                        .distance = NOT_SAID,
                        .order = NOT_SAID,
                        .caliper = NAN};
    enum tg_status status = tg_rules_read(r, node, rules, &w);
    if (status)
        return status;
    if (w.weights == NOT_SAID && w.method == NOT_SAID)
        w.method = TG_MATCH_NEAREST;
    const char *wrong = contradiction(&w);
    return wrong ? tg_bad_value(r, node, wrong) : settle(r, &w);
}
