/* SPDX-License-Identifier: Apache-2.0 */
#include "run/remembering.h"

#include "base/reporter.h"
#include "base/search.h"
#include "text/calendar.h"

#include <stdlib.h>
#include <string.h>

/* One user of one provider: rows of the same identity are one user. */
struct user {
    int64_t identity;
    uint32_t row; /* the first of its rows in tg_users */
};

/* The users of one provider who may be linked, ascending by identity. */
struct side {
    struct user *users;
    uint32_t n;
    int32_t *birth_month;
    uint8_t *sex;
};

static void side_free(struct side *s)
{
    free(s->users);
    free(s->birth_month);
    free(s->sex);
}

static int by_identity(const void *a, const void *b)
{
    const struct user *x = a, *y = b;
    if (x->identity != y->identity)
        return x->identity < y->identity ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static enum tg_user_state state_without_link(enum tg_consent_state consent)
{
    return consent == TG_CONSENT_WITHDRAWN ? TG_USER_WITHDRAWN : TG_USER_NO_CONSENT;
}

/* A second row of the same app user is no second person. */
static uint32_t drop_doubles(struct tg_month *m, struct user *users, uint32_t n)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (kept && users[kept - 1].identity == users[i].identity)
            m->results[users[i].row].state = TG_USER_CONFLICT;
        else
            users[kept++] = users[i];
    }
    return kept;
}

static enum tg_status side_make(struct tg_month *m, const char *provider, struct side *s,
                                struct tg_error *err)
{
    s->users = tg_calloc(m->users.n, sizeof *s->users, err);
    s->birth_month = tg_calloc(m->users.n, sizeof *s->birth_month, err);
    s->sex = tg_calloc(m->users.n, sizeof *s->sex, err);
    if (!s->users || !s->birth_month || !s->sex)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < m->users.n; i++) {
        const struct tg_user *u = &m->users.items[i];
        if (u->consent == TG_CONSENT_IN_FORCE && strcmp(u->provider, provider) == 0)
            s->users[s->n++] = (struct user){u->identity, (uint32_t)i};
    }
    if (s->n)
        qsort(s->users, s->n, sizeof *s->users, by_identity);
    s->n = drop_doubles(m, s->users, s->n);
    for (uint32_t i = 0; i < s->n; i++) {
        s->birth_month[i] = m->users.items[s->users[i].row].birth_month;
        s->sex[i] = m->users.items[s->users[i].row].sex;
    }
    return TG_OK;
}

static bool find_user(const struct side *s, int64_t identity, uint32_t *out)
{
    size_t at = tg_lower_bound(s->users, s->n, sizeof *s->users, identity);
    *out = (uint32_t)at;
    return at < s->n && s->users[at].identity == identity;
}

/* Where tokens come from, and where they go. */
struct filling {
    struct tg_month *m;
    struct tg_linkage *l;
    struct tg_places places[TG_N_SIDES];
    enum tg_side side;
    tg_on_evidence *on;
    void *on_ctx;
    struct tg_link_memory memory;
};

/* Persons' tokens of a key that no user has say nothing. */
static enum tg_status on_decisive(void *ctx, const struct tg_placed_token *tokens, size_t n,
                                  struct tg_error *err)
{
    struct filling *f = ctx;
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < n; i++) {
        struct tg_link_key *key = &f->l->keys[tokens[i].token];
        if (f->side == TG_LEFT || key->n[TG_LEFT])
            status = tg_linkage_add(key, f->side, tokens[i].hash, tokens[i].place, err);
    }
    return status;
}

static enum tg_status on_evidence(void *ctx, const struct tg_placed_evidence *tokens, size_t n,
                                  struct tg_error *err)
{
    struct filling *f = ctx;
    struct tg_evidence_token batch[256];
    enum tg_status status = TG_OK;
    for (size_t at = 0, k; !status && at < n; at += k) {
        for (k = 0; k < sizeof batch / sizeof batch[0] && at + k < n; k++) {
            const struct tg_placed_evidence *t = &tokens[at + k];
            batch[k] = (struct tg_evidence_token){t->hash, t->place, t->token};
        }
        status = f->on(f->on_ctx, batch, k, err);
    }
    return status;
}

