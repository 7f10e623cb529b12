/* SPDX-License-Identifier: Apache-2.0 */
#include "bench_data.h"

#include "sys/file.h"
#include "text/encode.h"

#include <string.h>

enum { FLUSH = 1024 * 1024 };

struct file {
    struct tg_output *output;
    struct tg_encoder *encoder;
    struct tg_buf text;
    struct tg_buf bytes;
};

/* splitmix64: one number of one person's, whoever asks. */
static uint64_t mixed(uint64_t person, uint64_t what)
{
    uint64_t z = (person * 64 + what + 1) * UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static unsigned below(uint64_t person, uint64_t what, unsigned n)
{
    return (unsigned)(mixed(person, what) >> 33) % n;
}

static enum tg_status put(struct file *f, const char *text, struct tg_error *err)
{
    return tg_buf_add(&f->text, text, strlen(text), err);
}

/* 3 to 5 half-width kana, some voiced. */
static enum tg_status put_kana(struct file *f, uint64_t person, uint64_t what, struct tg_error *err)
{
    static const char *const kana[] = {
        "ｱ", "ｲ", "ｳ", "ｵ", "ｶ", "ｷ", "ｸ",  "ｺ",  "ｻ",  "ｼ",  "ｽ",  "ｾ",  "ﾀ",  "ﾁ", "ﾂ",
        "ﾄ", "ﾅ", "ﾆ", "ﾉ", "ﾊ", "ﾋ", "ﾌ",  "ﾎ",  "ﾏ",  "ﾐ",  "ﾑ",  "ﾓ",  "ﾔ",  "ﾕ", "ﾖ",
        "ﾗ", "ﾘ", "ﾙ", "ﾚ", "ﾜ", "ﾝ", "ｶﾞ", "ｷﾞ", "ｻﾞ", "ｼﾞ", "ﾀﾞ", "ﾄﾞ", "ﾊﾞ", "ﾌﾞ"};
    uint64_t bits = mixed(person, what);
    unsigned n = 3 + (unsigned)(bits >> 60) % 3;
    enum tg_status status = TG_OK;
    for (unsigned i = 0; i < n && !status; i++)
        status = put(f, kana[(bits >> 6 * i & 63) % (sizeof kana / sizeof kana[0])], err);
    return status;
}

static enum tg_status put_kanji(struct file *f, uint64_t person, uint64_t what,
                                struct tg_error *err)
{
    static const char *const kanji[] = {"佐", "藤", "鈴", "木", "高", "橋", "田", "中", "伊", "渡",
                                        "辺", "山", "本", "村", "小", "林", "加", "吉", "野", "井"};
    uint64_t bits = mixed(person, what);
    enum tg_status status = put(f, kanji[(bits & 1023) % 20], err);
    return status ? status : put(f, kanji[(bits >> 10 & 1023) % 20], err);
}

/* Era years, as municipal systems write them: GYYMMDD. */
static enum tg_status put_birth(struct file *f, uint64_t person, struct tg_error *err)
{
    unsigned year = 10 + below(person, 2, 50);
    return tg_buf_printf(&f->text, err, "3%02u%02u%02u", year, 1 + below(person, 3, 12),
                         1 + below(person, 4, 28));
}

static enum tg_status put_insured(struct file *f, uint64_t person, struct tg_error *err)
{
    enum tg_status status = tg_buf_printf(
        &f->text, err, "13800%u,相%u,%07llu,%02u,", 1 + below(person, 5, 4), below(person, 6, 40),
        (unsigned long long)person % 10000000, 1 + below(person, 7, 4));
    if (!status)
        status = put_kana(f, person, 0, err);
    if (!status)
        status = put(f, " ", err);
    if (!status)
        status = put_kana(f, person, 1, err);
    if (!status)
        status = put(f, ",", err);
    if (!status)
        status = put_birth(f, person, err);
    return status ? status : tg_buf_printf(&f->text, err, ",%u", 1 + below(person, 8, 2));
}

static enum tg_status put_claim(struct file *f, uint64_t row, uint64_t persons,
                                struct tg_error *err)
{
    uint64_t claim = row + (UINT64_C(1) << 40), person = mixed(claim, 0) % persons;
    enum tg_status status = put_insured(f, person, err);
    if (status)
        return status;
    return tg_buf_printf(&f->text, err, ",2024%02u,%c%02u%u,%u,%010llu,13%05u,%u,1,001\n",
                         1 + below(claim, 1, 12), 'A' + (int)below(claim, 2, 14),
                         below(claim, 3, 100), below(claim, 4, 10), 300 + below(claim, 5, 9000),
                         (unsigned long long)row, below(claim, 6, 90000), 1 + below(claim, 7, 9));
}

static enum tg_status put_resident(struct file *f, uint64_t person, struct tg_error *err)
{
    unsigned age = below(person, 9, 100);
    enum tg_status status = put_insured(f, person, err);
    if (!status)
        status = put(f, ",", err);
    if (!status)
        status = put_kanji(f, person, 10, err);
    if (!status)
        status = put(f, "　", err);
    if (!status)
        status = put_kanji(f, person, 11, err);
    if (!status && age < 20)
        status = tg_buf_printf(&f->text, err, ",%08llu", (unsigned long long)person % 100000000);
    else if (!status)
        status = put(f, ",", err);
    if (!status && age < 15)
        status = tg_buf_printf(&f->text, err, ",%010llu", (unsigned long long)person);
    else if (!status)
        status = put(f, ",", err);
    if (status)
        return status;
    return tg_buf_printf(&f->text, err, ",%09llu,090%08llu,第%u圏域,20%02u0401,\n",
                         (unsigned long long)person + 1, (unsigned long long)person % 100000000,
                         1 + below(person, 12, 5), 10 + below(person, 13, 14));
}

static enum tg_status flush(struct file *f, struct tg_error *err)
{
    bool ok;
    f->bytes.len = 0;
    enum tg_status status = tg_encode(f->encoder, f->text.data, f->text.len, &f->bytes, &ok, err);
    f->text.len = 0;
    return status ? status : tg_output_write(f->output, f->bytes.data, f->bytes.len, err);
}

static enum tg_status begin(struct file *f, const char *path, enum tg_encoding encoding,
                            const char *header, struct tg_error *err)
{
    enum tg_status status = tg_encoder_new(encoding, &f->encoder, err);
    if (!status)
        status = tg_output_begin(path, TG_OUTPUT_FORCE, &f->output, err);
    return status ? status : put(f, header, err);
}

static enum tg_status end(struct file *f, enum tg_status status, struct tg_error *err)
{
    if (!status)
        status = flush(f, err);
    if (!status)
        status = tg_output_commit(&f->output, err);
    tg_output_discard(&f->output);
    tg_encoder_free(&f->encoder);
    tg_buf_free(&f->text);
    tg_buf_free(&f->bytes);
    return status;
}

enum tg_status tg_bench_claims(const char *path, uint64_t rows, uint64_t persons,
                               enum tg_encoding encoding, struct tg_error *err)
{
    struct file f = {0};
    enum tg_status status = begin(&f, path, encoding,
                                  "保険者番号,記号,番号,枝番,カナ氏名,生年月日,性別,診療年月,"
                                  "主傷病,点数,レセプト番号,医療機関,日数,種別,順序\n",
                                  err);
    for (uint64_t i = 0; i < rows && !status; i++) {
        status = put_claim(&f, i, persons, err);
        if (!status && f.text.len > FLUSH)
            status = flush(&f, err);
    }
    return end(&f, status, err);
}

enum tg_status tg_bench_roster(const char *path, uint64_t persons, enum tg_encoding encoding,
                               struct tg_error *err)
{
    struct file f = {0};
    enum tg_status status = begin(&f, path, encoding,
                                  "保険者番号,記号,番号,枝番,カナ氏名,生年月日,性別,氏名,後期番号,"
                                  "介護番号,宛名番号,電話番号,圏域,資格取得,資格喪失\n",
                                  err);
    for (uint64_t i = 0; i < persons && !status; i++) {
        status = put_resident(&f, i, err);
        if (!status && f.text.len > FLUSH)
            status = flush(&f, err);
    }
    return end(&f, status, err);
}

enum tg_status tg_bench_study(const char *path, const char *tokens, struct tg_error *err)
{
    struct tg_buf text = {0};
    enum tg_status status = tg_buf_printf(
        &text, err,
        "version: 1\nstudy: bench\nsources:\n"
        "  claims: {kind: events, scale: 10, columns: {insurer_number: 保険者番号,\n"
        "    insured_symbol: 記号, insured_number: 番号, insured_branch: 枝番,\n"
        "    kana_name: カナ氏名, birth_date: 生年月日, sex: 性別, month: 診療年月,\n"
        "    code: 主傷病, amount: 点数}}\n"
        "  roster: {kind: roster, columns: {insurer_number: 保険者番号, insured_symbol: 記号,\n"
        "    insured_number: 番号, insured_branch: 枝番, kana_name: カナ氏名,\n"
        "    birth_date: 生年月日, sex: 性別, name: 氏名, late_elderly_number: 後期番号,\n"
        "    care_insured_number: 介護番号, resident_number: 宛名番号, phone: 電話番号,\n"
        "    district: 圏域, enrolled_from: 資格取得, enrolled_to: 資格喪失}}\n"
        "tokens: %s\n",
        tokens);
    if (!status)
        status = tg_file_write_whole(path, text.data, text.len, 0600, true, err);
    tg_buf_free(&text);
    return status;
}
