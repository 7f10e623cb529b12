/* SPDX-License-Identifier: Apache-2.0 */
#include "base/search.h"
#include "store/dense.h"
#include "store/pump.h"
#include "store/query.h"
#include "store/rosters.h"
#include "text/calendar.h"

#include <stdlib.h>
#include <string.h>

/* What has been seen of a person while rosters are walked from the newest to the oldest. */
struct seen {
    int64_t delivery; /* of the source being walked, the newest with the person */
    int64_t source;
    int32_t row_period;
    int32_t oldest_period;
    uint32_t oldest_rank;
    int32_t district_period;
    int64_t district; /* word */
    uint32_t died;    /* the first day without insurance, of the last death; 0: none */
    uint32_t begins;  /* the last day on which an enrolment begins; 0: none */
    bool has_row;
    bool dated; /* some dated source has the person */
};

struct raw_stretch {
    uint32_t person;
    struct tg_stretch stretch;
};

enum { ROWS_AHEAD = 32, DISTRICTS_LISTED = 1000 };

struct gather {
    struct tg_people *people;
    struct tg_owners slots; /* by identity: index of the person + 1 */
    struct seen *seen;
    struct raw_stretch *raw;
    size_t n_raw, cap_raw;
    struct tg_roster_row ahead[ROWS_AHEAD]; /* rows that wait for their person to be fetched */
    size_t n_ahead;
};

/* Numbers of persons become places in the list, ascending. */
static enum tg_status number_people(struct gather *g, struct tg_error *err)
{
    struct tg_owners *slots = &g->slots;
    uint32_t *place = tg_calloc(slots->n, sizeof *place, err);
    uint32_t n = 0;
    if (!place)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < slots->n; i++) {
        if (slots->of[i])
            place[slots->of[i]] = 1;
    }
    for (size_t id = 0; id < slots->n; id++)
        place[id] = place[id] ? ++n : 0;
    struct tg_people *people = g->people;
    people->items = tg_calloc(n, sizeof *people->items, err);
    g->seen = tg_calloc(n, sizeof *g->seen, err);
    if (people->items && g->seen) {
        people->n = n;
        for (size_t id = 0; id < slots->n; id++) {
            if (place[id])
                people->items[place[id] - 1].id = (int64_t)id;
        }
        for (size_t i = 0; i < slots->n; i++)
            slots->of[i] = slots->of[i] ? place[slots->of[i]] : 0;
    }
    people->place_of = place;
    people->n_ids = slots->n;
    return people->items && g->seen ? TG_OK : TG_NO_MEMORY;
}

/* Identities of one person agree, but some may lack birth month or sex. */
static enum tg_status on_facts(void *ctx, const struct tg_pumped *row, struct tg_error *err)
{
    const struct gather *g = ctx;
    uint32_t slot = tg_owner(&g->slots, row->numbers[0]);
    (void)err;
    if (slot == 0)
        return TG_OK;
    struct tg_person *person = &g->people->items[slot - 1];
    if (row->numbers[1] != TG_NO_MONTH)
        person->birth_month = (int32_t)row->numbers[1];
    if (row->numbers[2])
        person->sex = (uint8_t)row->numbers[2];
    return TG_OK;
}

static enum tg_status fill_facts(const struct tg_db *db, struct gather *g, struct tg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    for (size_t i = 0; i < g->people->n; i++)
        g->people->items[i].birth_month = TG_NO_MONTH;
    enum tg_status status = tg_db_prepare(db,
                                          "SELECT id, coalesce(birth_month, ?), sex FROM identity"
                                          " WHERE person_id IS NOT NULL AND seen_from IS NOT NULL",
                                          &stmt, err);
    if (!status)
        status = tg_db_bind(db, stmt, DB_ARGS(DB_INT(TG_NO_MONTH)), err);
    if (!status)
        status = tg_pump(db, stmt, 3, on_facts, g, err);
    (void)sqlite3_finalize(stmt);
    return status;
}