static enum tg_status walk_evidence(void *ctx, enum tg_side side, const bool *of,
                                    tg_on_evidence *on, void *on_ctx, struct tg_error *err)
{
    struct filling *f = ctx;
    f->on = on;
    f->on_ctx = on_ctx;
    return tg_store_evidence(f->m->store, &f->places[side], of, on_evidence, f, err);
}

/* Identities as the rows of the right side: each is its own place. */
static enum tg_status walk_rows(void *ctx, const bool *rows, tg_on_evidence *on, void *on_ctx,
                                struct tg_error *err)
{
    struct filling *f = ctx;
    struct tg_places of = {NULL, f->places[TG_RIGHT].n};
    of.of = tg_calloc(of.n, sizeof *of.of, err);
    if (!of.of)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < of.n; i++)
        of.of[i] = rows[i] ? (uint32_t)i + 1 : 0;
    f->on = on;
    f->on_ctx = on_ctx;
    enum tg_status status = tg_store_evidence(f->m->store, &of, NULL, on_evidence, f, err);
    tg_places_free(&of);
    return status;
}

static enum tg_status place_all(struct filling *f, const struct side *side, struct tg_error *err)
{
    int64_t *identities = tg_calloc(side->n, sizeof *identities, err);
    if (!identities)
        return TG_NO_MEMORY;
    for (uint32_t i = 0; i < side->n; i++)
        identities[i] = side->users[i].identity;
    enum tg_status status =
        tg_store_places_of(f->m->store, identities, side->n, &f->places[TG_LEFT], err);
    free(identities);
    return status ? status
                  : tg_store_places_of_people(f->m->store, f->m->month, &f->m->people,
                                              &f->places[TG_RIGHT], err);
}

/* Decisive tokens come into memory; evidence is read from the store when it is weighed. */
static enum tg_status fill_keys(struct filling *f, const struct side *side, struct tg_error *err)
{
    const struct tg_study *study = f->m->study;
    for (size_t k = 0; k < study->n_tokens; k++) {
        const struct tg_token_def *token = &study->tokens[k];
        struct tg_link_key *key = &f->l->keys[k];
        key->rule = token->name;
        key->exact = !token->evidence;
        key->number_like = token->number_like;
    }
    f->l->evidence = (struct tg_evidence_source){walk_evidence, f};
    enum tg_status status = place_all(f, side, err);
    for (int s = 0; !status && s < TG_N_SIDES; s++) {
        f->side = (enum tg_side)s;
        status = tg_store_tokens(f->m->store, &f->places[s], NULL, on_decisive, f, err);
        if (!status)
            status = tg_progress(f->m->reporter, "match keys", (uint64_t)s + 1, TG_N_SIDES, err);
    }
    return status ? status : tg_linkage_describe(f->l, study, err);
}

static enum tg_status recall(struct filling *f, const char *provider, struct tg_error *err)
{
    f->memory.entity_of = f->places[TG_RIGHT].of;
    f->memory.n_rows = f->places[TG_RIGHT].n;
    f->memory.walk_rows = walk_rows;
    f->memory.ctx = f;
    f->l->memory = &f->memory;
    return tg_month_recall(f->m, provider, &f->memory, err);
}

/* Clerks' decisions about users of this side and people known by the month. */
struct rulings {
    const struct tg_people *people;
    const struct side *side;
    struct tg_link_ruling *items;
    size_t n, cap;
};

static enum tg_status on_ruling(void *ctx, int64_t identity, int64_t person, bool same,
                                struct tg_error *err)
{
    struct rulings *r = ctx;
    uint32_t user;
    size_t at = tg_people_find(r->people, person);
    if (at == SIZE_MAX || !find_user(r->side, identity, &user))
        return TG_OK;
    enum tg_status status = tg_grow(&r->items, &r->cap, r->n + 1, sizeof *r->items, err);
    if (!status)
        r->items[r->n++] = (struct tg_link_ruling){user, (uint32_t)at, same};
    return status;
}

