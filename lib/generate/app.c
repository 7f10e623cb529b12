/* SPDX-License-Identifier: Apache-2.0 */
#include "generate/app.h"

#include <stdlib.h>
#include <string.h>

#include "base/reporter.h"
#include "generate/insured.h"
#include "text/calendar.h"

static const struct tg_gen_manners users_manners = {
    .encoding = TG_ENCODING_UTF8,
    .bom = true,
    .header = "uid,ふりがな,birthday,gender,postal_code,phone,registered_at,"
              "保険者番号(確認済),記号(確認済),番号(確認済),枝番(確認済),後期番号(確認済)",
};

static const struct tg_gen_manners truth_manners = {
    .encoding = TG_ENCODING_UTF8,
    .header = "uid,line,person,number,slips",
};

static void put_slips(struct tg_gen_file *f, unsigned slips)
{
    static const char *const names[] = {"name", "surname", "birth", "gender", "order"};
    char text[64] = "";
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!(slips & 1u << i))
            continue;
        if (*text)
            strncat(text, ";", 2);
        strncat(text, names[i], 16);
    }
    tg_gen_cell(f, text);
}

/* 19990104, 199-0104 or full-width; people from elsewhere have other areas. */
static void put_postal_code(struct tg_gen_file *f, struct tg_gen_rng *r,
                            const struct tg_gen_person *p)
{
    char text[TG_GEN_FORMAT_BYTES];
    tg_gen_postal_code(p, text);
    if (p->id >= TG_GEN_ELSEWHERE || tg_gen_chance(r, 0.04)) {
        char *digit = &text[tg_gen_between(r, 0, 2)];
        *digit = (char)('2' + tg_gen_below(r, 7));
    }
    if (tg_gen_chance(r, 0.5))
        memmove(text + 3, text + 4, strlen(text + 4) + 1);
    tg_gen_cell(f, text);
}

static void put_phone(struct tg_gen_file *f, struct tg_gen_rng *r, uint64_t seed,
                      const struct tg_gen_person *p)
{
    char text[TG_GEN_FORMAT_BYTES] = "";
    bool changed = tg_gen_chance(r, 0.08);
    tg_gen_mobile(seed, changed ? p->id ^ (UINT64_C(1) << 50) : p->id, text);
    switch (tg_gen_below(r, 4)) {
    case 0:
        memmove(text + 3, text + 4, strlen(text + 4) + 1);
        memmove(text + 7, text + 8, strlen(text + 8) + 1);
        break;
    case 1:
        memmove(text + 4, text + 1, strlen(text + 1) + 1);
        memcpy(text, "+81-", 4);
        break;
    default:
        break;
    }
    tg_gen_cell(f, text);
}

static void put_number(struct tg_gen_file *f, struct tg_gen_rng *r, uint64_t seed,
                       const struct tg_gen_person *p, const struct tg_gen_user *user,
                       const struct tg_gen_account *a)
{
    struct tg_gen_insured id = {.insurer = ""};
    if (a->has_number)
        tg_gen_insure(seed, p, tg_month_of_day(user->registered), r, &id);
    tg_gen_cell(f, id.insurer);
    tg_gen_cell(f, id.symbol);
    tg_gen_cell(f, id.number);
    tg_gen_cell(f, id.branch);
    tg_gen_cell(f, id.late_number);
}

static enum tg_status put_truth(struct tg_gen_file *f, uint64_t line, const struct tg_gen_person *p,
                                const struct tg_gen_account *a, struct tg_error *err)
{
    tg_gen_cell(f, a->uid);
    tg_gen_cell_number(f, line);
    if (p->id < TG_GEN_ELSEWHERE)
        tg_gen_cell_number(f, p->id);
    else
        tg_gen_cell(f, "");
    tg_gen_cell(f, a->has_number ? "1" : "0");
    put_slips(f, a->slips);
    return tg_gen_row_end(f, err);
}

static enum tg_status put_user(const struct tg_gen_world *w, struct tg_gen_file *users,
                               struct tg_gen_file *truth, const struct tg_gen_user *user,
                               struct tg_error *err)
{
    struct tg_gen_person p;
    struct tg_gen_rng r;
    struct tg_gen_account a;
    char text[TG_GEN_FORMAT_BYTES];
    tg_gen_person(w->seed, user->person, &p);
    tg_gen_account(w->seed, user, &p, &r, &a);
    tg_gen_cell(users, a.uid);
    tg_gen_cell(users, a.kana);
    tg_gen_date(a.slashes ? TG_GEN_SLASHES : TG_GEN_ISO, a.birth, text);
    tg_gen_cell(users, text);
    tg_gen_cell(users, a.gender);
    put_postal_code(users, &r, &p);
    put_phone(users, &r, w->seed, &p);
    tg_gen_date(TG_GEN_ISO, user->registered, text);
    tg_gen_cell(users, text);
    put_number(users, &r, w->seed, &p, user, &a);
    enum tg_status status = tg_gen_row_end(users, err);
    return status ? status : put_truth(truth, users->line, &p, &a, err);
}

static int by_registration(const void *a, const void *b)
{
    const struct tg_gen_user *x = a, *y = b;
    if (x->registered != y->registered)
        return x->registered < y->registered ? -1 : 1;
    uint64_t s = tg_gen_mix(x->person), t = tg_gen_mix(y->person);
    return (s > t) - (s < t);
}

static enum tg_status write_users(const struct tg_gen_world *w, const struct tg_gen_user *order,
                                  struct tg_error *err)
{
    struct tg_gen_file users = {0}, truth = {0};
    enum tg_status status =
        tg_gen_open(w, &users, w->raw, "app_users", TG_NO_MONTH, &users_manners, err);
    if (!status)
        status = tg_gen_open(w, &truth, w->truth, "users", TG_NO_MONTH, &truth_manners, err);
    for (size_t i = 0; !status && i < w->n_users; i++) {
        status = put_user(w, &users, &truth, &order[i], err);
        if (!status && i % 4096 == 0)
            status = tg_progress(w->reporter, "app", i, w->n_users, err);
    }
    if (!status)
        status = tg_gen_file_commit(&users, err);
    if (!status)
        status = tg_gen_file_commit(&truth, err);
    tg_gen_file_free(&users);
    tg_gen_file_free(&truth);
    return status;
}

enum tg_status tg_gen_write_app(const struct tg_gen_world *w, struct tg_error *err)
{
    struct tg_gen_user *order = tg_calloc(w->n_users, sizeof *order, err);
    if (!order)
        return TG_NO_MEMORY;
    if (w->n_users)
        memcpy(order, w->users, w->n_users * sizeof *order);
    qsort(order, w->n_users, sizeof *order, by_registration);
    enum tg_status status = write_users(w, order, err);
    if (!status)
        status = tg_gen_write_consents(w, order, err);
    if (!status)
        status = tg_gen_write_steps(w, order, err);
    free(order);
    return status;
}
