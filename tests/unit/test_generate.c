/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include <totsugo/generate.h>
#include <totsugo/table.h>
#include <totsugo/text.h>

#include "generate/format.h"
#include "generate/kana.h"
#include "generate/numbers.h"
#include "generate/world.h"
#include "table/study.h"
#include "text/calendar.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char top[] = "/tmp/totsugo-generate-XXXXXX";
static struct tg_arena arena;

static const char *in(const char *dir, const char *name)
{
    struct tg_error err;
    const char *path = tg_path_join(&arena, dir, name, &err);
    ck_assert_ptr_nonnull(path);
    return path;
}

static void read_file(const char *path, struct tg_buf *out)
{
    struct tg_error err;
    out->len = 0;
    ck_assert_msg(tg_file_read_whole(path, 64 << 20, out, &err) == TG_OK, "%s", path);
    ck_assert_ptr_nonnull(tg_buf_text(out, &err));
}

static bool same_file(const char *a, const char *b)
{
    struct tg_buf x = {0}, y = {0};
    read_file(a, &x);
    read_file(b, &y);
    bool same = x.len == y.len && memcmp(x.data, y.data, x.len) == 0;
    tg_buf_free(&x);
    tg_buf_free(&y);
    return same;
}

static size_t count(const struct tg_buf *text, const char *what)
{
    size_t n = 0;
    for (const char *p = text->data; (p = strstr(p, what)) != NULL; p += strlen(what))
        n++;
    return n;
}

/* Makes a municipality once; later calls with the same name find it. */
static const char *make(const char *name, uint64_t persons, uint64_t users, unsigned months)
{
    const char *dir = in(top, name);
    if (tg_dir_exists(dir))
        return dir;
    struct tg_generate_options o = {dir, persons, users, months, 7, false, 0};
    struct tg_error err;
    ck_assert_int_eq(tg_generate(&o, NULL, &err), TG_OK);
    return dir;
}

START_TEST(logarithm_and_exponential_are_right)
{
    for (double x = 1e-12; x < 1e9; x *= 1.37) {
        double want = log(x);
        ck_assert_double_le(fabs(tg_gen_log(x) - want), 1e-14 * (1 + fabs(want)));
    }
    for (double x = -30; x < 30; x += 0.173)
        ck_assert_double_le(fabs(tg_gen_exp(x) / exp(x) - 1), 1e-13);
}
END_TEST

START_TEST(draws_have_their_moments)
{
    struct tg_gen_rng r = tg_gen_rng(1, TG_GEN_STREAM_BLOCK, 0, 0);
    double sum = 0, squares = 0, events = 0;
    const int n = 200000;
    for (int i = 0; i < n; i++) {
        double z = tg_gen_normal(&r);
        sum += z;
        squares += z * z;
        events += tg_gen_poisson(&r, 1.3);
    }
    ck_assert_double_le(fabs(sum / n), 0.01);
    ck_assert_double_le(fabs(squares / n - 1), 0.02);
    ck_assert_double_le(fabs(events / n - 1.3), 0.02);
}
END_TEST

START_TEST(first_draws_never_change)
{
    struct tg_gen_rng r = {0};
    /* splitmix64 from state 0, as its authors' reference prints */
    ck_assert_uint_eq(tg_gen_next(&r), UINT64_C(0xe220a8397b1dcdaf));
    ck_assert_uint_eq(tg_gen_next(&r), UINT64_C(0x6e789e6aa1b965f4));
}
END_TEST

static size_t fold(const char *kana, char out[2048])
{
    size_t len = 0;
    unsigned notes;
    ck_assert_int_eq(
        tg_normalize(TG_FIELD_KANA_FOLDED, kana, strlen(kana), out, 2048, &len, &notes),
        TG_VALUE_OK);
    return len;
}

