/* SPDX-License-Identifier: Apache-2.0 */
/* What holds for every value, over values made at random from the characters that matter. */
#include "text/date.h"
#include "text/encode.h"
#include "text/fold.h"
#include "text/utf8.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { N_TYPES = TG_FIELD_ID + 1, ROUNDS = 20000, PIECES = 12, IN_MAX = 256, OUT_MAX = 4096 };

struct outcome {
    char out[OUT_MAX];
    size_t len;
    enum tg_value value;
    unsigned notes;
};

/* SplitMix64: the same values in every run. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15U;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
    z = (z ^ z >> 27) * 0x94D049BB133111EBU;
    return z ^ z >> 31;
}

/* Characters that some rule names, by range. */
static const struct {
    int32_t first, last;
} ranges[] = {
    {'0', '9'},         {'0', '9'},       {'A', 'z'},       {' ', '/'},       {0x3041, 0x309F},
    {0x30A0, 0x30FF},   {0x30A0, 0x30FF}, {0x31F0, 0x31FF}, {0xFF01, 0xFF9F}, {0xFF61, 0xFF9F},
    {0x3099, 0x309E},   {0x30FC, 0x30FE}, {0x2000, 0x2060}, {0x2212, 0x2212}, {0x2500, 0x2501},
    {0x4E00, 0x4E10},   {0x4E00, 0x9FFF}, {0xF900, 0xFAFF}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF},
    {0xE0100, 0xE01EF}, {0x3000, 0x3020}, {0x3200, 0x33FF}, {0x00A0, 0x02FF}, {0x0300, 0x036F},
    {0x1100, 0x11FF},   {0x1E00, 0x1FFF}, {0x2070, 0x218F}, {0xE000, 0xF8FF}, {0xFFF0, 0xFFFD},
    {0x20000, 0x2A6DF}, {0, 0x7F},
};

static const char *const words[] = {
    "昭和", "平成32年", "元年", "S10.", "不詳", "NULL", "=\"", "\"",    "1.23E+11",
    "ヴ",   "ｳﾞ",       "H",    "+81",  "男",   "－",   "1",   "年5月", "3日",
};

enum { N_RANGES = sizeof ranges / sizeof ranges[0], N_WORDS = sizeof words / sizeof words[0] };

static size_t make_value(uint64_t *state, char out[IN_MAX])
{
    size_t n = 0;
    for (uint64_t pieces = draw(state) % PIECES; pieces > 0; pieces--) {
        uint64_t which = draw(state) % (N_RANGES + N_RANGES / 4);
        if (which < N_RANGES) {
            int32_t span = ranges[which].last - ranges[which].first + 1;
            n += tg_utf8_encode(ranges[which].first + (int32_t)(draw(state) % (uint64_t)span),
                                out + n);
        } else {
            const char *word = words[draw(state) % N_WORDS];
            memcpy(out + n, word, strlen(word));
            n += strlen(word);
        }
    }
    return n;
}

static void run(enum tg_fold_way way, enum tg_field_type type, const char *s, size_t len,
                struct outcome *o)
{
    o->value = tg_normalize_way(way, type, s, len, o->out, sizeof o->out, &o->len, &o->notes);
}

static bool same(const struct outcome *a, const struct outcome *b)
{
    return a->value == b->value && a->len == b->len && memcmp(a->out, b->out, a->len) == 0;
}

static bool is_kana(enum tg_field_type type)
{
    return type == TG_FIELD_KANA_STRICT || type == TG_FIELD_KANA_FOLDED ||
           type == TG_FIELD_KANA_LOOSE;
}

/* The case that tg_normalize() names: a dash whose space or dot is gone. */
static bool has_loose_dash(enum tg_field_type type, const struct outcome *o)
{
    return is_kana(type) && memchr(o->out, '-', o->len) != NULL;
}

START_TEST(once_is_enough)
{
    uint64_t state = 1;
    size_t n_ok = 0;
    for (int i = 0; i < ROUNDS; i++) {
        char in[IN_MAX];
        size_t len = make_value(&state, in);
        for (unsigned type = 0; type < N_TYPES; type++) {
            struct outcome once, twice;
            run(TG_FOLD_FASTEST, type, in, len, &once);
            if (once.value != TG_VALUE_OK || has_loose_dash(type, &once))
                continue;
            run(TG_FOLD_FASTEST, type, once.out, once.len, &twice);
            ck_assert_msg(same(&once, &twice), "type %u: %.*s is not its own form but %.*s", type,
                          (int)once.len, once.out, (int)twice.len, twice.out);
            n_ok++;
        }
    }
    ck_assert_uint_gt(n_ok, ROUNDS);
}
END_TEST

