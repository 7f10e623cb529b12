/* SPDX-License-Identifier: Apache-2.0 */
#include "generate/kana.h"
#include "generate/numbers.h"
#include "generate/world.h"

#include <stdio.h>
#include <string.h>

#include "text/calendar.h"

/* National Health Insurance, those under 75. */
static const struct tg_gen_manners roster_manners = {
    .encoding = TG_ENCODING_CP932,
    .crlf = true,
    .header = "保険者番号,記号,番号,枝番,宛名番号,カナ氏名,漢字氏名,生年月日,性別,"
              "郵便番号,電話番号,圏域,資格取得日,資格喪失日,資格喪失事由",
};

static const char *const late_preamble[] = {"後期高齢者医療 被保険者一覧", "抽出条件: 全件,,,",
                                            NULL};
static const struct tg_gen_manners late_manners = {
    .encoding = TG_ENCODING_CP932,
    .crlf = true,
    .preamble = late_preamble,
    .header =
        "後期高齢者保険者番号,後期高齢者被保険者番号,宛名番号,氏名カナ,氏名,生年月日,性別区分,"
        "郵便番号,日常生活圏域,資格取得年月日,資格喪失年月日,資格喪失事由コード",
};

static const struct tg_gen_manners ledger_manners = {
    .encoding = TG_ENCODING_CP932,
    .crlf = true,
    .quoted = true,
    .header = "介護保険者番号,介護被保険者番号,後期高齢者保険者番号,後期高齢者被保険者番号,"
              "国保保険者番号,国保記号,国保番号,宛名番号,被保険者氏名カナ,生年月日,性別,"
              "要介護状態区分",
};

static const struct tg_gen_manners lines_manners = {
    .encoding = TG_ENCODING_UTF8,
    .header = "file,line,person",
};

/* One snapshot: three files and the truth about their lines. */
struct snapshot {
    const struct tg_gen_world *world;
    struct tg_gen_file roster, late, ledger;
    struct tg_gen_file *lines;
    char roster_name[40], late_name[40], ledger_name[40];
    int32_t before, month; /* rows of what was so, or became known, after one until the other */
    uint32_t until;        /* last day of the month */
};

/* Why insurance ends: the one file writes it out, the other has codes of its own. */
enum loss { LOSS_MOVED, LOSS_JOB, LOSS_75, LOSS_RENUMBERED, LOSS_DEATH };
static const struct {
    const char *word, *code;
} losses[] = {
    [LOSS_MOVED] = {"転出", "01"},
    [LOSS_JOB] = {"社会保険加入", "09"},
    [LOSS_75] = {"後期高齢者医療加入", "09"},
    [LOSS_RENUMBERED] = {"記号番号変更", "09"},
    [LOSS_DEATH] = {"死亡", TG_GEN_LATE_DEATH},
};

/* A time under one number: a row of each snapshot that meets it. */
struct stretch {
    uint32_t from;
    uint32_t to;    /* first day after it; 0: goes on */
    uint32_t ended; /* as the row says */
    enum loss loss;
    int32_t shown;  /* first month in which the insurer knows of it */
    int32_t closed; /* and of its end; INT32_MAX: never */
    uint64_t place; /* 0 for a person's first */
};

static void put_number(struct tg_gen_file *f, struct tg_gen_rng *r, const char *digits)
{
    tg_gen_cell(f, tg_gen_chance(r, TG_GEN_P_ZEROS_LOST) ? tg_gen_without_zeros(digits) : digits);
}

static void put_date(struct tg_gen_file *f, enum tg_gen_date_style style, uint32_t day)
{
    char text[TG_GEN_FORMAT_BYTES];
    tg_gen_date(style, day, text);
    tg_gen_cell(f, text);
}