START_TEST(eight_spellings_fold_to_one)
{
    for (uint64_t id = 0; id < 3000; id++) {
        struct tg_gen_person p;
        struct tg_gen_name name;
        char spelled[TG_GEN_SPELLED_MAX], first[2048], other[2048];
        tg_gen_person(3, id, &p);
        tg_gen_person_name(3, &p, 20250101, &name);
        tg_gen_spell(TG_GEN_FULL, name.family_kana, name.given_kana, spelled);
        size_t len = fold(spelled, first);
        for (int s = 0; s < TG_GEN_N_SPELLINGS; s++) {
            tg_gen_spell((enum tg_gen_spelling)s, name.family_kana, name.given_kana, spelled);
            ck_assert_uint_eq(fold(spelled, other), len);
            ck_assert_mem_eq(first, other, len);
        }
    }
}
END_TEST

START_TEST(spellings_are_what_files_have)
{
    static const char *const want[TG_GEN_N_SPELLINGS] = {
        [TG_GEN_HALF_LARGE] = "ﾊﾞﾂﾄﾘ ｼﾞﾕﾝ",
        [TG_GEN_HALF] = "ﾊﾞｯﾄﾘ ｼﾞｭﾝ",
        [TG_GEN_FULL] = "バットリ　ジュン",
        [TG_GEN_FULL_LARGE] = "バツトリ　ジユン",
        [TG_GEN_FULL_JOINED] = "バットリジュン",
        [TG_GEN_HIRAGANA] = "ばっとり　じゅん",
        [TG_GEN_HIRAGANA_JOINED] = "ばっとりじゅん",
        [TG_GEN_DECOMPOSED] = "ハ\u3099ットリ シ\u3099ュン",
    };
    char spelled[TG_GEN_SPELLED_MAX];
    for (int s = 0; s < TG_GEN_N_SPELLINGS; s++) {
        tg_gen_spell((enum tg_gen_spelling)s, "バットリ", "ジュン", spelled);
        ck_assert_str_eq(spelled, want[s]);
    }
    tg_gen_spell(TG_GEN_HALF_LARGE, "ヴァヰヱヲー", "ポ", spelled);
    ck_assert_str_eq(spelled, "ｳﾞｱｲｴｦｰ ﾎﾟ");
    tg_gen_cut(spelled, 3);
    ck_assert_str_eq(spelled, "ｳﾞｱ");
}
END_TEST

START_TEST(slips_change_the_name)
{
    struct tg_gen_rng r = tg_gen_rng(1, TG_GEN_STREAM_APP, 0, 0);
    int unchanged = 0;
    for (int i = 0; i < 1000; i++) {
        char kana[TG_GEN_NAME_BYTES] = "ユウコ";
        tg_gen_mistype(&r, kana, sizeof kana);
        ck_assert(tg_utf8_valid(kana, strlen(kana)));
        ck_assert_uint_ge(strlen(kana), 6);
        unchanged += strcmp(kana, "ユウコ") == 0;
    }
    ck_assert_int_eq(unchanged, 0);
}
END_TEST

START_TEST(every_date_style_is_read_back)
{
    static const uint32_t days[] = {19120729, 19120730, 19261224, 19261225, 19350503, 19400229,
                                    19890107, 19890108, 20190430, 20190501, 20240430, 20260331};
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
        for (int style = TG_GEN_ERA_KANJI; style <= TG_GEN_DIGITS; style++) {
            char text[TG_GEN_FORMAT_BYTES];
            struct tg_date date;
            unsigned notes = 0;
            tg_gen_date((enum tg_gen_date_style)style, days[i], text);
            ck_assert_msg(tg_date_parse(text, strlen(text), &date, &notes) == TG_VALUE_OK, "%s",
                          text);
            ck_assert_uint_eq(tg_day_number(&date), days[i]);
            ck_assert_uint_eq(notes, 0);
        }
    }
    char text[TG_GEN_FORMAT_BYTES];
    tg_gen_date(TG_GEN_ERA_KANJI, 20190501, text);
    ck_assert_str_eq(text, "令和元年5月1日");
    tg_gen_date(TG_GEN_ERA_SHORT, 19350503, text);
    ck_assert_str_eq(text, "S10.5.3");
    tg_gen_date(TG_GEN_ISO, 0, text);
    ck_assert_str_eq(text, "");
}
END_TEST

