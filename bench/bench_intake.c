/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raw file to token file, in rows and tokens a second, beside what the machine can do at most:
 * parsing alone, HMAC alone, writing alone, all measured in the same run.
 *
 *   bench_intake DIR [ROWS [PERSONS]]     ROWS of claims (5,000,000), PERSONS of roster (1,000,000)
 *   bench_intake DIR --scale [ROWS [PERSONS]]   claims of ROWS and of ten times ROWS, of PERSONS
 * or, without it, of one person a twenty rows
 *
 * Files are made in DIR when they are not there; a folder on tmpfs leaves the disk out of it.
 * --scale takes about 400 bytes of disk for each row of the longer file.
 */
#define _DEFAULT_SOURCE
#include "bench.h"
#include "bench_data.h"

#include "crypto/digest.h"
#include "table/csv.h"

#include <totsugo/intake.h>
#include <totsugo/sys.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

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
    bench_must("bench_intake", status, err);
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

static void make_key(const char *dir, struct tg_key **key)
{
    struct tg_error err;
    char *path = path_in(dir, "bench_key.hex");
    static const char hex[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
    must(tg_file_write_whole(path, hex, sizeof hex - 1, 0600, true, &err), &err);
    must(tg_key_import_hex("bench", path, key, &err), &err);
    free(path);
}

/* The study and the paths of one figure. */
struct setting {
    const char *dir;
    char *study_path, *output;
    struct tg_study *study;
};

/* What a run took. Seconds of the clock count what else the machine did; those of the processors,
 * all threads added up, hardly do. */
struct cost {
    double seconds, cpu;
    long peak_mebi;
};

static double seconds_of(const struct timeval *t)
{
    return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static uint64_t pseudonymize(const struct figure *f, const struct setting *s, unsigned threads)
{
    struct tg_error err;
    struct tg_key *key = NULL;
    make_key(s->dir, &key);
    struct tg_pseudonymize_result result;
    const char *inputs[] = {f->input};
    const struct tg_pseudonymize_options options = {.study = s->study,
                                                    .key = key,
                                                    .source = f->source,
                                                    .inputs = inputs,
                                                    .n_inputs = 1,
                                                    .output = s->output,
                                                    .threads = threads,
                                                    .force = true};
    must(tg_pseudonymize(&options, NULL, &result, &err), &err);
    uint64_t rows = result.rows;
    tg_pseudonymize_result_free(&result);
    tg_key_free(&key);
    return rows;
}

/* In a process of its own, whose memory is that of this run alone. It makes its own key: secret
 * memory is empty after a fork. */
static struct cost run(const struct figure *f, const struct setting *s, unsigned threads,
                       uint64_t *rows)
{
    int ends[2];
    if (pipe(ends) != 0)
        exit(EXIT_FAILURE);
    fflush(stdout);
    double from = tg_clock_seconds();
    pid_t pid = fork();
    if (pid == 0) {
        uint64_t n = pseudonymize(f, s, threads);
        _exit(write(ends[1], &n, sizeof n) == sizeof n ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    struct rusage usage;
    int how;
    if (pid < 0 || wait4(pid, &how, 0, &usage) != pid || how != 0 ||
        read(ends[0], rows, sizeof *rows) != sizeof *rows)
        exit(EXIT_FAILURE);
    close(ends[0]);
    close(ends[1]);
    return (struct cost){tg_clock_seconds() - from,
                         seconds_of(&usage.ru_utime) + seconds_of(&usage.ru_stime),
                         usage.ru_maxrss / 1024};
}

/* The least of some runs: other processes only ever add to it. */
static struct cost best(const struct figure *f, const struct setting *s, unsigned threads,
                        int times, uint64_t *rows)
{
    struct cost least = run(f, s, threads, rows);
    for (int i = 1; i < times; i++) {
        struct cost c = run(f, s, threads, rows);
        least.seconds = c.seconds < least.seconds ? c.seconds : least.seconds;
        least.cpu = c.cpu < least.cpu ? c.cpu : least.cpu;
        least.peak_mebi = c.peak_mebi > least.peak_mebi ? c.peak_mebi : least.peak_mebi;
    }
    return least;
}

static struct setting set_up(const struct figure *f, const char *dir)
{
    struct tg_error err;
    struct setting s = {dir, path_in(dir, "bench_study.yaml"), path_in(dir, "bench_tokens.csv"),
                        NULL};
    must(tg_bench_study(s.study_path, f->tokens, &err), &err);
    must(tg_study_load(s.study_path, &s.study, &err), &err);
    return s;
}

static void tear_down(struct setting *s)
{
    tg_study_free(&s->study);
    tg_file_remove(s->output);
    free(s->study_path);
    free(s->output);
}

static void report(const struct figure *f, const char *dir, double parse, double hmac)
{
    struct setting s = set_up(f, dir);
    uint64_t rows;
    struct cost two = best(f, &s, 0, TIMES, &rows);
    struct cost one = best(f, &s, 1, TIMES, &rows);
    uint64_t tokens = count_tokens(s.output);
    double n = (double)(f->per_token ? tokens : rows);
    const char *unit = f->per_token ? "tokens" : "rows";
    printf("%-22s %9.0f %s/s (target %.0f: %.2f); one thread %9.0f (%.2f times)\n", f->name,
           n / two.seconds, unit, f->target, n / two.seconds / f->target, n / one.seconds,
           one.seconds / two.seconds);
    printf("%-22s %9.0f %s a processor's second: at most %.2f of the target on two; one thread "
           "%9.0f\n",
           "", n / two.cpu, unit, 2 * n / two.cpu / f->target, n / one.cpu);
    printf(
        "%-22s %.2f of parsing alone; %.2f tokens a row, %.2f of one core's HMAC; peak %ld MiB\n",
        "", (double)rows / two.seconds / parse, (double)tokens / (double)rows,
        (double)tokens / two.seconds / hmac, two.peak_mebi);
    tear_down(&s);
}

/* The same claims ten times as long: rows a second and memory should not know. */
static void report_scale(const struct figure *f, const char *dir, uint64_t rows, uint64_t persons)
{
    struct tg_error err;
    struct cost costs[2];
    for (int i = 0; i < 2; i++) {
        char *claims = path_in(dir, "bench_scale.csv");
        struct figure scaled = *f;
        scaled.input = claims;
        uint64_t n = i ? 10 * rows : rows;
        must(tg_bench_claims(claims, n, persons ? persons : n / 20 + 1, TG_ENCODING_CP932, &err),
             &err);
        struct setting s = set_up(&scaled, dir);
        costs[i] = best(&scaled, &s, 0, i ? 1 : TIMES, &n);
        printf("%-22s %10llu rows: %9.0f rows/s, %9.0f a processor's second, peak %ld MiB\n",
               f->name, (unsigned long long)n, (double)n / costs[i].seconds,
               (double)n / costs[i].cpu, costs[i].peak_mebi);
        tear_down(&s);
        tg_file_remove(claims);
        free(claims);
    }
    printf("%-22s ten times the rows: %.2f of the rows/s, %.2f of those a processor's second\n", "",
           10 * costs[0].seconds / costs[1].seconds, 10 * costs[0].cpu / costs[1].cpu);
}

static const char three_tokens[] =
    "{insured_branch: [insurer_number, insured_symbol, insured_number, insured_branch, "
    "birth_date, sex], insured: [insurer_number, insured_symbol, insured_number, birth_date, "
    "sex], person: [kana_name_folded, birth_date, sex]}";
static const char one_token[] =
    "{insured: [insurer_number, insured_symbol, insured_number, birth_date, sex]}";

static void report_all(const char *dir, uint64_t rows, uint64_t persons)
{
    struct tg_error err;
    struct tg_key *key = NULL;
    char *claims = path_in(dir, "bench_claims.csv"), *roster = path_in(dir, "bench_roster.csv");
    if (!tg_file_exists(claims))
        must(tg_bench_claims(claims, rows, rows / 20 + 1, TG_ENCODING_CP932, &err), &err);
    if (!tg_file_exists(roster))
        must(tg_bench_roster(roster, persons, TG_ENCODING_CP932, &err), &err);
    make_key(dir, &key);
    double parse = parse_rate(claims), hmac = hmac_rate(key), writing = write_rate(dir);
    printf("limits: parsing %.0f rows/s, HMAC of %d bytes %.0f/s, SHA-256 and writing %.0f MiB/s\n",
           parse, MESSAGE, hmac, writing);
    const struct figure figures[] = {
        {"claims, three tokens", three_tokens, "claims", claims, false, 1200000},
        {"claims, one token", one_token, "claims", claims, false, 1600000},
        {"roster, japanese set", "japanese", "roster", roster, true, 7000000},
    };
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        report(&figures[i], dir, parse, hmac);
    tg_key_free(&key);
    free(claims);
    free(roster);
}

int main(int argc, char **argv)
{
    static const uint64_t rows = 5000000, persons = 1000000;
    if (argc < 2) {
        fprintf(stderr, "usage: bench_intake DIR [ROWS [PERSONS]]\n"
                        "       bench_intake DIR --scale [ROWS [PERSONS]]\n");
        return EXIT_FAILURE;
    }
    const char *dir = argv[1];
    bool scale = argc > 2 && strcmp(argv[2], "--scale") == 0;
    uint64_t first = argc > 2 + scale ? strtoull(argv[2 + scale], NULL, 10) : rows;
    const struct figure claims = {"claims, three tokens", three_tokens, "claims", NULL, false, 0};
    if (scale)
        report_scale(&claims, dir, first, argc > 4 ? strtoull(argv[4], NULL, 10) : 0);
    else
        report_all(dir, first, argc > 3 ? strtoull(argv[3], NULL, 10) : persons);
    return EXIT_SUCCESS;
}
