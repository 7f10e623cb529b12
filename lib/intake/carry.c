/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/carry.h"

#include "text/decimal.h"
#include "intake/decoders.h"
#include "intake/reader.h"
#include "table/csv.h"
#include "text/calendar.h"
#include "text/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MEMO_SLOTS = 2048, /* a power of two */
    MEMO_BYTES = 24,
    PLAIN_DIGITS = 15,
};

/* A short value that was read before; months, dates and codes repeat. */
struct memo {
    char raw[MEMO_BYTES];
    char text[MEMO_BYTES];
    uint32_t column;
    uint8_t encoding;
    uint8_t raw_len, text_len;
    bool used;
};

struct tg_carrier {
    const struct tg_plan *plan;
    struct tg_tally *tally;
    struct tg_decoders decoders;
    struct tg_decimal scale;
    struct tg_buf value; /* one normalised value */
    struct tg_buf out;
    struct memo *memos;
};

/* A cell that is being read. */
struct cell {
    enum tg_encoding encoding;
    const struct tg_plan_carry *carry;
    const char *raw;
    size_t len;
};

/* Its text while it is read, and what it came to. */
struct reading {
    const char *text;
    size_t len;
    enum tg_value value;
    unsigned notes;
};

enum tg_status tg_carrier_new(const struct tg_plan *plan, struct tg_tally *tally,
                              struct tg_carrier **out, struct tg_error *err)
{
    struct tg_carrier *c = tg_calloc(1, sizeof *c, err);
    if (!c)
        return TG_NO_MEMORY;
    c->plan = plan;
    c->tally = tally;
    c->scale = tg_decimal_of(plan->source->scale);
    c->memos = tg_calloc(MEMO_SLOTS, sizeof *c->memos, err);
    enum tg_status status = c->memos ? tg_decoders_new(&c->decoders, err) : TG_NO_MEMORY;
    if (status) {
        tg_carrier_free(&c);
        return status;
    }
    *out = c;
    return TG_OK;
}

static struct memo *memo_of(const struct tg_carrier *c, const struct cell *cell)
{
    uint64_t hash = cell->carry->column * 0x9E3779B97F4A7C15u + cell->len;
    for (size_t i = 0; i < cell->len; i++)
        hash = (hash ^ (unsigned char)cell->raw[i]) * 0x100000001B3u;
    return &c->memos[(hash ^ hash >> 32) & (MEMO_SLOTS - 1)];
}

static bool memo_is(const struct memo *m, const struct cell *cell)
{
    return m->used && m->raw_len == cell->len && m->column == cell->carry->column &&
           m->encoding == cell->encoding && memcmp(m->raw, cell->raw, cell->len) == 0;
}

static void memo_set(struct memo *m, const struct cell *cell, const char *text, size_t text_len)
{
    m->used = true;
    m->column = (uint32_t)cell->carry->column;
    m->encoding = (uint8_t)cell->encoding;
    m->raw_len = (uint8_t)cell->len;
    m->text_len = (uint8_t)text_len;
    memcpy(m->raw, cell->raw, cell->len);
    memcpy(m->text, text, text_len);
}

/* One width and trimmed, in c->value. */
static enum tg_status normalize(struct tg_carrier *c, struct reading *r, struct tg_error *err)
{
    size_t room = tg_normalize_bound(r->len);
    c->value.len = 0;
    enum tg_status status = tg_buf_reserve(&c->value, room, err);
    if (!status)
        r->value = tg_normalize(TG_FIELD_ID, r->text, r->len, c->value.data, room, &c->value.len,
                                &r->notes);
    /* 1.23E+11 is what a spreadsheet leaves of an identifier; here it is only text */
    r->notes &= ~(unsigned)TG_NOTE_EXPONENT;
    return status;
}

static void trim(const char **text, size_t *len)
{
    while (*len && (unsigned char)**text <= ' ') {
        ++*text;
        --*len;
    }
    while (*len && (unsigned char)(*text)[*len - 1] <= ' ')
        --*len;
}

static enum tg_status put_text(struct tg_carrier *c, struct reading *r, struct tg_error *err)
{
    enum tg_status status = normalize(c, r, err);
    if (status || r->value == TG_VALUE_MISSING)
        return status;
    if (r->value == TG_VALUE_OK)
        return tg_csv_quote(&c->out, c->value.data, c->value.len, err);
    r->value = TG_VALUE_OK;
    trim(&r->text, &r->len);
    return tg_csv_quote(&c->out, r->text, r->len, err);
}