/* The first day without insurance is the last month's end where it is the first of a month. */
static int32_t last_month(uint32_t enrolled_to)
{
    return tg_month_of_day(enrolled_to) - (enrolled_to % 100 == 1);
}

/* The row's stretch; who is missing from the newest delivery was there until last seen. */
static struct tg_stretch stretch_of(const struct tg_roster *roster, const struct tg_roster_row *row)
{
    struct tg_stretch s = {INT32_MIN, INT32_MAX};
    if (row->enrolled_from)
        s.from = tg_month_of_day(row->enrolled_from);
    if (row->enrolled_to)
        s.to = last_month(row->enrolled_to);
    else if (!roster->newest && roster->period)
        s.to = roster->period;
    return s;
}

static void take_newest(struct gather *g, uint32_t at, const struct tg_roster *roster,
                        const struct tg_roster_row *row)
{
    struct seen *seen = &g->seen[at];
    if (!seen->has_row || roster->period > seen->row_period) {
        seen->has_row = true;
        seen->row_period = roster->period;
        memcpy(g->people->items[at].row_id, row->row_id, TG_TOKEN_LEN);
    }
    if (row->district && (!seen->district || roster->period > seen->district_period)) {
        seen->district = row->district;
        seen->district_period = roster->period;
    }
}

static void take_oldest(struct gather *g, uint32_t at, const struct tg_roster *roster,
                        const struct tg_roster_row *row)
{
    struct seen *seen = &g->seen[at];
    unsigned char *oldest = g->people->items[at].oldest_row_id;
    int order = 0;
    if (seen->has_row)
        order = roster->period != seen->oldest_period
                    ? (roster->period < seen->oldest_period) * 2 - 1
                : roster->rank != seen->oldest_rank ? (roster->rank < seen->oldest_rank) * 2 - 1
                                                    : memcmp(oldest, row->row_id, TG_TOKEN_LEN);
    if (seen->has_row && order <= 0)
        return;
    seen->oldest_period = roster->period;
    seen->oldest_rank = roster->rank;
    memcpy(oldest, row->row_id, TG_TOKEN_LEN);
}

static void take_death(struct seen *seen, const struct tg_roster_row *row)
{
    if (row->death && row->enrolled_to > seen->died)
        seen->died = row->enrolled_to;
    if (row->enrolled_from > seen->begins)
        seen->begins = row->enrolled_from;
}

/* A death that one roster tells of ends the stretches of all: another one may not have heard of it
 * yet. Where somebody begins after it, it is an error or another person's. */
static void end_by_death(struct gather *g)
{
    size_t kept = 0;
    for (size_t i = 0; i < g->n_raw; i++) {
        struct raw_stretch *raw = &g->raw[i];
        const struct seen *seen = &g->seen[raw->person];
        if (seen->died && seen->begins < seen->died && raw->stretch.to > last_month(seen->died))
            raw->stretch.to = last_month(seen->died);
        if (raw->stretch.from <= raw->stretch.to)
            g->raw[kept++] = *raw;
    }
    g->n_raw = kept;
}

static enum tg_status take_row(struct gather *g, uint32_t at, const struct tg_roster *roster,
                               const struct tg_roster_row *row, struct tg_error *err)
{
    struct seen *seen = &g->seen[at];
    take_oldest(g, at, roster, row);
    take_newest(g, at, roster, row);
    if (seen->source == roster->source && seen->delivery != roster->delivery)
        return TG_OK;
    seen->source = roster->source;
    seen->delivery = roster->delivery;
    take_death(seen, row);
    /* a source that dates nobody says nothing about who is dated elsewhere */
    seen->dated |= roster->dated;
    struct tg_stretch s = stretch_of(roster, row);
    if (s.from > s.to || (seen->dated && !roster->dated))
        return TG_OK;
    enum tg_status status = tg_grow(&g->raw, &g->cap_raw, g->n_raw + 1, sizeof *g->raw, err);
    if (!status)
        g->raw[g->n_raw++] = (struct raw_stretch){at, s};
    return status;
}