static void put_kana(struct tg_gen_file *f, enum tg_gen_spelling spelling,
                     const struct tg_gen_name *name)
{
    char text[TG_GEN_SPELLED_MAX];
    tg_gen_spell(spelling, name->family_kana, name->given_kana, text);
    if (spelling == TG_GEN_HALF_LARGE)
        tg_gen_cut(text, TG_GEN_KANA_CUT);
    tg_gen_cell(f, text);
}

/* A character that the system's font lacks becomes ●. */
static void put_kanji(struct tg_gen_file *f, struct tg_gen_rng *r, const struct tg_gen_name *name)
{
    char text[2 * TG_GEN_NAME_BYTES + 8];
    const char *given = name->given;
    bool lost = tg_gen_chance(r, TG_GEN_P_GLYPH_LOST) && strlen(given) > 3;
    (void)snprintf(text, sizeof text, "%s　%s%s", name->family, lost ? "●" : "",
                   lost ? given + 3 : given);
    tg_gen_cell(f, text);
}

static enum tg_status note_line(const struct snapshot *s, const struct tg_gen_file *f,
                                const char *name, const struct tg_gen_person *p,
                                struct tg_error *err)
{
    tg_gen_cell(s->lines, name);
    tg_gen_cell_number(s->lines, f->line);
    tg_gen_cell_number(s->lines, p->id);
    return tg_gen_row_end(s->lines, err);
}

static void put_phone(struct tg_gen_file *f, const struct tg_gen_world *w,
                      const struct tg_gen_person *p)
{
    char text[TG_GEN_FORMAT_BYTES] = "";
    struct tg_gen_rng r = tg_gen_rng(w->seed, TG_GEN_STREAM_ROSTER_ROW, p->id, 0);
    if (tg_gen_chance(&r, TG_GEN_P_HAS_PHONE)) {
        if (tg_gen_chance(&r, 0.5))
            tg_gen_mobile(w->seed, p->id, text);
        else
            tg_gen_landline(w->seed, p->household, text);
    }
    tg_gen_cell(f, text);
}

static void put_postal_code(struct tg_gen_file *f, const struct tg_gen_person *p)
{
    char text[TG_GEN_FORMAT_BYTES];
    tg_gen_postal_code(p, text);
    tg_gen_cell(f, text);
}

static void put_insurance(struct tg_gen_file *f, struct tg_gen_rng *r, const struct tg_gen_world *w,
                          const struct tg_gen_person *p, uint32_t day)
{
    char text[TG_GEN_FORMAT_BYTES];
    tg_gen_insurer(text);
    tg_gen_cell(f, text);
    tg_gen_symbol_on(p, day, tg_gen_chance(r, 0.7) ? TG_GEN_SYMBOL_WIDE : TG_GEN_SYMBOL_NARROW,
                     text);
    tg_gen_cell(f, text);
    tg_gen_insured_on_day(w->seed, p, day, text);
    put_number(f, r, text);
}

static bool is_closed(const struct snapshot *s, const struct stretch *t)
{
    return t->to && t->closed <= s->month;
}

/* Of some ends nobody entered why. */
static void put_loss(struct tg_gen_file *f, const struct snapshot *s, const struct tg_gen_person *p,
                     const struct stretch *t, const char *text)
{
    struct tg_gen_rng r = tg_gen_rng(s->world->seed, TG_GEN_STREAM_LOSS, p->id, t->from);
    bool entered = !tg_gen_chance(&r, TG_GEN_P_NO_REASON);
    tg_gen_cell(f, entered && is_closed(s, t) ? text : "");
}

static struct tg_gen_rng rng_of_row(const struct snapshot *s, enum tg_gen_stream stream,
                                    const struct tg_gen_person *p, uint64_t place)
{
    return tg_gen_rng(s->world->seed, stream, p->id, (uint64_t)s->month + (place << 32));
}

