/* SPDX-License-Identifier: Apache-2.0 */
#include "table/study_read.h"

#include "text/decimal.h"

#include <string.h>

enum { INDICATORS_MAX = 64, YEARS_MAX = 64, YEAR_MIN = 1990, YEAR_MAX = 2999 };

static const uint64_t yen_max = 1000000000000000;

#define AT(member) offsetof(struct tg_indicator, member)

static enum tg_status read_number(struct tg_study_reader *r, const struct tg_node *node,
                                  int64_t *out)
{
    const char *text = node->kind == TG_NODE_TEXT ? node->text : "";
    struct tg_decimal number;
    if (!tg_decimal_read(text, strlen(text), &number) ||
        !tg_decimal_fixed(&number, TG_PAY_DECIMALS, out))
        return tg_bad_value(r, node, "a number with at most 9 decimals, below 9000000000");
    return TG_OK;
}

static enum tg_status read_yen(struct tg_study_reader *r, const struct tg_node *node, int64_t *out)
{
    uint64_t yen = 0;
    if (node->kind != TG_NODE_TEXT || !tg_scan_uint(node->text, yen_max, &yen))
        return tg_bad_value(r, node, "whole yen, 0…1000000000000000");
    *out = (int64_t)yen;
    return TG_OK;
}

static enum tg_status read_floor(struct tg_study_reader *r, const struct tg_node *node,
                                 void *object)
{
    struct tg_indicator *indicator = object;
    indicator->has_floor = true;
    return read_number(r, node, &indicator->floor);
}

static enum tg_status read_cap(struct tg_study_reader *r, const struct tg_node *node, void *object)
{
    struct tg_indicator *indicator = object;
    indicator->has_cap = true;
    return read_number(r, node, &indicator->cap);
}

static enum tg_status read_unit(struct tg_study_reader *r, const struct tg_node *node, void *object)
{
    struct tg_indicator *indicator = object;
    return read_yen(r, node, &indicator->unit_yen);
}

static enum tg_status read_max(struct tg_study_reader *r, const struct tg_node *node, void *object)
{
    struct tg_indicator *indicator = object;
    return read_yen(r, node, &indicator->max_yen);
}

static enum tg_status read_point(struct tg_study_reader *r, const struct tg_node *node,
                                 struct tg_indicator *indicator)
{
    struct tg_pay_point *point = &indicator->points[indicator->n_points];
    if (node->kind != TG_NODE_LIST || node->n != 2)
        return tg_bad_value(r, node, "[value, yen]");
    enum tg_status status = read_number(r, node->first, &point->value);
    if (!status)
        status = read_yen(r, node->first->next, &point->yen);
    if (status)
        return status;
    if (indicator->n_points == 1)
        indicator->falling = point->value < point[-1].value;
    if (indicator->n_points > 0 &&
        (indicator->falling ? point->value >= point[-1].value : point->value <= point[-1].value))
        return tg_bad_value(r, node->first, "values that all rise, or all fall");
    indicator->n_points++;
    return TG_OK;
}

static enum tg_status read_points(struct tg_study_reader *r, const struct tg_node *node,
                                  void *object, enum tg_pay_form form, size_t fewest)
{
    struct tg_indicator *indicator = object;
    if (indicator->n_points)
        return tg_bad_value(r, node, "one of steps, line and unit");
    if (node->kind != TG_NODE_LIST || node->n < fewest)
        return tg_bad_value(r, node,
                            fewest == 1 ? "[[value, yen], …]" : "[[value, yen], [value, yen], …]");
    indicator->form = form;
    indicator->points = tg_study_alloc(r, node->n, sizeof *indicator->points);
    if (!indicator->points)
        return TG_NO_MEMORY;
    enum tg_status status = TG_OK;
    for (const struct tg_node *child = node->first; child && !status; child = child->next)
        status = read_point(r, child, indicator);
    return status;
}

static enum tg_status read_steps(struct tg_study_reader *r, const struct tg_node *node,
                                 void *object)
{
    return read_points(r, node, object, TG_PAY_STEPS, 1);
}

