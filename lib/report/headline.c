/* SPDX-License-Identifier: Apache-2.0 */
#include "report/headline.h"

#include <limits.h>
#include <math.h>

static const enum tg_word verdict_words[] = {
    [TG_VERDICT_LESS] = TG_WORD_HEAD_LESS,
    [TG_VERDICT_MORE] = TG_WORD_HEAD_MORE,
    [TG_VERDICT_UNCLEAR] = TG_WORD_HEAD_UNCLEAR,
    [TG_VERDICT_NO_INTERVAL] = TG_WORD_HEAD_NO_INTERVAL,
    [TG_VERDICT_HIDDEN] = TG_WORD_HEAD_HIDDEN,
    [TG_VERDICT_NO_DATA] = TG_WORD_HEAD_NO_DATA,
};

/* The same for what is not counted in yen per person and month. */
static const enum tg_word plain_words[] = {
    [TG_VERDICT_LESS] = TG_WORD_HEAD_PLAIN_LESS,
    [TG_VERDICT_MORE] = TG_WORD_HEAD_PLAIN_MORE,
    [TG_VERDICT_UNCLEAR] = TG_WORD_HEAD_PLAIN_UNCLEAR,
    [TG_VERDICT_NO_INTERVAL] = TG_WORD_HEAD_PLAIN_NO_INTERVAL,
    [TG_VERDICT_HIDDEN] = TG_WORD_HEAD_HIDDEN,
    [TG_VERDICT_NO_DATA] = TG_WORD_HEAD_NO_DATA,
};

static void say_effect(const struct tg_view *v, const struct tg_effect *e,
                       enum tg_language language, struct tg_sentence *out)
{
    enum tg_verdict verdict = tg_effect_verdict(e);
    bool direction_said = verdict == TG_VERDICT_LESS || verdict == TG_VERDICT_MORE;
    out->word = e->unit == TG_UNIT_YEN ? verdict_words[verdict] : plain_words[verdict];
    if (verdict == TG_VERDICT_HIDDEN && v->min_cell == UINT_MAX)
        out->word = TG_WORD_HEAD_HIDDEN_ALL;
    if (verdict == TG_VERDICT_HIDDEN)
        out->numbers[1] = tg_number_count(v->min_cell > 10 ? v->min_cell : 10);
    else
        out->numbers[1] =
            tg_effect_number(e, direction_said ? fabs(e->effect) : e->effect, language);
    out->numbers[2] = tg_effect_number(e, e->ci_low, language);
    out->numbers[3] = tg_effect_number(e, e->ci_high, language);
    for (size_t i = 1; i < TG_SENTENCE_ARGS; i++)
        out->args[i] = out->numbers[i].text;
    out->args[0] = e->outcome;
}

size_t tg_headline_count(const struct tg_report *r, bool shown_only)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_effects; i++) {
        const struct tg_effect *e = &r->effects[i];
        n +=
            tg_effect_is_main(e) && (!shown_only || tg_effect_verdict(e) <= TG_VERDICT_NO_INTERVAL);
    }
    return n;
}

/* What is said where there is no effect to speak of. */
static enum tg_word silence(const struct tg_report *r)
{
    if (r->flow.users == 0)
        return TG_WORD_HEAD_NO_USERS;
    if (r->flow.linked == 0)
        return TG_WORD_HEAD_NOBODY_LINKED;
    if (!r->has_cohort)
        return TG_WORD_HEAD_NO_COHORT;
    if (r->cohort.matched == 0)
        return TG_WORD_HEAD_NOBODY_MATCHED;
    return tg_headline_count(r, false) == 0 ? TG_WORD_HEAD_NO_OUTCOMES : TG_WORD_NONE;
}

static void say_silence(const struct tg_view *v, enum tg_word word, enum tg_language language,
                        struct tg_sentence *out)
{
    bool after_linking = word == TG_WORD_HEAD_NOBODY_MATCHED;
    const enum tg_flow_cell cells[] = {after_linking ? TG_CELL_LINKED : TG_CELL_USERS,
                                       TG_CELL_LINKED, TG_CELL_MATCHED};
    out->word = word;
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        out->numbers[i] = tg_view_cell_unit(v, cells[i], TG_WORD_PEOPLE, language);
        out->args[i] = out->numbers[i].text;
    }
}