static void canonical(enum tg_field_type type, const char *value, char out[256])
{
    size_t len = 0;
    unsigned notes;
    ck_assert_int_eq(tg_normalize(type, value, strlen(value), out, 255, &len, &notes), TG_VALUE_OK);
    out[len] = '\0';
    ck_assert_uint_eq(notes & (TG_NOTE_CHECK_DIGIT | TG_NOTE_MY_NUMBER), 0);
}

START_TEST(symbols_have_one_canonical_form)
{
    for (unsigned s = 0; s < 240; s++) {
        char text[TG_GEN_FORMAT_BYTES], wide[256], other[256];
        tg_gen_symbol(TG_GEN_SYMBOL_WIDE, (uint8_t)s, text);
        canonical(TG_FIELD_INSURED_SYMBOL, text, wide);
        tg_gen_symbol(TG_GEN_SYMBOL_NARROW, (uint8_t)s, text);
        canonical(TG_FIELD_INSURED_SYMBOL, text, other);
        ck_assert_str_eq(wide, other);
        tg_gen_symbol(TG_GEN_SYMBOL_BARE, (uint8_t)s, text);
        canonical(TG_FIELD_INSURED_SYMBOL, text, other);
        ck_assert_str_eq(wide, other);
    }
}
END_TEST

START_TEST(insurers_have_check_digits)
{
    char text[TG_GEN_FORMAT_BYTES], out[256];
    tg_gen_insurer(text);
    canonical(TG_FIELD_INSURER_NUMBER, text, out);
    ck_assert_uint_eq(strlen(text), 6);
    tg_gen_late_insurer(text);
    canonical(TG_FIELD_INSURER_NUMBER, text, out);
    ck_assert_uint_eq(strlen(text), 8);
}
END_TEST

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

START_TEST(numbers_are_nobody_elses)
{
    enum { N = 20000 };
    static void (*const makers[])(uint64_t, uint64_t,
                                  char *) = {tg_gen_resident_number, tg_gen_insured_number,
                                             tg_gen_late_number, tg_gen_care_number, tg_gen_mobile};
    char(*all)[TG_GEN_FORMAT_BYTES] = calloc(N, sizeof *all);
    ck_assert_ptr_nonnull(all);
    for (size_t m = 0; m < sizeof makers / sizeof makers[0]; m++) {
        for (uint64_t i = 0; i < N; i++)
            makers[m](5, i, all[i]);
        qsort(all, N, sizeof *all, by_text);
        for (size_t i = 1; i < N; i++)
            ck_assert_str_ne(all[i - 1], all[i]);
    }
    free(all);
}
END_TEST

START_TEST(twins_and_namesakes_are_what_they_are_said_to_be)
{
    size_t twins = 0, namesakes = 0;
    for (uint64_t id = 0; id < 8000; id++) {
        struct tg_gen_person p, other;
        struct tg_gen_name a, b;
        tg_gen_person(9, id, &p);
        uint64_t like = p.twin != TG_GEN_NOBODY ? p.twin : p.namesake;
        if (like == TG_GEN_NOBODY)
            continue;
        tg_gen_person(9, like, &other);
        tg_gen_person_name(9, &p, 0, &a);
        tg_gen_person_name(9, &other, 0, &b);
        ck_assert_uint_eq(p.birth, other.birth);
        ck_assert_uint_eq(p.sex, other.sex);
        ck_assert_str_eq(a.family_kana, b.family_kana);
        ck_assert_int_eq(p.twin == like, p.household == other.household);
        ck_assert_int_eq(p.twin == like, strcmp(a.given_kana, b.given_kana) != 0);
        twins += p.twin == like;
        namesakes += p.twin != like;
    }
    ck_assert_uint_gt(twins, 20);
    ck_assert_uint_gt(namesakes, 3);
}
END_TEST