/* A file that lacks the number has an empty cell for it. */
static void put_resident(struct tg_gen_file *f, struct tg_gen_rng *r, const struct tg_gen_world *w,
                         const struct tg_gen_person *p, uint32_t day, bool lacks)
{
    char text[TG_GEN_FORMAT_BYTES];
    tg_gen_resident_on(w->seed, p, day, text);
    put_number(f, r, lacks ? "" : text);
}

static enum tg_status put_roster(struct snapshot *s, const struct tg_gen_person *p,
                                 const struct stretch *t, struct tg_error *err)
{
    const struct tg_gen_world *w = s->world;
    struct tg_gen_file *f = &s->roster;
    struct tg_gen_rng r = rng_of_row(s, TG_GEN_STREAM_ROSTER_ROW, p, t->place);
    struct tg_gen_name name;
    char text[TG_GEN_FORMAT_BYTES] = "";
    tg_gen_person_name(w->seed, p, s->until, &name);
    put_insurance(f, &r, w, p, t->from);
    if (p->branch)
        tg_gen_branch(p->branch, text);
    put_number(f, &r, text);
    put_resident(f, &r, w, p, t->from, false);
    put_kana(f, TG_GEN_HALF_LARGE, &name);
    put_kanji(f, &r, &name);
    put_date(f, TG_GEN_ERA_KANJI, p->birth);
    tg_gen_cell(f, p->sex == 1 ? "男" : "女");
    put_postal_code(f, p);
    put_phone(f, w, p);
    tg_gen_cell(f, tg_gen_districts[p->district]);
    put_date(f, TG_GEN_ERA_KANJI, t->from);
    put_date(f, TG_GEN_ERA_KANJI, is_closed(s, t) ? t->ended : 0);
    put_loss(f, s, p, t, losses[t->loss].word);
    enum tg_status status = tg_gen_row_end(f, err);
    return status ? status : note_line(s, f, s->roster_name, p, err);
}

static enum tg_status put_late(struct snapshot *s, const struct tg_gen_person *p,
                               const struct stretch *t, struct tg_error *err)
{
    const struct tg_gen_world *w = s->world;
    struct tg_gen_file *f = &s->late;
    struct tg_gen_rng r = rng_of_row(s, TG_GEN_STREAM_LATE_ROW, p, t->place);
    struct tg_gen_name name;
    char text[TG_GEN_FORMAT_BYTES];
    tg_gen_person_name(w->seed, p, s->until, &name);
    tg_gen_late_insurer(text);
    tg_gen_cell(f, text);
    tg_gen_late_on(w->seed, p, t->from, text);
    put_number(f, &r, text);
    put_resident(f, &r, w, p, t->from, p->late_no_resident && s->month >= TG_GEN_YEARS_MONTH);
    put_kana(f, TG_GEN_FULL_LARGE, &name);
    put_kanji(f, &r, &name);
    put_date(f, TG_GEN_ERA_DIGITS, p->birth);
    tg_gen_cell_number(f, p->sex);
    put_postal_code(f, p);
    tg_gen_cell(f, tg_gen_districts[p->district]);
    put_date(f, TG_GEN_ERA_DIGITS, t->from);
    put_date(f, TG_GEN_ERA_DIGITS, is_closed(s, t) ? t->ended : 0);
    put_loss(f, s, p, t, losses[t->loss].code);
    enum tg_status status = tg_gen_row_end(f, err);
    return status ? status : note_line(s, f, s->late_name, p, err);
}

static void put_late_numbers(struct tg_gen_file *f, struct tg_gen_rng *r,
                             const struct tg_gen_world *w, const struct tg_gen_person *p,
                             uint32_t day)
{
    char text[TG_GEN_FORMAT_BYTES];
    tg_gen_late_insurer(text);
    tg_gen_cell(f, text);
    tg_gen_late_on(w->seed, p, day, text);
    put_number(f, r, text);
    for (int i = 0; i < 3; i++)
        tg_gen_cell(f, "*");
}

