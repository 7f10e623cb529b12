/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports filled by hand: what the job would hand over in several situations. Everything hangs on
 * one struct sample, which must outlive the report.
 */
#ifndef TEST_REPORT_SAMPLES_H
#define TEST_REPORT_SAMPLES_H

#include "report/report.h"

#include <math.h>
#include <string.h>

enum { SAMPLE_BASELINE = 12, SAMPLE_FOLLOWUP = 12, SAMPLE_MONTHS = 24 };

struct sample {
    struct tg_study study;
    struct tg_field fields[6];
    struct tg_token_part parts[8];
    struct tg_token_def tokens[3];
    struct tg_outcome_rule outcomes[2];
    struct tg_delivery deliveries[6];
    struct tg_link_rule_report rules[2];
    struct tg_balance_row balance[6];
    struct tg_effect effects[6];
    struct tg_curve curves[2];
    double means[2][TG_N_ARMS][SAMPLE_MONTHS];
    struct tg_event_counts events[2];
    struct tg_report report;
};

static void sample_study(struct sample *s)
{
    static const char *const exact_columns[] = {"sex", "age_band", "district"};
    static struct tg_covariate_rule covariates[] = {{.name = "医療費"}, {.name = "care_cost"}};
    static const char *const names[] = {
        "insured_symbol", "insured_number", "birth_date", "sex", "kana_name_folded", "club"};
    for (size_t i = 0; i < 6; i++)
        s->fields[i] = (struct tg_field){.name = names[i], .column_name = names[i]};
    const size_t use[] = {0, 1, 2, 3, 4, 2, 3, 5};
    for (size_t i = 0; i < 8; i++)
        s->parts[i] = (struct tg_token_part){.field = &s->fields[use[i]]};
    s->parts[4].form = TG_PART_ONE_MISSING;
    s->tokens[0] = (struct tg_token_def){.name = "insured", .parts = s->parts, .n_parts = 4};
    s->tokens[1] = (struct tg_token_def){.name = "person", .parts = s->parts + 4, .n_parts = 3};
    s->tokens[2] = (struct tg_token_def){.name = "club", .parts = s->parts + 7, .n_parts = 1};
    s->outcomes[0] = (struct tg_outcome_rule){.name = "医療費"};
    s->outcomes[1] = (struct tg_outcome_rule){.name = "care_cost"};
    s->study = (struct tg_study){
        .id = "hachioji-pfs-2026",
        .digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        .tokens = s->tokens,
        .n_tokens = 3,
        .purpose = "outcome-evaluation",
        .accept = 0.99,
        .review = 0.5,
        .has_cohort = true,
        .cohort = {.index = TG_INDEX_FIRST_CONSENT,
                   .baseline_months = SAMPLE_BASELINE,
                   .followup_months = SAMPLE_FOLLOWUP,
                   .age_min = 40,
                   .age_max = 110,
                   .exact = TG_STRATUM_SEX | TG_STRATUM_AGE_BAND | TG_STRATUM_DISTRICT,
                   .match = {.exact = exact_columns, .n_exact = 3},
                   .covariates = covariates,
                   .n_covariates = 2,
                   .seed = 20260401},
        .outcomes = s->outcomes,
        .n_outcomes = 2,
        .min_cell = 10,
    };
}

