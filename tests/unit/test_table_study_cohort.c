/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "table/study_read.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD                                                                                       \
    "version: 1\n"                                                                                 \
    "study: s-1\n"                                                                                 \
    "sources:\n"                                                                                   \
    "  roster: {kind: roster, columns: {kana_name: K, birth_date: B, sex: S}}\n"                   \
    "  claims: {kind: events, columns: {kana_name: K, birth_date: B, sex: S, month: M, amount: A," \
    " code: C}}\n"                                                                                 \
    "  checkup: {kind: measures, columns: {kana_name: K, birth_date: B, sex: S, date: D},"         \
    " measures: {bmi: BMI, hba1c: H}}\n"                                                           \
    "  certification: {kind: measures, columns: {kana_name: K, birth_date: B, sex: S, date: D},"   \
    " measures: {care_level: L}}\n"                                                                \
    "  users: {kind: users, provider: walkapp, columns: {app_user_id: u, kana_name: k}}\n"         \
    "  steps: {kind: measures, provider: walkapp, columns: {app_user_id: u, date: d},"             \
    " measures: {steps: n}}\n"                                                                     \
    "  other: {kind: users, provider: run, columns: {app_user_id: u, kana_name: k}}\n"             \
    "outcomes: [{name: cost, source: claims}]\n"

static struct tg_error err;

static struct tg_study *load(const char *section)
{
    struct tg_study *study = NULL;
    char text[4096], said[512];
    (void)snprintf(text, sizeof text, HEAD "%s", section);
    enum tg_status status = tg_study_parse("study.yaml", text, strlen(text), &study, &err);
    (void)tg_error_format(&err, TG_ENGLISH, said, sizeof said);
    ck_assert_msg(status == TG_OK, "%s\n%s", said, section);
    return study;
}

static const char whole[] =
    "cohort:\n"
    "  index: first_consent              # first_activity | registered | first_consent | 2025-04\n"
    "  baseline_months: 12\n"
    "  followup_months: 12\n"
    "  landmark: 0\n"
    "  age: [40, 110]\n"
    "  participants: {provider: walkapp, active_months: 1}\n"
    "  exclude: [{source: certification, measure: care_level, at_least: 12}]\n"
    "  covariates:\n"
    "    - {name: medical, source: claims, sum: amount}          # yen per baseline month\n"
    "    - {name: diabetes, source: claims, codes: [E10-E14], any: true}\n"
    "    - {name: bmi, source: checkup, last: bmi}\n"
    "  match: {exact: [sex, district], propensity: [age, medical, diabetes, bmi], caliper: 0.2,"
    " ratio: 1, order: largest, replacement: false}\n";

START_TEST(a_whole_section)
{
    struct tg_study *s = load(whole);
    const struct tg_cohort_rules *c = &s->cohort;
    ck_assert(c->index == TG_INDEX_FIRST_CONSENT && c->landmark == 0 && c->active_months == 1);
    ck_assert_str_eq(c->provider, "walkapp");
    ck_assert(!c->allow_earlier_use);
    ck_assert_uint_eq(c->n_exclusions, 1);
    const struct tg_exclusion *e = c->exclusions;
    ck_assert(e->compare == TG_AT_LEAST && e->value == 12);
    ck_assert(e->history.quantity == TG_LAST_MEASURE && e->history.months == 0);
    ck_assert_str_eq(e->history.measure, "care_level");
    ck_assert_uint_eq(c->n_covariates, 3);
    ck_assert(c->covariates[0].history.quantity == TG_SUM_AMOUNT);
    ck_assert_ptr_eq(c->covariates[0].history.source, tg_study_source(s, "claims"));
    ck_assert(isnan(c->covariates[0].missing));
    const struct tg_history *diabetes = &c->covariates[1].history;
    ck_assert(diabetes->quantity == TG_ANY_EVENT && diabetes->n_codes == 1);
    ck_assert(tg_code_in(diabetes->codes, 1, "E112") && tg_code_in(diabetes->codes, 1, "E149"));
    ck_assert(!tg_code_in(diabetes->codes, 1, "E15") && !tg_code_in(diabetes->codes, 1, "E1"));
    ck_assert(!tg_code_in(diabetes->codes, 1, ""));
    const struct tg_match_options *m = &c->match;
    ck_assert(m->method == TG_MATCH_NEAREST && m->distance == TG_DISTANCE_LOGIT);
    ck_assert(m->caliper == 0.2 && m->ratio == 1 && m->order == TG_ORDER_LARGEST);
    ck_assert(!m->replacement && m->flag_missing);
    ck_assert_uint_eq(m->n_exact, 2);
    ck_assert_str_eq(m->exact[1], "district");
    ck_assert_uint_eq(m->n_covariates, 4);
    ck_assert_str_eq(m->covariates[3], "bmi");
    ck_assert_uint_eq(c->exact, TG_STRATUM_SEX | TG_STRATUM_DISTRICT);
    tg_study_free(&s);
}
END_TEST

