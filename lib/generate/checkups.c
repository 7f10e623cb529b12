/* SPDX-License-Identifier: Apache-2.0 */
#include "generate/insured.h"
#include "generate/world.h"

#include <stdio.h>
#include <string.h>

#include "text/calendar.h"

static const char *const preamble[] = {"健診結果一覧", "作成区分,定例", NULL};
static const struct tg_gen_manners manners = {
    .encoding = TG_ENCODING_CP932,
    .crlf = true,
    .preamble = preamble,
    .header = TG_GEN_INSURED_HEADER ",健診年月日,ＢＭＩ,HbA1c,ｅＧＦＲ,フレイル点数,孤独感点数",
};

/* Check-ups of a fiscal year, April to March, as far as there are months. */
struct checkups {
    const struct tg_gen_world *world;
    struct tg_gen_file file;
    int32_t from, to;
};

static void put_measure(struct tg_gen_file *f, double value, double low, double high)
{
    char text[16];
    double kept = value < low ? low : value > high ? high : value;
    (void)snprintf(text, sizeof text, "%.1f", kept);
    tg_gen_cell(f, text);
}

static bool is_diabetic(const struct tg_gen_person *p)
{
    for (size_t i = 0; i < TG_GEN_N_CHRONIC_EACH; i++) {
        if (strcmp(tg_gen_chronic[p->chronic[i]].code, "E119") == 0)
            return true;
    }
    return false;
}

static void put_hba1c(struct tg_gen_file *f, struct tg_gen_rng *r, const struct tg_gen_person *p,
                      double age)
{
    double own = 0.25 * tg_gen_normal(r);
    if (is_diabetic(p))
        own += 0.6 * tg_gen_exp(0.5 * tg_gen_normal(r));
    if (tg_gen_chance(r, TG_GEN_P_HBA1C))
        put_measure(f, tg_gen_hba1c(age) + own, 4.3, 14.0);
    else
        tg_gen_cell(f, "");
}

/* Falls with age, faster with diabetes. */
static void put_egfr(struct tg_gen_file *f, struct tg_gen_rng *r, const struct tg_gen_person *p,
                     double age)
{
    double mean = TG_GEN_EGFR_AT_40 - TG_GEN_EGFR_YEARLY * (age - 40);
    if (is_diabetic(p))
        mean -= TG_GEN_EGFR_DIABETIC * (age - 40);
    put_measure(f, mean + 9 * tg_gen_normal(r), 4, 140);
}

/* The questionnaire of those of 65 and over: 0…15 points of frailty, 3…12 of loneliness. */
static void put_questionnaire(struct tg_gen_file *f, struct tg_gen_rng *r,
                              const struct tg_gen_person *p, double age)
{
    if (age < 65) {
        tg_gen_cell(f, "");
        tg_gen_cell(f, "");
        return;
    }
    double frail = 3 + 0.15 * (age - 65) + 1.5 * (p->frailty - 1) + 1.5 * tg_gen_normal(r);
    put_measure(f, (double)(int)(frail < 0 ? 0 : frail + 0.5), 0, 15);
    put_measure(f, (double)(int)(5.5 + 1.8 * tg_gen_normal(r)), 3, 12);
}

static enum tg_status put_person(void *ctx, const struct tg_gen_person *p,
                                 const struct tg_gen_user *user, struct tg_error *err)
{
    (void)user;
    struct checkups *c = ctx;
    struct tg_gen_rng r =
        tg_gen_rng(c->world->seed, TG_GEN_STREAM_CHECKUP, p->id, (uint64_t)c->from);
    bool goes = tg_gen_chance(&r, TG_GEN_P_CHECKUP);
    int32_t month = c->from + tg_gen_between(&r, 1, 10);
    uint32_t day = tg_gen_day(month, tg_gen_between(&r, 1, 27));
    double age = tg_gen_age(p, month);
    if (!goes || age < 40 || month > c->to || !tg_gen_insured_on(p, day))
        return TG_OK;
    struct tg_gen_insured id;
    char text[TG_GEN_FORMAT_BYTES];
    tg_gen_insure(c->world->seed, p, month, &r, &id);
    tg_gen_put_insured(&c->file, &id);
    tg_gen_date(TG_GEN_SLASHES, day, text);
    tg_gen_cell(&c->file, text);
    put_measure(&c->file, (p->sex == 1 ? 23.6 : 22.4) + 3.3 * tg_gen_normal(&r), 13.0, 45.0);
    put_hba1c(&c->file, &r, p, age);
    put_egfr(&c->file, &r, p, age);
    put_questionnaire(&c->file, &r, p, age);
    return tg_gen_row_end(&c->file, err);
}

static enum tg_status write_year(struct checkups *c, struct tg_error *err)
{
    const struct tg_gen_world *w = c->world;
    enum tg_status status = tg_gen_open(w, &c->file, w->raw, "checkup", c->to, &manners, err);
    if (!status)
        status = tg_gen_each_person(w, "check-ups", put_person, c, err);
    if (!status)
        status = tg_gen_file_commit(&c->file, err);
    return status;
}

enum tg_status tg_gen_write_checkups(const struct tg_gen_world *w, struct tg_error *err)
{
    struct checkups c = {.world = w};
    enum tg_status status = TG_OK;
    for (c.from = w->first; !status && c.from <= w->last; c.from += 12) {
        c.to = c.from + 11 < w->last ? c.from + 11 : w->last;
        status = write_year(&c, err);
    }
    tg_gen_file_free(&c.file);
    return status;
}