/* Rows come in the order of their ids, so their persons are anywhere in memory. */
static enum tg_status take_ahead(struct gather *g, const struct tg_roster *roster,
                                 struct tg_error *err)
{
    enum tg_status status = TG_OK;
    uint32_t slots[ROWS_AHEAD];
    size_t n = g->n_ahead;
    for (size_t i = 0; i < n; i++) {
        slots[i] = tg_owner(&g->slots, g->ahead[i].identity);
        if (slots[i] == 0)
            continue;
        __builtin_prefetch(&g->seen[slots[i] - 1]);
        __builtin_prefetch(&g->seen[slots[i] - 1].dated);
        __builtin_prefetch(&g->people->items[slots[i] - 1]);
    }
    for (size_t i = 0; !status && i < n; i++) {
        if (slots[i])
            status = take_row(g, slots[i] - 1, roster, &g->ahead[i], err);
    }
    g->n_ahead = 0;
    return status;
}

static enum tg_status on_row(void *ctx, const struct tg_roster *roster,
                             const struct tg_roster_row *row, struct tg_error *err)
{
    struct gather *g = ctx;
    if (row->identity > 0 && (uint64_t)row->identity < g->slots.n)
        __builtin_prefetch(&g->slots.of[row->identity]);
    g->ahead[g->n_ahead++] = *row;
    return g->n_ahead == ROWS_AHEAD ? take_ahead(g, roster, err) : TG_OK;
}

/* Sources with dates first: they are asked before those without. */
static enum tg_status walk_rosters(struct tg_store *store, int32_t month, struct gather *g,
                                   struct tg_error *err)
{
    struct tg_roster *rosters = NULL;
    size_t n = 0;
    enum tg_status status = tg_rosters_list(store, month, &rosters, &n, err);
    for (int dated = 1; dated >= 0; dated--) {
        for (size_t i = 0; !status && i < n; i++) {
            if (rosters[i].dated != (dated == 1))
                continue;
            status = tg_roster_walk(store, &rosters[i], on_row, g, err);
            if (!status)
                status = take_ahead(g, &rosters[i], err);
        }
    }
    free(rosters);
    return status;
}

static int by_begin(const void *a, const void *b)
{
    const struct raw_stretch *x = a, *y = b;
    if (x->stretch.from != y->stretch.from)
        return x->stretch.from < y->stretch.from ? -1 : 1;
    return (x->stretch.to > y->stretch.to) - (x->stretch.to < y->stretch.to);
}

/* By person and begin. Persons are counted; of one there are few. */
static enum tg_status sort_stretches(struct gather *g, struct tg_error *err)
{
    size_t *ends = tg_calloc(g->people->n, sizeof *ends, err), sum = 0;
    struct raw_stretch *sorted = tg_calloc(g->n_raw, sizeof *sorted, err);
    if (!ends || !sorted) {
        free(ends);
        free(sorted);
        return TG_NO_MEMORY;
    }
    for (size_t i = 0; i < g->n_raw; i++)
        ends[g->raw[i].person]++;
    for (size_t p = 0; p < g->people->n; p++) {
        size_t n = ends[p];
        ends[p] = sum;
        sum += n;
    }
    for (size_t i = 0; i < g->n_raw; i++)
        sorted[ends[g->raw[i].person]++] = g->raw[i];
    for (size_t p = 0; p < g->people->n; p++) {
        size_t first = p ? ends[p - 1] : 0;
        if (ends[p] - first > 1)
            qsort(sorted + first, ends[p] - first, sizeof *sorted, by_begin);
    }
    free(ends);
    free(g->raw);
    g->raw = sorted;
    return TG_OK;
}

/* Overlapping and touching stretches become one. */
static enum tg_status unite_stretches(struct gather *g, struct tg_error *err)
{
    struct tg_people *people = g->people;
    if (g->n_raw >= UINT32_MAX)
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
    enum tg_status status = sort_stretches(g, err);
    if (status)
        return status;
    people->stretches = tg_calloc(g->n_raw, sizeof *people->stretches, err);
    if (!people->stretches)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < g->n_raw; i++) {
        struct tg_person *person = &people->items[g->raw[i].person];
        const struct tg_stretch *next = &g->raw[i].stretch;
        struct tg_stretch *last =
            person->n_stretches ? &people->stretches[people->n_stretches - 1] : NULL;
        if (last && (last->to == INT32_MAX || next->from <= last->to + 1)) {
            last->to = next->to > last->to ? next->to : last->to;
            continue;
        }
        if (!last)
            person->first_stretch = (uint32_t)people->n_stretches;
        person->n_stretches++;
        people->stretches[people->n_stretches++] = *next;
    }
    return TG_OK;
}

