/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/summary.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct tg_count *)a)->rule, ((const struct tg_count *)b)->rule);
}

static void add_count(struct tg_count *counts, size_t *n, const char *rule, uint64_t rows,
                      uint64_t line)
{
    if (rows)
        counts[(*n)++] = (struct tg_count){rule, rows, line};
}

static enum tg_status make_rejects(const struct tg_job *job, struct tg_arena *arena,
                                   struct tg_pseudonymize_result *out, struct tg_error *err)
{
    out->rejects = tg_arena_alloc(arena, TG_N_REJECTS, sizeof *out->rejects, err);
    if (!out->rejects)
        return TG_NO_MEMORY;
    for (int i = 1; i < TG_N_REJECTS; i++)
        add_count(out->rejects, &out->n_rejects, tg_reject_name((enum tg_reject)i),
                  job->total.rejects[i], job->total.rejected_at[i]);
    qsort(out->rejects, out->n_rejects, sizeof *out->rejects, compare);
    return TG_OK;
}

static char *unreadable_rule(struct tg_arena *arena, const char *column, struct tg_error *err)
{
    static const char what[] = "unreadable_";
    size_t len = strlen(column);
    char *rule = tg_arena_alloc(arena, sizeof what + len, 1, err);
    if (rule) {
        memcpy(rule, what, sizeof what - 1);
        memcpy(rule + sizeof what - 1, column, len + 1);
    }
    return rule;
}

static enum tg_status make_warnings(const struct tg_job *job, struct tg_arena *arena,
                                    struct tg_pseudonymize_result *out, struct tg_error *err)
{
    const struct tg_tally *t = &job->total;
    out->warnings = tg_arena_alloc(arena, TG_N_NOTES + t->n_columns, sizeof *out->warnings, err);
    if (!out->warnings)
        return TG_NO_MEMORY;
    for (unsigned i = 0; i < TG_N_NOTES; i++)
        add_count(out->warnings, &out->n_warnings,
                  tg_value_note_name((enum tg_value_note)(1u << i)), t->notes[i], 0);
    for (size_t i = 0; i < t->n_columns; i++) {
        char *rule = unreadable_rule(arena, job->plan.columns[i].name, err);
        if (!rule)
            return TG_NO_MEMORY;
        add_count(out->warnings, &out->n_warnings, rule, t->unreadable[i], t->unreadable_at[i]);
    }
    qsort(out->warnings, out->n_warnings, sizeof *out->warnings, compare);
    return TG_OK;
}

static enum tg_status make_profiles(const struct tg_job *job, struct tg_arena *arena,
                                    struct tg_pseudonymize_result *out, struct tg_error *err)
{
    const struct tg_plan *plan = &job->plan;
    out->profiles = tg_arena_alloc(arena, plan->n_tokens, sizeof *out->profiles, err);
    if (!out->profiles)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < plan->n_tokens; i++) {
        struct tg_token_profile *p = &out->profiles[i];
        p->token = tg_arena_strndup(arena, plan->tokens[i].name, strlen(plan->tokens[i].name), err);
        if (!p->token)
            return TG_NO_MEMORY;
        p->empty = job->total.empty[i];
        if (job->counts) {
            p->distinct = job->counts[i].distinct;
            memcpy(p->largest, job->counts[i].largest, sizeof p->largest);
        }
        if (!p->distinct && job->leaking) {
            p->looked_at = job->leaking[i].rows;
            p->looked_largest = job->leaking[i].largest;
        }
    }
    out->n_profiles = plan->n_tokens;
    return TG_OK;
}

enum tg_status tg_summary_result(const struct tg_job *job, struct tg_pseudonymize_result *out,
                                 struct tg_error *err)
{
    struct tg_arena *arena = tg_calloc(1, sizeof *arena, err);
    if (!arena)
        return TG_NO_MEMORY;
    *out = (struct tg_pseudonymize_result){.rows = job->total.rows,
                                           .rejected = job->total.rejected,
                                           .no_token = job->total.no_token,
                                           .owner = arena};
    enum tg_status status = make_rejects(job, arena, out, err);
    if (!status)
        status = make_warnings(job, arena, out, err);
    if (!status)
        status = make_profiles(job, arena, out, err);
    if (status)
        tg_pseudonymize_result_free(out);
    return status;
}

