/* SPDX-License-Identifier: Apache-2.0 */
#include "table/study_read.h"

#include "text/decimal.h"

#include <stdlib.h>
#include <string.h>

enum { OUTCOMES_MAX = 64, BENEFITS_MAX = 64 };

#define AT(member) offsetof(struct tg_outcome_rule, member)

static const uint64_t yen_max = 1000000000;

static bool is_data(const struct tg_source *s)
{
    return s->kind == TG_KIND_EVENTS || s->kind == TG_KIND_MEASURES;
}

static enum tg_status read_source(struct tg_study_reader *r, const struct tg_node *node,
                                  void *object)
{
    struct tg_outcome_rule *outcome = object;
    const char *names[TG_YAML_CHILDREN_MAX];
    size_t n = 0;
    for (size_t i = 0; i < r->study->n_sources; i++) {
        const struct tg_source *s = &r->study->sources[i];
        if (!is_data(s))
            continue;
        names[n++] = s->name;
        if (node->kind == TG_NODE_TEXT && !strcmp(node->text, s->name)) {
            outcome->source = s;
            return TG_OK;
        }
    }
    return n ? tg_bad_word(r, node, names, n)
             : tg_bad_value(r, node, "a source of kind events or measures");
}

static enum tg_status read_codes(struct tg_study_reader *r, const struct tg_node *node,
                                 void *object)
{
    struct tg_outcome_rule *outcome = object;
    return tg_read_codes(r, node, &outcome->codes, &outcome->n_codes);
}

static enum tg_status read_measure(struct tg_study_reader *r, const struct tg_node *node,
                                   void *object)
{
    struct tg_outcome_rule *outcome = object;
    const char *names[TG_YAML_CHILDREN_MAX];
    size_t n = 0;
    if (outcome->source->kind != TG_KIND_MEASURES)
        return tg_bad_value(r, node, "measure only with a source of kind measures");
    for (; n < outcome->source->n_measures; n++) {
        names[n] = outcome->source->measures[n].name;
        if (node->kind == TG_NODE_TEXT && !strcmp(node->text, names[n])) {
            outcome->measure = names[n];
            return TG_OK;
        }
    }
    return tg_bad_word(r, node, names, n);
}

static enum tg_status read_number(struct tg_study_reader *r, const struct tg_node *node,
                                  double *out)
{
    const char *text = node->kind == TG_NODE_TEXT ? node->text : "";
    struct tg_decimal number;
    char plain[TG_DECIMAL_TEXT + 1];
    if (!tg_decimal_read(text, strlen(text), &number))
        return tg_bad_value(r, node, "a number");
    plain[tg_decimal_write(&number, plain)] = '\0';
    *out = strtod(plain, NULL);
    return TG_OK;
}

static enum tg_status read_threshold(struct tg_study_reader *r, const struct tg_node *node,
                                     void *object)
{
    struct tg_outcome_rule *outcome = object;
    if (outcome->has_threshold)
        return tg_bad_value(r, node, "one of at_least and at_most");
    outcome->has_threshold = true;
    outcome->at_most = !strcmp(node->key, "at_most");
    return read_number(r, node, &outcome->threshold);
}

static enum tg_status read_missing(struct tg_study_reader *r, const struct tg_node *node,
                                   void *object)
{
    struct tg_outcome_rule *outcome = object;
    outcome->has_missing = true;
    return read_number(r, node, &outcome->missing);
}

static enum tg_status read_benefits(struct tg_study_reader *r, const struct tg_node *node,
                                    void *object)
{
    static const char allowed[] = "[[level, yen a month], …], levels rising";
    struct tg_outcome_rule *outcome = object;
    if (node->kind != TG_NODE_LIST || node->n == 0 || node->n > BENEFITS_MAX)
        return tg_bad_value(r, node, allowed);
    outcome->benefits = tg_study_alloc(r, node->n, sizeof *outcome->benefits);
    if (!outcome->benefits)
        return TG_NO_MEMORY;
    enum tg_status status = TG_OK;
    for (const struct tg_node *child = node->first; child && !status; child = child->next) {
        struct tg_benefit *b = &outcome->benefits[outcome->n_benefits];
        uint64_t yen = 0;
        if (child->kind != TG_NODE_LIST || child->n != 2 ||
            child->first->next->kind != TG_NODE_TEXT ||
            !tg_scan_uint(child->first->next->text, yen_max, &yen))
            return tg_bad_value(r, child, allowed);
        b->yen = (int64_t)yen;
        status = read_number(r, child->first, &b->level);
        if (!status && outcome->n_benefits > 0 && b->level <= b[-1].level)
            return tg_bad_value(r, child, allowed);
        outcome->n_benefits++;
    }
    return status;
}

static const struct tg_word subgroups[] = {{"sex", TG_BY_SEX},
                                           {"age_band", TG_BY_AGE_BAND},
                                           {"district", TG_BY_DISTRICT},
                                           {"level", TG_BY_LEVEL},
                                           {NULL, 0}};

static enum tg_status read_by(struct tg_study_reader *r, const struct tg_node *node, void *object)
{
    static const char *const names[] = {"sex", "age_band", "district", "level"};
    struct tg_outcome_rule *outcome = object;
    if (node->kind != TG_NODE_LIST)
        return tg_bad_value(r, node, "a list of sex, age_band, district, level");
    for (const struct tg_node *child = node->first; child; child = child->next) {
        const struct tg_word *w = subgroups;
        while (w->word && (child->kind != TG_NODE_TEXT || strcmp(child->text, w->word)))
            w++;
        if (!w->word)
            return tg_bad_word(r, child, names, sizeof names / sizeof names[0]);
        outcome->by |= (unsigned)w->value;
    }
    return TG_OK;
}

