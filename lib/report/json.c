/* SPDX-License-Identifier: Apache-2.0 */
#include "report/report.h"

#include "report/json_results.h"

#include "sys/file.h"
#include "text/calendar.h"

#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each of these gives NULL when there is no memory; json_pack() then frees the rest and gives NULL
 * too, so that only the end has to be looked at. Members stand in the order written here. */

static json_t *count(uint64_t n)
{
    return json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n);
}

static json_t *number(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static json_t *month_text(int32_t month)
{
    char text[8];
    tg_month_format(month, text);
    return text[0] ? json_string(text) : json_null();
}

static json_t *day_text(uint32_t day)
{
    char text[11];
    tg_day_format(day, text);
    return json_string(text);
}

static json_t *inputs(const struct tg_report *r)
{
    json_t *array = json_array();
    for (size_t i = 0; i < r->n_deliveries; i++) {
        const struct tg_delivery *d = &r->deliveries[i];
        json_t *item = json_pack("{s:s, s:s, s:s, s:o, s:s}", "source", d->source, "kind", d->kind,
                                 "period", d->period, "rows", count(d->rows), "sha256", d->sha256);
        if (json_array_append_new(array, item)) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *missing(const struct tg_report *r)
{
    json_t *array = json_array();
    for (size_t i = 0; i < r->n_gaps; i++) {
        char from[8], to[8];
        tg_month_format(r->gaps[i].from, from);
        tg_month_format(r->gaps[i].to, to);
        json_t *item =
            json_pack("{s:s, s:s, s:s}", "source", r->gaps[i].source, "from", from, "to", to);
        if (json_array_append_new(array, item)) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *users(const struct tg_user_flow *f)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "users", count(f->users),
                     "no_consent", count(f->no_consent), "withdrawn", count(f->withdrawn),
                     "not_found", count(f->not_found), "ambiguous", count(f->ambiguous), "review",
                     count(f->review), "conflict", count(f->conflict), "linked", count(f->linked));
}

static json_t *keys(const struct tg_report *r)
{
    json_t *array = json_array();
    for (size_t i = 0; i < r->n_rules; i++) {
        const struct tg_link_key_report *c = &r->rules[i].counts;
        json_t *item = json_pack(
            "{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "rule", r->rules[i].rule, "users_with_token",
            count(c->with_token[TG_LEFT]), "persons_with_token", count(c->with_token[TG_RIGHT]),
            "persons_sharing", count(c->shared_by_others), "linked", count(c->linked),
            "probability", number(c->probability), "expected_recall",
            number(tg_report_share((double)c->linked * c->probability,
                                   r->estimate.blind ? 0 : r->estimate.all.matches)));
        if (json_array_append_new(array, item)) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *unmatched(const struct tg_cohort_flow *f)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "no_stratum", count(f->no_stratum), "outside_caliper",
                     count(f->outside_caliper), "used_up", count(f->used_up), "separated",
                     count(f->separated));
}

static json_t *quality(const struct tg_cohort_quality *q)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "caliper_width",
                     number(q->caliper_width), "effective_controls", number(q->effective_controls),
                     "support_low", number(q->support_low), "support_high", number(q->support_high),
                     "participants_outside", count(q->outside[TG_PARTICIPANT]), "controls_outside",
                     count(q->outside[TG_CONTROL]), "products", count(q->products),
                     "products_unbalanced", count(q->products_unbalanced));
}

/* What linkage expects of a group, with 95 % intervals. */
static json_t *expected(const struct tg_link_share *share, bool blind)
{
    struct tg_link_share s = *share;
    s.matches = blind ? 0 : s.matches;
    struct tg_link_interval precision = tg_link_precision_interval(&s);
    struct tg_link_interval recall = tg_link_recall_interval(&s);
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "expected_precision",
                     number(tg_report_share(s.correct, s.links)), "expected_precision_low",
                     number(precision.low), "expected_precision_high", number(precision.high),
                     "expected_recall", number(tg_report_share(s.correct, s.matches)),
                     "expected_recall_low", number(recall.low), "expected_recall_high",
                     number(recall.high), "expected_recall_is_bound", tg_link_recall_is_bound(&s));
}

static json_t *share(const char *name, const char *value, const struct tg_link_share *s, bool blind)
{
    json_t *group = json_pack("{s:s, s:o}", name, value, "links", number(s->links));
    json_t *quality = expected(s, blind);
    if (!group || !quality || json_object_update(group, quality)) {
        json_decref(group);
        group = NULL;
    }
    json_decref(quality);
    return group;
}

