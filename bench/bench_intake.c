/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raw file to token file, in rows and tokens a second, beside what the machine can do at most:
 * parsing alone, HMAC alone, writing alone, all measured in the same run.
 *
 *   bench_intake DIR [ROWS [PERSONS]]     ROWS of claims (5,000,000), PERSONS of roster (1,000,000)
 *
 * Files are made in DIR when they are not there; a folder on tmpfs leaves the disk out of it.
 */
#include "bench_data.h"

#include "crypto/digest.h"
#include "table/csv.h"

#include <totsugo/intake.h>
#include <totsugo/sys.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { MESSAGE = 40, HMACS = 2000000, MEBI = 1024 * 1024, DIGEST_MEBI = 512, TIMES = 3 };

/* What the file asks for and what came of it. */
struct figure {
    const char *name;
    const char *tokens; /* YAML */
    const char *source;
    const char *input;
    bool per_token;
    double target; /* a second */
};

static void must(enum tg_status status, const struct tg_error *err)
{
    char text[1024];
    if (!status)
        return;
    (void)tg_error_format(err, TG_ENGLISH, text, sizeof text);
    fprintf(stderr, "bench_intake: %s\n", text);
    exit(EXIT_FAILURE);
}

static char *path_in(const char *dir, const char *name)
{
    size_t size = strlen(dir) + strlen(name) + 2;
    char *path = malloc(size);
    if (!path)
        exit(EXIT_FAILURE);
    (void)snprintf(path, size, "%s/%s", dir, name);
    return path;
}

static double parse_rate(const char *path)
{
    struct tg_error err;
    struct tg_input *in = NULL;
    struct tg_csv *csv = NULL;
    bool end = false;
    uint64_t rows = 0, line;
    double from = tg_clock_seconds();
    must(tg_input_open(path, &in, &err), &err);
    must(tg_csv_open(in, ',', &csv, &err), &err);
    for (; !end; rows++) {
        const struct tg_cell *cells;
        size_t n;
        must(tg_csv_next(csv, &cells, &n, &line, &end, &err), &err);
    }
    tg_csv_close(&csv);
    tg_input_close(&in);
    return (double)rows / (tg_clock_seconds() - from);
}

static double hmac_rate(const struct tg_key *key)
{
    struct tg_error err;
    struct tg_token_key *token_key = NULL;
    unsigned char message[MESSAGE] = {0};
    must(tg_token_key_new(key, "bench", "person", &token_key, &err), &err);
    double from = tg_clock_seconds();
    for (int i = 0; i < HMACS; i++)
        tg_token_compute(token_key, message, sizeof message, message);
    double rate = HMACS / (tg_clock_seconds() - from);
    tg_token_key_free(&token_key);
    return rate;
}

static double write_rate(const char *dir)
{
    struct tg_error err;
    char *path = path_in(dir, "bench_write");
    struct tg_csv_writer *w = NULL;
    char *block = malloc(MEBI);
    if (!block)
        exit(EXIT_FAILURE);
    memset(block, 'x', MEBI);
    double from = tg_clock_seconds();
    must(tg_csv_create(path, TG_OUTPUT_FORCE, &w, &err), &err);
    for (int i = 0; i < DIGEST_MEBI; i++)
        must(tg_csv_put_raw(w, block, MEBI, &err), &err);
    must(tg_csv_commit(&w, NULL, &err), &err);
    double rate = DIGEST_MEBI / (tg_clock_seconds() - from);
    tg_file_remove(path);
    free(path);
    free(block);
    return rate;
}

static uint64_t count_tokens(const char *path)
{
    struct tg_error err;
    struct tg_input *in = NULL;
    struct tg_csv *csv = NULL;
    bool end = false;
    uint64_t tokens = 0, line, hex = 0;
    must(tg_input_open(path, &in, &err), &err);
    must(tg_csv_open(in, ',', &csv, &err), &err);
    for (bool header = true;; header = false) {
        const struct tg_cell *cells;
        size_t n;
        must(tg_csv_next(csv, &cells, &n, &line, &end, &err), &err);
        if (end)
            break;
        for (size_t i = 0; i < n; i++) {
            if (header)
                hex += !strncmp(cells[i].data, "token_", 6) ? UINT64_C(1) << i : 0;
            else if (hex >> i & 1)
                tokens += (cells[i].len + 1) / 33;
        }
    }
    tg_csv_close(&csv);
    tg_input_close(&in);
    return tokens;
}