START_TEST(who_comes_back_has_two_stays_and_new_numbers)
{
    size_t back = 0, new = 0;
    for (uint64_t id = 0; id < 8000; id++) {
        struct tg_gen_person p;
        struct tg_gen_stay stays[TG_GEN_MAX_STAYS];
        char before[TG_GEN_FORMAT_BYTES], after[TG_GEN_FORMAT_BYTES];
        tg_gen_person(9, id, &p);
        ck_assert_uint_eq(tg_gen_stays(&p, stays), p.returned ? 2 : 1);
        if (!p.returned)
            continue;
        ck_assert_int_ge(tg_month_of_day(p.returned), TG_GEN_YEARS_MONTH);
        ck_assert_uint_lt(stays[0].to, stays[1].from);
        ck_assert(tg_gen_insured_on(&p, stays[0].to - 1) && !tg_gen_insured_on(&p, stays[0].to));
        ck_assert(!tg_gen_present(&p, tg_month_of_day(stays[0].to) + 1));
        ck_assert(tg_gen_present(&p, tg_month_of_day(p.returned)));
        tg_gen_insured_on_day(9, &p, p.returned - 1, before);
        tg_gen_insured_on_day(9, &p, p.returned, after);
        ck_assert_str_ne(before, after);
        tg_gen_resident_on(9, &p, p.returned - 1, before);
        tg_gen_resident_on(9, &p, p.returned, after);
        ck_assert_int_eq(p.new_resident, strcmp(before, after) != 0);
        back++;
        new += p.new_resident;
    }
    ck_assert_uint_gt(back, 200);
    ck_assert_uint_gt(new, 20);
    ck_assert_uint_lt(new, back / 3);
}
END_TEST

START_TEST(newcomers_are_new)
{
    enum { N = 8000, NEW = 8000 };
    char(*all)[TG_GEN_FORMAT_BYTES] = calloc(N + NEW, sizeof *all);
    ck_assert_ptr_nonnull(all);
    size_t namesakes = 0;
    for (uint64_t i = 0; i < N + NEW; i++) {
        struct tg_gen_person p;
        tg_gen_person(9, i < N ? i : TG_GEN_NEWCOMERS + i - N, &p);
        tg_gen_resident_on(9, &p, 20291231, all[i]);
        if (i < N)
            continue;
        ck_assert_int_ge(tg_month_of_day(p.arrived), TG_GEN_YEARS_MONTH);
        ck_assert(p.namesake == TG_GEN_NOBODY || p.namesake < 4 * (i - N));
        namesakes += p.namesake != TG_GEN_NOBODY;
    }
    ck_assert_uint_gt(namesakes, 0);
    qsort(all, N + NEW, sizeof *all, by_text);
    for (size_t i = 1; i < N + NEW; i++)
        ck_assert_str_ne(all[i - 1], all[i]);
    free(all);
}
END_TEST

START_TEST(corrected_readings_differ_in_one_voicing)
{
    size_t changed = 0;
    for (uint64_t id = 0; id < 20000; id++) {
        struct tg_gen_person p;
        struct tg_gen_name old, new;
        tg_gen_person(9, id, &p);
        uint32_t day = p.reread_family;
        if (!day || tg_month_of_day(day) > TG_GEN_FIRST_MONTH + 120 || p.renamed == day)
            continue;
        ck_assert_int_ge(tg_month_of_day(day), TG_GEN_READINGS_MONTH);
        tg_gen_person_name(9, &p, day - 1, &old);
        tg_gen_person_name(9, &p, day, &new);
        size_t differ = 0;
        for (size_t i = 0; old.family_kana[i]; i++)
            differ += old.family_kana[i] != new.family_kana[i];
        ck_assert_uint_eq(strlen(old.family_kana), strlen(new.family_kana));
        ck_assert_uint_le(differ, 2); /* bytes of one character */
        ck_assert_mem_eq(old.family_kana, new.family_kana, 3);
        ck_assert_str_eq(old.family, new.family);
        changed += differ > 0;
    }
    ck_assert_uint_gt(changed, 100);
}
END_TEST

