/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/carry.h"

#include "intake/decimal.h"
#include "intake/decoders.h"
#include "table/csv.h"
#include "text/calendar.h"

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
    uint32_t len;
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
    for (uint32_t i = 0; i < cell->len; i++)
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

/* One width and trimmed, in c->value; what is no number but looks like one stays as it is. */
static enum tg_status normalize(struct tg_carrier *c, const char *text, size_t len,
                                enum tg_value *value, unsigned *notes, struct tg_error *err)
{
    size_t room = tg_normalize_bound(len);
    c->value.len = 0;
    *value = TG_VALUE_MISSING;
    *notes = 0;
    enum tg_status status = tg_buf_reserve(&c->value, room, err);
    if (!status)
        *value = tg_normalize(TG_FIELD_ID, text, len, c->value.data, room, &c->value.len, notes);
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

static enum tg_status put_text(struct tg_carrier *c, const char *text, size_t len, unsigned *notes,
                               struct tg_error *err)
{
    enum tg_value value;
    enum tg_status status = normalize(c, text, len, &value, notes, err);
    *notes &= ~(unsigned)TG_NOTE_EXPONENT;
    if (status || value == TG_VALUE_MISSING)
        return status;
    if (value == TG_VALUE_OK)
        return tg_csv_quote(&c->out, c->value.data, c->value.len, err);
    trim(&text, &len);
    return tg_csv_quote(&c->out, text, len, err);
}

static enum tg_status put_number(struct tg_carrier *c, const char *text, size_t len,
                                 enum tg_value *value, unsigned *notes, struct tg_error *err)
{
    struct tg_decimal d;
    char number[TG_DECIMAL_TEXT];
    enum tg_status status = normalize(c, text, len, value, notes, err);
    *notes &= ~(unsigned)TG_NOTE_EXPONENT;
    if (status || *value != TG_VALUE_OK)
        return status;
    if (!tg_decimal_read(c->value.data, c->value.len, &d)) {
        *value = TG_VALUE_UNREADABLE;
        return TG_OK;
    }
    return tg_buf_add(&c->out, number, tg_decimal_write(&d, number), err);
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

static enum tg_status put_amount(struct tg_carrier *c, const char *text, size_t len,
                                 enum tg_value *value, struct tg_error *err)
{
    struct tg_decimal d;
    int64_t yen;
    unsigned notes;
    *value = TG_VALUE_OK;
    if (!len || len > PLAIN_DIGITS || !tg_decimal_read(text, len, &d)) {
        enum tg_status status = normalize(c, text, len, value, &notes, err);
        if (status || *value != TG_VALUE_OK)
            return status;
        if (!tg_decimal_read(c->value.data, c->value.len, &d))
            *value = TG_VALUE_UNREADABLE;
    }
    if (*value == TG_VALUE_OK && !tg_decimal_yen(&d, &c->scale, &yen))
        *value = TG_VALUE_UNREADABLE;
    return *value == TG_VALUE_OK ? put_yen(c, yen, err) : TG_OK;
}

static enum tg_status put_month(struct tg_carrier *c, const char *text, size_t len,
                                enum tg_value *value, unsigned *notes, struct tg_error *err)
{
    int32_t month;
    char out[8];
    *value = tg_month_parse(text, len, &month, notes);
    if (*value != TG_VALUE_OK)
        return TG_OK;
    tg_month_format(month, out);
    return tg_buf_add(&c->out, out, strlen(out), err);
}

static enum tg_status put_day(struct tg_carrier *c, const char *text, size_t len,
                              enum tg_value *value, unsigned *notes, struct tg_error *err)
{
    struct tg_date date;
    char out[11];
    *value = tg_date_parse(text, len, &date, notes);
    if (*value != TG_VALUE_OK)
        return TG_OK;
    tg_day_format(tg_day_number(&date), out);
    return tg_buf_add(&c->out, out, strlen(out), err);
}

/* Does something stand there that may be a day nobody knows: 2025-05-00, 不詳? */
static enum tg_status is_unknown_day(struct tg_carrier *c, const char *text, size_t len,
                                     bool *unknown, struct tg_error *err)
{
    static const char not_known[] = "不詳";
    enum tg_value value;
    unsigned notes;
    enum tg_status status = normalize(c, text, len, &value, &notes, err);
    *unknown = value != TG_VALUE_MISSING;
    for (size_t i = 0; i + sizeof not_known - 1 <= len && !*unknown; i++)
        *unknown = memcmp(text + i, not_known, sizeof not_known - 1) == 0;
    return status;
}

static enum tg_reject day_reject(const char *name)
{
    return strcmp(name, "withdrawn_on") == 0 ? TG_REJECT_WITHDRAWN_ON : TG_REJECT_GRANTED_ON;
}

/* Appends one cell, or says why the row cannot be used. */
static enum tg_status put_cell(struct tg_carrier *c, enum tg_carry how, const char *name,
                               const char *text, size_t len, enum tg_value *value, unsigned *notes,
                               enum tg_reject *reject, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    bool unknown = false;
    *value = TG_VALUE_OK;
    switch (how) {
    case TG_CARRY_TEXT:
        return put_text(c, text, len, notes, err);
    case TG_CARRY_NUMBER:
        return put_number(c, text, len, value, notes, err);
    case TG_CARRY_DAY:
        return put_day(c, text, len, value, notes, err);
    case TG_CARRY_DAY_NEEDED:
        status = put_day(c, text, len, value, notes, err);
        *reject = *value == TG_VALUE_OK ? TG_REJECT_NONE : TG_REJECT_DATE;
        return status;
    case TG_CARRY_DAY_OR_NONE:
        status = put_day(c, text, len, value, notes, err);
        if (!status && *value == TG_VALUE_MISSING)
            status = is_unknown_day(c, text, len, &unknown, err);
        if (unknown || *value == TG_VALUE_UNREADABLE)
            *reject = day_reject(name);
        return status;
    case TG_CARRY_MONTH:
        status = put_month(c, text, len, value, notes, err);
        *reject = *value == TG_VALUE_OK ? TG_REJECT_NONE : TG_REJECT_MONTH;
        return status;
    case TG_CARRY_AMOUNT:
        status = put_amount(c, text, len, value, err);
        *reject = *value == TG_VALUE_OK ? TG_REJECT_NONE : TG_REJECT_AMOUNT;
        return status;
    case TG_CARRY_PROVIDER:
    case TG_CARRY_BIRTH_MONTH:
    case TG_CARRY_SEX:
        break;
    }
    return status;
}

static enum tg_status read_cell(struct tg_carrier *c, const struct cell *cell, bool *plain,
                                enum tg_reject *reject, struct tg_error *err)
{
    struct tg_decoded decoded;
    bool ok;
    unsigned notes = 0;
    enum tg_value value = TG_VALUE_OK;
    size_t column = cell->carry->column;
    c->decoders.text.len = 0;
    enum tg_status status =
        tg_decoders_read(&c->decoders, cell->encoding, cell->raw, cell->len, &decoded, &ok, err);
    if (status)
        return status;
    if (!ok) {
        *reject = TG_REJECT_ENCODING;
        return TG_OK;
    }
    const char *text = tg_decoded_text(&c->decoders, &decoded);
    status = put_cell(c, cell->carry->how, cell->carry->name, text, decoded.len, &value, &notes,
                      reject, err);
    *plain = !notes && value != TG_VALUE_UNREADABLE;
    if (status || *reject)
        return status;
    c->tally->filled[column] += cell->len > 0;
    c->tally->unreadable[column] += value == TG_VALUE_UNREADABLE;
    tg_tally_notes(c->tally, column, notes, 1);
    return TG_OK;
}

static enum tg_status carry_cell(struct tg_carrier *c, const struct cell *cell,
                                 enum tg_reject *reject, struct tg_error *err)
{
    size_t from = c->out.len;
    bool plain = false;
    struct memo *m = cell->len && cell->len <= MEMO_BYTES && cell->carry->how != TG_CARRY_AMOUNT
                         ? memo_of(c, cell)
                         : NULL;
    if (m && memo_is(m, cell)) {
        c->tally->filled[cell->carry->column]++;
        return tg_buf_add(&c->out, m->text, m->text_len, err);
    }
    enum tg_status status = read_cell(c, cell, &plain, reject, err);
    if (!status && m && plain && !*reject && c->out.len - from <= MEMO_BYTES)
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
    memcpy(&cell.len, *raw, sizeof cell.len);
    cell.raw = *raw + sizeof cell.len;
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
