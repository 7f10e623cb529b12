/* SPDX-License-Identifier: Apache-2.0 */
#include "text/date.h"

#include "text/calendar.h"
#include "text/chars.h"
#include "text/utf8.h"
#include "text/values.h"

#include <string.h>

enum { YEAR_FIRST = 1868, UNKNOWN_LOW = 0, UNKNOWN_HIGH = 99, DAY_LEN = 8 };

const struct tg_era tg_eras[] = {
    {'1', 'M', "明治", "明", 1868, 18680125, 19120730},
    {'2', 'T', "大正", "大", 1912, 19120730, 19261225},
    {'3', 'S', "昭和", "昭", 1926, 19261225, 19890107},
    {'4', 'H', "平成", "平", 1989, 19890108, 20190430},
    {'5', 'R', "令和", "令", 2019, 20190501, 99991231},
};
const size_t tg_n_eras = sizeof tg_eras / sizeof tg_eras[0];

static const char first_year_word[] = "元";
static const char unknown_word[] = "不詳";

/* How year, month and day are held apart; after_day stands for `after_month` at the end. */
struct separators {
    const char *after_year, *after_month, *after_day;
};

static const struct separators separators[] = {
    {"-", "-", ""},
    {"/", "/", ""},
    {".", ".", ""},
    {"年", "月", "日"},
};

/* Digits only: lengths of year, month and day, with an era's digit in front or not. */
struct run_form {
    size_t len;
    bool era;
    bool day;
};

static const struct run_form run_forms[] = {
    {8, false, true},  /* YYYYMMDD */
    {7, true, true},   /* GYYMMDD */
    {6, false, false}, /* YYYYMM */
    {5, true, false},  /* GYYMM */
};

/* What was read, before it is judged. */
struct parts {
    const struct tg_era *era; /* NULL: Gregorian */
    int year, month, day;
    bool has_day;
};

struct scan {
    const char *s;
    size_t len;
};

static void skip_spaces(struct scan *in)
{
    while (in->len && *in->s == ' ') {
        in->s++;
        in->len--;
    }
}

static bool take(struct scan *in, const char *word)
{
    skip_spaces(in);
    size_t n = strlen(word);
    if (n > in->len || memcmp(in->s, word, n) != 0)
        return false;
    in->s += n;
    in->len -= n;
    return true;
}

static bool take_dash(struct scan *in)
{
    int32_t cp;
    skip_spaces(in);
    size_t n = tg_utf8_decode(in->s, in->len, &cp);
    if (!n || !(tg_char_classes(cp) & TG_CHAR_DASH))
        return false;
    in->s += n;
    in->len -= n;
    return true;
}

static bool take_separator(struct scan *in, const char *word)
{
    return *word == '-' ? take_dash(in) : take(in, word);
}

static size_t count_digits(const struct scan *in)
{
    size_t n = 0;
    while (n < in->len && tg_is_digit(in->s[n]))
        n++;
    return n;
}

/* Exactly n digits, known to be there. */
static int take_fixed(struct scan *in, size_t n)
{
    int number = 0;
    for (size_t i = 0; i < n; i++)
        number = number * 10 + (in->s[i] - '0');
    in->s += n;
    in->len -= n;
    return number;
}

static bool take_number(struct scan *in, size_t min, size_t max, int *out)
{
    skip_spaces(in);
    size_t n = count_digits(in);
    if (n < min || n > max)
        return false;
    *out = take_fixed(in, n);
    return true;
}

static const struct tg_era *take_era(struct scan *in)
{
    for (size_t i = 0; i < tg_n_eras; i++) {
        if (take(in, tg_eras[i].name) || take(in, tg_eras[i].short_name))
            return &tg_eras[i];
        if (in->len && tg_ascii_upper(*in->s) == tg_eras[i].letter) {
            in->s++;
            in->len--;
            return &tg_eras[i];
        }
    }
    return NULL;
}

static const struct tg_era *era_of_digit(char digit)
{
    for (size_t i = 0; i < tg_n_eras; i++) {
        if (tg_eras[i].digit == digit)
            return &tg_eras[i];
    }
    return NULL;
}

static void take_run(struct scan *in, size_t year_len, bool day, struct parts *out)
{
    out->year = take_fixed(in, year_len);
    out->month = take_fixed(in, 2);
    out->has_day = day;
    out->day = day ? take_fixed(in, 2) : 1;
}

/* YYYYMMDD and its like: told apart by length. An era's digit that is none stays a year of 0. */
static bool read_run(struct scan in, struct parts *out)
{
    for (size_t i = 0; i < sizeof run_forms / sizeof run_forms[0]; i++) {
        const struct run_form *form = &run_forms[i];
        if (form->len != in.len)
            continue;
        if (form->era) {
            out->era = era_of_digit(*in.s);
            (void)take_fixed(&in, 1);
        }
        take_run(&in, form->era ? 2 : 4, form->day, out);
        return true;
    }
    return false;
}