bool tg_headline_next(const struct tg_view *v, enum tg_language language, size_t *at,
                      struct tg_sentence *out)
{
    const struct tg_report *r = v->r;
    enum tg_word word = silence(r);
    *out = (struct tg_sentence){.args = {"", "", "", ""}};
    if (word != TG_WORD_NONE) {
        if (*at == 0)
            say_silence(v, word, language, out);
        return (*at)++ == 0;
    }
    while (*at < r->n_effects && !tg_effect_is_main(&r->effects[*at]))
        (*at)++;
    if (*at >= r->n_effects)
        return false;
    say_effect(v, &r->effects[(*at)++], language, out);
    return true;
}

void tg_headline_balance(const struct tg_report *r, struct tg_sentence *out, bool *good)
{
    struct tg_balance_state state = tg_view_balance(r);
    *good = state.judged > 0 && state.beyond == 0;
    *out = (struct tg_sentence){
        .word = *good              ? TG_WORD_BALANCE_GOOD
                : state.judged > 0 ? TG_WORD_BALANCE_BAD
                                   : TG_WORD_BALANCE_UNKNOWN,
        .numbers = {tg_number_count(state.judged), tg_number_count(state.beyond)}};
    for (size_t i = 0; i < TG_SENTENCE_ARGS; i++)
        out->args[i] = out->numbers[i].text;
}

enum { QUALITY_CONTROLS, QUALITY_CALIPER, QUALITY_SUPPORT, QUALITY_PRODUCTS, N_QUALITIES };

static bool has_quality(const struct tg_view *v, size_t which)
{
    const struct tg_cohort_quality *q = &v->r->quality;
    switch (which) {
    case QUALITY_CONTROLS:
        return isfinite(q->effective_controls) &&
               tg_mask_alone(v->r->cohort.controls_used, v->min_cell) == TG_MARK_SHOWN;
    case QUALITY_CALIPER:
        return isfinite(q->caliper_width);
    case QUALITY_SUPPORT:
        return isfinite(q->support_low) && v->min_cell != UINT_MAX;
    default:
        return q->products > 0;
    }
}

static void say_quality(const struct tg_view *v, size_t which, enum tg_language language,
                        struct tg_sentence *out)
{
    static const enum tg_word words[N_QUALITIES] = {
        [QUALITY_CONTROLS] = TG_WORD_QUALITY_EFFECTIVE,
        [QUALITY_CALIPER] = TG_WORD_QUALITY_CALIPER,
        [QUALITY_SUPPORT] = TG_WORD_QUALITY_SUPPORT,
        [QUALITY_PRODUCTS] = TG_WORD_QUALITY_PRODUCTS,
    };
    const struct tg_cohort_quality *q = &v->r->quality;
    struct tg_number *n = out->numbers;
    out->word = words[which];
    if (which == QUALITY_CONTROLS) {
        n[0] = tg_view_count(v, v->r->cohort.controls_used, TG_WORD_PEOPLE, language);
        n[1] = tg_number_real(q->effective_controls, 0);
    } else if (which == QUALITY_CALIPER) {
        n[0] = tg_number_real(q->caliper_width, 3);
    } else if (which == QUALITY_SUPPORT) {
        n[0] = tg_number_share(q->support_low);
        n[1] = tg_number_share(q->support_high);
        n[2] = tg_view_count(v, q->outside[TG_PARTICIPANT], TG_WORD_PEOPLE, language);
        n[3] = tg_view_count(v, q->outside[TG_CONTROL], TG_WORD_PEOPLE, language);
    } else {
        n[0] = tg_number_count(q->products);
        n[1] = tg_number_count(q->products_unbalanced);
    }
}

bool tg_headline_quality(const struct tg_view *v, enum tg_language language, size_t *at,
                         struct tg_sentence *out)
{
    while (*at < N_QUALITIES && !has_quality(v, *at))
        ++*at;
    if (*at >= N_QUALITIES)
        return false;
    *out = (struct tg_sentence){.args = {"", "", "", ""}};
    say_quality(v, (*at)++, language, out);
    for (size_t i = 0; i < TG_SENTENCE_ARGS; i++)
        out->args[i] = out->numbers[i].text;
    return true;
}