/* Writes down the districts' words as a list, without doubles; there are few, as a rule. */
static enum tg_status list_districts(const struct gather *g, struct tg_buf *out,
                                     struct tg_error *err)
{
    int64_t words[DISTRICTS_LISTED];
    size_t n = 0;
    enum tg_status status = TG_OK;
    for (size_t i = 0; i < g->people->n; i++) {
        int64_t word = g->seen[i].district;
        size_t at = tg_lower_bound(words, n, sizeof *words, word);
        if (at < n && words[at] == word)
            continue;
        if (n == DISTRICTS_LISTED)
            return tg_buf_printf(out, err, "SELECT DISTINCT district FROM roster_row");
        memmove(&words[at + 1], &words[at], (n - at) * sizeof *words);
        words[at] = word;
        n++;
    }
    for (size_t i = 0; !status && i < n; i++)
        status = tg_buf_printf(out, err, i ? ", %lld" : "%lld", (long long)words[i]);
    return status;
}

static enum tg_status name_districts(const struct tg_db *db, struct gather *g, struct tg_error *err)
{
    struct tg_people *people = g->people;
    struct tg_word_list words;
    struct tg_buf wanted = {0};
    enum tg_status status = list_districts(g, &wanted, err);
    const char *text = status ? NULL : tg_buf_text(&wanted, err);
    if (!status)
        status = text ? tg_word_list_load(db, text, &words, err) : TG_NO_MEMORY;
    tg_buf_free(&wanted);
    if (status)
        return status;
    for (size_t i = 0; i < people->n; i++)
        people->items[i].district = tg_word_text(&words, g->seen[i].district);
    people->arena = words.arena;
    words.arena = (struct tg_arena){0};
    tg_word_list_free(&words);
    return TG_OK;
}

enum tg_status tg_store_people(struct tg_store *store, int32_t month, struct tg_people *out,
                               struct tg_error *err)
{
    struct tg_people people = {0};
    struct gather g = {.people = &people};
    enum tg_status status = tg_owners_of_persons(&store->db, month, &g.slots, err);
    if (!status)
        status = number_people(&g, err);
    if (!status)
        status = fill_facts(&store->db, &g, err);
    if (!status)
        status = walk_rosters(store, month, &g, err);
    end_by_death(&g);
    if (!status)
        status = unite_stretches(&g, err);
    if (!status)
        status = name_districts(&store->db, &g, err);
    tg_owners_free(&g.slots);
    free(g.seen);
    free(g.raw);
    if (status)
        tg_people_free(&people);
    else
        *out = people;
    return status;
}

void tg_people_free(struct tg_people *people)
{
    free(people->items);
    free(people->stretches);
    free(people->place_of);
    tg_arena_free(&people->arena);
    *people = (struct tg_people){0};
}

size_t tg_people_find(const struct tg_people *people, int64_t id)
{
    if (people->place_of) {
        uint32_t place = id > 0 && (uint64_t)id < people->n_ids ? people->place_of[id] : 0;
        return place ? place - 1 : SIZE_MAX;
    }
    size_t at = tg_lower_bound(people->items, people->n, sizeof *people->items, id);
    return at < people->n && people->items[at].id == id ? at : SIZE_MAX;
}

bool tg_person_insured(const struct tg_people *people, const struct tg_person *p, int32_t month)
{
    for (uint32_t i = 0; i < p->n_stretches; i++) {
        const struct tg_stretch *s = &people->stretches[p->first_stretch + i];
        if (s->from <= month && month <= s->to)
            return true;
    }
    return false;
}
