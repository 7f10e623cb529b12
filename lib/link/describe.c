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
    if (!field || field->type == TG_FIELD_SEX || at == TG_LINK_FIELDS_MAX)
        return;
    fields->items[at] = field;
    fields->n += at == fields->n;
    key->parts[key->n_parts++] = (struct tg_link_part){(uint8_t)at, whole};
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
    return TG_OK;
}
