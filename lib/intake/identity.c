/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/identity.h"

#include "crypto/message.h"
#include "intake/cells.h"
#include "intake/decoders.h"
#include "intake/near.h"
#include "intake/reader.h"
#include "text/utf8.h"

#include <stdlib.h>
#include <string.h>

/* The value of one field, in `values`. */
struct value {
    size_t at, len;
    bool there;
};

struct tg_identifier {
    const struct tg_plan *plan;
    struct tg_decoders decoders;
    struct tg_decoded *cells; /* by identity column */
    struct value *fields;
    struct tg_buf values;
    struct tg_token_batch batch;
    size_t *first; /* by token: its first request in the batch; one more for the end */
    struct tg_near near;
    struct tg_buf turned; /* values that begin elsewhere, of the token at hand */
    struct tg_identity out;
};

enum tg_status tg_identifier_new(const struct tg_plan *plan, struct tg_identifier **out,
                                 struct tg_error *err)
{
    struct tg_identifier *id = tg_calloc(1, sizeof *id, err);
    if (!id)
        return TG_NO_MEMORY;
    id->plan = plan;
    id->cells = tg_calloc(plan->n_identity, sizeof *id->cells, err);
    id->fields = tg_calloc(plan->n_fields, sizeof *id->fields, err);
    id->first = tg_calloc(plan->n_tokens + 1, sizeof *id->first, err);
    id->out.prefixes = tg_calloc(plan->n_tokens, sizeof *id->out.prefixes, err);
    id->out.seen = tg_calloc(plan->n_identity, sizeof *id->out.seen, err);
    bool all = id->cells && id->fields && id->first && id->out.prefixes && id->out.seen;
    enum tg_status status = all ? tg_decoders_new(&id->decoders, err) : TG_NO_MEMORY;
    for (size_t i = 0; i < plan->n_tokens && !status; i++)
        status = tg_near_reserve(&id->near, plan->tokens[i].n_parts, err);
    if (status) {
        tg_identifier_free(&id);
        return status;
    }
    *out = id;
    return TG_OK;
}

/* All cells as UTF-8; `problem` where one is none. */
static enum tg_status decode_cells(struct tg_identifier *id, enum tg_encoding encoding,
                                   const char *raw, struct tg_error *err)
{
    id->decoders.text.len = 0;
    for (size_t i = 0; i < id->plan->n_identity; i++) {
        size_t len;
        bool ok;
        raw = tg_batch_cell(raw, &len);
        enum tg_status status =
            tg_decoders_read(&id->decoders, encoding, raw, len, &id->cells[i], &ok, err);
        if (status)
            return status;
        if (!ok) {
            id->out.problem = TG_IDENTITY_ENCODING;
            id->out.column = i;
            return TG_OK;
        }
        raw += len;
    }
    return TG_OK;
}

static enum tg_status read_field(struct tg_identifier *id, size_t i, struct tg_error *err)
{
    const struct tg_plan_field *field = &id->plan->fields[i];
    const struct tg_decoded *cell = &id->cells[field->column];
    const char *text = tg_decoded_text(&id->decoders, cell);
    size_t room = tg_normalize_bound(cell->len), len = 0;
    unsigned notes = 0;
    enum tg_status status = tg_buf_reserve(&id->values, room, err);
    if (status)
        return status;
    enum tg_value value = tg_normalize(field->field->type, text, cell->len,
                                       id->values.data + id->values.len, room, &len, &notes);
    id->fields[i] = (struct value){id->values.len, len, value == TG_VALUE_OK};
    id->values.len += len;
    if (notes & TG_NOTE_EXPONENT && id->out.problem == TG_IDENTITY_OK) {
        id->out.problem = TG_IDENTITY_EXPONENT;
        id->out.column = field->column;
    }
    if (!field->speaks)
        return TG_OK;
    if (tg_is_my_number(text, cell->len))
        notes |= TG_NOTE_MY_NUMBER;
    if (value != TG_VALUE_MISSING)
        notes |= TG_SEEN_FILLED;
    if (value == TG_VALUE_UNREADABLE)
        notes |= TG_SEEN_UNREADABLE;
    id->out.seen[field->column] = (uint16_t)notes;
    return TG_OK;
}

enum { COLUMNS_TOLD = 32 /* bits of tg_identity_facts.unreadable */ };

