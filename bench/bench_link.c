/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linking two files of synthetic people, from tokens in memory to decisions, beside a plain radix
 * join of 16-byte keys.
 *
 *   bench_link SET LEFT RIGHT [months]   [latin 100000 100000]   SET: japanese (left: app users
 *                                        without numbers) or latin
 *
 * months: a first month, the next one in which one in a hundred rows on either side has gone and as
 * many have come, that one with nothing remembered, and that one again.
 *
 * Names come as often as names do (a few are common, most are rare), postcodes hang on suburbs, a
 * tenth of the left's names are mistyped, every twentieth left row is of nobody on the right.
 */
#include "bench.h"

#include "link/memory.h"
#include "sys/file.h"
#include "table/study.h"
#include "text/calendar.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { VALUE_MAX = 40, FORMS_MAX = VALUE_MAX + 1, FIELDS_MAX = 32 };

static struct tg_error err;
static struct tg_linkage linkage;
static struct tg_study *study;
static uint32_t *truth; /* by left row: its right row, or UINT32_MAX */

static void must(enum tg_status status)
{
    bench_must("bench_link", status, &err);
}

/* One number of one person's. */
static uint64_t draw(uint64_t person, uint64_t what)
{
    return bench_mix(bench_mix(person + 1) + what * UINT64_C(0x9e3779b97f4a7c15));
}

/* Of n names the k-th comes about 1/k as often as the first. */
static uint64_t skewed(uint64_t bits, double n)
{
    return (uint64_t)exp((double)(bits >> 11) / 9007199254740992.0 * log(n));
}

/* A name of 4 to 10 letters. */
static void spell(char *out, uint64_t name)
{
    uint64_t bits = bench_mix(name);
    size_t n = 2 + (size_t)(bits >> 61) % 4;
    for (size_t i = 0; i < n; i++, bits >>= 7) {
        *out++ = "KSTNHMRGZB"[bits % 10];
        *out++ = "AIUEO"[bits / 10 % 5];
    }
    *out = '\0';
}

/* The value of a field, "" when the person has none; `left`: as the left file writes it. */
static void value_of(const char *field, uint64_t person, bool left, char out[VALUE_MAX])
{
    uint64_t home = draw(person, left && draw(person, 90) % 10 == 0 ? 91 : 1);
    uint64_t suburb = skewed(home, 3000), error = left ? draw(person, 92) : 0;
    uint64_t surname = skewed(draw(person, error % 33 == 1 ? 93 : 2), 30000);
    uint64_t day = draw(person, error % 100 == 2 ? 94 : 3);
    char given[VALUE_MAX / 2];
    out[0] = '\0';
    spell(given, 1000000 + skewed(draw(person, 4), 4000));
    if (!strcmp(field, "surname"))
        spell(out, surname);
    else if (!strcmp(field, "given_name"))
        memcpy(out, given, sizeof given);
    else if (!strcmp(field, "kana_name_folded")) {
        spell(out, surname);
        memcpy(out + strlen(out), given, strlen(given) + 1);
    } else if (!strcmp(field, "birth_date"))
        (void)snprintf(out, VALUE_MAX, "%04d%02d%02d", (int)(1925 + day % 75),
                       (int)(1 + day / 75 % 12), (int)(1 + day / 900 % 28));
    else if (!strcmp(field, "sex"))
        (void)snprintf(out, VALUE_MAX, "%d", (int)(1 + draw(person, 5) % 2));
    else if (!strcmp(field, "suburb"))
        spell(out, 2000000 + suburb);
    else if (!strcmp(field, "postcode"))
        (void)snprintf(out, VALUE_MAX, "%04d", (int)(suburb * 7 % 9973));
    else if (!strcmp(field, "postal_code"))
        (void)snprintf(out, VALUE_MAX, "%07d", (int)(1000000 + suburb * 7));
    else if (!strcmp(field, "address")) {
        (void)snprintf(out, 8, "%d", (int)(1 + home % 300));
        spell(out + strlen(out), 3000000 + skewed(bench_mix(home), 20000));
    } else if (!strcmp(field, "phone") && draw(person, 95) % 10 < 7)
        (void)snprintf(out, VALUE_MAX, "0%09llu", (unsigned long long)(home % 1000000000));
    else if (!left && (!strcmp(field, "resident_number") || !strcmp(field, "insured_number")))
        (void)snprintf(out, VALUE_MAX, "%llu", (unsigned long long)person);
    else if (!left && !strcmp(field, "insurer_number"))
        memcpy(out, "00138016", 9);
    size_t len = strlen(out);
    if (left && len > 3 && draw(person, 96 + (uint64_t)field[0]) % 20 == 0 && out[0] > '9')
        out[draw(person, 97) % len] = 'X';
}