START_TEST(both_ways_agree)
{
    uint64_t state = 2;
    for (int i = 0; i < ROUNDS; i++) {
        char in[IN_MAX];
        size_t len = make_value(&state, in);
        for (unsigned type = 0; type < N_TYPES; type++) {
            struct outcome fast, general;
            run(TG_FOLD_FASTEST, type, in, len, &fast);
            run(TG_FOLD_GENERAL, type, in, len, &general);
            ck_assert_msg(same(&fast, &general) && fast.notes == general.notes,
                          "type %u: the ways differ for %.*s", type, (int)len, in);
        }
    }
}
END_TEST

/* One character of every kind the fast way knows, alone and after a letter and under a mark. */
START_TEST(both_ways_agree_on_every_character)
{
    static const char *const before[] = {"", "カ", "は", "A"}, *const after[] = {"", "ﾞ", "゜",
                                                                                 "-"};
    for (int32_t cp = 0; cp < 0x30000; cp++) {
        if (cp >= 0xD800 && cp <= 0xDFFF)
            continue;
        const char *head = before[cp % 4], *tail = after[cp / 4 % 4];
        char in[16];
        size_t n = strlen(head);
        memcpy(in, head, n);
        n += tg_utf8_encode(cp, in + n);
        memcpy(in + n, tail, strlen(tail));
        n += strlen(tail);
        static const enum tg_field_type types[] = {TG_FIELD_KANA_FOLDED, TG_FIELD_KANA_LOOSE,
                                                   TG_FIELD_NAME, TG_FIELD_INSURED_SYMBOL};
        for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
            struct outcome fast, general;
            run(TG_FOLD_FASTEST, types[i], in, n, &fast);
            run(TG_FOLD_GENERAL, types[i], in, n, &general);
            ck_assert_msg(same(&fast, &general) && fast.notes == general.notes,
                          "U+%04X, type %u: the ways differ", (unsigned)cp, types[i]);
        }
    }
}
END_TEST

struct codec {
    struct tg_decoder *decoder;
    struct tg_encoder *encoder;
};

/* The text of CP932 bytes, or false. */
static bool decode(const struct codec *c, const char *bytes, size_t len, struct tg_buf *text)
{
    bool ok = false;
    text->len = 0;
    ck_assert_int_eq(tg_decode(c->decoder, bytes, len, text, &ok, NULL), TG_OK);
    return ok;
}

/* The character goes to CP932 and back, in a name; both texts have one canonical value. */
static void check_through_cp932(const struct codec *c, const char *one, size_t n)
{
    struct tg_buf utf8 = {0}, bytes = {0}, back = {0};
    bool ok = false;
    ck_assert_int_eq(tg_buf_add(&utf8, "ヤマ", 6, NULL), TG_OK);
    ck_assert_int_eq(tg_buf_add(&utf8, one, n, NULL), TG_OK);
    ck_assert_int_eq(tg_buf_add(&utf8, "ダ", 3, NULL), TG_OK);
    ck_assert_int_eq(tg_encode(c->encoder, utf8.data, utf8.len, &bytes, &ok, NULL), TG_OK);
    ck_assert(ok && decode(c, bytes.data, bytes.len, &back));
    for (unsigned type = 0; type < N_TYPES; type++) {
        struct outcome a, b;
        run(TG_FOLD_FASTEST, type, utf8.data, utf8.len, &a);
        run(TG_FOLD_FASTEST, type, back.data, back.len, &b);
        ck_assert_msg(same(&a, &b), "type %u: %.*s differs through CP932", type, (int)n, one);
    }
    tg_buf_free(&utf8);
    tg_buf_free(&bytes);
    tg_buf_free(&back);
}

