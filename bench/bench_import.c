/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Token files into the store and the monthly questions out of it, in rows a second, beside reading
 * and checking the same files alone.
 *
 *   bench_import DIR [PERSONS [ROWS [MONTHS]]]   people (200,000), claims of one in a month (3),
 *                                                months (3)
 *
 * Rosters: `roster` with three tokens a row, `bridges` of every fifth of its people by their
 * resident number; when all months are in, one more month of `roster` in which one in a hundred is
 * new and as many are gone, `second roster` of all of them by that number under insured numbers of
 * its own, and `other people` whom no roster had. In a store of their own, two months of a roster
 * with the tokens of set `japanese`.
 */
#define _GNU_SOURCE /* seconds of one thread */
#include "bench.h"

#include "crypto/digest.h"
#include "store/query.h"
#include "sys/file.h"
#include "table/tokenfile.h"
#include "text/calendar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static const char study_text[] =
    "version: 1\n"
    "study: bench\n"
    "sources:\n"
    "  roster: {kind: roster, columns: {insurer_number: a, insured_symbol: b, insured_number: c,\n"
    "           resident_number: r, kana_name: k, birth_date: d, sex: s, district: z,\n"
    "           enrolled_from: f, enrolled_to: t}}\n"
    "  medical: {kind: events, columns: {insurer_number: a, insured_symbol: b, insured_number: c,\n"
    "            birth_date: d, sex: s, month: m, code: o, amount: y}}\n"
    "  care: {kind: roster, columns: {resident_number: r, kana_name: k, birth_date: d, sex: s}}\n"
    "  late: {kind: roster, columns: {insurer_number: a, insured_symbol: b, insured_number: c,\n"
    "         resident_number: r, kana_name: k, birth_date: d, sex: s}}\n"
    "  town: {kind: roster, columns: {insurer_number: a, insured_symbol: b, insured_number: c,\n"
    "         resident_number: r, kana_name: k, birth_date: d, sex: s}}\n"
    "tokens:\n"
    "  insured: [insurer_number, insured_symbol, insured_number, birth_date, sex]\n"
    "  resident: [resident_number]\n"
    "  person: [kana_name_folded, birth_date, sex]\n";

static const char japanese_text[] =
    "version: 1\n"
    "study: bench\n"
    "sources:\n"
    "  roster: {kind: roster, columns: {insurer_number: a, insured_symbol: b, insured_number: c,\n"
    "           insured_branch: x, resident_number: r, kana_name: k, name: n, birth_date: d, sex: "
    "s,\n"
    "           postal_code: p, district: z, enrolled_from: f, enrolled_to: t}}\n"
    "tokens: japanese\n";

enum { TOKENS_MAX = 64, NAME_LEN = 8 };

/* A roster of every `step`th of `persons` people from number `first` on. */
struct roster {
    const char *source;
    uint64_t first, persons, step;
    int32_t month;
    size_t n_own; /* its first tokens are in no other roster */
};

static struct tg_error err;
static char file_path[512];

static void must(enum tg_status status)
{
    bench_must("bench_import", status, &err);
}

/* A token of person `i`: ascending by person, as a sorted file has them. */
static void put_token(struct tg_buf *b, uint64_t i, uint64_t name)
{
    must(tg_buf_printf(b, &err, "%016llx%016llx",
                       (unsigned long long)(i << 32 | bench_mix(i) >> 32),
                       (unsigned long long)bench_mix(i * 31 + name)));
}

static void finish(struct tg_csv_writer *w, const struct tg_study *study, const char *source,
                   int32_t month, const char **tokens, size_t n_tokens, uint64_t rows)
{
    char sha256[TG_DIGEST_HEX + 1], period[8], path[600];
    must(tg_csv_commit(&w, sha256, &err));
    tg_month_format(month, period);
    const struct tg_manifest m = {.format = "totsugo-tokens/1",
                                  .study = "bench",
                                  .study_digest = study->digest,
                                  .source = source,
                                  .kind = tg_kind_name(tg_study_source(study, source)->kind),
                                  .provider = "",
                                  .period = period,
                                  .normalizer = TG_NORMALIZER,
                                  .key_id = "0123456789abcdef",
                                  .tokens = tokens,
                                  .n_tokens = n_tokens,
                                  .rows = rows,
                                  .sha256 = sha256,
                                  .tool = "bench"};
    (void)snprintf(path, sizeof path, "%s.manifest.json", file_path);
    must(tg_manifest_write(path, &m, NULL, true, &err));
}