void tg_pseudonymize_result_free(struct tg_pseudonymize_result *result)
{
    if (!result)
        return;
    tg_arena_free(result->owner);
    free(result->owner);
    *result = (struct tg_pseudonymize_result){0};
}

static enum tg_status add_profile(struct tg_buf *json, const struct tg_token_profile *p, bool first,
                                  struct tg_error *err)
{
    enum tg_status status =
        tg_buf_printf(json, err, "%s\"%s\": {\"empty\": %llu", first ? "" : ", ", p->token,
                      (unsigned long long)p->empty);
    if (!status && p->distinct)
        status = tg_buf_printf(json, err, ", \"distinct\": %llu, \"largest\": [",
                               (unsigned long long)p->distinct);
    for (size_t i = 0; i < TG_CENSUS_LARGEST && p->largest[i] && !status; i++)
        status =
            tg_buf_printf(json, err, "%s%llu", i ? ", " : "", (unsigned long long)p->largest[i]);
    if (!status && p->looked_at)
        status =
            tg_buf_printf(json, err, ", \"looked_at\": %llu, \"looked_largest\": %llu",
                          (unsigned long long)p->looked_at, (unsigned long long)p->looked_largest);
    return status ? status : tg_buf_printf(json, err, p->distinct ? "]}" : "}");
}

static enum tg_status make_profile_json(const struct tg_pseudonymize_result *r, struct tg_buf *json,
                                        struct tg_error *err)
{
    enum tg_status status = tg_buf_printf(json, err, "{\"no_token\": %llu, \"rejects\": {",
                                          (unsigned long long)r->no_token);
    for (size_t i = 0; i < r->n_rejects && !status; i++)
        status = tg_buf_printf(json, err, "%s\"%s\": %llu", i ? ", " : "", r->rejects[i].rule,
                               (unsigned long long)r->rejects[i].n);
    if (!status)
        status = tg_buf_printf(json, err, "}, \"tokens\": {");
    for (size_t i = 0; i < r->n_profiles && !status; i++)
        status = add_profile(json, &r->profiles[i], i == 0, err);
    return status ? status : tg_buf_printf(json, err, "}}");
}

static enum tg_status write_manifest(const struct tg_job *job,
                                     const struct tg_pseudonymize_result *result, const char *path,
                                     const char *sha256, const char **tokens, const char *profile,
                                     struct tg_output **out, struct tg_error *err)
{
    const struct tg_plan *plan = &job->plan;
    const char *provider = plan->source->provider;
    const struct tg_key *before = job->options->row_key;
    for (size_t i = 0; i < plan->n_tokens; i++)
        tokens[i] = plan->tokens[i].name;
    const struct tg_manifest m = {.format = "totsugo-tokens/1",
                                  .study = plan->study->id,
                                  .study_digest = plan->study->digest,
                                  .source = plan->source->name,
                                  .kind = tg_kind_name(plan->source->kind),
                                  .provider = provider ? provider : "",
                                  .period = plan->period,
                                  .normalizer = TG_NORMALIZER,
                                  .key_id = tg_key_info(job->options->key)->id,
                                  .row_key_id = before ? tg_key_info(before)->id : "",
                                  .overlap_until =
                                      before ? tg_key_info(job->options->key)->overlap_until : "",
                                  .tokens = tokens,
                                  .n_tokens = plan->n_tokens,
                                  .rows = result->rows,
                                  .rejected = result->rejected,
                                  .warnings = result->warnings,
                                  .n_warnings = result->n_warnings,
                                  .sha256 = sha256,
                                  .tool = "totsugo " TG_VERSION};
    return tg_manifest_finish(path, &m, profile, job->options->force, out, err);
}

enum tg_status tg_summary_manifest(const struct tg_job *job,
                                   const struct tg_pseudonymize_result *result, const char *path,
                                   const char *sha256, struct tg_output **out, struct tg_error *err)
{
    struct tg_buf json = {0};
    const char **tokens = tg_calloc(job->plan.n_tokens, sizeof *tokens, err);
    enum tg_status status = tokens ? make_profile_json(result, &json, err) : TG_NO_MEMORY;
    const char *profile = status ? NULL : tg_buf_text(&json, err);
    if (profile)
        status = write_manifest(job, result, path, sha256, tokens, profile, out, err);
    else
        status = TG_NO_MEMORY;
    tg_buf_free(&json);
    free(tokens);
    return status;
}