static const struct tg_word design_words[] = {{"did", TG_DESIGN_DID},
                                              {"change", TG_DESIGN_CHANGE},
                                              {"level", TG_DESIGN_LEVEL},
                                              {"rate", TG_DESIGN_RATE},
                                              {"incidence", TG_DESIGN_INCIDENCE},
                                              {"transition", TG_DESIGN_TRANSITION},
                                              {NULL, 0}};
static const struct tg_word no_or_yes[] = {{"false", 0}, {"true", 1}, {NULL, 0}};
static const struct tg_word better[] = {{"lower", 0}, {"higher", 1}, {NULL, 0}};

static const struct tg_rule outcome_rules[] = {
    {"name", TG_RULE_NAME, .required = true, .offset = AT(name)},
    {"source", TG_RULE_CUSTOM, .required = true, .read = read_source},
    {"design", TG_RULE_WORD, .offset = AT(design), .words = design_words},
    {"codes", TG_RULE_CUSTOM, .read = read_codes},
    {"measure", TG_RULE_CUSTOM, .read = read_measure},
    {"at_least", TG_RULE_CUSTOM, .read = read_threshold},
    {"at_most", TG_RULE_CUSTOM, .read = read_threshold},
    {"months", TG_RULE_INT, .offset = AT(months), .min = 1, .max = 120},
    {"per_year", TG_RULE_WORD, .offset = AT(per_year), .words = no_or_yes},
    {"missing", TG_RULE_CUSTOM, .read = read_missing},
    {"better", TG_RULE_WORD, .offset = AT(higher_is_better), .words = better},
    {"benefits", TG_RULE_CUSTOM, .read = read_benefits},
    {"by", TG_RULE_CUSTOM, .read = read_by},
    {.key = NULL},
};

/* Which designs a key belongs to. */
static const struct {
    const char *key;
    unsigned designs;
    const char *allowed;
} belongs[] = {
    {"months", 1u << TG_DESIGN_INCIDENCE | 1u << TG_DESIGN_TRANSITION,
     "only with design incidence or transition"},
    {"per_year", 1u << TG_DESIGN_CHANGE, "only with design change"},
    {"missing", 1u << TG_DESIGN_TRANSITION, "only with design transition"},
    {"better", 1u << TG_DESIGN_TRANSITION, "only with design transition"},
    {"benefits", 1u << TG_DESIGN_TRANSITION, "only with design transition"},
    {"at_least",
     1u << TG_DESIGN_CHANGE | 1u << TG_DESIGN_LEVEL | 1u << TG_DESIGN_RATE |
         1u << TG_DESIGN_INCIDENCE,
     "with design change, level, rate or incidence"},
    {"at_most",
     1u << TG_DESIGN_CHANGE | 1u << TG_DESIGN_LEVEL | 1u << TG_DESIGN_RATE |
         1u << TG_DESIGN_INCIDENCE,
     "with design change, level, rate or incidence"},
};

static enum tg_status check_keys(struct tg_study_reader *r, const struct tg_node *node,
                                 const struct tg_outcome_rule *o)
{
    for (size_t i = 0; i < sizeof belongs / sizeof belongs[0]; i++) {
        const struct tg_node *child = tg_node_child(node, belongs[i].key);
        if (child && !(belongs[i].designs >> o->design & 1))
            return tg_bad_value(r, child, belongs[i].allowed);
    }
    return TG_OK;
}

/* What its keys mean together. */
static enum tg_status check_outcome(struct tg_study_reader *r, const struct tg_node *node,
                                    const struct tg_outcome_rule *o)
{
    bool events = o->source->kind == TG_KIND_EVENTS;
    bool compares_values = o->design == TG_DESIGN_CHANGE || o->design == TG_DESIGN_TRANSITION;
    const struct tg_node *source = tg_node_child(node, "source");
    if (o->design == TG_DESIGN_DID && !events)
        return tg_bad_value(r, source, "a source of kind events for design did");
    if (compares_values && events)
        return tg_bad_value(r, source, "a source of kind measures for change and transition");
    if (o->codes && !events)
        return tg_bad_value(r, tg_node_child(node, "codes"),
                            "codes only with a source of kind events");
    if (compares_values && !o->measure)
        return tg_missing_key(r, node, "measure");
    if (o->has_threshold && (events ? o->design != TG_DESIGN_LEVEL : !o->measure))
        return tg_bad_value(r, tg_node_child(node, o->at_most ? "at_most" : "at_least"),
                            "a threshold of a measure, or of yen a month with design level");
    if (o->measure && !o->has_threshold && o->design == TG_DESIGN_INCIDENCE)
        return tg_missing_key(r, node, "at_least");
    return check_keys(r, node, o);
}

enum tg_status tg_read_outcomes(struct tg_study_reader *r, const struct tg_node *node, void *object)
{
    struct tg_study *study = object;
    if (node->kind != TG_NODE_LIST || node->n == 0 || node->n > OUTCOMES_MAX)
        return tg_bad_value(r, node, "a list of 1…64 outcomes");
    study->outcomes = tg_study_alloc(r, node->n, sizeof *study->outcomes);
    if (!study->outcomes)
        return TG_NO_MEMORY;
    for (const struct tg_node *child = node->first; child; child = child->next) {
        struct tg_outcome_rule *outcome = &study->outcomes[study->n_outcomes];
        enum tg_status status = tg_rules_read(r, child, outcome_rules, outcome);
        if (!status)
            status = check_outcome(r, child, outcome);
        if (status)
            return status;
        for (size_t i = 0; i < study->n_outcomes; i++) {
            if (!strcmp(study->outcomes[i].name, outcome->name))
                return tg_bad_value(r, tg_node_child(child, "name"), "each name once");
        }
        study->n_outcomes++;
    }
    return TG_OK;
}
