/* SPDX-License-Identifier: Apache-2.0 */
#include "generate/format.h"
#include "generate/world.h"

#include <stdio.h>
#include <string.h>

#include "text/calendar.h"

static const struct tg_gen_manners persons_manners = {
    .encoding = TG_ENCODING_UTF8,
    .header = "person,household,birth_date,sex,district,events",
};

static const struct tg_gen_manners effect_manners = {
    .encoding = TG_ENCODING_UTF8,
    .header = "source,factor,from",
};

struct persons {
    const struct tg_gen_world *world;
    struct tg_gen_file file;
};

/* "moved_in:2024-05-03;turned75:2025-01-31" */
struct events {
    char text[512];
    size_t len;
};

static void add_event(struct events *e, const char *name, const char *detail)
{
    int n = snprintf(e->text + e->len, sizeof e->text - e->len, "%s%s:%s", e->len ? ";" : "", name,
                     detail);
    if (n > 0 && (size_t)n < sizeof e->text - e->len)
        e->len += (size_t)n;
}

static void add_day(const struct tg_gen_world *w, struct events *e, const char *name, uint32_t day)
{
    char text[TG_GEN_FORMAT_BYTES];
    if (day < tg_gen_day(w->first, 1) || day > tg_month_last_day(w->last))
        return;
    tg_gen_date(TG_GEN_ISO, day, text);
    add_event(e, name, text);
}

static void add_person(struct events *e, const char *name, uint64_t person)
{
    char text[24];
    if (person == TG_GEN_NOBODY)
        return;
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)person);
    add_event(e, name, text);
}

static void add_days(const struct tg_gen_world *w, struct events *e, const struct tg_gen_person *p)
{
    uint32_t end = tg_gen_end(p, tg_month_last_day(w->last));
    add_day(w, e, "moved_in", p->arrived);
    if (p->turns75 > p->arrived && (!end || end > p->turns75))
        add_day(w, e, "turned75", p->turns75);
    if (!end || p->renamed < end)
        add_day(w, e, "married", p->renamed);
    add_day(w, e, "left", p->left);
    add_day(w, e, "died", p->died);
}

/* The reading is another one from this day on. */
static void add_reading(const struct tg_gen_world *w, struct events *e,
                        const struct tg_gen_person *p, uint32_t day)
{
    struct tg_gen_name old, new;
    if (!day || (p->renamed && p->renamed == day))
        return;
    tg_gen_person_name(w->seed, p, day - 1, &old);
    tg_gen_person_name(w->seed, p, day, &new);
    if (strcmp(old.family_kana, new.family_kana) || strcmp(old.given_kana, new.given_kana))
        add_day(w, e, "reading", day);
}

static void add_years(const struct tg_gen_world *w, struct events *e, const struct tg_gen_person *p)
{
    if (tg_gen_insured_on(p, TG_GEN_RENUMBERED - 1) && tg_gen_insured_on(p, TG_GEN_RENUMBERED) &&
        p->turns75 > TG_GEN_RENUMBERED)
        add_day(w, e, "renumbered", TG_GEN_RENUMBERED);
    add_reading(w, e, p, p->reread_family);
    if (p->reread_given != p->reread_family)
        add_reading(w, e, p, p->reread_given);
    add_day(w, e, p->new_resident ? "returned_new" : "returned", p->returned);
    if (w->last < TG_GEN_YEARS_MONTH)
        return;
    if (p->late_no_resident && p->turns75 <= tg_month_last_day(w->last))
        add_event(e, "no_resident", "late_elderly");
    if (p->ledger_no_resident && tg_gen_care_level(p, w->last) >= 0)
        add_event(e, "no_resident", "care_ledger");
}

static enum tg_status put_person(void *ctx, const struct tg_gen_person *p,
                                 const struct tg_gen_user *user, struct tg_error *err)
{
    (void)user;
    struct persons *t = ctx;
    struct events events = {.len = 0};
    char text[TG_GEN_FORMAT_BYTES];
    add_days(t->world, &events, p);
    add_years(t->world, &events, p);
    add_person(&events, "twin_of", p->twin);
    add_person(&events, "namesake_of", p->namesake);
    tg_gen_cell_number(&t->file, p->id);
    tg_gen_cell_number(&t->file, p->household);
    tg_gen_date(TG_GEN_ISO, p->birth, text);
    tg_gen_cell(&t->file, text);
    tg_gen_cell_number(&t->file, p->sex);
    tg_gen_cell(&t->file, tg_gen_districts[p->district]);
    tg_gen_cell(&t->file, events.text);
    return tg_gen_row_end(&t->file, err);
}

static enum tg_status write_persons(const struct tg_gen_world *w, struct tg_error *err)
{
    struct persons t = {.world = w};
    enum tg_status status =
        tg_gen_open(w, &t.file, w->truth, "persons", TG_NO_MONTH, &persons_manners, err);
    if (!status)
        status = tg_gen_each_person(w, "truth", put_person, &t, err);
    if (!status)
        status = tg_gen_file_commit(&t.file, err);
    tg_gen_file_free(&t.file);
    return status;
}

static enum tg_status put_effect(struct tg_gen_file *f, const char *source, double factor,
                                 struct tg_error *err)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%.2f", factor);
    tg_gen_cell(f, source);
    tg_gen_cell(f, text);
    tg_gen_cell(f, "month of registration");
    return tg_gen_row_end(f, err);
}

static enum tg_status write_effect(const struct tg_gen_world *w, struct tg_error *err)
{
    struct tg_gen_file f = {0};
    enum tg_status status =
        tg_gen_open(w, &f, w->truth, "effect", TG_NO_MONTH, &effect_manners, err);
    if (!status)
        status = put_effect(&f, "medical", TG_GEN_EFFECT_MEDICAL, err);
    if (!status)
        status = put_effect(&f, "care", TG_GEN_EFFECT_CARE, err);
    if (!status)
        status = tg_gen_file_commit(&f, err);
    tg_gen_file_free(&f);
    return status;
}

enum tg_status tg_gen_write_truth(const struct tg_gen_world *w, struct tg_error *err)
{
    enum tg_status status = write_persons(w, err);
    return status ? status : write_effect(w, err);
}