static json_t *by_sex(const struct tg_link_estimate *e)
{
    static const char *const sexes[TG_LINK_N_SEXES] = {"", "1", "2"};
    json_t *array = json_array();
    for (size_t i = 0; i < TG_LINK_N_SEXES; i++) {
        if (json_array_append_new(array, share("sex", sexes[i], &e->sex[i], e->blind))) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *by_age(const struct tg_link_estimate *e)
{
    json_t *array = json_array();
    for (size_t i = 0; i <= TG_LINK_N_AGES; i++) {
        char age[16] = "";
        if (i < TG_LINK_N_AGES)
            (void)snprintf(age, sizeof age, "%zu-", i * TG_LINK_AGE_YEARS);
        if (i + 1 < TG_LINK_N_AGES)
            (void)snprintf(age, sizeof age, "%zu-%zu", i * TG_LINK_AGE_YEARS,
                           (i + 1) * TG_LINK_AGE_YEARS - 1);
        if (json_array_append_new(array, share("age", age, &e->age[i], e->blind))) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *linkage(const struct tg_link_estimate *e)
{
    json_t *all = expected(&e->all, e->blind);
    json_t *groups = json_pack("{s:o, s:o, s:o}", "expected_matches",
                               number(e->blind ? (double)NAN : e->all.matches), "by_sex", by_sex(e),
                               "by_age", by_age(e));
    if (!all || !groups || json_object_update(all, groups)) {
        json_decref(all);
        all = NULL;
    }
    json_decref(groups);
    return all;
}

static json_t *cohort(const struct tg_report *r)
{
    const struct tg_cohort_flow *f = &r->cohort;
    if (!r->has_cohort)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                     "candidates", count(f->candidates), "no_index_month", count(f->no_index_month),
                     "age", count(f->age), "no_baseline", count(f->no_baseline), "not_insured",
                     count(f->not_insured), "no_followup", count(f->no_followup), "earlier_use",
                     count(f->earlier_use), "excluded", count(f->excluded), "inactive",
                     count(f->inactive), "no_control", count(f->no_control), "unmatched",
                     unmatched(f), "matched", count(f->matched), "controls_eligible",
                     count(f->controls_eligible), "controls_used", count(f->controls_used),
                     "quality", quality(&r->quality));
}

static json_t *balance(const struct tg_report *r)
{
    json_t *array = json_array();
    for (size_t i = 0; i < r->n_balance; i++) {
        const struct tg_balance_row *b = &r->balance[i];
        json_t *item = json_pack(
            "{s:s, s:o, s:o, s:o, s:o}", "covariate", b->covariate, "smd_before",
            number(b->smd_before), "smd_after", number(b->smd_after), "variance_ratio_after",
            number(b->variance_ratio_after), "ecdf_max_after", number(b->ecdf_max_after));
        if (json_array_append_new(array, item)) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *effects(const struct tg_report *r)
{
    json_t *array = json_array();
    for (size_t i = 0; i < r->n_effects; i++) {
        const struct tg_effect *e = &r->effects[i];
        json_t *item = json_pack(
            "{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "outcome", e->outcome,
            "design", e->design, "n_participants", count(e->n[TG_PARTICIPANT]), "n_controls",
            count(e->n[TG_CONTROL]), "participants", number(e->mean[TG_PARTICIPANT]), "controls",
            number(e->mean[TG_CONTROL]), "effect", number(e->effect), "ci_low", number(e->ci_low),
            "ci_high", number(e->ci_high), "p", number(e->p), "hidden", e->hidden);
        if (json_array_append_new(array, item)) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *events(const struct tg_report *r)
{
    json_t *array = json_array();
    for (size_t i = 0; r->has_cohort && r->events && i < r->study->n_outcomes; i++) {
        const struct tg_event_counts *e = &r->events[i];
        json_t *item =
            json_pack("{s:s, s:o, s:o, s:o, s:o}", "outcome", r->study->outcomes[i].name, "events",
                      count(e->events), "unassigned", count(e->unassigned), "first_month",
                      month_text(e->first_month), "last_month", month_text(e->last_month));
        if (json_array_append_new(array, item)) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

/* min_cell null: no count but 0 is shown. */
static json_t *disclosure(const struct tg_report *r)
{
    unsigned min_cell = r->study->min_cell;
    return json_pack("{s:b, s:o, s:o, s:{s:o, s:o, s:o, s:o}}", "for_municipality",
                     r->study->for_municipality, "min_cell",
                     min_cell == UINT_MAX ? json_null() : count(min_cell), "hidden_cells",
                     count(r->hidden_cells), "release", "districts", count(r->release.districts),
                     "ages", count(r->release.ages), "sexes", count(r->release.sexes), "left_out",
                     count(r->release.left_out));
}

static json_t *names(const char *const *list, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++) {
        if (json_array_append_new(array, json_string(list[i]))) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *covariates(const struct tg_cohort_rules *c)
{
    json_t *array = json_array();
    for (size_t i = 0; i < c->n_covariates; i++) {
        if (json_array_append_new(array, json_string(c->covariates[i].name))) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *match_rules(const struct tg_match_options *o)
{
    static const char *const methods[] = {
        [TG_MATCH_NEAREST] = "nearest", [TG_MATCH_EXACT] = "exact",     [TG_MATCH_CEM] = "cem",
        [TG_MATCH_IPW] = "ipw",         [TG_MATCH_OVERLAP] = "overlap",
    };
    static const char *const orders[] = {
        [TG_ORDER_LARGEST] = "largest", [TG_ORDER_SMALLEST] = "smallest", [TG_ORDER_DATA] = "data"};
    return json_pack(
        "{s:s, s:o, s:o, s:s, s:f, s:i, s:s, s:b}", "method", methods[o->method], "exact",
        names(o->exact, o->n_exact), "columns", names(o->covariates, o->n_covariates), "distance",
        o->distance == TG_DISTANCE_LOGIT ? "logit" : "mahalanobis", "caliper", o->caliper, "ratio",
        o->ratio ? (int)o->ratio : 1, "order", orders[o->order], "replacement", o->replacement);
}

static json_t *cohort_rules(const struct tg_study *study)
{
    static const char *const index_names[] = {
        [TG_INDEX_FIRST_CONSENT] = "first_consent",
        [TG_INDEX_FIRST_ACTIVITY] = "first_activity",
        [TG_INDEX_REGISTERED] = "registered",
        [TG_INDEX_FIXED] = "fixed",
    };
    const struct tg_cohort_rules *c = &study->cohort;
    if (!study->has_cohort)
        return json_null();
    bool fixed = c->index == TG_INDEX_FIXED;
    return json_pack("{s:s, s:o, s:i, s:i, s:i, s:[i, i], s:s?, s:i, s:b, s:o, s:o, s:o, s:o}",
                     "index", index_names[c->index], "index_month",
                     fixed ? month_text(c->index_month) : json_null(), "baseline_months",
                     c->baseline_months, "followup_months", c->followup_months, "landmark",
                     c->landmark, "age", c->age_min, c->age_max, "provider", c->provider,
                     "active_months", c->active_months, "allow_earlier_use", c->allow_earlier_use,
                     "exclusions", count(c->n_exclusions), "covariates", covariates(c), "match",
                     match_rules(&c->match), "seed", count(c->seed));
}

static json_t *tokens(const struct tg_study *study)
{
    json_t *array = json_array();
    for (size_t i = 0; i < study->n_tokens; i++) {
        if (json_array_append_new(array, json_string(study->tokens[i].name))) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *settings(const struct tg_study *study)
{
    return json_pack("{s:s, s:i, s:f, s:f, s:f, s:f, s:o, s:o}", "purpose", study->purpose,
                     "consent_months", study->consent_months, "accept", study->accept, "review",
                     study->review, "margin", study->margin, "drift", study->drift, "tokens",
                     tokens(study), "cohort", cohort_rules(study));
}

static json_t *output_digests(const struct tg_output_digest *outputs, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *item =
            json_pack("{s:s, s:s}", "name", outputs[i].name, "sha256", outputs[i].sha256);
        if (json_array_append_new(array, item)) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *document(const struct tg_report *r, const struct tg_output_digest *outputs,
                        size_t n_outputs)
{
    return json_pack(
        "{s:s, s:s, s:s, s:o, s:o, s:s, s:{s:s, s:s}, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
        "format", "totsugo-run/1", "study", r->study->id, "study_digest", r->study->digest, "month",
        month_text(r->month), "as_of", day_text(r->as_of), "recipient", r->recipient, "versions",
        "program", tg_version(), "normalizer", TG_NORMALIZER, "settings", settings(r->study),
        "inputs", inputs(r), "missing", missing(r), "persons", count(r->persons),
        "person_conflicts", count(r->person_conflicts), "users", users(&r->flow), "keys", keys(r),
        "linkage", linkage(&r->estimate), "cohort", cohort(r), "balance", balance(r), "outcomes",
        effects(r), "events", events(r), "subgroups", tg_json_subgroups(r), "savings",
        tg_json_savings(r), "payments", tg_json_payments(r), "withheld", tg_json_withheld(r),
        "disclosure", disclosure(r), "outputs", output_digests(outputs, n_outputs));
}

/* 0.99 is to be read as 0.99. */
enum { REAL_DIGITS = 12 };

enum tg_status tg_report_json(const struct tg_report *r, const struct tg_output_digest *outputs,
                              size_t n_outputs, const char *path, struct tg_error *err)
{
    json_t *root = document(r, outputs, n_outputs);
    char *text = root ? json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(REAL_DIGITS)) : NULL;
    enum tg_status status = TG_OK;
    if (!text)
        status = TG_FAIL(err, TG_MSG_NO_MEMORY, .file = path);
    else
        status = tg_file_write_whole(path, text, strlen(text), 0600, false, err);
    free(text);
    json_decref(root);
    return status;
}