static void take_decision(struct tg_month *m, const struct tg_linkage *l,
                          const struct tg_link_decision *d, uint32_t row)
{
    static const enum tg_user_state states[] = {
        [TG_LINK_NOT_FOUND] = TG_USER_NOT_FOUND, [TG_LINK_LINKED] = TG_USER_LINKED,
        [TG_LINK_REVIEW] = TG_USER_REVIEW,       [TG_LINK_AMBIGUOUS] = TG_USER_AMBIGUOUS,
        [TG_LINK_CONFLICT] = TG_USER_CONFLICT,
    };
    struct tg_user_result *r = &m->results[row];
    r->state = states[d->state];
    if (d->state != TG_LINK_LINKED && d->state != TG_LINK_REVIEW)
        return;
    r->person = d->right;
    r->rule = tg_linkage_rule(l, d);
    r->probability = d->probability;
    m->barred[d->right] = true;
}

static void add_reports(struct tg_month *m, const struct tg_linkage *l,
                        const struct tg_link_key_report *reports)
{
    for (size_t k = 0; k < l->n_keys; k++) {
        struct tg_link_key_report *sum = &m->rules[k].counts;
        m->rules[k].rule = l->keys[k].rule;
        sum->with_token[TG_LEFT] += reports[k].with_token[TG_LEFT];
        sum->met += reports[k].met;
        sum->met_alone += reports[k].met_alone;
        sum->linked += reports[k].linked;
        if (reports[k].with_token[TG_RIGHT]) {
            sum->with_token[TG_RIGHT] = reports[k].with_token[TG_RIGHT];
            sum->shared_by_others = reports[k].shared_by_others;
            sum->probability = reports[k].probability;
        }
    }
}

static enum tg_status decide(struct tg_month *m, const struct side *side, struct tg_linkage *l,
                             struct tg_error *err)
{
    struct tg_link_decision *decisions = NULL;
    struct tg_link_key_report *reports = NULL;
    bool *candidates = NULL;
    tg_linkage_sort(l);
    enum tg_status status = tg_linkage_decide(l, &decisions, &reports, &candidates, err);
    if (!status) {
        for (uint32_t i = 0; i < side->n; i++)
            take_decision(m, l, &decisions[i], side->users[i].row);
        for (size_t p = 0; p < m->people.n; p++)
            m->barred[p] |= candidates[p];
        add_reports(m, l, reports);
    }
    free(decisions);
    free(reports);
    free(candidates);
    return status;
}

static enum tg_status link_provider(struct tg_month *m, const char *provider,
                                    const struct tg_link_facts *people, struct tg_error *err)
{
    struct side side = {0};
    struct rulings rulings = {.people = &m->people, .side = &side};
    struct tg_linkage l = {.accept = m->study->accept,
                           .review = m->study->review,
                           .margin = m->study->margin,
                           .month = m->month,
                           .estimate = &m->estimate};
    struct filling filling = {.m = m, .l = &l}; /* 25 KiB */
    enum tg_status status = side_make(m, provider, &side, err);
    if (status || side.n == 0)
        goto out;
    l.facts[TG_LEFT] = (struct tg_link_facts){side.n, side.birth_month, side.sex};
    l.facts[TG_RIGHT] = *people;
    l.keys = tg_calloc(m->study->n_tokens, sizeof *l.keys, err);
    l.n_keys = l.keys ? m->study->n_tokens : 0;
    status = l.keys ? fill_keys(&filling, &side, err) : TG_NO_MEMORY;
    if (!status)
        status = tg_store_rulings(m->store, on_ruling, &rulings, err);
    l.rulings = rulings.items;
    l.n_rulings = rulings.n;
    if (!status)
        status = recall(&filling, provider, err);
    if (!status)
        status = decide(m, &side, &l, err);
    if (!status)
        tg_month_remember(m, provider, &filling.memory);
out:
    tg_link_memory_free(&filling.memory);
    tg_linkage_free(&l);
    tg_places_free(&filling.places[TG_LEFT]);
    tg_places_free(&filling.places[TG_RIGHT]);
    free(rulings.items);
    side_free(&side);
    return status;
}

