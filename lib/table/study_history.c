/* SPDX-License-Identifier: Apache-2.0 */
#include "table/study_read.h"

#include <math.h>
#include <string.h>

enum { COVARIATES_MAX = 200, EXCLUSIONS_MAX = 100, SAID = 256 };

/* A look back as the file writes it: one of sum, count, any, last; and what is asked of it. */
struct written {
    const char *name;
    struct tg_history history;
    int n_quantities;
    double limits[TG_IS_MISSING]; /* by comparison; NaN: not written */
    bool is_missing;              /* `missing: true` */
    double missing;               /* `missing: NUMBER` */
};

#define AT(member) offsetof(struct written, member)

static enum tg_status read_source(struct tg_study_reader *r, const struct tg_node *node,
                                  void *object)
{
    struct written *w = object;
    const char *names[TG_YAML_CHILDREN_MAX];
    size_t n = 0;
    for (size_t i = 0; i < r->study->n_sources; i++) {
        const struct tg_source *s = &r->study->sources[i];
        if (s->provider || (s->kind != TG_KIND_EVENTS && s->kind != TG_KIND_MEASURES))
            continue;
        names[n++] = s->name;
        if (node->kind == TG_NODE_TEXT && !strcmp(node->text, s->name)) {
            w->history.source = s;
            return TG_OK;
        }
    }
    return n ? tg_bad_word(r, node, names, n)
             : tg_bad_value(r, node, "a source of kind events or measures without a provider");
}

static enum tg_status take(struct tg_study_reader *r, const struct tg_node *node, struct written *w,
                           enum tg_quantity quantity, const char *word)
{
    w->history.quantity = quantity;
    w->n_quantities++;
    if (w->history.source->kind != TG_KIND_EVENTS)
        return tg_bad_value(r, node, "for a source of kind events; of measures: last");
    if (node->kind != TG_NODE_TEXT || strcmp(node->text, word) != 0)
        return tg_bad_value(r, node, word);
    return TG_OK;
}

static enum tg_status read_sum(struct tg_study_reader *r, const struct tg_node *node, void *object)
{
    return take(r, node, object, TG_SUM_AMOUNT, "amount");
}

static enum tg_status read_count(struct tg_study_reader *r, const struct tg_node *node,
                                 void *object)
{
    return take(r, node, object, TG_COUNT_EVENTS, "events");
}

static enum tg_status read_any(struct tg_study_reader *r, const struct tg_node *node, void *object)
{
    return take(r, node, object, TG_ANY_EVENT, "true");
}

static enum tg_status read_last(struct tg_study_reader *r, const struct tg_node *node, void *object)
{
    struct written *w = object;
    const struct tg_source *s = w->history.source;
    const char *names[TG_YAML_CHILDREN_MAX];
    w->history.quantity = TG_LAST_MEASURE;
    w->n_quantities++;
    for (size_t i = 0; i < s->n_measures; i++) {
        names[i] = s->measures[i].name;
        if (node->kind == TG_NODE_TEXT && !strcmp(node->text, names[i])) {
            w->history.measure = s->measures[i].name;
            return TG_OK;
        }
    }
    return s->n_measures ? tg_bad_word(r, node, names, s->n_measures)
                         : tg_bad_value(r, node, "for a source of kind measures");
}

static enum tg_status read_codes(struct tg_study_reader *r, const struct tg_node *node,
                                 void *object)
{
    struct written *w = object;
    if (w->history.source->kind != TG_KIND_EVENTS)
        return tg_bad_value(r, node, "for a source of kind events");
    return tg_read_codes(r, node, &w->history.codes, &w->history.n_codes);
}

static enum tg_status read_missing(struct tg_study_reader *r, const struct tg_node *node,
                                   void *object)
{
    struct written *w = object;
    w->is_missing = node->kind == TG_NODE_TEXT && !strcmp(node->text, "true");
    return w->is_missing ? TG_OK : tg_bad_value(r, node, "true");
}

#define LIMIT(key, which)                                                                          \
    {                                                                                              \
        key, TG_RULE_REAL, .offset = AT(limits) + (which) * sizeof(double), .min = 0, .max = 1e15  \
    }

#define HISTORY_RULES                                                                              \
    {"source", TG_RULE_CUSTOM, .required = true, .read = read_source},                             \
        {"codes", TG_RULE_CUSTOM, .read = read_codes}, {"sum", TG_RULE_CUSTOM, .read = read_sum},  \
        {"count", TG_RULE_CUSTOM, .read = read_count}, {"any", TG_RULE_CUSTOM, .read = read_any},  \
        {"last", TG_RULE_CUSTOM, .read = read_last},                                               \
    {                                                                                              \
        "months", TG_RULE_INT, .offset = AT(history.months), .min = 1, .max = 120                  \
    }