START_TEST(years_bring_what_they_are_said_to)
{
    static const char *const events[] = {"moved_in:2027-",
                                         "renumbered:2026-10-01",
                                         "reading:20",
                                         "returned:20",
                                         "returned_new:20",
                                         "no_resident:care_ledger",
                                         "no_resident:late_elderly"};
    struct tg_generate_options o = {in(top, "years"), 2000, 20, 48, 7, false, 1};
    struct tg_buf text = {0};
    struct tg_error err;
    char **names;
    size_t n;
    ck_assert_int_eq(tg_generate(&o, NULL, &err), TG_OK);
    ck_assert_int_eq(tg_dir_list(in(o.dir, "raw"), &arena, &names, &n, &err), TG_OK);
    ck_assert_uint_eq(n, 5 * 48 + 4 + 4);
    read_file(in(o.dir, "truth/persons.csv"), &text);
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        ck_assert_msg(count(&text, events[i]) >= 2, "%s", events[i]);
    size_t renumbered = count(&text, events[1]);
    /* in CP932: 令和8年9月30日 ends the old rows, once, because of 記号番号変更 or for a reason
     * that nobody entered; 令和8年10月1日 begins the new ones */
    static const char ends[] = "\x97\xdf\x98\x61\x38\x94\x4e\x39\x8c\x8e\x33\x30\x93\xfa,"
                               "\x8b\x4c\x8d\x86\x94\xd4\x8d\x86\x95\xcf\x8d\x58\r\n";
    static const char unsaid[] = "\x97\xdf\x98\x61\x38\x94\x4e\x39\x8c\x8e\x33\x30\x93\xfa,\r\n";
    static const char death[] = ","
                                "\x8e\x80\x96\x53\r\n";
    static const char begins[] = "\x97\xdf\x98\x61\x38\x94\x4e\x31\x30\x8c\x8e\x31\x93\xfa,";
    read_file(in(o.dir, "raw/roster_2026-09.csv"), &text);
    ck_assert_uint_eq(count(&text, ends), 0);
    read_file(in(o.dir, "raw/roster_2026-10.csv"), &text);
    size_t said = count(&text, ends);
    ck_assert_uint_eq(said + count(&text, unsaid), renumbered);
    ck_assert_uint_gt(said, renumbered / 10 * 9);
    ck_assert_uint_lt(said, renumbered);
    ck_assert_uint_gt(count(&text, death), 0);
    ck_assert_uint_ge(count(&text, begins), renumbered);
    read_file(in(o.dir, "raw/roster_2026-11.csv"), &text);
    ck_assert_uint_eq(count(&text, ends), 0);
    tg_buf_free(&text);
}
END_TEST

START_TEST(some_ends_are_told_late_in_monthly_rosters_only)
{
    size_t late = 0;
    for (uint64_t id = 0; id < 4000; id++) {
        struct tg_gen_person p;
        tg_gen_person(9, id, &p);
        late += p.left && p.left_notice > 0;
        ck_assert_uint_le(p.left_notice, TG_GEN_NOTICE_MONTHS);
    }
    ck_assert_uint_gt(late, 100);
    struct tg_generate_options o = {in(top, "monthly"), 2000, 200, 18, 7, false, 1};
    struct tg_error err;
    ck_assert_int_eq(tg_generate(&o, NULL, &err), TG_OK);
    const char *yearly = make("a", 2000, 200, 18);
    ck_assert(
        same_file(in(o.dir, "raw/medical_2025-09.csv"), in(yearly, "raw/medical_2025-09.csv")));
    ck_assert(same_file(in(o.dir, "truth/persons.csv"), in(yearly, "truth/persons.csv")));
    ck_assert(
        !same_file(in(o.dir, "raw/roster_2025-09.csv"), in(yearly, "raw/roster_2025-09.csv")));
}
END_TEST