static void flush(struct tg_csv_writer *w, struct tg_buf *b, size_t limit)
{
    if (b->len < limit)
        return;
    must(tg_csv_put_raw(w, b->data, b->len, &err));
    b->len = 0;
}

static bool leaves_one_out(const struct tg_token_def *def)
{
    bool leaves = false;
    for (size_t i = 0; i < def->n_parts; i++)
        leaves |= def->parts[i].form == TG_PART_ONE_MISSING;
    return leaves;
}

/* The cell of token `t` of the study for person `i`. */
static void put_cell(const struct tg_study *study, struct tg_buf *b, uint64_t i, uint64_t t,
                     bool own)
{
    uint64_t key = (bench_mix(i) & 0xFFFFFFFF) << 32 | bench_mix(i + t) >> 32;
    must(tg_buf_add_char(b, ',', &err));
    if (!leaves_one_out(&study->tokens[t])) {
        put_token(b, bench_mix(i) & 0xFFFFFFFF, t + i * 7 + (own ? 1000 : 0));
        return;
    }
    for (uint64_t k = 0; k < NAME_LEN + 1 + i % 2; k++)
        must(tg_buf_printf(b, &err, "%s%016llx%016llx", k ? ";" : "",
                           (unsigned long long)(key / 16 * 16 + k),
                           (unsigned long long)bench_mix(key * 31 + k)));
}

static size_t list_tokens(const struct tg_study *study, const char *source,
                          const char *names[TOKENS_MAX], size_t tokens[TOKENS_MAX])
{
    size_t n = 0;
    for (size_t t = 0; t < study->n_tokens && n < TOKENS_MAX; t++) {
        if (!tg_source_can_fill(tg_study_source(study, source), &study->tokens[t]))
            continue;
        names[n] = study->tokens[t].name;
        tokens[n++] = t;
    }
    return n;
}

static void make_roster(const struct tg_study *study, const struct roster *roster)
{
    const char *names[TOKENS_MAX];
    size_t tokens[TOKENS_MAX], n = list_tokens(study, roster->source, names, tokens);
    uint64_t rows = 0;
    struct tg_csv_writer *w = NULL;
    struct tg_buf b = {0};
    must(tg_csv_create(file_path, TG_OUTPUT_FORCE, &w, &err));
    must(tg_buf_printf(&b, &err, "row_id"));
    for (size_t t = 0; t < n; t++)
        must(tg_buf_printf(&b, &err, ",token_%s", names[t]));
    must(tg_buf_printf(&b, &err, ",birth_month,sex,district,enrolled_from,enrolled_to\n"));
    for (uint64_t k = 0; k < roster->persons; k += roster->step, rows++) {
        uint64_t i = roster->first + k;
        put_token(&b, i, 100 + (uint64_t)roster->month + roster->step);
        for (size_t t = 0; t < n; t++)
            put_cell(study, &b, i, tokens[t], t < roster->n_own);
        must(tg_buf_printf(&b, &err, ",%04d-%02d,%d,district %d,2015-04-01,\n",
                           (int)(1930 + bench_mix(i) % 80), (int)(bench_mix(i) % 12 + 1),
                           (int)(i % 2 + 1), (int)(bench_mix(i) % 20)));
        flush(w, &b, 1 << 16);
    }
    flush(w, &b, 0);
    finish(w, study, roster->source, roster->month, names, n, rows);
    tg_buf_free(&b);
}

/* Insured tokens are those of the roster; the file is sorted by them. */
static int by_key(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    x = bench_mix(x) & 0xFFFFFFFF;
    y = bench_mix(y) & 0xFFFFFFFF;
    return (x > y) - (x < y);
}

