/* SPDX-License-Identifier: Apache-2.0 */
#include "link/births.h"
#include "link/entry.h"
#include "link/evidence.h"

#include "text/calendar.h"

#include <stdlib.h>
#include <string.h>

/* In place of an entity's number. */
#define NOBODY  UINT32_MAX
#define SEVERAL (UINT32_MAX - 1)

/* How far a key's word goes. */
enum level { ACCEPT, REVIEW, N_LEVELS, TOO_WEAK = N_LEVELS };

struct proposal {
    uint32_t right; /* NOBODY: none */
    uint32_t key;
    double probability;
    bool torn; /* two keys name different ones */
};

/* What the keys say about one left entity. */
struct view {
    struct proposal best[N_LEVELS];
    bool ambiguous;
};

/* Who holds a right entity; a lower rank is a stronger claim. */
struct claim {
    uint32_t rank;
    bool shared;
};

enum { HAS_TOKEN = 1, SHARES_TOKEN = 2, MET = 4, MET_ALONE = 8 };

struct deciding {
    const struct tg_linkage *l;
    struct tg_births births;
    struct tg_link_key_report *reports;
    struct view *views;   /* by left entity */
    uint32_t **named;     /* by exact key and left entity: whom the key names */
    double *unmet;        /* by exact key: left entities that meet nobody */
    unsigned char *marks; /* by entity of the side at hand */
    struct claim *claims; /* by right entity */
    struct tg_link_decision *decisions;
    bool *candidates;
    struct tg_link_expected expected;
};

/* The joins below trust the order and the numbers, so a broken promise is found here. */
static enum tg_status check_entries(const struct tg_linkage *l, const struct tg_link_key *key,
                                    struct tg_error *err)
{
    for (int side = 0; side < TG_N_SIDES; side++) {
        const struct tg_link_entry *e = key->entries[side];
        for (size_t i = 0; i < key->n[side]; i++) {
            if (e[i].entity >= l->facts[side].n)
                return TG_FAIL(err, TG_MSG_BUG, .rule = "a token's entity is one of its side");
            if (i > 0 && tg_entry_compare(&e[i - 1], &e[i]) >= 0)
                return TG_FAIL(err, TG_MSG_BUG, .rule = "tokens are sorted and without doubles");
        }
    }
    return TG_OK;
}

static void tally_side(struct deciding *d, const struct tg_link_key *key, enum tg_side side,
                       struct tg_link_key_report *report)
{
    const struct tg_link_entry *e = key->entries[side];
    memset(d->marks, 0, d->l->facts[side].n);
    for (size_t at = 0, end; at < key->n[side]; at = end) {
        end = tg_group_end(e, key->n[side], at);
        unsigned mark = end - at > 1 ? HAS_TOKEN | SHARES_TOKEN : HAS_TOKEN;
        for (size_t i = at; i < end; i++) {
            unsigned before = d->marks[e[i].entity];
            d->marks[e[i].entity] = (unsigned char)(before | mark);
            report->with_token[side] += !(before & HAS_TOKEN);
            if (side == TG_RIGHT)
                report->shared_by_others += (mark & ~before & SHARES_TOKEN) != 0;
        }
    }
}

static void tally_meetings(struct deciding *d, const struct tg_link_key *key,
                           struct tg_link_key_report *report)
{
    const struct tg_link_entry *lefts = key->entries[TG_LEFT];
    memset(d->marks, 0, d->l->facts[TG_LEFT].n);
    for (size_t i = 0; i < key->n[TG_LEFT]; i++)
        d->marks[lefts[i].entity] = HAS_TOKEN;
    for (struct tg_meeting m = {{0}, {0}}; tg_next_meeting(key, &m);) {
        unsigned mark = tg_is_one_to_one(&m) ? MET | MET_ALONE : MET;
        for (size_t i = m.at[TG_LEFT]; i < m.end[TG_LEFT]; i++) {
            unsigned before = d->marks[lefts[i].entity], now = before | mark;
            d->marks[lefts[i].entity] = (unsigned char)now;
            report->met += !(before & MET);
            report->met_alone += (now & ~before & MET_ALONE) != 0;
        }
    }
}

static bool has_birth(const struct tg_linkage *l, const struct tg_link_key *key)
{
    bool has = false;
    for (size_t i = 0; i < key->n_parts; i++)
        has = has || (key->parts[i].field == l->birth_field && key->parts[i].whole);
    return has;
}

/* Left entities with a token of the key who meet nobody. Where the key has the birth date, they
 * count as much as there are people of their month of birth on the right, in relation to how many
 * of their own month these meet: nobody of 50 is taken for one of 80. */
