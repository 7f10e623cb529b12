/* SPDX-License-Identifier: Apache-2.0 */
#include "text/values.h"

#include "text/chars.h"
#include "text/utf8.h"

#include <string.h>

enum { MY_NUMBER_LEN = 12, MANTISSA_MIN = 1, EXPONENT_DIGITS_MAX = 3 };

/* How a field of digits is written. */
struct number_rule {
    size_t width;           /* padded left with 0 to this; 0: any length */
    size_t also_width;      /* a shorter length that lost no zeros */
    size_t max;             /* most digits; 0: any */
    size_t min;             /* fewest digits as they stand in the file */
    unsigned dropped;       /* classes that carry no meaning, beside white space and dashes */
    char letter;            /* may take the place of the first digit; 0: none */
    bool check_digit;       /* the last one is the insurer number's */
    bool strips_zeros;      /* leading ones carry no meaning */
    bool zeros_are_missing; /* nobody has the number 0: it fills a column */
    bool country_code;      /* +81 stands for 0 */
};

static const struct number_rule rules[] = {
    [TG_FIELD_INSURER_NUMBER] = {.width = 8,
                                 .also_width = 6,
                                 .check_digit = true,
                                 .zeros_are_missing = true},
    [TG_FIELD_INSURED_BRANCH] = {.width = 2},
    [TG_FIELD_LATE_ELDERLY_NUMBER] = {.width = 8, .zeros_are_missing = true},
    [TG_FIELD_CARE_INSURER_NUMBER] = {.width = 6, .zeros_are_missing = true},
    [TG_FIELD_CARE_INSURED_NUMBER] = {.width = 10, .letter = 'H', .zeros_are_missing = true},
    [TG_FIELD_RESIDENT_NUMBER] = {.max = 15, .strips_zeros = true, .zeros_are_missing = true},
    [TG_FIELD_POSTAL_CODE] = {.width = 7, .min = 7, .dropped = TG_CHAR_POSTAL_MARK},
    [TG_FIELD_PHONE] = {.dropped = TG_CHAR_PHONE_MARK, .country_code = true},
    [TG_FIELD_DIGITS] = {0},
};

static unsigned digit(char c)
{
    return (unsigned)(c - '0');
}

bool tg_all_digits(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!tg_is_digit(s[i]))
            return false;
    }
    return len > 0;
}

void tg_strip_zeros(struct tg_sink *s)
{
    size_t zeros = 0;
    while (zeros < s->len && s->data[zeros] == '0')
        zeros++;
    s->len -= zeros;
    memmove(s->data, s->data + zeros, s->len);
}

/* Ordinance 85 of the Ministry of Internal Affairs of 2014, article 5. */
bool tg_is_my_number(const char *digits, size_t len)
{
    if (len != MY_NUMBER_LEN || !tg_all_digits(digits, len))
        return false;
    unsigned sum = 0;
    for (unsigned n = 1; n < MY_NUMBER_LEN; n++)
        sum += digit(digits[MY_NUMBER_LEN - 1 - n]) * (n <= 6 ? n + 1 : n - 5);
    unsigned rest = sum % 11;
    return digit(digits[MY_NUMBER_LEN - 1]) == (rest <= 1 ? 0 : 11 - rest);
}

/* Weights 2, 1, 2, 1 … from the digit left of the check digit; digits of products are added. */
static bool insurer_check_holds(const char *digits, size_t len)
{
    unsigned sum = 0;
    for (size_t i = 1; i < len; i++) {
        unsigned product = digit(digits[len - 1 - i]) * (i % 2 ? 2 : 1);
        sum += product / 10 + product % 10;
    }
    return digit(digits[len - 1]) == (10 - sum % 10) % 10;
}