START_TEST(same_options_give_same_bytes)
{
    static const char *const files[] = {"study.yaml",
                                        "raw/roster_2024-04.csv",
                                        "raw/late_elderly_2025-09.csv",
                                        "raw/care_ledger_2025-09.csv",
                                        "raw/medical_2025-09.csv",
                                        "raw/care_2025-09.csv",
                                        "raw/checkup_2025-09.csv",
                                        "raw/certification.csv",
                                        "raw/app_users.csv",
                                        "raw/app_steps.csv",
                                        "raw/consents.csv",
                                        "truth/users.csv",
                                        "truth/roster_lines.csv",
                                        "truth/persons.csv",
                                        "truth/effect.csv"};
    const char *a = make("a", 2000, 200, 18), *b = make("b", 2000, 200, 18);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        ck_assert_msg(same_file(in(a, files[i]), in(b, files[i])), "%s", files[i]);
}
END_TEST

START_TEST(more_months_continue_and_more_persons_add)
{
    const char *a = make("a", 2000, 200, 18), *longer = make("longer", 2000, 200, 19);
    static const char *const files[] = {"raw/medical_2025-09.csv", "raw/care_2024-04.csv",
                                        "raw/roster_2025-04.csv", "raw/app_users.csv"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        ck_assert_msg(same_file(in(a, files[i]), in(longer, files[i])), "%s", files[i]);
    struct tg_buf few = {0}, many = {0};
    read_file(in(a, "raw/medical_2024-05.csv"), &few);
    read_file(in(make("larger", 2500, 200, 18), "raw/medical_2024-05.csv"), &many);
    ck_assert_uint_gt(many.len, few.len);
    ck_assert_mem_eq(few.data, many.data, few.len);
    tg_buf_free(&few);
    tg_buf_free(&many);
}
END_TEST

/* A row's points stand behind the last comma. */
static unsigned long points_of(const char *row, size_t len)
{
    while (len && row[len - 1] != ',')
        len--;
    return strtoul(row + len, NULL, 10);
}

START_TEST(programme_scales_users_claims_and_nothing_else)
{
    const char *with = make("a", 2000, 200, 18), *without = make("none", 2000, 0, 18);
    ck_assert(
        same_file(in(with, "raw/medical_2025-03.csv"), in(without, "raw/medical_2025-03.csv")));
    ck_assert(same_file(in(with, "raw/roster_2025-09.csv"), in(without, "raw/roster_2025-09.csv")));
    struct tg_buf a = {0}, b = {0};
    read_file(in(with, "raw/medical_2025-09.csv"), &a);
    read_file(in(without, "raw/medical_2025-09.csv"), &b);
    size_t changed = 0, rows = 0;
    const char *p = strchr(a.data, '\n') + 1, *q = strchr(b.data, '\n') + 1;
    while (*p && *q) {
        size_t m = strcspn(p, "\n"), n = strcspn(q, "\n");
        unsigned long x = points_of(p, m), y = points_of(q, n);
        ck_assert(x == y || x == (unsigned long)((double)y * TG_GEN_EFFECT_MEDICAL + 0.5));
        changed += x != y;
        rows++;
        p += m + 1;
        q += n + 1;
    }
    ck_assert(!*p && !*q);
    ck_assert_uint_gt(changed, 100);
    ck_assert_uint_lt(changed, rows / 3);
    tg_buf_free(&a);
    tg_buf_free(&b);
}
END_TEST

START_TEST(every_trap_is_there)
{
    const char *dir = make("traps", 12000, 1200, 24);
    static const char *const events[] = {
        "moved_in:", "turned75:", "married:", "left:", "died:", "twin_of:", "namesake_of:"};
    static const char *const slips[] = {"name", "surname", "birth", "order"};
    struct tg_buf text = {0};
    read_file(in(dir, "truth/persons.csv"), &text);
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        ck_assert_msg(count(&text, events[i]) >= 3, "%s", events[i]);
    read_file(in(dir, "truth/users.csv"), &text);
    for (size_t i = 0; i < sizeof slips / sizeof slips[0]; i++)
        ck_assert_msg(count(&text, slips[i]) >= 2, "%s", slips[i]);
    ck_assert_uint_eq(count(&text, "\n"), 1201);
    ck_assert_uint_eq(count(&text, ",,0,"), 60); /* live elsewhere */
    read_file(in(dir, "raw/consents.csv"), &text);
    ck_assert_uint_gt(count(&text, "newsletter"), 2);
    ck_assert_uint_gt(count(&text, ",2022-A,"), 10);
    ck_assert_uint_lt(count(&text, "\n"), 1195);
    read_file(in(dir, "raw/app_users.csv"), &text);
    ck_assert_mem_eq(text.data, "\xef\xbb\xbfuid,", 7);
    read_file(in(dir, "raw/roster_2024-04.csv"), &text);
    ck_assert_uint_gt(count(&text, "\xfb\xfc\x8b\xb4"), 3); /* 髙橋 */
    ck_assert_uint_gt(count(&text, "\xfa\xb1"), 3);         /* 﨑 */
    ck_assert_uint_gt(count(&text, "\r\n"), 5000);
    ck_assert_uint_eq(count(&text, "\n"), count(&text, "\r\n"));
    tg_buf_free(&text);
}
END_TEST

START_TEST(study_reads_every_raw_file)
{
    const char *dir = make("a", 2000, 200, 18);
    struct tg_study *study = NULL;
    struct tg_error err;
    char **names, source[64];
    size_t n;
    ck_assert_int_eq(tg_study_load(in(dir, "study.yaml"), &study, &err), TG_OK);
    ck_assert_int_eq(tg_dir_list(in(dir, "raw"), &arena, &names, &n, &err), TG_OK);
    ck_assert_uint_eq(n, 3 * 3 + 2 * 18 + 2 + 1 + 3);
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(names[i]) - strlen(".csv");
        int32_t month;
        if (len > 8 && tg_month_scan(names[i] + len - 7, 7, &month))
            len -= 8;
        (void)snprintf(source, sizeof source, "%.*s", (int)len, names[i]);
        ck_assert_msg(tg_study_source(study, source) != NULL, "%s", source);
    }
    tg_study_free(&study);
}
END_TEST

