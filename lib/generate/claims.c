/* SPDX-License-Identifier: Apache-2.0 */
#include "generate/insured.h"
#include "generate/numbers.h"
#include "generate/world.h"

#include "text/calendar.h"

static const struct tg_gen_manners medical_manners = {
    .encoding = TG_ENCODING_CP932,
    .crlf = true,
    .header = TG_GEN_INSURED_HEADER ",診療年月,主傷病,点数",
};

static const struct tg_gen_manners care_manners = {
    .encoding = TG_ENCODING_CP932,
    .crlf = true,
    .header = "介護保険者番号,介護被保険者番号,サービス提供年月,サービス種類,給付額",
};

/* One month's claims. */
struct claims {
    const struct tg_gen_world *world;
    struct tg_gen_file medical, care;
    int32_t month;
    char medical_month[TG_GEN_FORMAT_BYTES], care_month[TG_GEN_FORMAT_BYTES];
    char care_insurer[TG_GEN_FORMAT_BYTES];
};

static enum tg_status put_claim(struct claims *c, const struct tg_gen_insured *id, const char *code,
                                uint64_t points, struct tg_error *err)
{
    struct tg_gen_file *f = &c->medical;
    tg_gen_put_insured(f, id);
    tg_gen_cell(f, c->medical_month);
    tg_gen_cell(f, code);
    tg_gen_cell_number(f, points);
    return tg_gen_row_end(f, err);
}

static const char *diagnosis(struct tg_gen_rng *r, const struct tg_gen_person *p)
{
    if (tg_gen_chance(r, TG_GEN_P_CHRONIC))
        return tg_gen_chronic[p->chronic[tg_gen_below(r, TG_GEN_N_CHRONIC_EACH)]].code;
    return tg_gen_acute[tg_gen_pick_disease(r, tg_gen_acute, tg_gen_n_acute)].code;
}

/* Log-normal, with a few stays in hospital; `mean_yen` is kept. A point is ten yen. */
static uint64_t draw_points(struct tg_gen_rng *r, double mean_yen)
{
    const double sigma = TG_GEN_SIGMA_CLAIM;
    double yen = mean_yen / (1 + TG_GEN_P_INPATIENT * (TG_GEN_INPATIENT - 1));
    if (tg_gen_chance(r, TG_GEN_P_INPATIENT))
        yen *= TG_GEN_INPATIENT;
    yen *= tg_gen_exp(sigma * tg_gen_normal(r) - sigma * sigma / 2);
    return yen < 500 ? 50 : (uint64_t)(yen / 10 + 0.5);
}

static uint64_t scaled(uint64_t amount, double factor)
{
    return (uint64_t)((double)amount * factor + 0.5);
}

static bool has_effect(const struct claims *c, const struct tg_gen_user *user)
{
    uint32_t from = tg_gen_effect_from(user);
    return from && tg_month_of_day(from) <= c->month;
}

static enum tg_status put_medical(struct claims *c, const struct tg_gen_person *p,
                                  const struct tg_gen_user *user, struct tg_error *err)
{
    struct tg_gen_rng r =
        tg_gen_rng(c->world->seed, TG_GEN_STREAM_MEDICAL, p->id, (uint64_t)c->month);
    double age = tg_gen_age(p, c->month);
    double rate = tg_gen_claims(age);
    unsigned n = tg_gen_poisson(&r, rate);
    if (!n)
        return TG_OK;
    struct tg_gen_insured id;
    tg_gen_insure(c->world->seed, p, c->month, &r, &id);
    double mean_yen = tg_gen_medical_yen(age) / rate * p->frailty;
    enum tg_status status = TG_OK;
    for (unsigned i = 0; !status && i < n; i++) {
        const char *code = diagnosis(&r, p);
        uint64_t points = draw_points(&r, mean_yen);
        if (has_effect(c, user))
            points = scaled(points, TG_GEN_EFFECT_MEDICAL);
        status = put_claim(c, &id, code, points, err);
    }
    return status;
}