static double count_unmet(const struct deciding *d, const struct tg_link_key *key)
{
    const struct tg_link_facts *left = &d->l->facts[TG_LEFT];
    bool weighs = has_birth(d->l, key) && left->birth_month && d->births.n_months;
    double unmet = 0;
    for (uint32_t i = 0; i < left->n; i++) {
        if ((d->marks[i] & (HAS_TOKEN | MET)) == HAS_TOKEN)
            unmet += weighs ? tg_births_with(&d->births, left, i) / d->births.usual : 1;
    }
    return unmet;
}

/* Of n proposals. The prior counts as 1,000 more people of whom one in 10,000 shares the key. */
static double key_probability(const struct tg_link_key_report *r, uint64_t n, double unmet)
{
    double agree = ((double)r->shared_by_others + 0.1) / ((double)r->with_token[TG_RIGHT] + 1000.0);
    double p = 1.0 - agree * (unmet + 1) / ((double)n + 1);
    return p > 0 ? p : 0;
}

static enum level key_level(const struct tg_linkage *l, size_t k, double probability)
{
    if (!l->keys[k].exact)
        return TOO_WEAK;
    return probability >= l->accept ? ACCEPT : probability >= l->review ? REVIEW : TOO_WEAK;
}

static bool may_be_one_person(const struct tg_linkage *l, const struct tg_link_key *key,
                              uint32_t left, uint32_t right)
{
    const struct tg_link_facts *a = &l->facts[TG_LEFT], *b = &l->facts[TG_RIGHT];
    bool birth = false, sex = false;
    if (a->birth_month && b->birth_month) {
        int32_t x = a->birth_month[left], y = b->birth_month[right];
        birth = x != TG_NO_MONTH && y != TG_NO_MONTH && x != y;
    }
    if (a->sex && b->sex)
        sex = a->sex[left] && b->sex[right] && a->sex[left] != b->sex[right];
    return key->number_like ? !birth && !sex : !(birth && sex);
}

/* Asks one key about everybody on the left. */
static void ask(struct deciding *d, size_t k)
{
    const struct tg_link_key *key = &d->l->keys[k];
    bool counts = key_level(d->l, k, d->reports[k].probability) != TOO_WEAK;
    for (uint32_t left = 0; left < d->l->facts[TG_LEFT].n; left++)
        d->named[k][left] = NOBODY;
    for (struct tg_meeting m = {{0}, {0}}; tg_next_meeting(key, &m);) {
        const struct tg_link_entry *lefts = key->entries[TG_LEFT];
        if (!tg_is_one_to_one(&m)) {
            for (size_t i = m.at[TG_LEFT]; i < m.end[TG_LEFT] && counts; i++)
                d->views[lefts[i].entity].ambiguous = true;
            continue;
        }
        uint32_t left = lefts[m.at[TG_LEFT]].entity;
        uint32_t right = key->entries[TG_RIGHT][m.at[TG_RIGHT]].entity;
        uint32_t *named = &d->named[k][left];
        if (may_be_one_person(d->l, key, left, right) && !tg_linkage_ruled_out(d->l, left, right))
            *named = *named == NOBODY || *named == right ? right : SEVERAL;
    }
}

/* Has the other key a field that this one has not? Without it, it only repeats. */
static bool says_more(const struct tg_link_key *other, const struct tg_link_key *key)
{
    bool more = !other->n_parts;
    for (size_t i = 0; i < other->n_parts; i++) {
        bool found = false;
        for (size_t j = 0; j < key->n_parts; j++)
            found = found || key->parts[j].field == other->parts[i].field;
        more = more || !found;
    }
    return more;
}

/* Does another key name the same one? */
static bool is_seconded(const struct deciding *d, size_t k, uint32_t left)
{
    uint32_t named = d->named[k][left];
    for (size_t other = 0; other < d->l->n_keys; other++) {
        if (other != k && d->named[other] && d->named[other][left] == named &&
            says_more(&d->l->keys[other], &d->l->keys[k]))
            return true;
    }
    return false;
}

/* Whom the key names by accident, no other key does: these are among those whom it names alone. */
static double probability_alone(const struct deciding *d, size_t k)
{
    uint64_t n = 0;
    for (uint32_t left = 0; left < d->l->facts[TG_LEFT].n; left++)
        n += d->named[k][left] < SEVERAL && !is_seconded(d, k, left);
    return key_probability(&d->reports[k], n, d->unmet[k]);
}

static void note_proposals(struct deciding *d, uint32_t key)
{
    double seconded = d->reports[key].probability, alone = probability_alone(d, key);
    for (uint32_t left = 0; left < d->l->facts[TG_LEFT].n; left++) {
        uint32_t named = d->named[key][left];
        d->views[left].ambiguous |= named == SEVERAL;
        if (named >= SEVERAL)
            continue;
        double probability = is_seconded(d, key, left) ? seconded : alone;
        enum level level = key_level(d->l, key, probability);
        if (level == TOO_WEAK)
            continue;
        struct proposal *best = &d->views[left].best[level];
        if (best->right == NOBODY)
            *best = (struct proposal){.right = named, .key = key, .probability = probability};
        else if (best->right != named)
            best->torn = true;
    }
}