START_TEST(encodings_agree)
{
    struct codec c = {NULL, NULL};
    struct tg_buf text = {0};
    size_t n_characters = 0;
    ck_assert_int_eq(tg_decoder_new(TG_ENCODING_CP932, &c.decoder, NULL), TG_OK);
    ck_assert_int_eq(tg_encoder_new(TG_ENCODING_CP932, &c.encoder, NULL), TG_OK);
    for (unsigned pair = 0; pair < 0x10000; pair++) {
        const char bytes[] = {(char)(pair >> 8), (char)(pair & 0xFF)};
        size_t len = pair < 0x100 ? 1 : 2;
        int32_t cp;
        if (!decode(&c, bytes + 2 - len, len, &text) ||
            tg_utf8_decode(text.data, text.len, &cp) != text.len)
            continue;
        check_through_cp932(&c, text.data, text.len);
        n_characters++;
    }
    /* JIS X 0208, half-width kana, ASCII, NEC and IBM extensions at the least */
    ck_assert_uint_gt(n_characters, 6879 + 63 + 128 + 388);
    tg_buf_free(&text);
    tg_decoder_free(&c.decoder);
    tg_encoder_free(&c.encoder);
}
END_TEST

static const char *const spellings[][8] = {
    {"ショウジ ハットリ", "ｼﾖｳｼﾞ ﾊﾂﾄﾘ", "しょうじはっとり", "ｼｮｳｼﾞ　ﾊｯﾄﾘ", "シヨウジ　ハツトリ",
     "シヨウシ\u309Bハツトリ", "しょうし\u3099・はっとり", "\uFEFFショウヂ\u200Bハットリ"},
    {"ヴィクトリア", "ビクトリア", "ｳﾞｨｸﾄﾘｱ", "ゔぃくとりあ", "ウ\u3099ィクトリア", "ヴイクトリア",
     "ﾋﾞｸﾄﾘｱ", "ヒ\u309Bクトリア"},
    {"オーノ スヾキ", "ｵｰﾉ ｽｽﾞｷ", "オ－ノスズキ", "オ\u2212ノ・スヅキ", "お一のすゞき",
     "オ\u2015ノ　スズキ", "ｵ-ﾉ･ｽｽﾞｷ", "おーの すずき"},
};

START_TEST(eight_spellings_are_one)
{
    for (size_t name = 0; name < sizeof spellings / sizeof spellings[0]; name++) {
        struct outcome first, other;
        run(TG_FOLD_FASTEST, TG_FIELD_KANA_FOLDED, spellings[name][0], strlen(spellings[name][0]),
            &first);
        ck_assert_int_eq(first.value, TG_VALUE_OK);
        for (size_t i = 1; i < 8; i++) {
            const char *s = spellings[name][i];
            run(TG_FOLD_FASTEST, TG_FIELD_KANA_FOLDED, s, strlen(s), &other);
            ck_assert_msg(same(&first, &other), "%s is not %s but %.*s", s, spellings[name][0],
                          (int)other.len, other.out);
        }
    }
}
END_TEST

/* Whatever the bytes: nothing beyond `size`, and a value that fits is the one of a large buffer. */
START_TEST(never_beyond_size)
{
    uint64_t state = 3;
    for (int i = 0; i < ROUNDS; i++) {
        char in[IN_MAX], small[IN_MAX];
        size_t len = i % 2 ? make_value(&state, in) : draw(&state) % 40;
        for (size_t k = 0; i % 2 == 0 && k < len; k++)
            in[k] = (char)draw(&state);
        size_t size = draw(&state) % 24;
        enum tg_field_type type = (enum tg_field_type)(draw(&state) % N_TYPES);
        struct outcome large;
        run(TG_FOLD_FASTEST, type, in, len, &large);
        memset(small, 0x5A, sizeof small);
        size_t out_len = SIZE_MAX;
        unsigned notes;
        enum tg_value value = tg_normalize(type, in, len, small, size, &out_len, &notes);
        size_t kept = size;
        while (kept < sizeof small && small[kept] == 0x5A)
            kept++;
        bool fits = value == TG_VALUE_OK
                        ? large.len == out_len && memcmp(large.out, small, out_len) == 0
                        : out_len == 0 && (value != TG_VALUE_MISSING || value == large.value);
        ck_assert_msg(kept == sizeof small && fits && out_len <= size &&
                          large.len <= tg_normalize_bound(len),
                      "type %u, %zu bytes of room, byte %zu", type, size, kept);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("text properties");
    TCase *t = tcase_create("properties");
    tcase_set_timeout(t, 100);
    tcase_add_test(t, once_is_enough);
    tcase_add_test(t, both_ways_agree);
    tcase_add_test(t, both_ways_agree_on_every_character);
    tcase_add_test(t, encodings_agree);
    tcase_add_test(t, eight_spellings_are_one);
    tcase_add_test(t, never_beyond_size);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
