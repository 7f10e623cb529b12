/* SPDX-License-Identifier: Apache-2.0 */
#include "link/rarity.h"

#include "link/evidence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    N_VALUES_MAX = 2 * TG_LINK_FIELDS_MAX, /* 2·f: a field's beginning; 2·f + 1: all, or the end */
    N_TABLES_MAX = 64,
    N_SWEEPS = 4,
    NO_TABLE = UINT8_MAX,
    STEPS = 4, /* of a doubling: commonness is rounded, so that pairs are alike */
    MEMO_BITS = 6,
};

/* A key of two values. */
struct table {
    size_t values[2];
    double n, sum, squares; /* entities that have both; others that share the token */
    double usual;           /* others, on average */
};

struct tg_rarity {
    const struct tg_linkage *l;
    const bool *of;
    uint32_t *const *fields;
    struct table tables[N_TABLES_MAX];
    size_t n_tables;
    uint8_t with[N_VALUES_MAX][N_TABLES_MAX]; /* by value: the tables with it, ascending */
    size_t n_with[N_VALUES_MAX];
    uint8_t *table_of; /* by key */
    uint16_t *others;  /* by left entity and table */
    double shape[N_VALUES_MAX];
    uint32_t at; /* whose relative frequencies these are; UINT32_MAX: nobody's */
    double relative[N_VALUES_MAX];
    uint64_t ends; /* in two bits a field: 1 where it is the ends of another one */
    struct memo {
        bool there;
        uint64_t shared;
        double commonness;
    } memos[1 << MEMO_BITS]; /* of the same entity */
};

/* Of one error's forms a value has several tokens. */
static bool is_value(const struct tg_linkage *l, const struct tg_link_part *part)
{
    return part->whole || tg_linkage_is_ends(l, part->field);
}

static void list_with(struct tg_rarity *r, size_t table)
{
    const size_t *values = r->tables[table].values;
    r->with[values[0]][r->n_with[values[0]]++] = (uint8_t)table;
    if (values[1] != values[0])
        r->with[values[1]][r->n_with[values[1]]++] = (uint8_t)table;
}

static void list_tables(struct tg_rarity *r)
{
    for (size_t k = 0; k < r->l->n_keys; k++) {
        const struct tg_link_key *key = &r->l->keys[k];
        const struct tg_link_part *parts = key->parts;
        r->table_of[k] = NO_TABLE;
        if (key->exact || key->with_sex || key->n_parts != 2 || r->n_tables == N_TABLES_MAX ||
            !is_value(r->l, &parts[0]) || !is_value(r->l, &parts[1]))
            continue;
        r->table_of[k] = (uint8_t)r->n_tables;
        r->tables[r->n_tables] = (struct table){.values = {
                                                    2 * (size_t)parts[0].field + parts[0].whole,
                                                    2 * (size_t)parts[1].field + parts[1].whole,
                                                }};
        list_with(r, r->n_tables++);
    }
}

enum tg_status tg_rarity_begin(const struct tg_linkage *l, const bool *of,
                               const struct tg_collected *collected, struct tg_rarity **out,
                               struct tg_error *err)
{
    struct tg_rarity *r = tg_calloc(1, sizeof *r, err);
    if (!r)
        return TG_NO_MEMORY;
    r->l = l;
    r->of = of;
    r->fields = collected->fields;
    r->at = UINT32_MAX;
    for (size_t f = 0; f < l->n_fields; f++)
        r->ends |= (uint64_t)tg_linkage_is_ends(l, f) << (2 * f);
    r->table_of = tg_calloc(l->n_keys, sizeof *r->table_of, err);
    if (r->table_of) {
        list_tables(r);
        r->others = tg_calloc(l->facts[TG_LEFT].n, r->n_tables * sizeof *r->others, err);
    }
    if (!r->others) {
        tg_rarity_free(r);
        return TG_NO_MEMORY;
    }
    *out = r;
    return TG_OK;
}

/* One of the right may be the entity itself. */
void tg_rarity_note(struct tg_rarity *r, uint32_t key, const struct tg_item *lefts, size_t n,
                    size_t n_right)
{
    size_t others = n + (n_right ? n_right - 1 : 0);
    if (r->table_of[key] == NO_TABLE || others < 2)
        return;
    others = others - 1 < UINT16_MAX ? others - 1 : UINT16_MAX;
    for (size_t i = 0; i < n; i++) {
        if (tg_item_is_sampled(&lefts[i]) && r->of[lefts[i].entity])
            r->others[lefts[i].entity * r->n_tables + r->table_of[key]] = (uint16_t)others;
    }
}

static bool has(const struct tg_rarity *r, uint32_t left, const struct table *t)
{
    uint32_t fields = r->fields[TG_LEFT][left];
    return (fields >> t->values[0] / 2 & fields >> t->values[1] / 2 & 1) != 0;
}