static enum tg_status read_line(struct tg_study_reader *r, const struct tg_node *node, void *object)
{
    return read_points(r, node, object, TG_PAY_LINE, 2);
}

static enum tg_status read_years(struct tg_study_reader *r, const struct tg_node *node,
                                 void *object)
{
    struct tg_indicator *indicator = object;
    static const char allowed[] = "[2025, 2026, …], fiscal years";
    if (node->kind != TG_NODE_LIST || node->n == 0 || node->n > YEARS_MAX)
        return tg_bad_value(r, node, allowed);
    indicator->years = tg_study_alloc(r, node->n, sizeof *indicator->years);
    if (!indicator->years)
        return TG_NO_MEMORY;
    for (const struct tg_node *child = node->first; child; child = child->next) {
        uint64_t year = 0;
        if (child->kind != TG_NODE_TEXT || !tg_scan_uint(child->text, YEAR_MAX, &year) ||
            year < YEAR_MIN)
            return tg_bad_value(r, child, allowed);
        indicator->years[indicator->n_years++] = (int)year;
    }
    return TG_OK;
}

static enum tg_status read_outcome(struct tg_study_reader *r, const struct tg_node *node,
                                   void *object)
{
    struct tg_indicator *indicator = object;
    const char *names[TG_YAML_CHILDREN_MAX];
    size_t n = 0;
    for (; n < r->study->n_outcomes; n++) {
        names[n] = r->study->outcomes[n].name;
        if (node->kind == TG_NODE_TEXT && !strcmp(node->text, names[n])) {
            indicator->outcome = n;
            return TG_OK;
        }
    }
    return n ? tg_bad_word(r, node, names, n) : tg_bad_value(r, node, "the name of an outcome");
}

static const struct tg_word outcome_values[] = {{"effect", TG_PAY_EFFECT},
                                                {"participants", TG_PAY_PARTICIPANTS},
                                                {"controls", TG_PAY_CONTROLS},
                                                {NULL, 0}};
static const struct tg_word no_or_yes[] = {{"false", 0}, {"true", 1}, {NULL, 0}};

static const struct tg_rule outcome_rules[] = {
    {"outcome", TG_RULE_CUSTOM, .required = true, .read = read_outcome},
    {"value", TG_RULE_WORD, .offset = AT(value), .words = outcome_values},
    {"negate", TG_RULE_WORD, .offset = AT(negate), .words = no_or_yes},
    {.key = NULL},
};

static enum tg_status read_from(struct tg_study_reader *r, const struct tg_node *node, void *object)
{
    static const char *const names[] = {"given", "participants",
                                        "{outcome: NAME, value: effect, negate: false}"};
    struct tg_indicator *indicator = object;
    const char *text = node->kind == TG_NODE_TEXT ? node->text : "";
    if (node->kind == TG_NODE_MAP) {
        indicator->from = TG_PAY_FROM_OUTCOME;
        return tg_rules_read(r, node, outcome_rules, indicator);
    }
    if (strcmp(text, names[0]) && strcmp(text, names[1]))
        return tg_bad_word(r, node, names, 3);
    indicator->from = strcmp(text, names[0]) ? TG_PAY_FROM_PARTICIPANTS : TG_PAY_FROM_GIVEN;
    return TG_OK;
}

static const struct tg_word shown_as[] = {{"count", 0}, {"share", 1}, {NULL, 0}};

static const struct tg_rule indicator_rules[] = {
    {"name", TG_RULE_NAME, .required = true, .offset = AT(name)},
    {"from", TG_RULE_CUSTOM, .read = read_from},
    {"active_months", TG_RULE_INT, .offset = AT(active_months), .min = 0, .max = 120},
    {"as", TG_RULE_WORD, .offset = AT(share), .words = shown_as},
    {"floor", TG_RULE_CUSTOM, .read = read_floor},
    {"cap", TG_RULE_CUSTOM, .read = read_cap},
    {"steps", TG_RULE_CUSTOM, .read = read_steps},
    {"line", TG_RULE_CUSTOM, .read = read_line},
    {"unit", TG_RULE_CUSTOM, .read = read_unit},
    {"max", TG_RULE_CUSTOM, .read = read_max},
    {"min_n", TG_RULE_UINT64, .offset = AT(min_n), .min = 0, .max = 1000000000},
    {"years", TG_RULE_CUSTOM, .read = read_years},
    {.key = NULL},
};

