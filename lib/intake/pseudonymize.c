/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/emit.h"
#include "intake/notice.h"
#include "intake/summary.h"
#include "sys/parallel.h"

#include <stdlib.h>
#include <string.h>

/* How memory is shared out, in eighths: claims live on the cache and sort well from disk; a roster
 * has few people twice, and all of them to count. What is beside it stays below 64 MiB. */
struct shares {
    unsigned rows, cache, census;
};
enum { EIGHTHS = 8 };
static const struct shares shares_roster = {5, 1, 2};
static const struct shares shares_events = {2, 5, 1};

enum {
    THREADS_MAX = 32,
    SMALL_INPUT = 512 * 1024, /* bytes for which a second thread is not worth starting */
    CACHE_MIN = 1024 * 1024,
    CACHE_A_BYTE = 32, /* what a byte of input can come to in the cache, and more */
};

static const uint64_t memory_default = UINT64_C(1) << 30;
static const uint64_t memory_min = UINT64_C(16) << 20;
static const uint64_t memory_rejects = UINT64_C(4) << 20;

static enum tg_status check_options(const struct tg_pseudonymize_options *o, struct tg_error *err)
{
    if (!o->study || !o->key || !o->source || !o->n_inputs || (!o->output && !o->check_only))
        return TG_FAIL(err, TG_MSG_USAGE_MISSING, .rule = "study, key, source, input and output");
    if (o->memory && o->memory < memory_min)
        return TG_FAIL(err, TG_MSG_USAGE_VALUE, .column = "--memory", .rule = "16MiB…");
    if (strcmp(tg_key_info(o->key)->study, tg_study_id(o->study)) != 0)
        return TG_FAIL(err, TG_MSG_KEY_STUDY, .line = 0);
    return TG_OK;
}

/* A lookup needs row ids: events and measures have none. */
static enum tg_status check_lookup(const struct tg_job *job, struct tg_error *err)
{
    if (!job->options->lookup || job->plan.has_row_id)
        return TG_OK;
    return TG_FAIL(err, TG_MSG_INPUT_NO_LOOKUP, .column = "--lookup",
                   .rule = "roster, users, consents");
}

static size_t choose_threads(const struct tg_job *job)
{
    uint64_t done, total;
    unsigned n = job->options->threads ? job->options->threads : tg_cpu_count();
    tg_reader_progress(job->reader, &done, &total);
    if (total && total < SMALL_INPUT)
        return 1;
    return n > THREADS_MAX ? THREADS_MAX : n;
}

static const struct shares *shares_of(const struct tg_job *job)
{
    return job->plan.has_row_id ? &shares_roster : &shares_events;
}

static uint64_t bytes_of(const struct tg_job *job, unsigned eighths)
{
    return job->memory / EIGHTHS * eighths;
}

static enum tg_status make_tallies(struct tg_job *job, struct tg_error *err)
{
    job->tallies = tg_calloc(job->n_threads, sizeof *job->tallies, err);
    job->counts = tg_calloc(job->plan.n_tokens, sizeof *job->counts, err);
    if (!job->tallies || !job->counts)
        return TG_NO_MEMORY;
    enum tg_status status = tg_tally_init(&job->total, &job->plan, err);
    for (size_t i = 0; i < job->n_threads && !status; i++)
        status = tg_tally_init(&job->tallies[i], &job->plan, err);
    return status;
}

/* People are rows where rows have ids; claims come many to a person and say nothing of people. */
static enum tg_status make_leaks(struct tg_job *job, struct tg_error *err)
{
    if (!job->plan.has_row_id)
        return TG_OK;
    job->leaks = tg_calloc(job->n_threads, sizeof *job->leaks, err);
    job->leaking = tg_arena_alloc(&job->arena, job->plan.n_tokens, sizeof *job->leaking, err);
    enum tg_status status = job->leaks && job->leaking ? TG_OK : TG_NO_MEMORY;
    for (size_t i = 0; i < job->n_threads && !status; i++)
        status = tg_leak_new(job->plan.n_tokens, &job->leaks[i], err);
    return status;
}

