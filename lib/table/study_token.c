/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/digest.h"
#include "table/study_read.h"

#include <string.h>

enum {
    PARTS_MAX = 16,
    TOKENS_MAX = 256,
    FIELDS_MAX = 1100, /* built in and own (TG_YAML_CHILDREN_MAX) */
};

static const char one_missing[] = "~1";

/* A token of a set: its name and parts, as a study file would write them. */
struct set_token {
    const char *name;
    const char *parts[8];
};

/* Strongest first. A name joins people only together with something else that tells them apart. */
static const struct set_token japanese[] = {
    {"insured_branch",
     {"insurer_number", "insured_symbol", "insured_number", "insured_branch", "birth_date", "sex"}},
    {"insured", {"insurer_number", "insured_symbol", "insured_number", "birth_date", "sex"}},
    {"late_elderly", {"late_elderly_number"}},
    {"care", {"care_insured_number"}},
    {"resident", {"resident_number"}},
    {"person", {"kana_name_folded", "birth_date", "sex"}},
    {"name", {"name", "birth_date", "sex"}},
    {"phone", {"phone", "birth_date", "sex"}},
    {"near", {"kana_name_folded~1", "birth_date", "sex"}},
    {NULL, {NULL}},
};

static const struct set_token latin[] = {
    {"national", {"national_id"}},
    {"name_birth", {"surname", "given_name", "birth_date"}},
    {"surname_birth_postcode", {"surname", "birth_date", "postcode"}},
    {"given_birth_postcode", {"given_name", "birth_date", "postcode"}},
    {"name_postcode", {"surname", "given_name", "postcode"}},
    {"name_suburb", {"surname", "given_name", "suburb"}},
    {"name_address", {"surname", "given_name", "address"}},
    {"birth_address", {"birth_date", "address"}},
    {NULL, {NULL}},
};

static const struct {
    const char *name;
    const struct set_token *tokens;
} sets[] = {{"japanese", japanese}, {"latin", latin}};

enum { N_SETS = sizeof sets / sizeof sets[0] };

/* `text` is a field's name, or that and "~1". False when there is no such field. */
static bool parse_part(const struct tg_study *study, const char *text, struct tg_token_part *part)
{
    char name[64];
    size_t len = strlen(text), tail = sizeof one_missing - 1;
    part->one_missing = len > tail && !strcmp(text + len - tail, one_missing);
    if (part->one_missing)
        len -= tail;
    if (len >= sizeof name)
        return false;
    memcpy(name, text, len);
    name[len] = '\0';
    part->field = tg_study_field(study, name);
    return part->field != NULL;
}

static enum tg_status new_token(struct tg_study_reader *r, struct tg_token_def *token,
                                const char *name, size_t n_parts)
{
    token->name = tg_arena_strndup(&r->study->arena, name, strlen(name), r->err);
    token->parts = tg_study_alloc(r, n_parts, sizeof *token->parts);
    return token->name && token->parts ? TG_OK : TG_NO_MEMORY;
}

static void add_part(struct tg_token_def *token, struct tg_token_part part)
{
    token->parts[token->n_parts++] = part;
    token->number_like = token->number_like || part.field->is_number;
    token->multi = token->multi || part.one_missing;
}

static enum tg_status use_set(struct tg_study_reader *r, const struct set_token *set)
{
    struct tg_study *study = r->study;
    size_t n = 0;
    while (set[n].name)
        n++;
    study->tokens = tg_study_alloc(r, n, sizeof *study->tokens);
    if (!study->tokens)
        return TG_NO_MEMORY;
    for (; set->name; set++) {
        struct tg_token_def *token = &study->tokens[study->n_tokens++];
        enum tg_status status = new_token(r, token, set->name, 8);
        if (status)
            return status;
        for (const char *const *p = set->parts; *p; p++) {
            struct tg_token_part part;
            if (!parse_part(study, *p, &part))
                return TG_FAIL(r->err, TG_MSG_BUG, .rule = "token sets name built-in fields");
            add_part(token, part);
        }
    }
    return TG_OK;
}

enum tg_status tg_default_tokens(struct tg_study_reader *r)
{
    return r->study->n_tokens ? TG_OK : use_set(r, japanese);
}