static bool seen_before(const struct tg_study *study, size_t source)
{
    for (size_t i = 0; i < source; i++) {
        const struct tg_source *s = &study->sources[i];
        if (s->kind == TG_KIND_USERS && strcmp(s->provider, study->sources[source].provider) == 0)
            return true;
    }
    return false;
}

static enum tg_status link_all(struct tg_month *m, struct tg_error *err)
{
    int32_t *birth_month = tg_calloc(m->people.n, sizeof *birth_month, err);
    uint8_t *sex = tg_calloc(m->people.n, sizeof *sex, err);
    enum tg_status status = birth_month && sex ? TG_OK : TG_NO_MEMORY;
    for (size_t i = 0; !status && i < m->people.n; i++) {
        birth_month[i] = m->people.items[i].birth_month;
        sex[i] = m->people.items[i].sex;
    }
    const struct tg_link_facts people = {(uint32_t)m->people.n, birth_month, sex};
    for (size_t i = 0; !status && i < m->study->n_sources; i++) {
        const struct tg_source *s = &m->study->sources[i];
        if (s->kind == TG_KIND_USERS && !seen_before(m->study, i))
            status = link_provider(m, s->provider, &people, err);
    }
    free(birth_month);
    free(sex);
    return status;
}

static enum tg_status make_subjects(struct tg_month *m, struct tg_error *err)
{
    m->subjects = tg_arena_alloc(&m->arena, m->people.n, sizeof *m->subjects, err);
    return m->subjects
               ? tg_store_subjects(m->store, m->recipient, m->month, &m->people, m->subjects, err)
               : TG_NO_MEMORY;
}

static enum tg_status read_store(struct tg_month *m, struct tg_error *err)
{
    enum tg_status status = tg_store_users(m->store, m->month, m->as_of, &m->users, err);
    if (!status && m->users.n == 0)
        status = TG_FAIL(err, TG_MSG_RUN_NO_USERS, .line = 0);
    if (!status)
        status = tg_store_people(m->store, m->month, &m->people, err);
    if (!status && m->people.n == 0)
        status = TG_FAIL(err, TG_MSG_RUN_NO_ROSTER, .line = 0);
    if (!status && (m->people.n >= UINT32_MAX || m->users.n >= UINT32_MAX))
        status = TG_FAIL(err, TG_MSG_BUG, .rule = "fewer than 2^32 people");
    return status;
}

enum tg_status tg_month_link(struct tg_month *m, struct tg_error *err)
{
    enum tg_status status = read_store(m, err);
    if (status)
        return status;
    m->results = tg_arena_alloc(&m->arena, m->users.n, sizeof *m->results, err);
    m->barred = tg_arena_alloc(&m->arena, m->people.n, sizeof *m->barred, err);
    m->rules = tg_arena_alloc(&m->arena, m->study->n_tokens, sizeof *m->rules, err);
    if (!m->results || !m->barred || !m->rules)
        return TG_NO_MEMORY;
    m->n_rules = m->study->n_tokens;
    for (size_t k = 0; k < m->n_rules; k++)
        m->rules[k].rule = m->study->tokens[k].name;
    size_t in_force = 0;
    for (size_t i = 0; i < m->users.n; i++) {
        m->results[i].state = state_without_link(m->users.items[i].consent);
        in_force += m->users.items[i].consent == TG_CONSENT_IN_FORCE;
    }
    if (in_force == 0)
        TG_WARN(m->reporter, TG_MSG_RUN_NO_CONSENT, .line = 0);
    status = link_all(m, err);
    return status ? status : make_subjects(m, err);
}
