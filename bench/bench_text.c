/* SPDX-License-Identifier: Apache-2.0 */
/* Values a second through the normaliser, by kind, on one thread; and through the CP932 decoder. */
#include "text/decode.h"

#include <totsugo/sys.h>
#include <totsugo/text.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 50, VALUES = 20000, OUT_MAX = 1024, N_SAMPLES = 4 };

/* Values of one kind; taken in turn. */
struct kind {
    const char *name;
    enum tg_field_type type;
    const char *samples[N_SAMPLES];
};

static const struct kind kinds[] = {
    {"ASCII digits, number", TG_FIELD_INSURED_NUMBER, {"1234567", "0012345", "7654321", "98"}},
    {"ASCII digits, insurer",
     TG_FIELD_INSURER_NUMBER,
     {"138016", "00131045", "33120015", "132019"}},
    {"full-width digits", TG_FIELD_INSURED_NUMBER, {"１２３４５６７", "００１２", "９８", "７７"}},
    {"half-width kana, folded",
     TG_FIELD_KANA_FOLDED,
     {"ﾔﾏﾀﾞ ﾀﾛｳ", "ｻﾄｳ ﾊﾅｺ", "ｼﾖｳｼﾞ ﾊﾂﾄﾘ", "ﾜﾀﾅﾍﾞ ｼﾞﾛｳ"}},
    {"full-width kana, folded",
     TG_FIELD_KANA_FOLDED,
     {"ヤマダ タロウ", "サトウ ハナコ", "ショウジ ハットリ", "ワタナベ ジロウ"}},
    {"kanji names", TG_FIELD_NAME, {"山田　太郎", "佐藤 花子", "髙橋 一郎", "渡邉 次郎"}},
    {"names, general way",
     TG_FIELD_NAME,
     {"葛\U000E0100西 太郎", "辻\uFE00 花子", "José", "𠮷田 次郎"}},
    {"dates, YYYYMMDD", TG_FIELD_BIRTH_DATE, {"19350503", "19480101", "20001231", "19640229"}},
    {"dates, GYYMMDD", TG_FIELD_BIRTH_DATE, {"3100503", "3230101", "4121231", "3390229"}},
    {"dates, in words",
     TG_FIELD_BIRTH_DATE,
     {"昭和10年5月3日", "平成元年1月8日", "昭和39年2月29日", "令和2年12月31日"}},
    {"sex", TG_FIELD_SEX, {"1", "2", "男", "女"}},
};

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "bench_text: %s failed\n", what);
    exit(EXIT_FAILURE);
}

static void normalize_values(const struct kind *kind, const size_t len[N_SAMPLES])
{
    for (size_t i = 0; i < VALUES; i++) {
        char out[OUT_MAX];
        size_t n;
        unsigned notes;
        must(tg_normalize(kind->type, kind->samples[i % N_SAMPLES], len[i % N_SAMPLES], out,
                          sizeof out, &n, &notes) == TG_VALUE_OK,
             kind->name);
    }
}

/* The best of many rounds: each is short enough to fall between what else the machine does. */
static void bench_kind(const struct kind *kind)
{
    size_t len[N_SAMPLES];
    double best = 0;
    for (size_t i = 0; i < N_SAMPLES; i++)
        len[i] = strlen(kind->samples[i]);
    for (int round = 0; round < ROUNDS; round++) {
        double begin = tg_clock_seconds();
        normalize_values(kind, len);
        double seconds = tg_clock_seconds() - begin;
        if (round == 0 || seconds < best)
            best = seconds;
    }
    printf("%-28s %8.2f M/s\n", kind->name, 1e-6 * VALUES / best);
}

static void bench_decoder(void)
{
    static const char name[] = "\x8E\x52\x93\x63\x81\x40\x91\xBE\x98\x59"; /* 山田　太郎 */
    struct tg_decoder *d = NULL;
    struct tg_buf out = {0};
    double best = 0;
    must(tg_decoder_new(TG_ENCODING_CP932, &d, NULL) == TG_OK, "tg_decoder_new");
    for (int round = 0; round < ROUNDS; round++) {
        double begin = tg_clock_seconds();
        for (size_t i = 0; i < VALUES; i++) {
            bool ok;
            out.len = 0;
            must(tg_decode(d, name, sizeof name - 1, &out, &ok, NULL) == TG_OK && ok, "tg_decode");
        }
        double seconds = tg_clock_seconds() - begin;
        if (round == 0 || seconds < best)
            best = seconds;
    }
    printf("%-28s %8.2f M/s\n", "kanji names out of CP932", 1e-6 * VALUES / best);
    tg_buf_free(&out);
    tg_decoder_free(&d);
}

int main(void)
{
    printf("values a second, one thread, best of %d rounds of %d\n", ROUNDS, VALUES);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        bench_kind(&kinds[i]);
    bench_decoder();
    return EXIT_SUCCESS;
}