static enum tg_status put_ledger(struct snapshot *s, const struct tg_gen_person *p, int level,
                                 struct tg_error *err)
{
    const struct tg_gen_world *w = s->world;
    struct tg_gen_file *f = &s->ledger;
    struct tg_gen_rng r = tg_gen_rng(w->seed, TG_GEN_STREAM_LEDGER_ROW, p->id, (uint64_t)s->month);
    struct tg_gen_name name;
    char text[TG_GEN_FORMAT_BYTES];
    tg_gen_person_name(w->seed, p, s->until, &name);
    tg_gen_care_insurer(text);
    tg_gen_cell(f, text);
    tg_gen_care_on(w->seed, p, s->until, text);
    put_number(f, &r, text);
    if (p->turns75 <= s->until) {
        put_late_numbers(f, &r, w, p, s->until);
    } else {
        tg_gen_cell(f, "*");
        tg_gen_cell(f, "*");
        put_insurance(f, &r, w, p, s->until);
    }
    put_resident(f, &r, w, p, s->until, p->ledger_no_resident && s->month >= TG_GEN_YEARS_MONTH);
    put_kana(f, TG_GEN_HALF_LARGE, &name);
    put_date(f, TG_GEN_ERA_SHORT, p->birth);
    tg_gen_cell_number(f, p->sex);
    tg_gen_cell(f, tg_gen_levels[level].code);
    enum tg_status status = tg_gen_row_end(f, err);
    return status ? status : note_line(s, f, s->ledger_name, p, err);
}

/* Shown as long as it lasts, and once more when its end is told. */
static bool is_shown(const struct snapshot *s, const struct stretch *t)
{
    return t->from <= s->until && t->shown <= s->month &&
           (!t->to || (t->closed > s->before && t->to > t->from));
}

/* Everybody's row is looked at in the month in which all are renumbered, or the person turns 75. */
static int32_t told(int32_t ended, uint8_t notice, uint32_t turns75)
{
    int32_t looks[] = {tg_month_of_day(TG_GEN_RENUMBERED), tg_month_of_day(turns75)};
    int32_t month = ended + notice;
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++) {
        if (looks[i] >= ended && looks[i] < month)
            month = looks[i];
    }
    return month;
}

static enum loss loss_of(const struct tg_gen_person *p, uint32_t to)
{
    if (p->died && to == p->died + 1)
        return LOSS_DEATH;
    if (to == p->turns75)
        return LOSS_75;
    return p->left_alone ? LOSS_JOB : LOSS_MOVED;
}

/* Yearly files know everything of their months. */
static struct stretch stretch_of(const struct snapshot *s, const struct tg_gen_person *p,
                                 const struct tg_gen_stay *stay, uint32_t from, uint32_t to)
{
    bool often = s->world->roster_every < TG_GEN_SNAPSHOT_MONTHS;
    struct stretch t = {from, to, to, loss_of(p, to), tg_month_of_day(from), INT32_MAX, 0};
    if (often && from == stay->from)
        t.shown += stay->heard;
    if (to)
        t.closed =
            told(tg_month_of_day(to), often && to == stay->to ? stay->notice : 0, p->turns75);
    return t;
}

static enum tg_status put_insured(struct snapshot *s, const struct tg_gen_person *p,
                                  const struct tg_gen_stay *stay, uint64_t place,
                                  struct tg_error *err)
{
    uint32_t end = stay->to && stay->to < p->turns75 ? stay->to : p->turns75;
    uint32_t from = stay->from;
    enum tg_status status = TG_OK;
    if (from < TG_GEN_RENUMBERED && end > TG_GEN_RENUMBERED) {
        struct stretch t = stretch_of(s, p, stay, from, TG_GEN_RENUMBERED);
        t.ended = tg_month_last_day(tg_month_of_day(TG_GEN_RENUMBERED) - 1);
        t.loss = LOSS_RENUMBERED;
        t.place = place++;
        if (is_shown(s, &t))
            status = put_roster(s, p, &t, err);
        from = TG_GEN_RENUMBERED;
    }
    struct stretch t = stretch_of(s, p, stay, from, end);
    t.place = place;
    return !status && from < end && is_shown(s, &t) ? put_roster(s, p, &t, err) : status;
}