static bool read_month_and_day(struct scan *in, struct parts *out)
{
    for (size_t i = 0; i < sizeof separators / sizeof separators[0]; i++) {
        const struct separators *sep = &separators[i];
        if (!take_separator(in, sep->after_year))
            continue;
        if (!take_number(in, 1, 2, &out->month))
            return false;
        bool closed = take_separator(in, sep->after_month);
        if (!in->len) {
            out->day = 1;
            return closed == (*sep->after_day != '\0');
        }
        out->has_day = true;
        return closed && take_number(in, 1, 2, &out->day) && take(in, sep->after_day) && !in->len;
    }
    return false;
}

/* S10.5.3, 昭和10年5月3日, 2020-05-03, S100503 */
static bool read_parts(struct scan in, struct parts *out)
{
    out->era = take_era(&in);
    skip_spaces(&in);
    size_t n = count_digits(&in);
    if (out->era && n == in.len && (n == 4 || n == 6)) {
        take_run(&in, 2, n == 6, out);
        return true;
    }
    if (out->era && take(&in, first_year_word))
        out->year = 1;
    else if (!take_number(&in, out->era ? 1 : 4, out->era ? 3 : 4, &out->year))
        return false;
    return read_month_and_day(&in, out);
}

static bool mentions(const char *s, size_t len, const char *word)
{
    const size_t n = strlen(word);
    for (size_t i = 0; i + n <= len; i++) {
        if (memcmp(s + i, word, n) == 0)
            return true;
    }
    return false;
}

static bool is_unknown(int number)
{
    return number == UNKNOWN_LOW || number == UNKNOWN_HIGH;
}

/* A month without a day may lie in its era with any of its days. */
static bool era_allows(const struct parts *p, const struct tg_date *d, unsigned *notes)
{
    uint32_t last =
        p->has_day ? tg_day_number(d) : tg_month_last_day(tg_month_of(d->year, d->month));
    if (p->year == 0 || last < p->era->first_day)
        return false;
    if (tg_day_number(d) > p->era->last_day)
        *notes |= TG_NOTE_ERA_OVERRUN;
    return true;
}

static enum tg_value judge(const struct parts *p, struct tg_date *out, unsigned *notes)
{
    if (is_unknown(p->month) || (p->has_day && is_unknown(p->day)))
        return TG_VALUE_MISSING;
    struct tg_date d = {p->year, p->month, p->day};
    if (p->era)
        d.year += p->era->first_year - 1;
    if (d.year < YEAR_FIRST || !tg_date_exists(d.year, d.month, d.day) ||
        (p->era && !era_allows(p, &d, notes)))
        return TG_VALUE_UNREADABLE;
    *out = d;
    return TG_VALUE_OK;
}

static enum tg_value read(struct tg_reading *r, bool need_day, struct tg_date *out)
{
    tg_reading_to_text(r);
    if (tg_is_missing(r->text, r->len))
        return TG_VALUE_MISSING;
    struct scan in = {r->text, r->len};
    struct parts p = {0};
    bool run = count_digits(&in) == in.len;
    if (run ? read_run(in, &p) : read_parts(in, &p)) {
        if (p.has_day || !need_day)
            return judge(&p, out, &r->notes);
    }
    return mentions(r->text, r->len, unknown_word) ? TG_VALUE_MISSING : TG_VALUE_UNREADABLE;
}

enum tg_value tg_date_read(struct tg_reading *r, struct tg_date *out)
{
    return read(r, true, out);
}

enum tg_value tg_month_read(struct tg_reading *r, int32_t *out)
{
    struct tg_date d;
    enum tg_value value = read(r, false, &d);
    if (value == TG_VALUE_OK)
        *out = tg_month_of(d.year, d.month);
    return value;
}

enum tg_value tg_birth_date_write(struct tg_reading *r, struct tg_sink *out)
{
    struct tg_date d;
    enum tg_value value = tg_date_read(r, &d);
    if (value != TG_VALUE_OK)
        return value;
    if (out->size < DAY_LEN)
        return TG_VALUE_UNREADABLE;
    uint32_t number = tg_day_number(&d);
    for (size_t i = DAY_LEN; i-- > 0; number /= 10)
        out->data[i] = (char)('0' + number % 10);
    out->len = DAY_LEN;
    return TG_VALUE_OK;
}

enum tg_value tg_date_parse_way(enum tg_fold_way way, const char *value, size_t len,
                                struct tg_date *out, unsigned *notes)
{
    struct tg_reading r;
    enum tg_value result =
        tg_read(way, value, len, &r) ? tg_date_read(&r, out) : TG_VALUE_UNREADABLE;
    tg_reading_wipe(&r);
    *notes = r.notes;
    return result;
}

enum tg_value tg_month_parse_way(enum tg_fold_way way, const char *value, size_t len, int32_t *out,
                                 unsigned *notes)
{
    struct tg_reading r;
    enum tg_value result =
        tg_read(way, value, len, &r) ? tg_month_read(&r, out) : TG_VALUE_UNREADABLE;
    tg_reading_wipe(&r);
    *notes = r.notes;
    return result;
}

enum tg_value tg_date_parse(const char *value, size_t len, struct tg_date *out, unsigned *notes)
{
    return tg_date_parse_way(TG_FOLD_FASTEST, value, len, out, notes);
}

enum tg_value tg_month_parse(const char *value, size_t len, int32_t *out, unsigned *notes)
{
    return tg_month_parse_way(TG_FOLD_FASTEST, value, len, out, notes);
}