static enum tg_status put_number(struct tg_carrier *c, struct reading *r, struct tg_error *err)
{
    struct tg_decimal d;
    char number[TG_DECIMAL_TEXT];
    enum tg_status status = normalize(c, r, err);
    if (status || r->value != TG_VALUE_OK)
        return status;
    if (tg_decimal_read(c->value.data, c->value.len, &d))
        return tg_buf_add(&c->out, number, tg_decimal_write(&d, number), err);
    r->value = TG_VALUE_UNREADABLE;
    return TG_OK;
}

static enum tg_status put_yen(struct tg_carrier *c, int64_t yen, struct tg_error *err)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t left = yen < 0 ? (uint64_t)-yen : (uint64_t)yen;
    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (yen < 0)
        digits[--at] = '-';
    return tg_buf_add(&c->out, digits + at, sizeof digits - at, err);
}

static enum tg_status put_amount(struct tg_carrier *c, struct reading *r, struct tg_error *err)
{
    struct tg_decimal d;
    int64_t yen;
    r->value = TG_VALUE_OK;
    if (!r->len || r->len > PLAIN_DIGITS || !tg_decimal_read(r->text, r->len, &d)) {
        enum tg_status status = normalize(c, r, err);
        if (status || r->value != TG_VALUE_OK)
            return status;
        if (!tg_decimal_read(c->value.data, c->value.len, &d))
            r->value = TG_VALUE_UNREADABLE;
    }
    if (r->value == TG_VALUE_OK && !tg_decimal_yen(&d, &c->scale, &yen))
        r->value = TG_VALUE_UNREADABLE;
    return r->value == TG_VALUE_OK ? put_yen(c, yen, err) : TG_OK;
}

static enum tg_status put_month(struct tg_carrier *c, struct reading *r, struct tg_error *err)
{
    int32_t month;
    char out[8];
    r->value = tg_month_parse(r->text, r->len, &month, &r->notes);
    if (r->value != TG_VALUE_OK)
        return TG_OK;
    tg_month_format(month, out);
    return tg_buf_add(&c->out, out, strlen(out), err);
}

static enum tg_status put_day(struct tg_carrier *c, struct reading *r, struct tg_error *err)
{
    struct tg_date date;
    char out[11];
    r->value = tg_date_parse(r->text, r->len, &date, &r->notes);
    if (r->value != TG_VALUE_OK)
        return TG_OK;
    tg_day_format(tg_day_number(&date), out);
    return tg_buf_add(&c->out, out, strlen(out), err);
}

/* Why insurance was lost: death, or something that stays at the desk. */
static enum tg_status put_loss_reason(struct tg_carrier *c, struct reading *r, struct tg_error *err)
{
    const struct tg_source *s = c->plan->source;
    enum tg_status status = normalize(c, r, err);
    bool has = !status && r->value == TG_VALUE_OK;
    bool death = has && tg_is_death(c->value.data, c->value.len);
    for (size_t i = 0; has && !death && i < s->n_death; i++)
        death = strlen(s->death[i]) == c->value.len &&
                memcmp(s->death[i], c->value.data, c->value.len) == 0;
    r->value = TG_VALUE_OK;
    r->notes = 0;
    return death ? tg_buf_add(&c->out, TG_DEATH, sizeof TG_DEATH - 1, err) : status;
}

/* A day that was not read: does something stand there that is a day nobody knows, 2025-05-00 or
 * 不詳, or nothing at all? */
static enum tg_status put_unknown_day(struct tg_carrier *c, struct reading *r, struct tg_error *err)
{
    static const char not_known[] = "不詳";
    size_t len = sizeof not_known - 1;
    enum tg_status status = normalize(c, r, err);
    bool unknown = r->value != TG_VALUE_MISSING;
    for (size_t i = 0; i + len <= r->len && !unknown; i++)
        unknown = memcmp(r->text + i, not_known, len) == 0;
    r->value = unknown ? TG_VALUE_UNREADABLE : TG_VALUE_MISSING;
    return status;
}

static enum tg_status put_day_or_none(struct tg_carrier *c, struct reading *r, struct tg_error *err)
{
    enum tg_status status = put_day(c, r, err);
    if (!status && r->value == TG_VALUE_MISSING)
        status = put_unknown_day(c, r, err);
    return status;
}

/* How the carried columns are read, and what becomes of a row where that fails. */
static const struct {
    enum tg_status (*put)(struct tg_carrier *c, struct reading *r, struct tg_error *err);
    bool needed; /* missing is as bad as unreadable */
    bool rejects;
} ways[] = {
    [TG_CARRY_TEXT] = {put_text, false, false},
    [TG_CARRY_DAY] = {put_day, false, false},
    [TG_CARRY_DAY_OR_NONE] = {put_day_or_none, false, true},
    [TG_CARRY_DAY_NEEDED] = {put_day, true, true},
    [TG_CARRY_MONTH] = {put_month, true, true},
    [TG_CARRY_AMOUNT] = {put_amount, true, true},
    [TG_CARRY_NUMBER] = {put_number, false, false},
    [TG_CARRY_LOSS_REASON] = {put_loss_reason, false, false},
};