static enum tg_status unknown_field(struct tg_study_reader *r, const struct tg_node *node)
{
    const char *names[FIELDS_MAX];
    const struct tg_field *field;
    size_t n = 0;
    for (; n < FIELDS_MAX && (field = tg_study_field_at(r->study, n)) != NULL; n++)
        names[n] = field->name;
    return tg_bad_word(r, node, names, n);
}

static enum tg_status read_part(struct tg_study_reader *r, const struct tg_node *node,
                                struct tg_token_def *token)
{
    struct tg_token_part part;
    if (node->kind != TG_NODE_TEXT || !parse_part(r->study, node->text, &part))
        return unknown_field(r, node);
    for (size_t i = 0; i < token->n_parts; i++) {
        if (token->parts[i].field == part.field)
            return tg_bad_value(r, node, "each field once in a token");
    }
    if (part.one_missing && token->multi)
        return tg_bad_value(r, node, "one field with ~1 in a token");
    add_part(token, part);
    return TG_OK;
}

static enum tg_status read_token(struct tg_study_reader *r, const struct tg_node *node,
                                 struct tg_token_def *token)
{
    if (!tg_plain_name_allowed(node->key) || !strcmp(node->key, "app"))
        return tg_bad_value(r, node, "a token name of 1…63 letters, digits, _ -, not app");
    enum tg_status status = tg_need_list(r, node);
    if (status)
        return status;
    if (node->n == 0 || node->n > PARTS_MAX)
        return tg_bad_value(r, node, "a list of 1…16 fields");
    status = new_token(r, token, node->key, node->n);
    for (const struct tg_node *child = node->first; child && !status; child = child->next)
        status = read_part(r, child, token);
    return status;
}

static enum tg_status read_set_name(struct tg_study_reader *r, const struct tg_node *node)
{
    const char *names[N_SETS];
    for (size_t i = 0; i < N_SETS; i++) {
        names[i] = sets[i].name;
        if (!strcmp(node->text, names[i]))
            return use_set(r, sets[i].tokens);
    }
    return tg_bad_word(r, node, names, N_SETS);
}

enum tg_status tg_read_tokens(struct tg_study_reader *r, const struct tg_node *node, void *object)
{
    struct tg_study *study = object;
    if (node->kind == TG_NODE_TEXT)
        return read_set_name(r, node);
    enum tg_status status = tg_need_map(r, node);
    if (status)
        return status;
    if (node->n == 0 || node->n > TOKENS_MAX)
        return tg_bad_value(r, node, "japanese, latin, or a map of 1…256 tokens");
    study->tokens = tg_study_alloc(r, node->n, sizeof *study->tokens);
    if (!study->tokens)
        return TG_NO_MEMORY;
    for (const struct tg_node *child = node->first; child && !status; child = child->next)
        status = read_token(r, child, &study->tokens[study->n_tokens++]);
    return status;
}

static enum tg_status canonical_token(struct tg_buf *text, const struct tg_token_def *token,
                                      struct tg_error *err)
{
    enum tg_status status = tg_buf_printf(text, err, "token %s", token->name);
    for (size_t i = 0; i < token->n_parts && !status; i++)
        status = tg_buf_printf(text, err, " %s%s", token->parts[i].field->name,
                               token->parts[i].one_missing ? one_missing : "");
    return status ? status : tg_buf_add_char(text, '\n', err);
}

/* The form is described in totsugo-study(5) under "study digest". */
enum tg_status tg_study_digest(struct tg_study_reader *r)
{
    struct tg_study *study = r->study;
    struct tg_buf text = {0};
    enum tg_status status = tg_buf_printf(
        &text, r->err, "totsugo-study/1\nnormalizer %s\nstudy %s\n", TG_NORMALIZER, study->id);
    for (size_t i = 0; i < study->n_own_fields && !status; i++)
        status = tg_buf_printf(&text, r->err, "field %s %s\n", study->own_fields[i].name,
                               tg_own_type_name(study->own_fields[i].type));
    for (size_t i = 0; i < study->n_tokens && !status; i++)
        status = canonical_token(&text, &study->tokens[i], r->err);
    if (!status)
        tg_digest_of(text.data, text.len, study->digest);
    tg_buf_free(&text);
    return status;
}