/* Hashes of what a part of a token takes of a value; returns how many, 0 when it is missing. */
static size_t take_forms(const struct tg_token_part *part, char values[][VALUE_MAX],
                         uint64_t forms[FORMS_MAX])
{
    const char *v = values[part->field - tg_study_field_at(study, 0)];
    size_t len = strlen(v), from = 0, n = 1, skip = SIZE_MAX;
    if (len == 0)
        return 0;
    if (part->form == TG_PART_FIRST)
        len = len < part->n_characters ? len : part->n_characters;
    else if (part->form == TG_PART_LAST)
        from = len < part->n_characters ? 0 : len - part->n_characters;
    else if (part->form == TG_PART_YEAR_MONTH)
        len = 6;
    else if (part->form == TG_PART_MONTH_DAY)
        from = 4;
    else if (part->form == TG_PART_YEAR_DAY)
        skip = 4;
    else if (part->form == TG_PART_ONE_MISSING && len > 3)
        n = len + 1;
    for (size_t f = 0; f < n; f++) {
        forms[f] = part->form == TG_PART_ONE_MISSING ? 0 : (uint64_t)part->form;
        for (size_t i = from; i < len; i++)
            forms[f] = f && i == f - 1 ? forms[f]
                       : i == skip || i == skip + 1
                           ? forms[f]
                           : bench_mix(forms[f] * 257 + (unsigned char)v[i] + 1);
    }
    if (part->form == TG_PART_EITHER_ORDER) { /* a sum does not know the order */
        uint64_t other = 0;
        const char *w = values[part->other - tg_study_field_at(study, 0)];
        for (size_t i = 0; w[i]; i++)
            other = bench_mix(other * 257 + (unsigned char)w[i] + 1);
        forms[0] = 0;
        for (size_t i = 0; v[i]; i++)
            forms[0] = bench_mix(forms[0] * 257 + (unsigned char)v[i] + 1);
        forms[0] += other;
        return w[0] ? 1 : 0;
    }
    return n;
}

/* All tokens of a person; no token has more than one part with several forms. */
static uint64_t add_person(enum tg_side side, uint32_t row, uint64_t person)
{
    static char values[FIELDS_MAX][VALUE_MAX];
    uint64_t n_tokens = 0;
    const struct tg_field *field;
    for (size_t f = 0; f < FIELDS_MAX && (field = tg_study_field_at(study, f)); f++)
        value_of(field->name, person, side == TG_LEFT, values[f]);
    for (size_t k = 0; k < study->n_tokens; k++) {
        const struct tg_token_def *token = &study->tokens[k];
        uint64_t forms[FORMS_MAX], hashes[FORMS_MAX] = {0};
        size_t n = 1;
        for (size_t p = 0; p < token->n_parts && n; p++) {
            size_t n_forms = take_forms(&token->parts[p], values, forms);
            for (size_t i = n; i < n_forms; i++)
                hashes[i] = hashes[0];
            n = n_forms == 0 ? 0 : n_forms > n ? n_forms : n;
            for (size_t i = 0; i < n; i++)
                hashes[i] = bench_mix(hashes[i] * 31 + forms[i < n_forms ? i : 0] + p + 1);
        }
        for (size_t i = 0; i < n; i++) {
            uint64_t hash[2] = {hashes[i], bench_mix(hashes[i])};
            must(tg_linkage_add(&linkage.keys[k], side, (unsigned char *)hash, row, &err));
        }
        n_tokens += n;
    }
    return n_tokens;
}