/* The rates of a table's tokens have a Gamma distribution; its shape by moments. If those of two
 * values have one each, of one shape a, that of their product is 1 / ((1 + 1 / a)² − 1). */
static double shape_of_values(const struct table *t)
{
    static const double least = 0.1, most = 10;
    double mean = t->n > 0 ? t->sum / t->n : 0;
    double more = t->n > 0 ? t->squares / t->n - mean * mean - mean : 0;
    double shape = more * most > mean * mean ? mean * mean / more : most;
    return 1 / (sqrt(1 + 1 / (shape > least ? shape : least)) - 1);
}

void tg_rarity_finish(struct tg_rarity *r)
{
    double n[N_VALUES_MAX] = {0};
    for (uint32_t i = 0; i < r->l->facts[TG_LEFT].n; i++) {
        for (size_t t = 0; r->of[i] && t < r->n_tables; t++) {
            double others = r->others[i * r->n_tables + t];
            if (!has(r, i, &r->tables[t]))
                continue;
            r->tables[t].n++;
            r->tables[t].sum += others;
            r->tables[t].squares += others * others;
        }
    }
    for (size_t t = 0; t < r->n_tables; t++) {
        struct table *table = &r->tables[t];
        table->usual = table->n > 0 ? table->sum / table->n : 0;
        for (int v = 0; v < 2; v++) {
            r->shape[table->values[v]] += shape_of_values(table);
            n[table->values[v]]++;
        }
    }
    for (size_t v = 0; v < N_VALUES_MAX; v++)
        r->shape[v] = n[v] > 0 ? r->shape[v] / n[v] : 1;
}

/* The likeliest frequencies, relative to the usual ones: each in turn, the others given. */
static void fit(struct tg_rarity *r, uint32_t left)
{
    const uint16_t *others = &r->others[left * r->n_tables];
    double sums[N_VALUES_MAX] = {0};
    r->at = left;
    memset(r->memos, 0, sizeof r->memos);
    for (size_t t = 0; t < r->n_tables; t++) {
        for (int v = 0; v < 2; v++)
            sums[r->tables[t].values[v]] += others[t];
    }
    for (size_t v = 0; v < N_VALUES_MAX; v++)
        r->relative[v] = 1;
    for (int sweep = 0; sweep < N_SWEEPS; sweep++) {
        for (size_t v = 0; v < 2 * r->l->n_fields; v++) {
            double usual = r->shape[v];
            for (size_t i = 0; i < r->n_with[v]; i++) {
                const struct table *table = &r->tables[r->with[v][i]];
                if (has(r, left, table))
                    usual += table->usual * r->relative[table->values[table->values[0] == v]];
            }
            r->relative[v] = (r->shape[v] + sums[v]) / usual;
        }
    }
}

/* `shared`: in two bits a field, 3: the whole value; 1: a beginning or end. */
static double commonness_of(const struct tg_rarity *r, uint64_t shared)
{
    double product = 1;
    for (size_t f = 0; f < r->l->n_fields; f++) {
        unsigned what = shared >> (2 * f) & 3;
        if (what)
            product *= r->relative[2 * f + (what == 3)];
    }
    return exp2(round(log2(product) * STEPS) / STEPS);
}

double tg_rarity_of(struct tg_rarity *r, uint32_t left, uint64_t levels)
{
    const uint64_t ones = UINT64_C(0x5555555555555555);
    uint64_t fields = (UINT64_C(1) << (2 * r->l->n_fields)) - 1;
    uint64_t low = levels & ones & fields, same = low & levels >> 1;
    uint64_t shared = same * TG_SAME | (low & ~same & r->ends) * TG_NEAR;
    if (r->at != left)
        fit(r, left);
    struct memo *memo = &r->memos[tg_mix64(shared) >> (64 - MEMO_BITS)];
    if (!memo->there || memo->shared != shared)
        *memo = (struct memo){true, shared, commonness_of(r, shared)};
    return memo->commonness;
}

bool tg_rarity_is_foreign(const struct tg_rarity *r, uint32_t left)
{
    static const double many = 8, hardly = 1.0 / 8;
    const uint16_t *others = &r->others[left * r->n_tables];
    double usual[N_VALUES_MAX] = {0}, sums[N_VALUES_MAX] = {0};
    bool foreign = false;
    for (size_t t = 0; t < r->n_tables; t++) {
        const struct table *table = &r->tables[t];
        for (int v = 0; v < 2 && has(r, left, table); v++) {
            usual[table->values[v]] += table->usual;
            sums[table->values[v]] += others[t];
        }
    }
    for (size_t f = 0; f < r->l->n_fields; f++) {
        size_t v = 2 * f + 1;
        foreign = foreign ||
                  (!tg_linkage_is_ends(r->l, f) && usual[v] >= many && sums[v] < hardly * usual[v]);
    }
    return foreign;
}

void tg_rarity_free(struct tg_rarity *r)
{
    if (r) {
        free(r->table_of);
        free(r->others);
    }
    free(r);
}