static const struct tg_rule covariate_rules[] = {
    {"name", TG_RULE_NAME, .required = true, .offset = AT(name)},
    HISTORY_RULES,
    {"missing", TG_RULE_REAL, .offset = AT(missing), .min = 0, .max = 1e15},
    {.key = NULL},
};

static const struct tg_rule exclusion_rules[] = {
    HISTORY_RULES,
    {"measure", TG_RULE_CUSTOM, .read = read_last},
    LIMIT("at_least", TG_AT_LEAST),
    LIMIT("at_most", TG_AT_MOST),
    LIMIT("above", TG_ABOVE),
    LIMIT("below", TG_BELOW),
    {"missing", TG_RULE_CUSTOM, .read = read_missing},
    {.key = NULL},
};

/* `codes` alone ask for any event. */
static enum tg_status read_history(struct tg_study_reader *r, const struct tg_node *node,
                                   const struct tg_rule *rules, struct written *w)
{
    *w = (struct written){.missing = NAN};
    for (int i = 0; i < TG_IS_MISSING; i++)
        w->limits[i] = NAN;
    enum tg_status status = tg_rules_read(r, node, rules, w);
    if (status)
        return status;
    if (w->n_quantities == 0 && w->history.n_codes) {
        w->history.quantity = TG_ANY_EVENT;
        w->n_quantities = 1;
    }
    if (w->n_quantities != 1)
        return tg_bad_value(r, node, "one of sum: amount, count: events, any: true, last: MEASURE");
    return TG_OK;
}

static enum tg_status settle_exclusion(struct tg_study_reader *r, const struct tg_node *node,
                                       const struct written *w, struct tg_exclusion *out)
{
    int n = w->is_missing;
    *out = (struct tg_exclusion){.history = w->history,
                                 .compare = w->is_missing ? TG_IS_MISSING : TG_NOT_ZERO};
    for (int i = TG_AT_LEAST; i < TG_IS_MISSING; i++) {
        if (isnan(w->limits[i]))
            continue;
        n++;
        out->compare = (enum tg_compare)i;
        out->value = w->limits[i];
    }
    bool any = w->history.quantity == TG_ANY_EVENT;
    if (any ? n > 0 : n != 1)
        return tg_bad_value(r, node,
                            any ? "any: true without a limit"
                                : "one of at_least, at_most, above, below, missing: true");
    return TG_OK;
}

enum tg_status tg_read_exclusions(struct tg_study_reader *r, const struct tg_node *node,
                                  void *object)
{
    struct tg_cohort_rules *cohort = object;
    if (node->kind != TG_NODE_LIST || node->n > EXCLUSIONS_MAX)
        return tg_bad_value(r, node, "a list of at most 100 conditions");
    cohort->exclusions = tg_study_alloc(r, node->n + 1, sizeof *cohort->exclusions);
    if (!cohort->exclusions)
        return TG_NO_MEMORY;
    for (const struct tg_node *child = node->first; child; child = child->next) {
        struct written w;
        enum tg_status status = read_history(r, child, exclusion_rules, &w);
        if (!status)
            status = settle_exclusion(r, child, &w, &cohort->exclusions[cohort->n_exclusions++]);
        if (status)
            return status;
    }
    return TG_OK;
}

bool tg_is_built_in_column(const char *name)
{
    static const char *const names[] = {"sex",      "age",      "age_band",    "months_insured",
                                        "district", "distance", "index_month", "propensity",
                                        "weight",   "arm",      "set",         "subject_id"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!strcmp(name, names[i]))
            return true;
    }
    return false;
}

enum tg_status tg_read_covariates(struct tg_study_reader *r, const struct tg_node *node,
                                  void *object)
{
    struct tg_cohort_rules *cohort = object;
    if (node->kind != TG_NODE_LIST || node->n > COVARIATES_MAX)
        return tg_bad_value(r, node, "a list of at most 200 covariates");
    cohort->covariates = tg_study_alloc(r, node->n + 1, sizeof *cohort->covariates);
    if (!cohort->covariates)
        return TG_NO_MEMORY;
    for (const struct tg_node *child = node->first; child; child = child->next) {
        struct written w;
        enum tg_status status = read_history(r, child, covariate_rules, &w);
        if (status)
            return status;
        for (size_t i = 0; i < cohort->n_covariates; i++) {
            if (!strcmp(cohort->covariates[i].name, w.name))
                return tg_bad_value(r, tg_node_child(child, "name"), "each name once");
        }
        if (tg_is_built_in_column(w.name))
            return tg_bad_value(r, tg_node_child(child, "name"), "a name that is not built in");
        cohort->covariates[cohort->n_covariates++] =
            (struct tg_covariate_rule){w.name, w.history, w.missing};
    }
    return TG_OK;
}