/* Processor time, which other work on the machine disturbs less. */
static double cpu_seconds(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static long peak_mebi(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
}

struct key {
    uint64_t high, low;
};

/* Distributes by the first 11 bits, so that each run fits a cache. */
static void split(const struct key *from, struct key *to, size_t n, size_t end[2048])
{
    size_t sum = 0;
    memset(end, 0, 2048 * sizeof *end);
    for (size_t i = 0; i < n; i++)
        end[from[i].high >> 53]++;
    for (size_t d = 0; d < 2048; d++) {
        size_t count = end[d];
        end[d] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++)
        to[end[from[i].high >> 53]++] = from[i];
}

/* How fast this machine joins plain keys: a radix split and a hash table for each run. */
static double join_plain(size_t n_left, size_t n_right)
{
    size_t n[2] = {n_left, n_right}, met = 0;
    static size_t end[2][2048];
    struct key *keys[2], *runs[2];
    for (int s = 0; s < 2; s++) {
        keys[s] = calloc(n[s], sizeof *keys[s]);
        runs[s] = calloc(n[s], sizeof *runs[s]);
        for (size_t i = 0; keys[s] && i < n[s]; i++)
            keys[s][i] = (struct key){bench_mix(i * 3 + 1), bench_mix(i)};
    }
    static uint32_t slots[1 << 16];
    if (!keys[0] || !keys[1] || !runs[0] || !runs[1] || n_left / 2048 > sizeof slots / 16)
        exit(EXIT_FAILURE);
    double from = cpu_seconds();
    for (int s = 0; s < 2; s++)
        split(keys[s], runs[s], n[s], end[s]);
    for (size_t d = 0; d < 2048; d++) {
        size_t at = d ? end[0][d - 1] : 0, j = d ? end[1][d - 1] : 0, room = 64;
        while (room < 2 * (end[0][d] - at))
            room *= 2;
        memset(slots, 0, room * sizeof *slots);
        for (; at < end[0][d]; at++) {
            size_t slot = runs[0][at].low & (room - 1);
            while (slots[slot])
                slot = (slot + 1) & (room - 1);
            slots[slot] = (uint32_t)at + 1;
        }
        for (; j < end[1][d]; j++) {
            size_t slot = runs[1][j].low & (room - 1);
            while (slots[slot]) {
                const struct key *k = &runs[0][slots[slot] - 1];
                met += k->high == runs[1][j].high && k->low == runs[1][j].low;
                slot = (slot + 1) & (room - 1);
            }
        }
    }
    double seconds = cpu_seconds() - from;
    for (int s = 0; s < 2; s++) {
        free(keys[s]);
        free(runs[s]);
    }
    printf("plain join       %9zu x %zu 16-byte keys, %zu meet: %.3f s, %.1f ns a key\n", n_left,
           n_right, met, seconds, seconds * 1e9 / (double)(n_left + n_right));
    return seconds / (double)(n_left + n_right);
}

static void load_study(const char *set)
{
    char path[] = "bench_link.yaml", text[512];
    int len = snprintf(text, sizeof text,
                       "version: 1\nstudy: bench\ntokens: %s\nsources:\n"
                       "  people: {kind: roster, columns: {birth_date: d, sex: s}}\n",
                       set);
    must(tg_file_write_whole(path, text, (size_t)len, 0600, true, &err));
    must(tg_study_load(path, &study, &err));
    tg_file_remove(path);
}

static void report(struct tg_link_decision *decisions, uint32_t n_left)
{
    uint64_t linked = 0, right = 0, findable = 0;
    for (uint32_t i = 0; i < n_left; i++) {
        linked += decisions[i].state == TG_LINK_LINKED;
        right += decisions[i].state == TG_LINK_LINKED && decisions[i].right == truth[i];
        findable += truth[i] != UINT32_MAX;
    }
    printf("decisions        %9llu links of %llu, precision %.5f recall %.5f\n",
           (unsigned long long)linked, (unsigned long long)findable,
           (double)right / (double)(linked ? linked : 1), (double)right / (double)findable);
}

/* The rows of a month: from `from` on, n of each side; their entities count from there. */
struct bench_month {
    uint32_t from[TG_N_SIDES], n[TG_N_SIDES];
};

enum { BATCH = 256 };

/* Hands on evidence tokens of flagged rows; an entity is its row less `less`. */
static enum tg_status hand_on(enum tg_side side, const bool *rows, uint32_t less,
                              tg_on_evidence *on, void *ctx)
{
    struct tg_evidence_token batch[BATCH];
    enum tg_status status = TG_OK;
    for (uint32_t k = 0; !status && k < linkage.n_keys; k++) {
        const struct tg_link_key *key = &linkage.keys[k];
        size_t n = 0;
        for (size_t i = 0; !status && !key->exact && i < key->n[side]; i++) {
            const struct tg_link_short *s = &key->shorts[side][i];
            if (!rows[s->entity])
                continue;
            uint64_t hash = (uint64_t)s->high << 32 | s->low;
            batch[n++] = (struct tg_evidence_token){hash, s->entity - less, k};
            if (n == BATCH) {
                status = on(ctx, batch, n, &err);
                n = 0;
            }
        }
        if (!status && n)
            status = on(ctx, batch, n, &err);
    }
    return status;
}

static enum tg_status walk(void *ctx, enum tg_side side, const bool *of, tg_on_evidence *on,
                           void *on_ctx, struct tg_error *e)
{
    const struct bench_month *m = ctx;
    (void)e;
    bool *rows = calloc((size_t)m->from[side] + 2 * (size_t)m->n[side], sizeof *rows);
    for (uint32_t i = 0; rows && i < m->n[side]; i++)
        rows[m->from[side] + i] = !of || of[i];
    enum tg_status status = rows ? hand_on(side, rows, m->from[side], on, on_ctx) : TG_NO_MEMORY;
    free(rows);
    return status;
}

static enum tg_status walk_rows(void *ctx, const bool *rows, tg_on_evidence *on, void *on_ctx,
                                struct tg_error *e)
{
    (void)ctx;
    (void)e;
    return hand_on(TG_RIGHT, rows, 0, on, on_ctx);
}

/* Keys of a month alone: its exact tokens. */
static void take_exact(const struct bench_month *m, struct tg_linkage *l)
{
    for (size_t k = 0; k < l->n_keys; k++) {
        const struct tg_link_key *all = &linkage.keys[k];
        l->keys[k].rule = all->rule;
        l->keys[k].exact = all->exact;
        l->keys[k].number_like = all->number_like;
        for (int s = 0; all->exact && s < TG_N_SIDES; s++) {
            for (size_t i = 0; i < all->n[s]; i++) {
                const struct tg_link_entry *e = &all->entries[s][i];
                if (e->entity >= m->from[s] && e->entity - m->from[s] < m->n[s])
                    must(tg_linkage_add(&l->keys[k], (enum tg_side)s, e->hash,
                                        e->entity - m->from[s], &err));
            }
        }
    }
    must(tg_linkage_describe(l, study, &err));
}

/* Links a month; `old`: what was remembered, which it takes, and what it leaves. */
static void link_month(const char *what, const struct bench_month *m, size_t n_rows,
                       struct tg_buf old[TG_MEMORY_PARTS])
{
    struct tg_link_decision *decisions = NULL;
    struct tg_link_key_report *reports = NULL;
    bool *candidates = NULL;
    uint32_t *entity_of = calloc(n_rows, sizeof *entity_of);
    struct tg_link_memory *memory = calloc(1, sizeof *memory);
    struct tg_linkage l = linkage;
    l.keys = calloc(l.n_keys, sizeof *l.keys);
    if (!entity_of || !memory || !l.keys)
        exit(EXIT_FAILURE);
    for (uint32_t i = 0; i < m->n[TG_RIGHT]; i++)
        entity_of[m->from[TG_RIGHT] + i] = i + 1;
    for (int s = 0; s < TG_N_SIDES; s++)
        l.facts[s] = (struct tg_link_facts){m->n[s], NULL, NULL};
    take_exact(m, &l);
    *memory =
        (struct tg_link_memory){.entity_of = entity_of, .n_rows = n_rows, .walk_rows = walk_rows};
    memcpy(memory->old, old, sizeof memory->old);
    l.evidence = (struct tg_evidence_source){walk, (void *)(uintptr_t)m};
    l.memory = memory;
    double from = cpu_seconds();
    tg_linkage_sort(&l);
    must(tg_linkage_decide(&l, &decisions, &reports, &candidates, &err));
    printf("%-16s %9.2f s of processor, anew %llu of %llu left and %llu of %llu right rows\n", what,
           cpu_seconds() - from, (unsigned long long)memory->asking_anew,
           (unsigned long long)memory->asking, (unsigned long long)memory->rows_anew,
           (unsigned long long)memory->rows);
    memcpy(old, memory->next, sizeof memory->next);
    memset(memory->next, 0, sizeof memory->next);
    tg_link_memory_free(memory);
    tg_linkage_free(&l);
    free(memory);
    free(entity_of);
    free(decisions);
    free(reports);
    free(candidates);
}

static void link_months(const uint32_t n[TG_N_SIDES], const uint32_t n_all[TG_N_SIDES])
{
    struct bench_month first = {.n = {n[TG_LEFT], n[TG_RIGHT]}}, next = first;
    struct tg_buf remembered[TG_MEMORY_PARTS] = {{0}}, nothing[TG_MEMORY_PARTS] = {{0}};
    for (int s = 0; s < TG_N_SIDES; s++)
        next.from[s] = n_all[s] - n[s];
    link_month("first month", &first, n_all[TG_RIGHT], remembered);
    link_month("next month", &next, n_all[TG_RIGHT], remembered);
    link_month("nothing new", &next, n_all[TG_RIGHT], remembered);
    link_month("next, forgotten", &next, n_all[TG_RIGHT], nothing);
    for (size_t i = 0; i < TG_MEMORY_PARTS; i++) {
        tg_buf_free(&remembered[i]);
        tg_buf_free(&nothing[i]);
    }
}

int main(int argc, char **argv)
{
    const char *set = argc > 1 ? argv[1] : "latin";
    uint32_t n[TG_N_SIDES] = {argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 100000,
                              argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 100000};
    uint64_t n_tokens[TG_N_SIDES] = {0};
    struct tg_link_decision *decisions = NULL;
    struct tg_link_key_report *reports = NULL;
    bool *candidates = NULL, months = argc > 4 && !strcmp(argv[4], "months");
    const uint32_t n_all[TG_N_SIDES] = {n[TG_LEFT] + (months ? n[TG_LEFT] / 100 : 0),
                                        n[TG_RIGHT] + (months ? n[TG_RIGHT] / 100 : 0)};
    load_study(set);
    double plain = join_plain(1000000, 5000000);
    linkage = (struct tg_linkage){.n_keys = study->n_tokens, .accept = 0.99, .review = 0.5};
    linkage.keys = calloc(study->n_tokens, sizeof *linkage.keys);
    truth = calloc(n_all[TG_LEFT], sizeof *truth);
    for (size_t k = 0; k < study->n_tokens; k++)
        linkage.keys[k] = (struct tg_link_key){.rule = study->tokens[k].name,
                                               .exact = !study->tokens[k].evidence,
                                               .number_like = study->tokens[k].number_like};
    must(tg_linkage_describe(&linkage, study, &err));
    for (uint32_t i = 0; i < n_all[TG_RIGHT]; i++)
        n_tokens[TG_RIGHT] += add_person(TG_RIGHT, i, i);
    for (uint32_t i = 0; i < n_all[TG_LEFT]; i++) {
        bool stranger = draw(i, 80) % 20 == 0;
        uint64_t person = (uint64_t)i * 7919 % n[TG_RIGHT];
        truth[i] = stranger ? UINT32_MAX : (uint32_t)person;
        n_tokens[TG_LEFT] += add_person(TG_LEFT, i, stranger ? UINT32_MAX + (uint64_t)i : person);
    }
    for (int side = 0; side < TG_N_SIDES; side++)
        linkage.facts[side] = (struct tg_link_facts){n[side], NULL, NULL};
    printf("tokens           %9u rows, %llu tokens; %u rows, %llu tokens; peak %ld MiB\n",
           n[TG_LEFT], (unsigned long long)n_tokens[TG_LEFT], n[TG_RIGHT],
           (unsigned long long)n_tokens[TG_RIGHT], peak_mebi());
    if (months) {
        link_months(n, n_all);
        return EXIT_SUCCESS;
    }
    double from = cpu_seconds(), clock = tg_clock_seconds();
    tg_linkage_sort(&linkage);
    double sorted = cpu_seconds();
    must(tg_linkage_decide(&linkage, &decisions, &reports, &candidates, &err));
    double seconds = cpu_seconds() - from;
    clock = tg_clock_seconds() - clock;
    double a_token = seconds / (double)(n_tokens[TG_LEFT] + n_tokens[TG_RIGHT]);
    printf("link             %9.2f s of processor (sort %.2f s), %.2f s by the clock, %.2f us a "
           "row, %.1f ns a token, %.1f of the "
           "plain join; peak %ld MiB\n",
           seconds, sorted - from, clock, seconds * 1e6 / (n[TG_LEFT] + n[TG_RIGHT]), a_token * 1e9,
           a_token / plain, peak_mebi());
    report(decisions, n[TG_LEFT]);
    tg_linkage_free(&linkage);
    tg_study_free(&study);
    free(truth);
    free(decisions);
    free(reports);
    free(candidates);
    return EXIT_SUCCESS;
}
