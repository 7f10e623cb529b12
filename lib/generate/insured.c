/* SPDX-License-Identifier: Apache-2.0 */
#include "generate/insured.h"
#include "generate/numbers.h"

#include <string.h>

#include "text/calendar.h"

static void drop_front(char *text, const char *rest)
{
    memmove(text, rest, strlen(rest) + 1);
}

/* Claims have eight digits where the roster has six. */
static void insurer_of_claims(char out[TG_GEN_FORMAT_BYTES])
{
    tg_gen_insurer(out);
    memmove(out + 2, out, strlen(out) + 1);
    memcpy(out, "00", 2);
}

void tg_gen_insure(uint64_t seed, const struct tg_gen_person *p, int32_t month,
                   struct tg_gen_rng *r, struct tg_gen_insured *out)
{
    uint32_t day = tg_month_last_day(month);
    out->symbol[0] = out->number[0] = out->branch[0] = out->late_number[0] = '\0';
    out->sex = p->sex == 1 ? "1" : "2";
    tg_gen_date(TG_GEN_ERA_DIGITS, p->birth, out->birth);
    if (tg_month_of_day(p->turns75) <= month) {
        tg_gen_late_insurer(out->insurer);
        tg_gen_late_on(seed, p, day, out->late_number);
        return;
    }
    insurer_of_claims(out->insurer);
    tg_gen_symbol_on(p, day, tg_gen_chance(r, 0.5) ? TG_GEN_SYMBOL_BARE : TG_GEN_SYMBOL_NARROW,
                     out->symbol);
    tg_gen_insured_on_day(seed, p, day, out->number);
    if (tg_gen_chance(r, TG_GEN_P_ZEROS_LOST))
        drop_front(out->number, tg_gen_without_zeros(out->number));
    if (p->branch)
        tg_gen_branch(p->branch, out->branch);
}

void tg_gen_put_insured(struct tg_gen_file *f, const struct tg_gen_insured *id)
{
    tg_gen_cell(f, id->insurer);
    tg_gen_cell(f, id->symbol);
    tg_gen_cell(f, id->number);
    tg_gen_cell(f, id->branch);
    tg_gen_cell(f, id->late_number);
    tg_gen_cell(f, id->birth);
    tg_gen_cell(f, id->sex);
}