/* Of `persons` people from number `first` on. */
static void make_claims(const struct tg_study *study, uint64_t first, uint64_t persons,
                        uint64_t rows, int32_t month)
{
    const char *tokens[] = {"insured"};
    char period[8];
    struct tg_csv_writer *w = NULL;
    struct tg_buf b = {0};
    uint64_t *order = malloc(persons * sizeof *order);
    if (!order)
        exit(EXIT_FAILURE);
    for (uint64_t i = 0; i < persons; i++)
        order[i] = first + i;
    qsort(order, persons, sizeof *order, by_key);
    tg_month_format(month, period);
    must(tg_csv_create(file_path, TG_OUTPUT_FORCE, &w, &err));
    must(tg_buf_printf(&b, &err, "token_insured,month,code,amount\n"));
    for (uint64_t k = 0; k < persons; k++) {
        for (uint64_t r = 0; r < rows; r++) {
            uint64_t i = order[k], draw = bench_mix(i * 97 + r * 13 + (uint64_t)month);
            put_token(&b, bench_mix(i) & 0xFFFFFFFF, i * 7);
            must(tg_buf_printf(&b, &err, ",%s,%c%02d,%d\n", period, (int)('A' + draw % 20),
                               (int)(draw / 20 % 100), (int)(draw / 4096 % 100000)));
        }
        flush(w, &b, 1 << 16);
    }
    flush(w, &b, 0);
    finish(w, study, "medical", month, tokens, 1, persons * rows);
    tg_buf_free(&b);
    free(order);
}

static double read_alone(const struct tg_study *study)
{
    struct tg_token_file *f = NULL;
    const struct tg_token_row *row;
    bool end = false;
    double from = tg_clock_seconds();
    must(tg_token_file_open(file_path, study, &f, &err));
    while (!end)
        must(tg_token_file_next(f, &row, &end, &err));
    tg_token_file_close(&f);
    return tg_clock_seconds() - from;
}

static long peak_mebi(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
}

/* On a machine that does other things too, this says more than the clock. `who`: all threads, or
 * the one that asks, which is the one that writes. */