static void read_facts(struct tg_identifier *id)
{
    const struct tg_plan *plan = id->plan;
    struct tg_identity_facts *facts = &id->out.facts;
    *facts = (struct tg_identity_facts){0};
    for (size_t i = 0; i < plan->n_identity && i < COLUMNS_TOLD; i++)
        facts->unreadable |= (uint32_t)(id->out.seen[i] & TG_SEEN_UNREADABLE ? 1 : 0) << i;
    if (plan->birth_date != TG_PLAN_NONE && id->fields[plan->birth_date].there) {
        const char *day = id->values.data + id->fields[plan->birth_date].at;
        memcpy(facts->birth_month, day, 4);
        facts->birth_month[4] = '-';
        memcpy(facts->birth_month + 5, day + 4, 2);
    }
    if (plan->sex != TG_PLAN_NONE && id->fields[plan->sex].there)
        facts->sex = id->values.data[id->fields[plan->sex].at];
}

/* The value of a token's part; NULL when it is missing. */
static const char *part_value(const struct tg_identifier *id, const struct tg_plan_part *part,
                              size_t *len)
{
    if (part->constant) {
        *len = strlen(part->constant);
        return part->constant;
    }
    if (part->field == TG_PLAN_NONE || !id->fields[part->field].there)
        return NULL;
    *len = id->fields[part->field].len;
    return id->values.data + id->fields[part->field].at;
}

/* Where the character behind the first `n` begins. */
static size_t skip_characters(const char *s, size_t len, size_t n)
{
    size_t at = 0;
    while (at < len && n > 0) {
        at++;
        while (at < len && ((unsigned char)s[at] & 0xC0) == 0x80)
            at++;
        n--;
    }
    return at;
}

static void keep_last(struct tg_near_part *part, size_t n)
{
    size_t characters = 0;
    for (size_t i = 0; i < part->len; i++)
        characters += ((unsigned char)part->value[i] & 0xC0) != 0x80;
    size_t cut = skip_characters(part->value, part->len, characters > n ? characters - n : 0);
    part->value += cut;
    part->len -= cut;
}

/* YYYY, then the month and the day that `value` has, or the day alone. */
static void put_date(struct tg_near_part *part, enum tg_part_form form)
{
    const char *month = part->value + 4, *day = part->value + 6;
    bool day_first = form == TG_PART_YEAR_DAY || memcmp(day, month, 2) < 0;
    memcpy(part->date, part->value, 4);
    memcpy(part->date + 4, day_first ? day : month, 2);
    memcpy(part->date + 6, day_first ? month : day, 2);
    part->value = part->date;
    part->len = form == TG_PART_YEAR_DAY ? 6 : 8;
}

/* From the least rotation on. */
static void turn(struct tg_buf *room, struct tg_near_part *part)
{
    size_t from = tg_utf8_least_rotation(part->value, part->len);
    char *to = room->data + room->len;
    memcpy(to, part->value + from, part->len - from);
    memcpy(to + part->len - from, part->value, from);
    room->len += part->len;
    part->value = to;
}

/* Leaves of a value what the part's form asks for. */
static void take_form(struct tg_identifier *id, struct tg_near_part *part,
                      const struct tg_plan_part *plan)
{
    switch (plan->form) {
    case TG_PART_YEAR_MONTH:
        part->len = 6;
        break;
    case TG_PART_MONTH_DAY:
        part->value += 4;
        part->len = 4;
        break;
    case TG_PART_YEAR_DAY:
    case TG_PART_DAY_MONTH:
        put_date(part, plan->form);
        break;
    case TG_PART_FIRST:
        part->len = skip_characters(part->value, part->len, plan->n_characters);
        break;
    case TG_PART_LAST:
        keep_last(part, plan->n_characters);
        break;
    case TG_PART_TURNED:
        turn(&id->turned, part);
        break;
    default:
        break;
    }
}

/* Two values in one order, whichever field each stood in. */
static void order_two(struct tg_near_part *two)
{
    size_t common = two[0].len < two[1].len ? two[0].len : two[1].len;
    int order = memcmp(two[0].value, two[1].value, common);
    if (order < 0 || (order == 0 && two[0].len <= two[1].len))
        return;
    const char *value = two[0].value;
    size_t len = two[0].len;
    two[0].value = two[1].value;
    two[0].len = two[1].len;
    two[1].value = value;
    two[1].len = len;
}