START_TEST(what_is_not_said)
{
    struct tg_study *s = load("cohort: {}\n");
    const struct tg_cohort_rules *c = &s->cohort;
    ck_assert_uint_eq(c->exact, TG_STRATUM_SEX | TG_STRATUM_AGE_BAND | TG_STRATUM_DISTRICT);
    ck_assert(c->match.method == TG_MATCH_NEAREST && c->match.caliper == 0);
    ck_assert(c->match.order == TG_ORDER_DATA && c->match.n_covariates == 0);
    ck_assert_uint_eq(c->n_covariates, 1); /* the outcome's cost before */
    ck_assert_str_eq(c->covariates[0].name, "cost");
    ck_assert(c->active_months == 0 && c->landmark == 0);
    tg_study_free(&s);
    s = load("cohort: {match: {propensity: [age, sex]}}\n");
    ck_assert_double_eq(s->cohort.match.caliper, 0.2);
    ck_assert(s->cohort.match.order == TG_ORDER_LARGEST && s->cohort.match.n_exact == 0);
    tg_study_free(&s);
    s = load("cohort: {covariates: []}\n");
    ck_assert_uint_eq(s->cohort.n_covariates, 0);
    tg_study_free(&s);
}
END_TEST

START_TEST(other_ways_to_match)
{
    struct tg_study *s = load("cohort: {match: {propensity: [age, cost], weights: overlap},"
                              " covariates: [{name: cost, source: claims, sum: amount}]}\n");
    ck_assert(s->cohort.match.method == TG_MATCH_OVERLAP && s->cohort.match.n_exact == 0);
    tg_study_free(&s);
    s = load("cohort: {match: {method: cem, exact: [sex], cutpoints: {age: [65, 75.5],"
             " months_insured: auto}}}\n");
    const struct tg_match_options *m = &s->cohort.match;
    ck_assert(m->method == TG_MATCH_CEM);
    ck_assert_uint_eq(m->n_covariates, 2);
    ck_assert_str_eq(m->covariates[1], "months_insured");
    ck_assert_uint_eq(m->n_cutpoints, 1);
    ck_assert(m->cutpoints[0].n == 2 && m->cutpoints[0].cuts[1] == 75.5);
    tg_study_free(&s);
    s = load("cohort: {match: {method: exact, exact: [sex, age]}}\n");
    ck_assert(s->cohort.match.method == TG_MATCH_EXACT && s->cohort.match.n_exact == 2);
    tg_study_free(&s);
    s = load("cohort: {match: {propensity: [age], distance: mahalanobis, order: smallest,"
             " caliper: 0, ratio: 3, replacement: true}}\n");
    m = &s->cohort.match;
    ck_assert(m->distance == TG_DISTANCE_MAHALANOBIS && m->order == TG_ORDER_SMALLEST);
    ck_assert(m->caliper == 0 && m->ratio == 3 && m->replacement);
    tg_study_free(&s);
}
END_TEST