static enum tg_status measure_leaks(struct tg_job *job, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    if (!job->leaks)
        return TG_OK;
    for (size_t i = 1; i < job->n_threads && !status; i++)
        status = tg_leak_merge(job->leaks[0], job->leaks[i], err);
    return status ? status : tg_leak_measure(job->leaks[0], job->leaking, err);
}

/* No more than the input can fill: to touch a large table here and there costs more than a small
 * file's rows do. */
static uint64_t cache_bytes(const struct tg_job *job)
{
    uint64_t most = bytes_of(job, shares_of(job)->cache), done, total;
    tg_reader_progress(job->reader, &done, &total);
    if (total == 0 || total >= most / CACHE_A_BYTE)
        return most;
    total *= CACHE_A_BYTE;
    return total > CACHE_MIN ? total : most < CACHE_MIN ? most : (uint64_t)CACHE_MIN;
}

/* The cache's hash is keyed with what nobody outside knows. */
static enum tg_status make_cache(struct tg_job *job, struct tg_error *err)
{
    struct tg_token_key *key = NULL;
    unsigned char token[TG_TOKEN_LEN];
    uint64_t seed[2];
    enum tg_status status =
        tg_row_key_new(job->options->key, tg_study_id(job->options->study), &key, err);
    if (status)
        return status;
    tg_token_compute(key, "cache", sizeof "cache", token);
    tg_token_key_free(&key);
    memcpy(seed, token, sizeof seed);
    status = tg_cache_new(job->plan.n_tokens, job->plan.n_identity, cache_bytes(job), seed,
                          &job->cache, err);
    tg_wipe(token, sizeof token);
    tg_wipe(seed, sizeof seed);
    return status;
}

static enum tg_status make_sorters(struct tg_job *job, struct tg_error *err)
{
    const struct tg_pseudonymize_options *o = job->options;
    enum tg_status status = TG_OK;
    const char *beside = o->output && strcmp(o->output, "-") != 0 ? o->output : "";
    job->scratch_dir = tg_path_dir(&job->arena, beside, err);
    if (!job->scratch_dir)
        return TG_NO_MEMORY;
    if (!o->check_only)
        status = tg_sorter_new(job->n_threads, bytes_of(job, shares_of(job)->rows),
                               job->scratch_dir, &job->rows, err);
    if (!status && o->rejects)
        status =
            tg_sorter_new(job->n_threads, memory_rejects, job->scratch_dir, &job->rejects, err);
    if (!status)
        status =
            tg_census_new(job->plan.n_tokens, job->n_threads, bytes_of(job, shares_of(job)->census),
                          job->scratch_dir, &job->census, err);
    return status;
}

static enum tg_status begin(struct tg_job *job, struct tg_error *err)
{
    const struct tg_pseudonymize_options *o = job->options;
    job->memory = o->memory ? o->memory : memory_default;
    enum tg_status status = tg_plan_make(o, &job->plan, err);
    if (!status)
        status = check_lookup(job, err);
    if (!status)
        status = tg_mutex_new(&job->reading, err);
    if (!status)
        status = tg_mutex_new(&job->failing, err);
    if (!status)
        status = tg_reader_new(&job->plan, o->inputs, o->n_inputs, &job->reader, err);
    if (status)
        return status;
    job->n_threads = choose_threads(job);
    status = make_tallies(job, err);
    if (!status)
        status = make_leaks(job, err);
    if (!status)
        status = make_cache(job, err);
    if (!status)
        status = make_sorters(job, err);
    return status;
}

/* Everything that holds raw values is gone when this is over. */
static enum tg_status read_all(struct tg_job *job, struct tg_error *err)
{
    enum tg_status status = tg_parallel(tg_job_work, job, job->n_threads, err);
    if (!status && job->status) {
        status = job->status;
        if (err)
            *err = job->err;
    }
    tg_reader_free(&job->reader);
    if (!status)
        status = tg_parallel(tg_job_drain, job, job->n_threads, err);
    tg_cache_free(&job->cache);
    for (size_t i = 0; i < job->n_threads; i++)
        tg_tally_add(&job->total, &job->tallies[i]);
    return status;
}