START_TEST(study_for_tests_is_the_generated_one)
{
    struct tg_gen_world w = {.persons = 20000};
    struct tg_error err;
    const char *path = in(top, "twenty.yaml");
    ck_assert_int_eq(tg_gen_write_study(&w, path, false, &err), TG_OK);
    ck_assert(same_file(path, "testdata/studies/municipality.yaml"));
}
END_TEST

START_TEST(studies_of_public_data_load)
{
    static const char *const paths[] = {"testdata/studies/febrl.yaml",
                                        "testdata/studies/febrl_id.yaml",
                                        "testdata/studies/ncvr.yaml"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct tg_study *study = NULL;
        struct tg_error err = {0};
        ck_assert_msg(tg_study_load(paths[i], &study, &err) == TG_OK, "%s:%d %s", paths[i],
                      (int)err.line, err.rule);
        tg_study_free(&study);
    }
}
END_TEST

START_TEST(wrong_options_are_refused)
{
    struct tg_error err;
    struct tg_generate_options good = {in(top, "wrong"), 100, 10, 2, 1, false, 0};
    struct tg_generate_options o = good;
    o.persons = 99;
    ck_assert_int_eq(tg_generate(&o, NULL, &err), TG_USAGE);
    o = good;
    o.users = 101;
    ck_assert_int_eq(tg_generate(&o, NULL, &err), TG_USAGE);
    o = good;
    o.months = 1;
    ck_assert_int_eq(tg_generate(&o, NULL, &err), TG_USAGE);
    o = good;
    o.roster_every = 13;
    ck_assert_int_eq(tg_generate(&o, NULL, &err), TG_USAGE);
    ck_assert(!tg_dir_exists(good.dir));
    ck_assert_int_eq(tg_generate(&good, NULL, &err), TG_OK);
    ck_assert_int_eq(tg_generate(&good, NULL, &err), TG_CANT_CREATE);
    good.force = true;
    ck_assert_int_eq(tg_generate(&good, NULL, &err), TG_OK);
}
END_TEST

