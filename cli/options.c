/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <totsugo/text.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* getopt_long() answers this plus the option's place in the table. */
enum { OPTION_BASE = 256 };

static int count_options(const struct verb *verb)
{
    int n = 0;
    while (verb->options[n].name)
        n++;
    return n;
}

/* The table in the form getopt_long() wants. */
static void make_tables(const struct verb *verb, struct option *longs, char *shorts)
{
    int n = count_options(verb);
    *shorts++ = ':';
    for (int i = 0; i < n; i++) {
        const struct option_def *o = &verb->options[i];
        longs[i] = (struct option){o->name, o->value ? required_argument : no_argument, NULL,
                                   OPTION_BASE + i};
        if (!o->letter)
            continue;
        *shorts++ = o->letter;
        if (o->value)
            *shorts++ = ':';
    }
    longs[n] = (struct option){NULL, 0, NULL, 0};
    *shorts = '\0';
}

static int find_letter(const struct verb *verb, int letter)
{
    for (int i = 0; verb->options[i].name; i++) {
        if (verb->options[i].letter == letter)
            return i;
    }
    return -1;
}

static enum tg_status operands_fit(const struct verb *verb, const struct args *args,
                                   struct tg_error *err)
{
    if (args->n_operands < verb->min_operands)
        return TG_FAIL(err, TG_MSG_USAGE_MISSING, .rule = verb->operands);
    if (args->n_operands > verb->max_operands)
        return TG_FAIL(err, TG_MSG_USAGE_OPTION,
                       .rule = verb->operands[0] ? verb->operands : "no operands");
    return TG_OK;
}

static enum tg_status all_required(const struct verb *verb, const struct args *args,
                                   struct tg_error *err)
{
    for (int i = 0; verb->options[i].name; i++) {
        if (verb->options[i].required && !args->values[i]) {
            char name[64];
            (void)snprintf(name, sizeof name, "--%s", verb->options[i].name);
            return TG_FAIL(err, TG_MSG_USAGE_MISSING, .rule = name);
        }
    }
    return TG_OK;
}

static bool asks_for_help(const struct verb *verb, const struct args *args)
{
    int help = find_letter(verb, 'h');
    return help >= 0 && args->values[help];
}

enum tg_status cli_parse(const struct verb *verb, int argc, char **argv, struct args *args,
                         struct tg_error *err)
{
    struct option longs[MAX_OPTIONS + 1];
    char shorts[2 * MAX_OPTIONS + 2];
    *args = (struct args){0};
    make_tables(verb, longs, shorts);
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, shorts, longs, NULL)) != -1;) {
        int at = c >= OPTION_BASE ? c - OPTION_BASE : find_letter(verb, c);
        if (at < 0) {
            /* only the option's name is told: what was meant as its value may be private */
            const char *given = optind > 0 && optind <= argc ? argv[optind - 1] : "";
            char name[64];
            (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(given, "="), given);
            return TG_FAIL(err, TG_MSG_USAGE_OPTION, .rule = given[0] == '-' ? name : verb->name);
        }
        args->values[at] = optarg ? optarg : "";
    }
    args->operands = argv + optind;
    args->n_operands = (size_t)(argc - optind);
    if (asks_for_help(verb, args))
        return TG_OK;
    enum tg_status status = all_required(verb, args, err);
    return status ? status : operands_fit(verb, args, err);
}

bool cli_has(const struct args *args, int option)
{
    return args->values[option] != NULL;
}

static enum tg_status bad_value(const struct verb *verb, int option, const char *allowed,
                                struct tg_error *err)
{
    char name[64];
    (void)snprintf(name, sizeof name, "--%s", verb->options[option].name);
    return TG_FAIL(err, TG_MSG_USAGE_VALUE, .column = name, .rule = allowed);
}

static bool digits(const char *s, const char **end, uint64_t *out)
{
    uint64_t n = 0;
    const char *p = s;
    for (; *p >= '0' && *p <= '9'; p++) {
        if (n > (UINT64_MAX - 9) / 10)
            return false;
        n = n * 10 + (uint64_t)(*p - '0');
    }
    *end = p;
    *out = n;
    return p > s;
}

enum tg_status cli_number(const struct verb *verb, const struct args *args, int option,
                          uint64_t low, uint64_t high, uint64_t fallback, uint64_t *out,
                          struct tg_error *err)
{
    const char *s = args->values[option], *end;
    *out = fallback;
    if (!s)
        return TG_OK;
    uint64_t n;
    if (digits(s, &end, &n) && *end == '\0' && n >= low && n <= high) {
        *out = n;
        return TG_OK;
    }
    char allowed[64];
    (void)snprintf(allowed, sizeof allowed, "%llu..%llu", (unsigned long long)low,
                   (unsigned long long)high);
    return bad_value(verb, option, allowed, err);
}

enum tg_status cli_size(const struct verb *verb, const struct args *args, int option, uint64_t *out,
                        struct tg_error *err)
{
    static const char units[] = "KMG";
    const char *s = args->values[option], *end;
    uint64_t n;
    *out = 0;
    if (!s)
        return TG_OK;
    if (!digits(s, &end, &n))
        return bad_value(verb, option, "16M..1024G", err);
    unsigned shift = 0;
    const char *unit = *end ? strchr(units, *end) : NULL;
    if (unit) {
        shift = 10u * (unsigned)(unit - units + 1);
        end++;
    }
    const uint64_t low = 16ull << 20, high = 1ull << 40;
    if (*end || n > high >> shift || n << shift < low)
        return bad_value(verb, option, "16M..1024G", err);
    *out = n << shift;
    return TG_OK;
}

enum tg_status cli_day(const struct verb *verb, const struct args *args, int option,
                       uint32_t fallback, uint32_t *out, struct tg_error *err)
{
    const char *s = args->values[option];
    *out = fallback;
    if (!s)
        return TG_OK;
    struct tg_date d;
    unsigned notes;
    if (tg_date_parse(s, strlen(s), &d, &notes) != TG_VALUE_OK)
        return bad_value(verb, option, "YYYY-MM-DD", err);
    *out = (uint32_t)(d.year * 10000 + d.month * 100 + d.day);
    return TG_OK;
}

/* Columns a text takes on a terminal: what is not ASCII counts as two. */
static int columns_of(const char *s)
{
    int n = 0;
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if ((c & 0xC0) != 0x80)
            n += c < 0x80 ? 1 : 2;
    }
    return n;
}

void cli_help(const struct verb *verb, enum tg_language language)
{
    bool ja = language == TG_JAPANESE;
    (void)printf("totsugo %s [options]%s%s\n\n%s\n\n", verb->name, verb->operands[0] ? " " : "",
                 verb->operands, ja ? verb->ja : verb->en);
    for (const struct option_def *o = verb->options; o->name; o++) {
        char left[80];
        (void)snprintf(left, sizeof left, "  %c%c%c --%s%s%s", o->letter ? '-' : ' ',
                       o->letter ? o->letter : ' ', o->letter ? ',' : ' ', o->name,
                       o->value ? " " : "", o->value ? o->value : "");
        const char *required = ja ? "（必須）" : " (required)";
        (void)printf("%s%*s%s%s\n", left, 30 - columns_of(left), "", ja ? o->ja : o->en,
                     o->required ? required : "");
    }
}