static struct tg_link_decision decide_alone(const struct view *v)
{
    static const enum tg_link_state states[N_LEVELS] = {TG_LINK_LINKED, TG_LINK_REVIEW};
    struct tg_link_decision none = {.right = NOBODY, .key = NOBODY};
    for (int level = 0; level < N_LEVELS; level++) {
        const struct proposal *p = &v->best[level];
        if (p->right == NOBODY)
            continue;
        if (p->torn) {
            none.state = TG_LINK_CONFLICT;
            return none;
        }
        return (struct tg_link_decision){states[level], p->right, p->key, p->probability};
    }
    none.state = v->ambiguous ? TG_LINK_AMBIGUOUS : TG_LINK_NOT_FOUND;
    return none;
}

/* A clerk's word stands above what any key says. */
static void hear_clerks(struct deciding *d)
{
    for (size_t i = 0; i < d->l->n_rulings; i++) {
        const struct tg_link_ruling *r = &d->l->rulings[i];
        if (r->same)
            d->decisions[r->left] =
                (struct tg_link_decision){TG_LINK_LINKED, r->right, TG_LINK_BY_RULING, 1.0};
    }
}

/* A link goes before a pair for review; among equals the stronger key goes first. */
static uint32_t claim_rank(const struct deciding *d, const struct tg_link_decision *decision)
{
    if (decision->key == TG_LINK_BY_RULING)
        return 0;
    uint32_t after_links = decision->state == TG_LINK_REVIEW ? (uint32_t)d->l->n_keys : 0;
    return 1 + after_links + decision->key;
}

static void make_one_to_one(struct deciding *d)
{
    uint32_t n = d->l->facts[TG_LEFT].n;
    for (uint32_t right = 0; right < d->l->facts[TG_RIGHT].n; right++)
        d->claims[right].rank = UINT32_MAX;
    for (uint32_t left = 0; left < n; left++) {
        const struct tg_link_decision *decision = &d->decisions[left];
        if (decision->right == NOBODY)
            continue;
        struct claim *claim = &d->claims[decision->right];
        uint32_t rank = claim_rank(d, decision);
        if (rank < claim->rank)
            *claim = (struct claim){.rank = rank};
        else
            claim->shared |= rank == claim->rank;
    }
    for (uint32_t left = 0; left < n; left++) {
        struct tg_link_decision *decision = &d->decisions[left];
        if (decision->right == NOBODY)
            continue;
        const struct claim *claim = &d->claims[decision->right];
        if (claim->shared || claim_rank(d, decision) > claim->rank)
            *decision = (struct tg_link_decision){TG_LINK_CONFLICT, NOBODY, NOBODY, 0};
    }
}

static void mark_candidates(struct deciding *d, const struct tg_link_key *key)
{
    for (struct tg_meeting m = {{0}, {0}}; tg_next_meeting(key, &m);) {
        bool open = false;
        for (size_t i = m.at[TG_LEFT]; i < m.end[TG_LEFT] && !open; i++)
            open = d->decisions[key->entries[TG_LEFT][i].entity].state != TG_LINK_LINKED;
        for (size_t j = m.at[TG_RIGHT]; j < m.end[TG_RIGHT] && open; j++)
            d->candidates[key->entries[TG_RIGHT][j].entity] = true;
    }
}

static enum tg_status make_room(struct deciding *d, struct tg_error *err)
{
    uint32_t left = d->l->facts[TG_LEFT].n, right = d->l->facts[TG_RIGHT].n;
    d->reports = tg_calloc(d->l->n_keys, sizeof *d->reports, err);
    d->views = tg_calloc(left, sizeof *d->views, err);
    d->named = tg_calloc(d->l->n_keys, sizeof *d->named, err);
    d->unmet = tg_calloc(d->l->n_keys, sizeof *d->unmet, err);
    d->marks = tg_calloc(left > right ? left : right, 1, err);
    d->claims = tg_calloc(right, sizeof *d->claims, err);
    d->decisions = tg_calloc(left, sizeof *d->decisions, err);
    d->candidates = tg_calloc(right, sizeof *d->candidates, err);
    if (!d->reports || !d->views || !d->named || !d->unmet || !d->marks || !d->claims ||
        !d->decisions || !d->candidates)
        return TG_NO_MEMORY;
    for (uint32_t i = 0; i < left; i++) {
        for (int level = 0; level < N_LEVELS; level++)
            d->views[i].best[level].right = NOBODY;
    }
    return TG_OK;
}