static enum tg_status put_service(struct claims *c, const struct tg_gen_person *p,
                                  struct tg_gen_rng *r, const char *code, uint64_t yen,
                                  struct tg_error *err)
{
    struct tg_gen_file *f = &c->care;
    char number[TG_GEN_FORMAT_BYTES];
    tg_gen_care_on(c->world->seed, p, tg_month_last_day(c->month), number);
    tg_gen_cell(f, c->care_insurer);
    tg_gen_cell(f, tg_gen_chance(r, TG_GEN_P_ZEROS_LOST) ? tg_gen_without_zeros(number) : number);
    tg_gen_cell(f, c->care_month);
    tg_gen_cell(f, code);
    tg_gen_cell_number(f, yen);
    return tg_gen_row_end(f, err);
}

/* A person keeps two or three services; their costs swing a little from month to month. */
static enum tg_status put_care(struct claims *c, const struct tg_gen_person *p,
                               const struct tg_gen_user *user, struct tg_error *err)
{
    int level = p->uses_care ? tg_gen_care_level(p, c->month) : -1;
    struct tg_gen_rng r = tg_gen_rng(c->world->seed, TG_GEN_STREAM_CARE, p->id, (uint64_t)c->month);
    if (level < 0 || !tg_gen_chance(&r, TG_GEN_P_CARE_MONTH))
        return TG_OK;
    size_t first = (size_t)(p->id % tg_gen_n_services), n = 2 + (size_t)(p->id / 7 % 2);
    unsigned weights = 0;
    for (size_t i = 0; i < n; i++)
        weights += tg_gen_services[(first + i) % tg_gen_n_services].weight;
    enum tg_status status = TG_OK;
    for (size_t i = 0; !status && i < n; i++) {
        const struct tg_gen_disease *service = &tg_gen_services[(first + i) % tg_gen_n_services];
        double share = (double)service->weight / weights;
        double yen = tg_gen_levels[level].yen * share * (0.8 + 0.4 * tg_gen_unit(&r));
        if (has_effect(c, user))
            yen *= TG_GEN_EFFECT_CARE;
        status = put_service(c, p, &r, service->code, (uint64_t)(yen + 0.5), err);
    }
    return status;
}

static enum tg_status put_person(void *ctx, const struct tg_gen_person *p,
                                 const struct tg_gen_user *user, struct tg_error *err)
{
    struct claims *c = ctx;
    if (!tg_gen_present(p, c->month))
        return TG_OK;
    enum tg_status status = put_medical(c, p, user, err);
    return status ? status : put_care(c, p, user, err);
}

static enum tg_status write_month(struct claims *c, struct tg_error *err)
{
    const struct tg_gen_world *w = c->world;
    tg_gen_month_era(c->month, c->medical_month);
    tg_gen_month_digits(c->month, c->care_month);
    enum tg_status status =
        tg_gen_open(w, &c->medical, w->raw, "medical", c->month, &medical_manners, err);
    if (!status)
        status = tg_gen_open(w, &c->care, w->raw, "care", c->month, &care_manners, err);
    if (!status)
        status = tg_gen_each_person(w, "claims", put_person, c, err);
    if (!status)
        status = tg_gen_file_commit(&c->medical, err);
    if (!status)
        status = tg_gen_file_commit(&c->care, err);
    return status;
}

enum tg_status tg_gen_write_claims(const struct tg_gen_world *w, struct tg_error *err)
{
    struct claims c = {.world = w};
    tg_gen_care_insurer(c.care_insurer);
    enum tg_status status = TG_OK;
    for (c.month = w->first; !status && c.month <= w->last; c.month++)
        status = write_month(&c, err);
    tg_gen_file_free(&c.medical);
    tg_gen_file_free(&c.care);
    return status;
}
