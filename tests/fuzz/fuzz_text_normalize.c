/* SPDX-License-Identifier: Apache-2.0 */
#include "text/decode.h"
#include "text/fold.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = TG_VALUE_LEN_MAX * 11 + 16, N_TYPES = TG_FIELD_ID + 1 };

struct outcome {
    char out[OUT_MAX];
    size_t len;
    enum tg_value value;
    unsigned notes;
};

static void run(enum tg_fold_way way, enum tg_field_type type, const char *s, size_t len,
                struct outcome *o)
{
    o->value =
        tg_normalize_way(way, type, s, len, o->out, tg_normalize_bound(len), &o->len, &o->notes);
    if ((o->value != TG_VALUE_OK && o->len) || o->len > tg_normalize_bound(len))
        abort();
    if (o->value == TG_VALUE_OK && (!o->len || !tg_utf8_valid(o->out, o->len)))
        abort();
}

static void must_be_same(const struct outcome *a, const struct outcome *b)
{
    if (a->value != b->value || a->len != b->len || memcmp(a->out, b->out, a->len) != 0)
        abort();
}

/* A dash that stayed one before its space went is the one thing that may change. */
static bool may_change(enum tg_field_type type, const struct outcome *o)
{
    bool kana =
        type == TG_FIELD_KANA_STRICT || type == TG_FIELD_KANA_FOLDED || type == TG_FIELD_KANA_LOOSE;
    return kana && memchr(o->out, '-', o->len) != NULL;
}

/* The first byte chooses the type. Both ways agree, and a canonical value stays as it is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct outcome fast, general, again;
    if (size == 0)
        return 0;
    const enum tg_field_type type = (enum tg_field_type)(data[0] % N_TYPES);
    const char *s = (const char *)data + 1;
    run(TG_FOLD_FASTEST, type, s, size - 1, &fast);
    run(TG_FOLD_GENERAL, type, s, size - 1, &general);
    must_be_same(&fast, &general);
    if (fast.notes != general.notes)
        abort();
    if (fast.value != TG_VALUE_OK || fast.len > TG_VALUE_LEN_MAX || may_change(type, &fast))
        return 0;
    run(TG_FOLD_FASTEST, type, fast.out, fast.len, &again);
    must_be_same(&fast, &again);
    return 0;
}