static void sample_deliveries(struct sample *s)
{
    static const char sha[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const struct tg_delivery all[] = {{"roster", "roster", "2026-03", sha, 20000},
                                      {"care_ledger", "roster", "", sha, 3120},
                                      {"medical", "events", "2026-03", sha, 1204331},
                                      {"app_users", "users", "2026-02", sha, 1810},
                                      {"app_users", "users", "2026-03", sha, 2000},
                                      {"consents", "consents", "", sha, 1912}};
    memcpy(s->deliveries, all, sizeof all);
}

/* A row whose participants all remain. */
#define BALANCE(name, share, mean, before, after, smd, smd_left, ratio)                            \
    {                                                                                              \
        .covariate = (name), .binary = (share), .n = {1204, 17000, 1204, 1204},                    \
        .participants = (mean), .controls_before = (before), .controls_after = (after),            \
        .smd_before = (smd), .smd_after = (smd_left), .variance_ratio_after = (ratio),             \
        .participants_after = (mean), .variance_ratio_before = (ratio), .ecdf_max_before = 0.2,    \
        .ecdf_max_after = 0.05                                                                     \
    }

static void sample_balance(struct sample *s)
{
    const struct tg_balance_row rows[] = {
        BALANCE("age", false, 71.24, 64.81, 71.19, 0.561, 0.004, 1.02),
        BALANCE("sex=1", true, 0.412, 0.487, 0.412, -0.152, 0, NAN),
        BALANCE("district=東部", true, 0.251, 0.2, 0.251, 0.118, 0, NAN),
        BALANCE("district=とても長い名前の圏域<&>その二", true, NAN, NAN, NAN, NAN, NAN, NAN),
        BALANCE("医療費", false, 24310, 21877, 24102, 0.081, 0.007, 1.11),
        BALANCE("care_cost", false, 8120, 11240, 8433, -0.13, -0.012, 0.94)};
    memcpy(s->balance, rows, sizeof rows);
}

static void sample_effects(struct sample *s)
{
    const struct tg_effect rows[] = {{.outcome = "医療費",
                                      .design = "before",
                                      .n = {1204, 1204},
                                      .mean = {24102, 24310},
                                      .effect = 208,
                                      .ci_low = -1502,
                                      .ci_high = 1918,
                                      .p = 0.811,
                                      .hidden = false},
                                     {.outcome = "医療費",
                                      .design = "after",
                                      .n = {1180, 1192},
                                      .mean = {26402.4, 25371},
                                      .effect = -1031.4,
                                      .ci_low = -2741,
                                      .ci_high = 678,
                                      .p = 0.237,
                                      .hidden = false},
                                     {.outcome = "医療費",
                                      .design = "did",
                                      .n = {1180, 1192},
                                      .mean = {2290, 1056},
                                      .effect = -1234.4,
                                      .ci_low = -2290.3,
                                      .ci_high = -178.5,
                                      .p = 0.0219,
                                      .hidden = false},
                                     {.outcome = "care_cost",
                                      .design = "before",
                                      .n = {1204, 1204},
                                      .mean = {8433, 8120},
                                      .effect = -313,
                                      .ci_low = -1202,
                                      .ci_high = 576,
                                      .p = 0.49,
                                      .hidden = false},
                                     {.outcome = "care_cost",
                                      .design = "after",
                                      .n = {1180, 1192},
                                      .mean = {9120, 8920},
                                      .effect = -200,
                                      .ci_low = -1320,
                                      .ci_high = 920,
                                      .p = 0.726,
                                      .hidden = false},
                                     {.outcome = "care_cost",
                                      .design = "did",
                                      .n = {1180, 1192},
                                      .mean = {687, 800},
                                      .effect = 113,
                                      .ci_low = -540,
                                      .ci_high = 766,
                                      .p = 0.734,
                                      .hidden = false}};
    memcpy(s->effects, rows, sizeof rows);
}

static void sample_curves(struct sample *s)
{
    for (int o = 0; o < 2; o++) {
        s->curves[o] = (struct tg_curve){s->outcomes[o].name,
                                         SAMPLE_BASELINE,
                                         SAMPLE_FOLLOWUP,
                                         {s->means[o][0], s->means[o][1]}};
        for (int i = 0; i < SAMPLE_MONTHS; i++) {
            double wave = 900 * sin(i * 0.9) + 500 * cos(i * 2.1 + o);
            double base = o ? 8000 + 60 * i : 24000 + 110 * i;
            s->means[o][TG_CONTROL][i] = base + wave;
            s->means[o][TG_PARTICIPANT][i] =
                base + 700 * cos(i * 1.3) - (o == 0 && i >= SAMPLE_BASELINE ? 1300 : 0);
        }
    }
    s->means[1][TG_PARTICIPANT][22] = NAN;
    s->means[1][TG_PARTICIPANT][23] = NAN;
}

/* A month in which everything is there. */
static void sample_full(struct sample *s)
{
    memset(s, 0, sizeof *s);
    sample_study(s);
    sample_deliveries(s);
    sample_balance(s);
    sample_effects(s);
    sample_curves(s);
    s->rules[0] =
        (struct tg_link_rule_report){"insured", {{620, 19990}, 211, 600, 590, 590, 0.99998}};
    s->rules[1] =
        (struct tg_link_rule_report){"person", {{1790, 19871}, 342, 960, 945, 940, 0.9987}};
    s->events[0] = (struct tg_event_counts){1204331, 1834, 24315, 24326};
    s->events[1] = (struct tg_event_counts){88120, 0, 24315, 24326};
    s->report = (struct tg_report){
        .study = &s->study,
        .month = 2026 * 12 + 2,
        .as_of = 20260331,
        .recipient = "evaluator",
        .deliveries = s->deliveries,
        .n_deliveries = 6,
        .persons = 20112,
        .person_conflicts = 14,
        .flow = {.users = 2000,
                 .no_consent = 150,
                 .withdrawn = 50,
                 .not_found = 180,
                 .ambiguous = 64,
                 .review = 0,
                 .conflict = 26,
                 .linked = 1530},
        .rules = s->rules,
        .n_rules = 2,
        .has_cohort = true,
        .cohort = {.candidates = 1530,
                   .no_index_month = 0,
                   .age = 102,
                   .not_insured = 151,
                   .no_followup = 33,
                   .no_control = 40,
                   .no_stratum = 40,
                   .matched = 1204,
                   .controls_eligible = 17023,
                   .controls_used = 1204},
        .quality = {.caliper_width = NAN,
                    .effective_controls = 1204,
                    .support_low = NAN,
                    .support_high = NAN},
        .balance = s->balance,
        .n_balance = 6,
        .effects = s->effects,
        .n_effects = 6,
        .curves = s->curves,
        .n_curves = 2,
        .release = {120, 44, 0, 6},
        .hidden_cells = 8,
        .events = s->events,
    };
}

static void sample_hide_effects(struct sample *s)
{
    for (size_t i = 0; i < 6; i++) {
        struct tg_effect *e = &s->effects[i];
        e->hidden = true;
        e->n[0] = e->n[1] = 7;
        e->mean[0] = e->mean[1] = e->effect = e->ci_low = e->ci_high = e->p = NAN;
    }
    for (size_t i = 0; i < 6; i++) {
        struct tg_balance_row *b = &s->balance[i];
        b->participants = b->controls_before = b->controls_after = NAN;
        b->smd_before = b->smd_after = b->variance_ratio_after = NAN;
    }
    for (int i = 0; i < SAMPLE_MONTHS; i++) {
        for (int o = 0; o < 2; o++)
            s->means[o][0][i] = s->means[o][1][i] = NAN;
    }
}

/* Seven people compared: nothing about them may be seen. */
static void sample_tiny(struct sample *s)
{
    sample_full(s);
    sample_hide_effects(s);
    s->deliveries[4].rows = 52;
    s->rules[0].counts = (struct tg_link_key_report){{9, 19990}, 211, 5, 4, 4, 0.99998};
    s->rules[1].counts = (struct tg_link_key_report){{46, 19871}, 342, 38, 36, 36, 0.9987};
    s->report.flow = (struct tg_user_flow){
        .users = 52, .no_consent = 3, .withdrawn = 0, .not_found = 5, .ambiguous = 4, .linked = 40};
    s->report.cohort = (struct tg_cohort_flow){.candidates = 38,
                                               .age = 12,
                                               .not_insured = 16,
                                               .no_followup = 0,
                                               .no_control = 3,
                                               .no_stratum = 3,
                                               .matched = 7,
                                               .controls_eligible = 17023};
}

static void sample_no_cohort(struct sample *s)
{
    sample_full(s);
    struct tg_report *r = &s->report;
    r->has_cohort = false;
    r->cohort = (struct tg_cohort_flow){0};
    r->balance = NULL;
    r->effects = NULL;
    r->curves = NULL;
    r->events = NULL;
    r->n_balance = r->n_effects = r->n_curves = r->hidden_cells = 0;
    r->release = (struct tg_release_counts){0};
    s->study.has_cohort = false;
    s->study.n_outcomes = 0;
}

static void sample_nobody_linked(struct sample *s)
{
    sample_full(s);
    sample_hide_effects(s);
    s->report.flow = (struct tg_user_flow){.users = 2000, .not_found = 2000};
    s->report.cohort = (struct tg_cohort_flow){.controls_eligible = 0};
    s->rules[0].counts.linked = s->rules[1].counts.linked = 0;
}

#endif