/* Is every part of the token there? */
static bool take_parts(struct tg_identifier *id, const struct tg_plan_token *token)
{
    id->turned.len = 0;
    for (size_t i = 0; i < token->n_parts; i++) {
        struct tg_near_part *part = &id->near.parts[i];
        part->value = part_value(id, &token->parts[i], &part->len);
        if (!part->value)
            return false;
        take_form(id, part, &token->parts[i]);
        if (i > 0 && token->parts[i - 1].form == TG_PART_EITHER_ORDER)
            order_two(&id->near.parts[i - 1]);
    }
    return true;
}

static enum tg_status plain_message(struct tg_identifier *id, const struct tg_plan_token *token,
                                    struct tg_error *err)
{
    size_t len = 0;
    for (size_t i = 0; i < token->n_parts; i++)
        len += 4 + id->near.parts[i].len;
    char *to = tg_token_batch_room(&id->batch, len, err);
    if (!to)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < token->n_parts; i++)
        to = tg_message_put(to, id->near.parts[i].value, id->near.parts[i].len);
    tg_token_batch_put(&id->batch, token->key, len);
    return TG_OK;
}

/* The messages of all tokens whose parts are there. */
static enum tg_status make_messages(struct tg_identifier *id, struct tg_error *err)
{
    const struct tg_plan *plan = id->plan;
    enum tg_status status = tg_buf_reserve(&id->turned, plan->n_turned * id->values.len, err);
    tg_token_batch_begin(&id->batch);
    for (size_t i = 0; i < plan->n_tokens && !status; i++) {
        const struct tg_plan_token *token = &plan->tokens[i];
        id->first[i] = id->batch.n;
        if (!take_parts(id, token))
            continue;
        status = token->one_missing ? tg_near_messages(&id->near, token, &id->batch, err)
                                    : plain_message(id, token, err);
    }
    id->first[plan->n_tokens] = id->batch.n;
    return status;
}

/* The cell of one token, in the room that was reserved for all. */
static void put_cell(struct tg_identifier *id, size_t i, unsigned char (*tokens)[TG_TOKEN_LEN],
                     size_t n)
{
    char *to = id->out.cells.data + id->out.cells.len;
    struct tg_identity_facts *facts = &id->out.facts;
    if (n > 1)
        n = tg_near_distinct(tokens, n);
    for (size_t j = 0; j < n; j++)
        to = tg_cell_put(to, tokens[j]);
    *to++ = TG_CELL_END;
    id->out.cells.len = (size_t)(to - id->out.cells.data);
    id->out.prefixes[i] = n ? tg_identity_prefix(tokens[0]) : 0;
    if (n && !facts->any)
        memcpy(facts->key, tokens[0], sizeof facts->key);
    facts->any |= n > 0;
}

static enum tg_status make_cells(struct tg_identifier *id, struct tg_error *err)
{
    size_t n = id->plan->n_tokens;
    enum tg_status status = tg_buf_reserve(&id->out.cells, id->batch.n * TG_CELL_STEP + n, err);
    for (size_t i = 0; i < n && !status; i++)
        put_cell(id, i, id->batch.tokens + id->first[i], id->first[i + 1] - id->first[i]);
    return status;
}

enum tg_status tg_identify(struct tg_identifier *id, enum tg_encoding encoding, const char *raw,
                           const struct tg_identity **out, struct tg_error *err)
{
    id->out.problem = TG_IDENTITY_OK;
    id->out.cells.len = 0;
    id->values.len = 0;
    memset(id->out.seen, 0, id->plan->n_identity * sizeof *id->out.seen);
    *out = &id->out;
    enum tg_status status = decode_cells(id, encoding, raw, err);
    for (size_t i = 0; i < id->plan->n_fields && !status && !id->out.problem; i++)
        status = read_field(id, i, err);
    if (status || id->out.problem)
        return status;
    read_facts(id);
    status = make_messages(id, err);
    if (status)
        return status;
    tg_token_batch_compute(&id->batch);
    return make_cells(id, err);
}

void tg_identifier_free(struct tg_identifier **identifier)
{
    if (!identifier || !*identifier)
        return;
    struct tg_identifier *id = *identifier;
    tg_decoders_free(&id->decoders);
    free(id->cells);
    free(id->fields);
    tg_buf_free(&id->values);
    tg_token_batch_free(&id->batch);
    free(id->first);
    tg_near_free(&id->near);
    tg_buf_free(&id->turned);
    tg_buf_free(&id->out.cells);
    free(id->out.prefixes);
    free(id->out.seen);
    free(id);
    *identifier = NULL;
}
