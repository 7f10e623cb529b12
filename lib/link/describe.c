/* SPDX-License-Identifier: Apache-2.0 */
#include "link/engine.h"

#include "table/study.h"

#include <string.h>

/* The fields met so far; a field's number is its place. The beginning and the end of a value are a
 * field of their own, the end as its whole value, the beginning as a near one: they say much less
 * than a value with one error, and not the same (twins have the beginning of a name in common).
 * Shorter ones than others of the field are one more. */
struct fields {
    const struct tg_field *items[TG_LINK_FIELDS_MAX];
    enum kind { VALUE, ENDS, SHORT_ENDS } kinds[TG_LINK_FIELDS_MAX];
    size_t n;
};

static const struct tg_token_def *find_token(const struct tg_study *study, const char *name)
{
    for (size_t i = 0; i < study->n_tokens; i++) {
        if (strcmp(study->tokens[i].name, name) == 0)
            return &study->tokens[i];
    }
    return NULL;
}

static enum kind kind_of(const struct tg_study *study, const struct tg_token_part *part)
{
    if (part->form != TG_PART_FIRST && part->form != TG_PART_LAST)
        return VALUE;
    for (size_t t = 0; t < study->n_tokens; t++) {
        for (size_t i = 0; i < study->tokens[t].n_parts; i++) {
            const struct tg_token_part *other = &study->tokens[t].parts[i];
            if (other->field == part->field && other->form == part->form &&
                other->n_characters > part->n_characters)
                return SHORT_ENDS;
        }
    }
    return ENDS;
}

/* Sex is known in clear, so it is no field of its own here. */
static void add_part(struct tg_link_key *key, struct fields *fields, const struct tg_field *field,
                     enum tg_part_form form, enum kind kind)
{
    size_t at = 0;
    while (at < fields->n && (fields->items[at] != field || fields->kinds[at] != kind))
        at++;
    key->with_sex = key->with_sex || (field && field->type == TG_FIELD_SEX);
    if (!field || field->type == TG_FIELD_SEX || at == TG_LINK_FIELDS_MAX)
        return;
    fields->items[at] = field;
    fields->kinds[at] = kind;
    fields->n += at == fields->n;
    key->parts[key->n_parts++] =
        (struct tg_link_part){(uint8_t)at, form == TG_PART_LAST || form == TG_PART_WHOLE};
}

static void find_ends(struct tg_linkage *l, const struct fields *fields)
{
    for (size_t f = 0; f < fields->n; f++) {
        l->ends[f] = 0;
        for (size_t g = 0; g < fields->n; g++) {
            if (fields->items[g] == fields->items[f] && fields->kinds[g] == fields->kinds[f] + 1)
                l->ends[f] = (uint8_t)(g + 1);
        }
    }
}

bool tg_linkage_is_ends(const struct tg_linkage *l, size_t field)
{
    return memchr(l->ends, (int)field + 1, l->n_fields) != NULL;
}

static bool has_field(const struct tg_link_key *key, size_t field, bool whole)
{
    for (size_t i = 0; i < key->n_parts; i++) {
        if (key->parts[i].field == field && key->parts[i].whole == whole)
            return true;
    }
    return false;
}

static bool are_always_together(const struct tg_linkage *l, size_t f, size_t g)
{
    for (size_t k = 0; k < l->n_keys; k++) {
        if (has_field(&l->keys[k], f, true) != has_field(&l->keys[k], g, true) ||
            has_field(&l->keys[k], f, false) != has_field(&l->keys[k], g, false))
            return false;
    }
    return true;
}

/* A field that takes the number of another one, or a lower one for one that is gone. */
static void renumber(struct tg_linkage *l, const uint8_t *numbers)
{
    for (size_t k = 0; k < l->n_keys; k++) {
        struct tg_link_key *key = &l->keys[k];
        size_t kept = 0;
        for (size_t i = 0; i < key->n_parts; i++) {
            struct tg_link_part part = {numbers[key->parts[i].field], key->parts[i].whole};
            bool known = false;
            for (size_t j = 0; j < kept; j++)
                known = known ||
                        (key->parts[j].field == part.field && key->parts[j].whole == part.whole);
            if (!known)
                key->parts[kept++] = part;
        }
        key->n_parts = kept;
    }
}

/* The birth date and what has ends stay fields of their own. */
static bool is_alone(const struct tg_linkage *l, size_t f)
{
    return f == l->birth_field || l->ends[f] || tg_linkage_is_ends(l, f);
}

/* Fields that no key tells apart say one thing, not two. */
static void merge_fields(struct tg_linkage *l)
{
    uint8_t numbers[TG_LINK_FIELDS_MAX];
    size_t n = 0;
    for (size_t f = 0; f < l->n_fields; f++) {
        size_t g = 0;
        while (g < f && (is_alone(l, f) || is_alone(l, g) || !are_always_together(l, f, g)))
            g++;
        numbers[f] = g < f ? numbers[g] : (uint8_t)n;
        n += g == f;
    }
    renumber(l, numbers);
    for (size_t f = 0; f < l->n_fields; f++)
        l->ends[numbers[f]] = l->ends[f] ? (uint8_t)(numbers[l->ends[f] - 1] + 1) : 0;
    if (l->birth_field != SIZE_MAX)
        l->birth_field = numbers[l->birth_field];
    l->n_fields = n;
}

enum tg_status tg_linkage_describe(struct tg_linkage *l, const struct tg_study *study,
                                   struct tg_error *err)
{
    struct fields fields = {.n = 0};
    for (size_t k = 0; k < l->n_keys; k++) {
        struct tg_link_key *key = &l->keys[k];
        const struct tg_token_def *token = find_token(study, key->rule);
        if (!token)
            continue;
        key->parts = tg_calloc(2 * token->n_parts, sizeof *key->parts, err);
        if (!key->parts)
            return TG_NO_MEMORY;
        for (size_t i = 0; i < token->n_parts; i++) {
            const struct tg_token_part *part = &token->parts[i];
            enum kind kind = kind_of(study, part);
            add_part(key, &fields, part->field, part->form, kind);
            add_part(key, &fields, part->other, part->form, kind);
        }
    }
    l->n_fields = fields.n;
    l->birth_field = SIZE_MAX;
    for (size_t i = 0; i < fields.n; i++) {
        if (fields.items[i]->type == TG_FIELD_BIRTH_DATE && l->birth_field == SIZE_MAX)
            l->birth_field = i;
    }
    find_ends(l, &fields);
    merge_fields(l);
    return TG_OK;
}