/* What its keys mean together. */
static enum tg_status check_indicator(struct tg_study_reader *r, const struct tg_node *node,
                                      const struct tg_indicator *indicator)
{
    const struct tg_node *unit = tg_node_child(node, "unit"), *max = tg_node_child(node, "max");
    const struct tg_node *months = tg_node_child(node, "active_months");
    const struct tg_node *as = tg_node_child(node, "as"), *cap = tg_node_child(node, "cap");
    if (!unit && !indicator->n_points)
        return tg_missing_key(r, node, "steps, line, unit");
    if (unit && indicator->n_points)
        return tg_bad_value(r, unit, "one of steps, line and unit");
    if (max && !unit)
        return tg_bad_value(r, max, "max only with unit");
    if (indicator->from != TG_PAY_FROM_PARTICIPANTS && (months || as))
        return tg_bad_value(r, months ? months : as, "only with from: participants");
    if (indicator->has_floor && indicator->has_cap &&
        (indicator->falling ? indicator->floor < indicator->cap
                            : indicator->floor > indicator->cap))
        return tg_bad_value(r, cap, "a cap beyond the floor");
    if (!strcmp(indicator->name, "total"))
        return tg_bad_value(r, tg_node_child(node, "name"), "any name but total");
    return TG_OK;
}

static enum tg_status read_indicators(struct tg_study_reader *r, const struct tg_node *node,
                                      void *object)
{
    struct tg_pfs *pfs = object;
    if (node->kind != TG_NODE_LIST || node->n == 0 || node->n > INDICATORS_MAX)
        return tg_bad_value(r, node, "a list of 1…64 indicators");
    pfs->indicators = tg_study_alloc(r, node->n, sizeof *pfs->indicators);
    if (!pfs->indicators)
        return TG_NO_MEMORY;
    for (const struct tg_node *child = node->first; child; child = child->next) {
        struct tg_indicator *indicator = &pfs->indicators[pfs->n];
        *indicator = (struct tg_indicator){.form = TG_PAY_UNIT, .max_yen = INT64_MAX};
        enum tg_status status = tg_rules_read(r, child, indicator_rules, indicator);
        if (!status)
            status = check_indicator(r, child, indicator);
        if (status)
            return status;
        for (size_t i = 0; i < pfs->n; i++) {
            if (!strcmp(pfs->indicators[i].name, indicator->name))
                return tg_bad_value(r, tg_node_child(child, "name"), "each name once");
        }
        pfs->n++;
    }
    return TG_OK;
}

static enum tg_status read_fixed(struct tg_study_reader *r, const struct tg_node *node,
                                 void *object)
{
    return read_yen(r, node, &((struct tg_pfs *)object)->fixed_yen);
}

static enum tg_status read_total_cap(struct tg_study_reader *r, const struct tg_node *node,
                                     void *object)
{
    return read_yen(r, node, &((struct tg_pfs *)object)->cap_yen);
}

static const struct tg_rule pfs_rules[] = {
    {"fixed", TG_RULE_CUSTOM, .read = read_fixed},
    {"cap", TG_RULE_CUSTOM, .read = read_total_cap},
    {"indicators", TG_RULE_CUSTOM, .required = true, .read = read_indicators},
    {.key = NULL},
};

enum tg_status tg_read_pfs(struct tg_study_reader *r, const struct tg_node *node, void *object)
{
    struct tg_study *study = object;
    study->pfs.cap_yen = INT64_MAX;
    return tg_rules_read(r, node, pfs_rules, &study->pfs);
}