START_TEST(conditions)
{
    struct tg_study *s =
        load("cohort:\n"
             "  landmark: 6\n"
             "  participants: {active_months: 6, earlier_use: allow}\n"
             "  exclude:\n"
             "    - {source: claims, codes: [C00-C97, N18]}\n"
             "    - {source: claims, count: events, above: 10, months: 3}\n"
             "    - {source: checkup, last: hba1c, missing: true, months: 24}\n"
             "  covariates:\n"
             "    - {name: level, source: certification, last: care_level, missing: 1}\n"
             "    - {name: visits, source: claims, codes: [I10], count: events}\n");
    const struct tg_cohort_rules *c = &s->cohort;
    ck_assert(c->landmark == 6 && c->active_months == 6 && c->allow_earlier_use);
    ck_assert_uint_eq(c->n_exclusions, 3);
    ck_assert(c->exclusions[0].compare == TG_NOT_ZERO);
    ck_assert(c->exclusions[0].history.quantity == TG_ANY_EVENT);
    ck_assert_uint_eq(c->exclusions[0].history.n_codes, 2);
    ck_assert(c->exclusions[1].compare == TG_ABOVE && c->exclusions[1].value == 10);
    ck_assert_int_eq(c->exclusions[1].history.months, 3);
    ck_assert(c->exclusions[2].compare == TG_IS_MISSING);
    ck_assert_double_eq(c->covariates[0].missing, 1);
    ck_assert(c->covariates[1].history.quantity == TG_COUNT_EVENTS);
    tg_study_free(&s);
}
END_TEST

#define LIST(entry) "cohort: {covariates: [" entry "]}\n"
#define DROP(entry) "cohort: {exclude: [" entry "]}\n"

