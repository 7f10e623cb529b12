/* SPDX-License-Identifier: Apache-2.0 */
#include "link/engine.h"

#include "table/study.h"

#include <string.h>

/* The fields met so far; a field's number is its place. */
struct fields {
    const struct tg_field *items[TG_LINK_FIELDS_MAX];
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

/* Sex is known in clear, so it is no field of its own here. */
static void add_part(struct tg_link_key *key, struct fields *fields, const struct tg_field *field,
                     bool whole)
{
    size_t at = 0;
    while (at < fields->n && fields->items[at] != field)
        at++;
    key->with_sex = key->with_sex || (field && field->type == TG_FIELD_SEX);
    if (!field || field->type == TG_FIELD_SEX || at == TG_LINK_FIELDS_MAX)
        return;
    fields->items[at] = field;
    fields->n += at == fields->n;
    key->parts[key->n_parts++] = (struct tg_link_part){(uint8_t)at, whole};
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

/* Fields that no key tells apart say one thing, not two. */
static void merge_fields(struct tg_linkage *l)
{
    uint8_t numbers[TG_LINK_FIELDS_MAX];
    size_t n = 0;
    for (size_t f = 0; f < l->n_fields; f++) {
        size_t g = 0;
        while (g < f &&
               (f == l->birth_field || g == l->birth_field || !are_always_together(l, f, g)))
            g++;
        numbers[f] = g < f ? numbers[g] : (uint8_t)n;
        n += g == f;
    }
    renumber(l, numbers);
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
            add_part(key, &fields, part->field, part->form == TG_PART_WHOLE);
            add_part(key, &fields, part->other, false);
        }
    }
    l->n_fields = fields.n;
    l->birth_field = SIZE_MAX;
    for (size_t i = 0; i < fields.n; i++) {
        if (fields.items[i]->type == TG_FIELD_BIRTH_DATE && l->birth_field == SIZE_MAX)
            l->birth_field = i;
    }
    merge_fields(l);
    return TG_OK;
}
