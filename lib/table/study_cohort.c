/* SPDX-License-Identifier: Apache-2.0 */
#include "table/study_read.h"

#include "text/calendar.h"

#include <math.h>
#include <string.h>

#define AT(member) offsetof(struct tg_cohort_rules, member)

static const struct tg_word index_words[] = {{"first_consent", TG_INDEX_FIRST_CONSENT},
                                             {"first_activity", TG_INDEX_FIRST_ACTIVITY},
                                             {"registered", TG_INDEX_REGISTERED},
                                             {NULL, 0}};
static enum tg_status read_index(struct tg_study_reader *r, const struct tg_node *node,
                                 void *object)
{
    struct tg_cohort_rules *cohort = object;
    const char *text = node->kind == TG_NODE_TEXT ? node->text : "";
    for (const struct tg_word *w = index_words; w->word; w++) {
        if (!strcmp(text, w->word)) {
            cohort->index = (enum tg_index_rule)w->value;
            return TG_OK;
        }
    }
    cohort->index = TG_INDEX_FIXED;
    if (tg_month_scan(text, strlen(text), &cohort->index_month))
        return TG_OK;
    static const char *const names[] = {"first_consent", "first_activity", "registered", "YYYY-MM"};
    return tg_bad_word(r, node, names, 4);
}

static enum tg_status read_age(struct tg_study_reader *r, const struct tg_node *node, void *object)
{
    struct tg_cohort_rules *cohort = object;
    uint64_t age[2] = {0, 0};
    size_t n = 0;
    bool ok = node->kind == TG_NODE_LIST && node->n == 2;
    for (const struct tg_node *child = node->first; child && ok; child = child->next)
        ok = child->kind == TG_NODE_TEXT && tg_scan_uint(child->text, 130, &age[n++]);
    if (!ok || age[0] > age[1])
        return tg_bad_value(r, node, "[min, max], full years, 0…130");
    cohort->age_min = (int)age[0];
    cohort->age_max = (int)age[1];
    return TG_OK;
}

static bool has_users_of(const struct tg_study *study, const char *provider)
{
    for (size_t i = 0; i < study->n_sources; i++) {
        const struct tg_source *s = &study->sources[i];
        if (s->kind == TG_KIND_USERS && !strcmp(s->provider, provider))
            return true;
    }
    return false;
}

static const struct tg_word earlier_use[] = {{"exclude", false}, {"allow", true}, {NULL, 0}};

static enum tg_status read_earlier_use(struct tg_study_reader *r, const struct tg_node *node,
                                       void *object)
{
    struct tg_cohort_rules *cohort = object;
    static const char *const names[] = {"exclude", "allow"};
    for (const struct tg_word *w = earlier_use; w->word; w++) {
        if (node->kind == TG_NODE_TEXT && !strcmp(node->text, w->word)) {
            cohort->allow_earlier_use = w->value != 0;
            return TG_OK;
        }
    }
    return tg_bad_word(r, node, names, 2);
}

/* Activity that is asked for later than the follow-up begins would make time immortal. */
static enum tg_status check_activity(struct tg_study_reader *r, const struct tg_node *node,
                                     const struct tg_cohort_rules *cohort)
{
    int most = cohort->landmark > 1 ? cohort->landmark : 1;
    if (cohort->active_months > most)
        return tg_bad_value(r, tg_node_child(node, "active_months"),
                            "at most landmark (1 where landmark is 0), or time would be immortal");
    if (cohort->active_months == 0)
        return TG_OK;
    for (size_t i = 0; i < r->study->n_sources; i++) {
        const struct tg_source *s = &r->study->sources[i];
        if (s->kind == TG_KIND_MEASURES && s->provider &&
            (!cohort->provider || !strcmp(s->provider, cohort->provider)))
            return TG_OK;
    }
    return tg_bad_value(r, tg_node_child(node, "active_months"),
                        "0, since the provider has no source of kind measures");
}

static enum tg_status read_participants(struct tg_study_reader *r, const struct tg_node *node,
                                        void *object)
{
    static const struct tg_rule rules[] = {
        {"provider", TG_RULE_NAME, .offset = AT(provider)},
        {"active_months", TG_RULE_INT, .offset = AT(active_months), .min = 0, .max = 60},
        {"earlier_use", TG_RULE_CUSTOM, .read = read_earlier_use},
        {.key = NULL}};
    struct tg_cohort_rules *cohort = object;
    enum tg_status status = tg_rules_read(r, node, rules, cohort);
    if (!status && cohort->provider && !has_users_of(r->study, cohort->provider))
        return tg_bad_value(r, tg_node_child(node, "provider"),
                            "the provider of a source of kind users");
    return status ? status : check_activity(r, node, cohort);
}

static const struct tg_rule cohort_rules[] = {
    {"index", TG_RULE_CUSTOM, .read = read_index},
    {"baseline_months", TG_RULE_INT, .offset = AT(baseline_months), .min = 1, .max = 120},
    {"followup_months", TG_RULE_INT, .offset = AT(followup_months), .min = 1, .max = 120},
    {"landmark", TG_RULE_INT, .offset = AT(landmark), .min = 0, .max = 60},
    {"age", TG_RULE_CUSTOM, .read = read_age},
    {"participants", TG_RULE_CUSTOM, .read = read_participants},
    {"exclude", TG_RULE_CUSTOM, .read = tg_read_exclusions},
    {"covariates", TG_RULE_CUSTOM, .read = tg_read_covariates},
    {"match", TG_RULE_CUSTOM, .read = tg_read_match},
    {"seed", TG_RULE_UINT64, .offset = AT(seed), .min = 0, .max = 999999999999999},
    {.key = NULL},
};

enum tg_status tg_read_cohort(struct tg_study_reader *r, const struct tg_node *node, void *object)
{
    struct tg_study *study = object;
    study->has_cohort = true;
    enum tg_status status = tg_rules_read(r, node, cohort_rules, &study->cohort);
    return status ? status : tg_match_defaults(r, &study->cohort);
}

/* Where the file lists no covariates, what the outcomes cost before is compared. */
enum tg_status tg_default_covariates(struct tg_study_reader *r)
{
    struct tg_study *study = r->study;
    struct tg_cohort_rules *cohort = &study->cohort;
    if (!study->has_cohort || cohort->covariates)
        return TG_OK;
    cohort->covariates = tg_study_alloc(r, study->n_outcomes + 1, sizeof *cohort->covariates);
    if (!cohort->covariates)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < study->n_outcomes; i++) {
        const struct tg_outcome_rule *outcome = &study->outcomes[i];
        if (outcome->source->kind != TG_KIND_EVENTS || tg_is_built_in_column(outcome->name))
            continue;
        cohort->covariates[cohort->n_covariates++] = (struct tg_covariate_rule){
            .name = outcome->name,
            .history = {.source = outcome->source,
                        .quantity = TG_SUM_AMOUNT,
                        .codes = outcome->codes,
                        .n_codes = outcome->n_codes},
            .missing = NAN};
    }
    return TG_OK;
}