static enum tg_status put_elderly(struct snapshot *s, const struct tg_gen_person *p,
                                  const struct tg_gen_stay *stay, uint64_t place,
                                  struct tg_error *err)
{
    uint32_t from = p->turns75 > stay->from ? p->turns75 : stay->from;
    struct stretch t = stretch_of(s, p, stay, from, stay->to);
    t.place = place;
    return is_shown(s, &t) ? put_late(s, p, &t, err) : TG_OK;
}

static enum tg_status put_person(void *ctx, const struct tg_gen_person *p,
                                 const struct tg_gen_user *user, struct tg_error *err)
{
    (void)user;
    struct snapshot *s = ctx;
    struct tg_gen_stay stays[TG_GEN_MAX_STAYS];
    enum tg_status status = TG_OK;
    size_t n = tg_gen_stays(p, stays);
    for (size_t i = 0; !status && i < n; i++)
        status = put_insured(s, p, &stays[i], 2 * i, err);
    for (size_t i = 0; !status && i < n; i++)
        status = put_elderly(s, p, &stays[i], i, err);
    int level = tg_gen_care_level(p, s->month);
    if (!status && level >= 0 && tg_gen_present(p, s->month))
        status = put_ledger(s, p, level, err);
    return status;
}

static void name_file(char out[40], const char *source, int32_t month)
{
    char period[8];
    tg_month_format(month, period);
    (void)snprintf(out, 40, "%s_%s.csv", source, period);
}

static enum tg_status open_snapshot(struct snapshot *s, struct tg_error *err)
{
    const struct tg_gen_world *w = s->world;
    name_file(s->roster_name, "roster", s->month);
    name_file(s->late_name, "late_elderly", s->month);
    name_file(s->ledger_name, "care_ledger", s->month);
    enum tg_status status =
        tg_gen_open(w, &s->roster, w->raw, "roster", s->month, &roster_manners, err);
    if (!status)
        status = tg_gen_open(w, &s->late, w->raw, "late_elderly", s->month, &late_manners, err);
    if (!status)
        status = tg_gen_open(w, &s->ledger, w->raw, "care_ledger", s->month, &ledger_manners, err);
    return status;
}

static enum tg_status write_snapshot(struct snapshot *s, struct tg_error *err)
{
    enum tg_status status = open_snapshot(s, err);
    if (!status)
        status = tg_gen_each_person(s->world, "rosters", put_person, s, err);
    if (!status)
        status = tg_gen_file_commit(&s->roster, err);
    if (!status)
        status = tg_gen_file_commit(&s->late, err);
    if (!status)
        status = tg_gen_file_commit(&s->ledger, err);
    tg_gen_file_free(&s->roster);
    tg_gen_file_free(&s->late);
    tg_gen_file_free(&s->ledger);
    return status;
}

enum tg_status tg_gen_write_rosters(const struct tg_gen_world *w, struct tg_error *err)
{
    struct tg_gen_file lines = {0};
    enum tg_status status =
        tg_gen_open(w, &lines, w->truth, "roster_lines", TG_NO_MONTH, &lines_manners, err);
    for (int32_t month = w->first; !status && month <= w->last; month++) {
        if (!tg_gen_is_snapshot(w, month))
            continue;
        struct snapshot s = {.world = w, .lines = &lines, .month = month};
        s.before = tg_gen_snapshot_before(w, month);
        s.until = tg_month_last_day(month);
        status = write_snapshot(&s, err);
    }
    if (!status)
        status = tg_gen_file_commit(&lines, err);
    tg_gen_file_free(&lines);
    return status;
}
