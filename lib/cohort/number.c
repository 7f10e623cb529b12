/* SPDX-License-Identifier: Apache-2.0 */
#include "cohort/sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 64 };

struct decimal {
    uint64_t digits;
    int n_digits; /* without leading zeros */
    int exponent;
    bool negative;
};

static bool read_exponent(const char *p, const char *end, int *exponent)
{
    bool negative = p < end && *p == '-';
    int value = 0;
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (p == end || end - p > 4)
        return false;
    for (; p < end; p++) {
        if (*p < '0' || *p > '9')
            return false;
        value = 10 * value + (*p - '0');
    }
    *exponent += negative ? -value : value;
    return true;
}

static bool scan(const char *p, const char *end, struct decimal *d)
{
    bool any = false, fraction = false;
    *d = (struct decimal){.negative = p < end && *p == '-'};
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    for (; p < end; p++) {
        if (*p == '.' && !fraction) {
            fraction = true;
            continue;
        }
        if (*p < '0' || *p > '9')
            break;
        any = true;
        d->exponent -= fraction;
        d->n_digits += d->n_digits > 0 || *p != '0';
        if (d->n_digits <= 18)
            d->digits = 10 * d->digits + (uint64_t)(*p - '0');
    }
    if (!any)
        return false;
    return p == end || ((*p == 'e' || *p == 'E') && read_exponent(p + 1, end, &d->exponent));
}

/* Two exact doubles make one rounding: correct without the long way (Clinger 1990). */
static bool easy(const struct decimal *d, double *out)
{
    static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (d->n_digits > 15 || d->exponent < -22 || d->exponent > 22)
        return false;
    double x = (double)d->digits;
    x = d->exponent < 0 ? x / tens[-d->exponent] : x * tens[d->exponent];
    *out = d->negative && x > 0 ? -x : x;
    return true;
}

bool tg_sample_number(const char *text, size_t len, double *out)
{
    struct decimal d;
    char copy[LONGEST];
    if (len >= LONGEST || !scan(text, text + len, &d))
        return false;
    if (easy(&d, out))
        return true;
    memcpy(copy, text, len);
    copy[len] = '\0';
    *out = strtod(copy, NULL);
    if (fabs(*out) == 0)
        *out = 0;
    return isfinite(*out);
}