static enum tg_status hear_keys(struct deciding *d, struct tg_error *err)
{
    for (size_t k = 0; k < d->l->n_keys; k++) {
        const struct tg_link_key *key = &d->l->keys[k];
        if (!key->exact)
            continue;
        enum tg_status status = check_entries(d->l, key, err);
        if (status)
            return status;
        struct tg_link_key_report *report = &d->reports[k];
        tally_side(d, key, TG_LEFT, report);
        tally_side(d, key, TG_RIGHT, report);
        tally_meetings(d, key, report);
        d->unmet[k] = count_unmet(d, key);
        report->probability = key_probability(report, report->met_alone, d->unmet[k]);
        d->named[k] = tg_calloc(d->l->facts[TG_LEFT].n, sizeof *d->named[k], err);
        if (!d->named[k])
            return TG_NO_MEMORY;
        ask(d, k);
    }
    for (size_t k = 0; k < d->l->n_keys; k++) {
        if (key_level(d->l, k, d->reports[k].probability) != TOO_WEAK)
            note_proposals(d, (uint32_t)k);
    }
    return TG_OK;
}

static bool has_evidence(const struct tg_linkage *l)
{
    bool has = false;
    for (size_t k = 0; k < l->n_keys; k++)
        has = has || !l->keys[k].exact;
    return has;
}

static void count_links(struct deciding *d)
{
    for (uint32_t left = 0; left < d->l->facts[TG_LEFT].n; left++) {
        const struct tg_link_decision *decision = &d->decisions[left];
        if (decision->state != TG_LINK_LINKED || decision->key == TG_LINK_BY_RULING)
            continue;
        struct tg_link_key_report *report = &d->reports[decision->key];
        report->linked++;
        if (!d->l->keys[decision->key].exact)
            report->probability +=
                (decision->probability - report->probability) / (double)report->linked;
    }
}

static enum tg_status conclude(struct deciding *d, struct tg_error *err)
{
    for (uint32_t left = 0; left < d->l->facts[TG_LEFT].n; left++)
        d->decisions[left] = decide_alone(&d->views[left]);
    hear_clerks(d);
    if (has_evidence(d->l)) {
        enum tg_status status =
            tg_evidence_decide(d->l, d->decisions, d->reports, &d->expected, err);
        if (status)
            return status;
    }
    make_one_to_one(d);
    count_links(d);
    if (d->l->estimate)
        tg_estimate_links(d->l, d->decisions, &d->expected);
    for (size_t k = 0; k < d->l->n_keys; k++) {
        if (key_level(d->l, k, d->reports[k].probability) != TOO_WEAK)
            mark_candidates(d, &d->l->keys[k]);
    }
    return TG_OK;
}

enum tg_status tg_linkage_decide(const struct tg_linkage *l, struct tg_link_decision **decisions,
                                 struct tg_link_key_report **reports, bool **candidates,
                                 struct tg_error *err)
{
    struct deciding d = {.l = l};
    enum tg_status status = make_room(&d, err);
    if (!status)
        status = tg_births_count(&l->facts[TG_RIGHT], &d.births, err);
    if (!status)
        status = hear_keys(&d, err);
    if (!status)
        status = conclude(&d, err);
    if (!status) {
        *decisions = d.decisions;
        *reports = d.reports;
        *candidates = d.candidates;
    } else {
        free(d.decisions);
        free(d.reports);
        free(d.candidates);
    }
    free(d.views);
    for (size_t k = 0; d.named && k < l->n_keys; k++)
        free(d.named[k]);
    free(d.named);
    free(d.unmet);
    tg_births_free(&d.births);
    free(d.marks);
    free(d.claims);
    free(d.expected.by_left);
    free(d.expected.hidden);
    return status;
}

bool tg_linkage_ruled_out(const struct tg_linkage *l, uint32_t left, uint32_t right)
{
    size_t low = 0, high = l->n_rulings;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct tg_link_ruling *r = &l->rulings[middle];
        if (r->left < left || (r->left == left && r->right < right))
            low = middle + 1;
        else
            high = middle;
    }
    return low < l->n_rulings && l->rulings[low].left == left && l->rulings[low].right == right &&
           !l->rulings[low].same;
}

const char *tg_linkage_rule(const struct tg_linkage *l, const struct tg_link_decision *decision)
{
    return decision->key == TG_LINK_BY_RULING ? "review" : l->keys[decision->key].rule;
}

const char *tg_link_state_name(enum tg_link_state state)
{
    static const char *const names[] = {
        [TG_LINK_NOT_FOUND] = "not_found", [TG_LINK_LINKED] = "linked",
        [TG_LINK_REVIEW] = "review",       [TG_LINK_AMBIGUOUS] = "ambiguous",
        [TG_LINK_CONFLICT] = "conflict",
    };
    return names[state];
}
