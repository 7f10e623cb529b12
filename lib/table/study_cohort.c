/* SPDX-License-Identifier: Apache-2.0 */
#include "table/study_read.h"

#include "text/calendar.h"

#include <string.h>

#define AT(member) offsetof(struct tg_cohort_rules, member)

static const struct tg_word index_words[] = {{"first_consent", TG_INDEX_FIRST_CONSENT},
                                             {"first_activity", TG_INDEX_FIRST_ACTIVITY},
                                             {"registered", TG_INDEX_REGISTERED},
                                             {NULL, 0}};
static const struct tg_word strata[] = {{"sex", TG_STRATUM_SEX},
                                        {"age_band", TG_STRATUM_AGE_BAND},
                                        {"district", TG_STRATUM_DISTRICT},
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

static enum tg_status read_participants(struct tg_study_reader *r, const struct tg_node *node,
                                        void *object)
{
    static const struct tg_rule rules[] = {{"provider", TG_RULE_NAME, .offset = AT(provider)},
                                           {.key = NULL}};
    struct tg_cohort_rules *cohort = object;
    enum tg_status status = tg_rules_read(r, node, rules, cohort);
    if (!status && cohort->provider && !has_users_of(r->study, cohort->provider))
        return tg_bad_value(r, tg_node_child(node, "provider"),
                            "the provider of a source of kind users");
    return status;
}

static enum tg_status read_exact(struct tg_study_reader *r, const struct tg_node *node,
                                 void *object)
{
    static const char *const names[] = {"sex", "age_band", "district"};
    struct tg_cohort_rules *cohort = object;
    if (node->kind != TG_NODE_LIST || node->n == 0)
        return tg_bad_value(r, node, "a list of sex, age_band, district");
    cohort->exact = 0;
    for (const struct tg_node *child = node->first; child; child = child->next) {
        const struct tg_word *w = strata;
        while (w->word && (child->kind != TG_NODE_TEXT || strcmp(child->text, w->word)))
            w++;
        if (!w->word)
            return tg_bad_word(r, child, names, 3);
        cohort->exact |= (unsigned)w->value;
    }
    return TG_OK;
}

static const struct tg_rule match_rules[] = {
    {"exact", TG_RULE_CUSTOM, .read = read_exact},
    {.key = NULL},
};

static const struct tg_rule cohort_rules[] = {
    {"index", TG_RULE_CUSTOM, .read = read_index},
    {"baseline_months", TG_RULE_INT, .offset = AT(baseline_months), .min = 1, .max = 120},
    {"followup_months", TG_RULE_INT, .offset = AT(followup_months), .min = 1, .max = 120},
    {"age", TG_RULE_CUSTOM, .read = read_age},
    {"participants", TG_RULE_CUSTOM, .read = read_participants},
    {"match", TG_RULE_SECTION, .section = match_rules},
    {"seed", TG_RULE_UINT64, .offset = AT(seed), .min = 0, .max = 999999999999999},
    {.key = NULL},
};

enum tg_status tg_read_cohort(struct tg_study_reader *r, const struct tg_node *node, void *object)
{
    struct tg_study *study = object;
    study->has_cohort = true;
    return tg_rules_read(r, node, cohort_rules, &study->cohort);
}