static double cpu_seconds(int who)
{
    struct rusage u;
    (void)getrusage(who, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void import(struct tg_store *store, const struct tg_study *study, const char *what)
{
    struct tg_import_result result;
    double alone = read_alone(study), cpu = cpu_seconds(RUSAGE_SELF);
    double writer = cpu_seconds(RUSAGE_THREAD), from = tg_clock_seconds();
    must(tg_import(store, file_path, NULL, &result, &err));
    double seconds = tg_clock_seconds() - from, rows = (double)result.rows;
    cpu = cpu_seconds(RUSAGE_SELF) - cpu;
    writer = cpu_seconds(RUSAGE_THREAD) - writer;
    printf("%-16s %9.0f rows %7.2f s %9.0f rows/s; of processor %.2f s = %.2f us a row, the thread"
           " that writes %.2f us (%.2f of reading alone) peak %ld MiB\n",
           what, rows, seconds, rows / seconds, cpu, cpu / rows * 1e6, writer / rows * 1e6,
           alone / seconds, peak_mebi());
    (void)fflush(stdout);
    tg_file_remove(file_path);
}

static enum tg_status add_up(void *ctx, const struct tg_amount *amounts, size_t n,
                             struct tg_error *e)
{
    int64_t *sum = ctx;
    (void)e;
    for (size_t i = 0; i < n; i++)
        *sum += amounts[i].yen;
    return TG_OK;
}

static void ask(struct tg_store *store, const struct tg_study *study, int32_t month)
{
    struct tg_people people;
    struct tg_event_counts counts;
    int64_t sum = 0;
    double from = tg_clock_seconds();
    must(tg_store_people(store, month, &people, &err));
    printf("people           %9zu      %7.2f s\n", people.n, tg_clock_seconds() - from);
    tg_people_free(&people);
    from = tg_clock_seconds();
    const struct tg_asked_source medical = {.source = tg_study_source(study, "medical"),
                                            .month = month};
    const struct tg_amount_question question = {.to = INT32_MAX};
    must(tg_store_amounts(store, &medical, &question, 1, add_up, &sum, &counts, &err));
    printf("amounts          %9llu      %7.2f s (%llu unassigned) peak %ld MiB\n",
           (unsigned long long)counts.events, tg_clock_seconds() - from,
           (unsigned long long)counts.unassigned, peak_mebi());
}

static void import_roster(struct tg_store *store, const struct tg_study *study, const char *what,
                          const struct roster *roster)
{
    make_roster(study, roster);
    import(store, study, what);
}

/* A fresh store at `path`. */
static void begin(const char *dir, const char *text, size_t len, char path[512],
                  struct tg_study **study, struct tg_store **store)
{
    (void)snprintf(path, 512, "%s/bench_study.yaml", dir);
    must(tg_file_write_whole(path, text, len, 0600, true, &err));
    must(tg_study_load(path, study, &err));
    (void)snprintf(file_path, sizeof file_path, "%s/bench_tokens.csv", dir);
    (void)snprintf(path, 512, "%s/bench.db", dir);
    tg_file_remove(path);
    must(tg_store_open(path, *study, store, &err));
}

static void end(const char *path, struct tg_study **study, struct tg_store **store)
{
    struct tg_input *in = NULL;
    tg_store_close(store);
    must(tg_input_open(path, &in, &err));
    printf("store            %9.1f MiB\n", (double)tg_input_size(in) / 1048576);
    tg_input_close(&in);
    tg_study_free(study);
}

static void three_tokens(const char *dir, uint64_t persons, uint64_t rows, int32_t months)
{
    int32_t first = tg_month_of(2025, 1);
    char path[512];
    struct tg_study *study = NULL;
    struct tg_store *store = NULL;
    begin(dir, study_text, sizeof study_text - 1, path, &study, &store);
    for (int32_t m = 0; m < months; m++) {
        import_roster(store, study, m ? "roster again" : "roster",
                      &(struct roster){"roster", 0, persons, 1, first + m, 0});
        import_roster(store, study, m ? "bridges again" : "bridges",
                      &(struct roster){"care", 0, persons, 5, first + m, 0});
        make_claims(study, 0, persons, rows, first + m);
        import(store, study, m ? "claims again" : "claims");
    }
    make_claims(study, persons, persons, rows, first + months);
    import(store, study, "claims, others");
    import_roster(store, study, "1 of 100 new",
                  &(struct roster){"roster", persons / 100, persons, 1, first + months, 0});
    import_roster(store, study, "second roster",
                  &(struct roster){"late", 0, persons, 1, first + months, 1});
    import_roster(store, study, "other people",
                  &(struct roster){"town", 2 * persons, persons, 1, first + months, 0});
    ask(store, study, first + months);
    end(path, &study, &store);
}

static void many_tokens(const char *dir, uint64_t persons)
{
    int32_t first = tg_month_of(2025, 1);
    char path[512];
    struct tg_study *study = NULL;
    struct tg_store *store = NULL;
    begin(dir, japanese_text, sizeof japanese_text - 1, path, &study, &store);
    for (int32_t m = 0; m < 2; m++)
        import_roster(store, study, m ? "japanese again" : "japanese",
                      &(struct roster){"roster", 0, persons, 1, first + m, 0});
    end(path, &study, &store);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: bench_import DIR [PERSONS [ROWS [MONTHS]]]\n");
        return EXIT_FAILURE;
    }
    uint64_t persons = argc > 2 ? strtoull(argv[2], NULL, 10) : 200000;
    uint64_t rows = argc > 3 ? strtoull(argv[3], NULL, 10) : 3;
    int32_t months = argc > 4 ? (int32_t)strtol(argv[4], NULL, 10) : 3;
    three_tokens(argv[1], persons, rows, months);
    many_tokens(argv[1], persons / 3);
    return EXIT_SUCCESS;
}
