/* SPDX-License-Identifier: Apache-2.0 */
#include "generate/numbers.h"
#include "generate/world.h"

#include "text/calendar.h"

static const struct tg_gen_manners manners = {
    .encoding = TG_ENCODING_CP932,
    .crlf = true,
    .header = "介護保険者番号,介護被保険者番号,認定年月日,要介護状態区分",
};

/* Certifications, as the care office lists them: one row each time the level changes,
 * and when somebody comes back with a new number. */
struct certifications {
    const struct tg_gen_world *world;
    struct tg_gen_file file;
    char insurer[TG_GEN_FORMAT_BYTES];
};

static enum tg_status put_level(struct certifications *c, const struct tg_gen_person *p,
                                int32_t month, int level, struct tg_error *err)
{
    char text[TG_GEN_FORMAT_BYTES], number[TG_GEN_FORMAT_BYTES];
    tg_gen_care_on(c->world->seed, p, tg_month_last_day(month), number);
    tg_gen_cell(&c->file, c->insurer);
    tg_gen_cell(&c->file, number);
    tg_gen_date(TG_GEN_SLASHES, tg_gen_day(month, 1), text);
    tg_gen_cell(&c->file, text);
    tg_gen_cell(&c->file, tg_gen_levels[level].code);
    return tg_gen_row_end(&c->file, err);
}

static enum tg_status put_person(void *ctx, const struct tg_gen_person *p,
                                 const struct tg_gen_user *user, struct tg_error *err)
{
    struct certifications *c = ctx;
    enum tg_status status = TG_OK;
    int before = -1;
    (void)user;
    for (int32_t month = c->world->first; !status && month <= c->world->last; month++) {
        int level = tg_gen_present(p, month) ? tg_gen_care_level(p, month) : -1;
        if (p->new_resident && tg_month_of_day(p->returned) == month)
            before = -1;
        if (level >= 0 && level != before)
            status = put_level(c, p, month, level, err);
        before = level >= 0 ? level : before;
    }
    return status;
}

enum tg_status tg_gen_write_certifications(const struct tg_gen_world *w, struct tg_error *err)
{
    struct certifications c = {.world = w};
    tg_gen_care_insurer(c.insurer);
    enum tg_status status =
        tg_gen_open(w, &c.file, w->raw, "certification", TG_NO_MONTH, &manners, err);
    if (!status)
        status = tg_gen_each_person(w, "certifications", put_person, &c, err);
    if (!status)
        status = tg_gen_file_commit(&c.file, err);
    tg_gen_file_free(&c.file);
    return status;
}