/* Appends what a cell comes to; `plain`: nothing had to be counted. */
static enum tg_status read_cell(struct tg_carrier *c, const struct cell *cell, bool *plain,
                                enum tg_reject *reject, struct tg_error *err)
{
    const struct tg_plan_carry *carry = cell->carry;
    struct tg_decoded decoded;
    bool ok;
    c->decoders.text.len = 0;
    enum tg_status status =
        tg_decoders_read(&c->decoders, cell->encoding, cell->raw, cell->len, &decoded, &ok, err);
    if (status)
        return status;
    *reject = ok ? TG_REJECT_NONE : TG_REJECT_ENCODING;
    if (*reject)
        return TG_OK;
    struct reading r = {.text = tg_decoded_text(&c->decoders, &decoded), .len = decoded.len};
    status = ways[carry->how].put(c, &r, err);
    if (status)
        return status;
    bool bad = r.value == TG_VALUE_UNREADABLE;
    if (ways[carry->how].rejects && (bad || (ways[carry->how].needed && r.value)))
        *reject = tg_reject_of(carry->name);
    if (*reject)
        return TG_OK;
    *plain = !r.notes && !bad;
    c->tally->filled[carry->column] += cell->len > 0;
    c->tally->unreadable[carry->column] += bad;
    if (bad)
        tg_tally_unreadable_here(c->tally, carry->column);
    tg_tally_notes(c->tally, carry->column, r.notes, 1);
    return TG_OK;
}

static enum tg_status carry_cell(struct tg_carrier *c, const struct cell *cell,
                                 enum tg_reject *reject, struct tg_error *err)
{
    size_t from = c->out.len;
    bool plain = false;
    bool repeats = cell->len && cell->len <= MEMO_BYTES && cell->carry->how != TG_CARRY_AMOUNT;
    struct memo *m = repeats ? memo_of(c, cell) : NULL;
    if (m && memo_is(m, cell)) {
        c->tally->filled[cell->carry->column]++;
        return tg_buf_add(&c->out, m->text, m->text_len, err);
    }
    enum tg_status status = read_cell(c, cell, &plain, reject, err);
    if (!status && m && plain && c->out.len - from <= MEMO_BYTES)
        memo_set(m, cell, c->out.data + from, c->out.len - from);
    return status;
}

/* A column the file does not have is an empty cell, which does where none is needed. */
static enum tg_status carry_column(struct tg_carrier *c, enum tg_encoding encoding,
                                   const struct tg_plan_carry *carry, const char **raw,
                                   enum tg_reject *reject, struct tg_error *err)
{
    struct cell cell = {.encoding = encoding, .carry = carry, .raw = ""};
    if (carry->how == TG_CARRY_PROVIDER) {
        const char *provider = c->plan->source->provider;
        return provider ? tg_csv_quote(&c->out, provider, strlen(provider), err) : TG_OK;
    }
    if (carry->column == TG_PLAN_NONE)
        return TG_OK;
    cell.raw = tg_batch_cell(*raw, &cell.len);
    *raw = cell.raw + cell.len;
    return carry_cell(c, &cell, reject, err);
}

enum tg_status tg_carry_row(struct tg_carrier *c, enum tg_encoding encoding, const char *raw,
                            struct tg_carried *out, struct tg_error *err)
{
    const struct tg_plan *plan = c->plan;
    *out = (struct tg_carried){.facts_at = TG_PLAN_NONE};
    c->out.len = 0;
    for (size_t i = 0; i < plan->n_carries; i++) {
        const struct tg_plan_carry *carry = &plan->carries[i];
        if (carry->how == TG_CARRY_SEX)
            continue;
        enum tg_status status = i ? tg_buf_add_char(&c->out, ',', err) : TG_OK;
        if (carry->how == TG_CARRY_BIRTH_MONTH)
            out->facts_at = c->out.len;
        if (!status)
            status = carry_column(c, encoding, carry, &raw, &out->reject, err);
        if (status)
            return status;
        if (out->reject) {
            out->column = carry->column;
            return TG_OK;
        }
    }
    out->text = c->out.data;
    out->len = c->out.len;
    return TG_OK;
}

void tg_carrier_free(struct tg_carrier **carrier)
{
    if (!carrier || !*carrier)
        return;
    struct tg_carrier *c = *carrier;
    tg_decoders_free(&c->decoders);
    tg_buf_free(&c->value);
    tg_buf_free(&c->out);
    if (c->memos)
        tg_wipe(c->memos, MEMO_SLOTS * sizeof *c->memos);
    free(c->memos);
    free(c);
    *carrier = NULL;
}
