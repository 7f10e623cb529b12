/* SPDX-License-Identifier: Apache-2.0 */
#include "table/study_read.h"

#include <string.h>

enum { OUTCOMES_MAX = 64 };

static enum tg_status read_outcome_source(struct tg_study_reader *r, const struct tg_node *node,
                                          void *object)
{
    struct tg_outcome_rule *outcome = object;
    const char *names[TG_YAML_CHILDREN_MAX];
    size_t n = 0;
    for (size_t i = 0; i < r->study->n_sources; i++) {
        const struct tg_source *s = &r->study->sources[i];
        if (s->kind != TG_KIND_EVENTS)
            continue;
        names[n++] = s->name;
        if (node->kind == TG_NODE_TEXT && !strcmp(node->text, s->name)) {
            outcome->source = s;
            return TG_OK;
        }
    }
    return n ? tg_bad_word(r, node, names, n) : tg_bad_value(r, node, "a source of kind events");
}

static const struct tg_word design_words[] = {{"did", TG_DESIGN_DID}, {NULL, 0}};

static const struct tg_rule outcome_rules[] = {
    {"name", TG_RULE_NAME, .required = true, .offset = offsetof(struct tg_outcome_rule, name)},
    {"source", TG_RULE_CUSTOM, .required = true, .read = read_outcome_source},
    {"design", TG_RULE_WORD, .offset = offsetof(struct tg_outcome_rule, design),
     .words = design_words},
    {.key = NULL},
};

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