/* Seconds for one file; the peak memory of the process so far is told beside it. */
static double run(const struct figure *f, const struct tg_study *study, const struct tg_key *key,
                  const char *output, unsigned threads, uint64_t memory, uint64_t *rows)
{
    struct tg_error err;
    struct tg_pseudonymize_result result;
    const char *inputs[] = {f->input};
    const struct tg_pseudonymize_options options = {.study = study,
                                                    .key = key,
                                                    .source = f->source,
                                                    .inputs = inputs,
                                                    .n_inputs = 1,
                                                    .output = output,
                                                    .threads = threads,
                                                    .memory = memory,
                                                    .force = true};
    double from = tg_clock_seconds();
    must(tg_pseudonymize(&options, NULL, &result, &err), &err);
    double seconds = tg_clock_seconds() - from;
    *rows = result.rows;
    tg_pseudonymize_result_free(&result);
    return seconds;
}

/* The shortest of some runs: other processes only ever add to it. */
static double best(const struct figure *f, const struct tg_study *study, const struct tg_key *key,
                   const char *output, unsigned threads, uint64_t *rows)
{
    double least = run(f, study, key, output, threads, 0, rows);
    for (int i = 1; i < TIMES; i++) {
        double seconds = run(f, study, key, output, threads, 0, rows);
        least = seconds < least ? seconds : least;
    }
    return least;
}

static void report(const struct figure *f, const struct tg_key *key, const char *dir, double parse,
                   double hmac)
{
    struct tg_error err;
    char *study_path = path_in(dir, "bench_study.yaml"), *output = path_in(dir, "bench_tokens.csv");
    struct tg_study *study = NULL;
    uint64_t rows;
    must(tg_bench_study(study_path, f->tokens, &err), &err);
    must(tg_study_load(study_path, &study, &err), &err);
    double two = best(f, study, key, output, 0, &rows);
    double one = best(f, study, key, output, 1, &rows);
    uint64_t tokens = count_tokens(output);
    double rate = (double)(f->per_token ? tokens : rows) / two;
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    printf("%-24s %9.0f %s/s (target %.0f: %.2f)  one thread %9.0f (%.2f times)\n", f->name, rate,
           f->per_token ? "tokens" : "rows", f->target, rate / f->target,
           (double)(f->per_token ? tokens : rows) / one, one / two);
    printf(
        "%-24s %.2f of parsing alone, %.2f tokens a row: %.2f of one core's HMAC; peak %ld MiB\n",
        "", (double)rows / two / parse, (double)tokens / (double)rows, (double)tokens / two / hmac,
        usage.ru_maxrss / 1024);
    tg_study_free(&study);
    tg_file_remove(output);
    free(study_path);
    free(output);
}

static void make_key(const char *dir, struct tg_key **key)
{
    struct tg_error err;
    char *path = path_in(dir, "bench_key.hex");
    static const char hex[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
    must(tg_file_write_whole(path, hex, sizeof hex - 1, 0600, true, &err), &err);
    must(tg_key_import_hex("bench", path, key, &err), &err);
    free(path);
}

int main(int argc, char **argv)
{
    struct tg_error err;
    if (argc < 2) {
        fprintf(stderr, "usage: bench_intake DIR [ROWS [PERSONS]]\n");
        return EXIT_FAILURE;
    }
    const char *dir = argv[1];
    uint64_t rows = argc > 2 ? strtoull(argv[2], NULL, 10) : 5000000;
    uint64_t persons = argc > 3 ? strtoull(argv[3], NULL, 10) : 1000000;
    char *claims = path_in(dir, "bench_claims.csv"), *roster = path_in(dir, "bench_roster.csv");
    struct tg_key *key = NULL;
    make_key(dir, &key);
    if (!tg_file_exists(claims))
        must(tg_bench_claims(claims, rows, rows / 20 + 1, TG_ENCODING_CP932, &err), &err);
    if (!tg_file_exists(roster))
        must(tg_bench_roster(roster, persons, TG_ENCODING_CP932, &err), &err);
    double parse = parse_rate(claims), hmac = hmac_rate(key), writing = write_rate(dir);
    printf("limits: parsing %.0f rows/s, HMAC of %d bytes %.0f/s, SHA-256 and writing %.0f MiB/s\n",
           parse, MESSAGE, hmac, writing);
    const struct figure figures[] = {
        {"claims, three tokens",
         "{insured_branch: [insurer_number, insured_symbol, insured_number, insured_branch, "
         "birth_date, sex], insured: [insurer_number, insured_symbol, insured_number, birth_date, "
         "sex], person: [kana_name_folded, birth_date, sex]}",
         "claims", claims, false, 1200000},
        {"claims, one token",
         "{insured: [insurer_number, insured_symbol, insured_number, birth_date, sex]}", "claims",
         claims, false, 1600000},
        {"roster, japanese set", "japanese", "roster", roster, true, 7000000},
    };
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        report(&figures[i], key, dir, parse, hmac);
    tg_key_free(&key);
    free(claims);
    free(roster);
    return EXIT_SUCCESS;
}
