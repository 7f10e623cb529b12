/* SPDX-License-Identifier: Apache-2.0 */
#include "generate/app.h"
#include "generate/format.h"

#include "text/calendar.h"

static const struct tg_gen_manners consents_manners = {
    .encoding = TG_ENCODING_UTF8,
    .header = "uid,目的,書式,方法,同意日,撤回日",
};

static const struct tg_gen_manners steps_manners = {
    .encoding = TG_ENCODING_UTF8,
    .header = "uid,date,steps",
};

/* What becomes of a user's consent. */
enum course { NEVER, OTHER_PURPOSE, WITHDRAWN, REGRANTED, KEPT };

static enum course draw_course(struct tg_gen_rng *r)
{
    double at = tg_gen_unit(r);
    if ((at -= TG_GEN_P_NO_CONSENT) < 0)
        return NEVER;
    if ((at -= TG_GEN_P_OTHER_PURPOSE) < 0)
        return OTHER_PURPOSE;
    if ((at -= TG_GEN_P_WITHDRAWN) < 0)
        return WITHDRAWN;
    return at - TG_GEN_P_REGRANTED < 0 ? REGRANTED : KEPT;
}

/* A row of consents.csv; days after the last month have not happened yet. */
struct consent {
    const char *uid, *purpose, *form, *method;
    uint32_t granted, withdrawn;
};

static enum tg_status put_consent(const struct tg_gen_world *w, struct tg_gen_file *f,
                                  const struct consent *c, struct tg_error *err)
{
    char text[TG_GEN_FORMAT_BYTES];
    uint32_t today = tg_month_last_day(w->last);
    if (c->granted > today)
        return TG_OK;
    tg_gen_cell(f, c->uid);
    tg_gen_cell(f, c->purpose);
    tg_gen_cell(f, c->form);
    tg_gen_cell(f, c->method);
    tg_gen_date(TG_GEN_SLASHES, c->granted, text);
    tg_gen_cell(f, text);
    tg_gen_date(TG_GEN_SLASHES, c->withdrawn <= today ? c->withdrawn : 0, text);
    tg_gen_cell(f, text);
    return tg_gen_row_end(f, err);
}

static enum tg_status put_renewals(const struct tg_gen_world *w, struct tg_gen_file *f,
                                   struct tg_gen_rng *r, struct consent c, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    int32_t month = tg_month_of_day(c.granted) + TG_GEN_RENEWAL_MONTHS;
    c.form = "2026-B";
    for (; !status && month <= w->last; month += TG_GEN_RENEWAL_MONTHS) {
        c.granted = tg_gen_day(month, 10);
        if (!tg_gen_chance(r, TG_GEN_P_RENEWS))
            return TG_OK;
        status = put_consent(w, f, &c, err);
    }
    return status;
}

static enum tg_status put_user_consents(const struct tg_gen_world *w, struct tg_gen_file *f,
                                        const struct tg_gen_user *user, struct tg_error *err)
{
    struct tg_gen_rng r = tg_gen_rng(w->seed, TG_GEN_STREAM_CONSENT, user->person, 0);
    char uid[24];
    tg_gen_uid(w->seed, user->person, uid);
    struct consent c = {uid,
                        "outcome-evaluation",
                        "2025-A",
                        tg_gen_chance(&r, 0.7) ? "web" : "窓口",
                        user->registered,
                        0};
    enum course course = draw_course(&r);
    if (user->earlier) {
        c.form = "2022-A";
        return put_consent(w, f, &c, err);
    }
    if (course == NEVER)
        return TG_OK;
    if (course == OTHER_PURPOSE)
        c.purpose = "newsletter";
    int32_t month = tg_month_of_day(c.granted);
    if (course == WITHDRAWN || course == REGRANTED)
        c.withdrawn = tg_gen_day(month + tg_gen_between(&r, 1, 6), 20);
    enum tg_status status = put_consent(w, f, &c, err);
    if (status || course == WITHDRAWN)
        return status;
    if (course == REGRANTED) {
        c.granted = tg_gen_day(tg_month_of_day(c.withdrawn) + 1, 5);
        c.withdrawn = 0;
        return put_consent(w, f, &c, err);
    }
    return put_renewals(w, f, &r, c, err);
}

enum tg_status tg_gen_write_consents(const struct tg_gen_world *w, const struct tg_gen_user *order,
                                     struct tg_error *err)
{
    struct tg_gen_file f = {0};
    enum tg_status status =
        tg_gen_open(w, &f, w->raw, "consents", TG_NO_MONTH, &consents_manners, err);
    for (size_t i = 0; !status && i < w->n_users; i++)
        status = put_user_consents(w, &f, &order[i], err);
    if (!status)
        status = tg_gen_file_commit(&f, err);
    tg_gen_file_free(&f);
    return status;
}

/* Monthly means; walking grows a little while somebody takes part. */
static enum tg_status put_user_steps(const struct tg_gen_world *w, struct tg_gen_file *f,
                                     const struct tg_gen_user *user, struct tg_error *err)
{
    struct tg_gen_rng r = tg_gen_rng(w->seed, TG_GEN_STREAM_STEPS, user->person, 0);
    char uid[24], text[TG_GEN_FORMAT_BYTES];
    tg_gen_uid(w->seed, user->person, uid);
    double steps = 5500 * tg_gen_exp(0.4 * tg_gen_normal(&r));
    int32_t month = tg_month_of_day(user->registered);
    enum tg_status status = TG_OK;
    for (; !status && month <= w->last && !tg_gen_chance(&r, TG_GEN_P_STOPS); month++) {
        double mean = steps * tg_gen_exp(0.1 * tg_gen_normal(&r));
        steps *= 1.004;
        if (month < w->first)
            continue;
        tg_gen_cell(f, uid);
        tg_gen_date(TG_GEN_ISO, tg_month_last_day(month), text);
        tg_gen_cell(f, text);
        tg_gen_cell_number(f, (uint64_t)mean);
        status = tg_gen_row_end(f, err);
    }
    return status;
}

enum tg_status tg_gen_write_steps(const struct tg_gen_world *w, const struct tg_gen_user *order,
                                  struct tg_error *err)
{
    struct tg_gen_file f = {0};
    enum tg_status status =
        tg_gen_open(w, &f, w->raw, "app_steps", TG_NO_MONTH, &steps_manners, err);
    for (size_t i = 0; !status && i < w->n_users; i++)
        status = put_user_steps(w, &f, &order[i], err);
    if (!status)
        status = tg_gen_file_commit(&f, err);
    tg_gen_file_free(&f);
    return status;
}