static enum tg_status write_all(struct tg_job *job, struct tg_outputs *outputs,
                                const struct tg_pseudonymize_result *result, struct tg_error *err)
{
    char sha256[TG_DIGEST_HEX + 1];
    struct tg_output *tokens = NULL, *manifest = NULL;
    enum tg_status status = tg_emit_rows(job, outputs, err);
    if (!status)
        status = tg_emit_rejects(job, outputs, err);
    if (!status)
        status = tg_csv_finish(&outputs->tokens, sha256, &tokens, err);
    if (!status && outputs->manifest)
        status = tg_summary_manifest(job, result, outputs->manifest, sha256, &manifest, err);
    if (!status)
        return tg_outputs_commit(outputs, &manifest, &tokens, err);
    tg_output_discard(&tokens);
    return status;
}

/* The rejects of a file that is refused or only checked are written: it is mended by them. */
static enum tg_status write_rejects(struct tg_job *job, struct tg_outputs *outputs,
                                    struct tg_error *err)
{
    enum tg_status status = TG_OK;
    if (job->rejects)
        status = tg_emit_rejects(job, outputs, err);
    if (!status && outputs->rejects)
        status = tg_csv_commit(&outputs->rejects, NULL, err);
    return status;
}

static enum tg_status run(struct tg_job *job, struct tg_outputs *outputs,
                          struct tg_pseudonymize_result *result, struct tg_error *err)
{
    struct tg_error why;
    enum tg_status status = begin(job, err);
    if (!status)
        status = tg_outputs_begin(job, outputs, err);
    if (status)
        return status;
    status = read_all(job, err);
    if (status) {
        if (tg_summary_result(job, result, &why))
            *result = (struct tg_pseudonymize_result){0};
        /* tokens are counted when all rows are there */
        result->n_profiles = 0;
        return status;
    }
    enum tg_status verdict = tg_tally_judge(&job->total, &job->plan, job->options->inputs[0],
                                            job->options->n_inputs == 1, &why);
    status = tg_parallel(tg_job_sort, job, job->n_threads, err);
    if (!status)
        status = measure_leaks(job, err);
    if (!status)
        status = tg_summary_result(job, result, err);
    if (status)
        return status;
    tg_notice_of_file(job, result);
    if (!verdict && job->rows)
        return write_all(job, outputs, result, err);
    status = write_rejects(job, outputs, err);
    if (!status && verdict && err)
        *err = why;
    return status ? status : verdict;
}

static void end(struct tg_job *job)
{
    tg_reader_free(&job->reader);
    tg_cache_free(&job->cache);
    tg_sorter_free(&job->rows);
    tg_sorter_free(&job->rejects);
    tg_census_free(&job->census);
    for (size_t i = 0; job->tallies && i < job->n_threads; i++)
        tg_tally_free(&job->tallies[i]);
    free(job->tallies);
    for (size_t i = 0; job->leaks && i < job->n_threads; i++)
        tg_leak_free(&job->leaks[i]);
    free(job->leaks);
    tg_tally_free(&job->total);
    free(job->counts);
    tg_mutex_free(&job->reading);
    tg_mutex_free(&job->failing);
    tg_plan_free(&job->plan);
    tg_arena_free(&job->arena);
}

enum tg_status tg_pseudonymize(const struct tg_pseudonymize_options *options,
                               const struct tg_reporter *reporter,
                               struct tg_pseudonymize_result *result, struct tg_error *err)
{
    struct tg_job job = {.options = options, .reporter = reporter};
    struct tg_outputs outputs = {0};
    *result = (struct tg_pseudonymize_result){0};
    enum tg_status status = check_options(options, err);
    if (!status)
        status = run(&job, &outputs, result, err);
    tg_outputs_discard(&outputs);
    if (job.rows)
        result->temporary = tg_sorter_disk(job.rows);
    if (job.census)
        result->temporary += tg_census_disk(job.census);
    end(&job);
    return status;
}