bool tg_is_exponent(const char *s, size_t len)
{
    size_t end = len;
    while (end && len - end < EXPONENT_DIGITS_MAX && tg_is_digit(s[end - 1]))
        end--;
    if (end == len)
        return false;
    bool plus = end && s[end - 1] == '+';
    end -= plus;
    if (!end || (s[end - 1] != 'E' && s[end - 1] != 'e'))
        return false;
    end--;
    size_t points = 0, digits = 0;
    for (size_t i = 0; i < end; i++) {
        digits += tg_is_digit(s[i]);
        points += s[i] == '.' && i > 0;
    }
    /* 12E5 may be somebody's id: without a plus only what has a point is a rounded number */
    return digits >= MANTISSA_MIN && digits + points == end && (plus ? points <= 1 : points == 1);
}

static bool skip_country_code(const char **s, size_t *len)
{
    static const char code[] = "+81";
    const size_t n = sizeof code - 1;
    if (*len < n || memcmp(*s, code, n) != 0)
        return false;
    *s += n;
    *len -= n;
    return true;
}

static bool collect(const struct number_rule *rule, const char *s, size_t len, struct tg_sink *out)
{
    const unsigned dropped = rule->dropped | TG_CHAR_SPACE | TG_CHAR_DASH;
    for (size_t i = 0; i < len;) {
        int32_t cp;
        if (tg_is_digit(s[i])) {
            if (!tg_sink_put(out, s[i++]))
                return false;
            continue;
        }
        size_t n = tg_utf8_decode(s + i, len - i, &cp);
        bool letter = rule->letter && out->len == 0 && tg_ascii_upper(cp) == rule->letter;
        if (letter && !tg_sink_put(out, rule->letter))
            return false;
        if (!n || (!letter && !(tg_char_classes(cp) & dropped)))
            return false;
        i += n;
    }
    return true;
}

static bool insert_zeros(struct tg_sink *s, size_t n)
{
    if (n > s->size - s->len)
        return false;
    memmove(s->data + n, s->data, s->len);
    memset(s->data, '0', n);
    s->len += n;
    return true;
}

static bool all_zeros(const struct tg_sink *s)
{
    size_t i = 0;
    while (i < s->len && s->data[i] == '0')
        i++;
    return i == s->len;
}

/* The digits stand in `out`; their number must fit the rule. */
static enum tg_value shape(const struct number_rule *rule, struct tg_sink *out, unsigned *notes)
{
    if (out->len == 0 || (rule->zeros_are_missing && all_zeros(out)))
        return TG_VALUE_MISSING;
    if (rule->strips_zeros)
        tg_strip_zeros(out);
    const bool has_letter = rule->letter && out->data[0] == rule->letter;
    if (out->len < (has_letter ? rule->width : rule->min) ||
        (rule->width && out->len > rule->width) || (rule->max && out->len > rule->max))
        return TG_VALUE_UNREADABLE;
    if (out->len < rule->width) {
        if (out->len != rule->also_width)
            *notes |= TG_NOTE_PADDED_ZEROS;
        if (!insert_zeros(out, rule->width - out->len))
            return TG_VALUE_UNREADABLE;
    }
    if (rule->check_digit && !insurer_check_holds(out->data, out->len))
        *notes |= TG_NOTE_CHECK_DIGIT;
    return TG_VALUE_OK;
}

enum tg_value tg_number_write(enum tg_field_type type, struct tg_reading *r, struct tg_sink *out)
{
    const struct number_rule *rule = &rules[type];
    tg_reading_to_text(r);
    const char *s = r->text;
    size_t len = r->len;
    if (tg_is_missing(s, len))
        return TG_VALUE_MISSING;
    if (tg_is_exponent(s, len)) {
        r->notes |= TG_NOTE_EXPONENT;
        return TG_VALUE_UNREADABLE;
    }
    bool abroad = rule->country_code && skip_country_code(&s, &len);
    if (!collect(rule, s, len, out))
        return TG_VALUE_UNREADABLE;
    if (tg_is_my_number(out->data, out->len))
        r->notes |= TG_NOTE_MY_NUMBER;
    /* +81 (0)3 has the 0 that +81 stands for */
    if (abroad && out->len && out->data[0] != '0' && !insert_zeros(out, 1))
        return TG_VALUE_UNREADABLE;
    return shape(rule, out, &r->notes);
}