static bool at_claims(void *ctx)
{
    return ++*(int *)ctx > 3;
}

START_TEST(cancelled_leaves_nothing)
{
    int calls = 0;
    struct tg_reporter reporter = {.ctx = &calls, .cancelled = at_claims};
    struct tg_generate_options o = {in(top, "cancelled"), 100, 10, 4, 1, false, 0};
    struct tg_error err;
    char **names;
    size_t n;
    ck_assert_int_eq(tg_generate(&o, &reporter, &err), TG_CANCELLED);
    ck_assert_int_eq(tg_dir_list(o.dir, &arena, &names, &n, &err), TG_OK);
    ck_assert_uint_eq(n, 0);
}
END_TEST

/* tg_dir_remove() goes one level down */
static void remove_all(void)
{
    struct tg_error err;
    char **names;
    size_t n = 0;
    enum tg_status status = tg_dir_list(top, &arena, &names, &n, &err);
    for (size_t i = 0; !status && i < n; i++) {
        const char *path = tg_path_join(&arena, top, names[i], &err);
        if (path && tg_dir_exists(path))
            status = tg_dir_remove(path, &err);
    }
    if (!status)
        status = tg_dir_remove(top, &err);
    if (status)
        (void)fprintf(stderr, "%s is left\n", top);
    tg_arena_free(&arena);
}

int main(void)
{
    Suite *suite = suite_create("generate");
    TCase *tcase = tcase_create("generate");
    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase, logarithm_and_exponential_are_right);
    tcase_add_test(tcase, draws_have_their_moments);
    tcase_add_test(tcase, first_draws_never_change);
    tcase_add_test(tcase, eight_spellings_fold_to_one);
    tcase_add_test(tcase, spellings_are_what_files_have);
    tcase_add_test(tcase, slips_change_the_name);
    tcase_add_test(tcase, every_date_style_is_read_back);
    tcase_add_test(tcase, symbols_have_one_canonical_form);
    tcase_add_test(tcase, insurers_have_check_digits);
    tcase_add_test(tcase, numbers_are_nobody_elses);
    tcase_add_test(tcase, twins_and_namesakes_are_what_they_are_said_to_be);
    tcase_add_test(tcase, who_comes_back_has_two_stays_and_new_numbers);
    tcase_add_test(tcase, newcomers_are_new);
    tcase_add_test(tcase, corrected_readings_differ_in_one_voicing);
    tcase_add_test(tcase, years_bring_what_they_are_said_to);
    tcase_add_test(tcase, some_ends_are_told_late_in_monthly_rosters_only);
    tcase_add_test(tcase, same_options_give_same_bytes);
    tcase_add_test(tcase, more_months_continue_and_more_persons_add);
    tcase_add_test(tcase, programme_scales_users_claims_and_nothing_else);
    tcase_add_test(tcase, every_trap_is_there);
    tcase_add_test(tcase, study_reads_every_raw_file);
    tcase_add_test(tcase, study_for_tests_is_the_generated_one);
    tcase_add_test(tcase, studies_of_public_data_load);
    tcase_add_test(tcase, wrong_options_are_refused);
    tcase_add_test(tcase, cancelled_leaves_nothing);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    if (!mkdtemp(top))
        return 1;
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    remove_all();
    return failed == 0 ? 0 : 1;
}