START_TEST(wrong_ones_are_refused)
{
    static const struct {
        const char *text, *place, *allowed;
        enum tg_message message;
    } cases[] = {
        {"cohort: {landmark: 61}\n", "cohort.landmark", "60", TG_MSG_STUDY_VALUE},
        {"cohort: {participants: {active_months: 2}}\n", "cohort.participants.active_months",
         "immortal", TG_MSG_STUDY_VALUE},
        {"cohort: {landmark: 3, participants: {active_months: 4}}\n",
         "cohort.participants.active_months", "landmark", TG_MSG_STUDY_VALUE},
        {"cohort: {participants: {provider: run, active_months: 1}}\n",
         "cohort.participants.active_months", "measures", TG_MSG_STUDY_VALUE},
        {"cohort: {participants: {earlier_use: maybe}}\n", "cohort.participants.earlier_use",
         "allow", TG_MSG_STUDY_VALUE},
        {LIST("{source: claims, sum: amount}"), "cohort.covariates", "name", TG_MSG_STUDY_MISSING},
        {LIST("{name: age, source: claims, sum: amount}"), "cohort.covariates.name", "built in",
         TG_MSG_STUDY_VALUE},
        {LIST("{name: a, source: steps, last: steps}"), "cohort.covariates.source", "claims",
         TG_MSG_STUDY_VALUE},
        {LIST("{name: a, source: claims, sum: yen}"), "cohort.covariates.sum", "amount",
         TG_MSG_STUDY_VALUE},
        {LIST("{name: a, source: claims}"), "cohort.covariates", "sum: amount", TG_MSG_STUDY_VALUE},
        {LIST("{name: a, source: claims, sum: amount, any: true}"), "cohort.covariates",
         "one of sum", TG_MSG_STUDY_VALUE},
        {LIST("{name: a, source: checkup, sum: amount}"), "cohort.covariates.sum", "last",
         TG_MSG_STUDY_VALUE},
        {LIST("{name: a, source: checkup, last: egfr}"), "cohort.covariates.last", "bmi",
         TG_MSG_STUDY_VALUE},
        {LIST("{name: a, source: claims, last: bmi}"), "cohort.covariates.last", "measures",
         TG_MSG_STUDY_VALUE},
        {LIST("{name: a, source: checkup, last: bmi, codes: [E10]}"), "cohort.covariates.codes",
         "events", TG_MSG_STUDY_VALUE},
        {LIST("{name: a, source: claims, any: true, codes: []}"), "cohort.covariates.codes",
         "E10-E14", TG_MSG_STUDY_VALUE},
        {LIST("{name: a, source: claims, any: true, codes: [E14-E10]}"), "cohort.covariates.codes",
         "E10-E14", TG_MSG_STUDY_VALUE},
        {LIST("{name: a, source: claims, any: true, codes: [E1-E14]}"), "cohort.covariates.codes",
         "one length", TG_MSG_STUDY_VALUE},
        {LIST("{name: a, source: claims, sum: amount}, {name: a, source: claims, any: true}"),
         "cohort.covariates.name", "once", TG_MSG_STUDY_VALUE},
        {DROP("{source: claims, any: true, at_least: 1}"), "cohort.exclude", "without a limit",
         TG_MSG_STUDY_VALUE},
        {DROP("{source: checkup, last: bmi}"), "cohort.exclude", "at_least", TG_MSG_STUDY_VALUE},
        {DROP("{source: checkup, last: bmi, above: 3, below: 2}"), "cohort.exclude", "one of",
         TG_MSG_STUDY_VALUE},
        {DROP("{source: checkup, last: bmi, name: x, above: 3}"), "cohort.exclude.name", "measure",
         TG_MSG_STUDY_UNKNOWN_KEY},
        {"cohort: {match: {propensity: [height]}}\n", "cohort.match.propensity", "age",
         TG_MSG_STUDY_VALUE},
        {"cohort: {match: {exact: [sex, sex]}}\n", "cohort.match.exact", "once",
         TG_MSG_STUDY_VALUE},
        {"cohort: {match: {caliper: 0.2}}\n", "cohort.match", "propensity", TG_MSG_STUDY_VALUE},
        {"cohort: {match: {weights: ipw}}\n", "cohort.match", "propensity", TG_MSG_STUDY_VALUE},
        {"cohort: {match: {weights: ipw, propensity: [age], exact: [sex]}}\n", "cohort.match",
         "exact", TG_MSG_STUDY_VALUE},
        {"cohort: {match: {weights: ipw, propensity: [age], ratio: 2}}\n", "cohort.match", "ratio",
         TG_MSG_STUDY_VALUE},
        {"cohort: {match: {method: cem}}\n", "cohort.match", "cutpoints", TG_MSG_STUDY_VALUE},
        {"cohort: {match: {cutpoints: {age: auto}}}\n", "cohort.match", "cem", TG_MSG_STUDY_VALUE},
        {"cohort: {match: {method: cem, cutpoints: {sex: auto}}}\n", "cohort.match.cutpoints.sex",
         "months_insured", TG_MSG_STUDY_VALUE},
        {"cohort: {match: {method: cem, cutpoints: {age: [x]}}}\n", "cohort.match.cutpoints.age",
         "numbers", TG_MSG_STUDY_VALUE},
        {"cohort: {match: {method: exact, propensity: [age]}}\n", "cohort.match", "exact",
         TG_MSG_STUDY_VALUE},
        {"cohort: {match: {replacement: maybe}}\n", "cohort.match.replacement", "true",
         TG_MSG_STUDY_VALUE},
        {"cohort: {match: {propensity: [age], ratio: 0}}\n", "cohort.match.ratio", "1…1000",
         TG_MSG_STUDY_VALUE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tg_study *study = NULL;
        char text[4096];
        (void)snprintf(text, sizeof text, HEAD "%s", cases[i].text);
        enum tg_status status = tg_study_parse("study.yaml", text, strlen(text), &study, &err);
        ck_assert_msg(status == TG_CONFIG, "%s", cases[i].text);
        ck_assert_msg(err.message == cases[i].message, "%s: %d", cases[i].text, err.message);
        ck_assert_msg(!strncmp(err.column, cases[i].place, strlen(cases[i].place)), "%s: %s",
                      cases[i].text, err.column);
        ck_assert_msg(strstr(err.rule, cases[i].allowed) != NULL, "%s: %s", cases[i].text,
                      err.rule);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("table study cohort");
    TCase *t = tcase_create("cohort");
    tcase_add_test(t, a_whole_section);
    tcase_add_test(t, what_is_not_said);
    tcase_add_test(t, other_ways_to_match);
    tcase_add_test(t, conditions);
    tcase_add_test(t, wrong_ones_are_refused);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
