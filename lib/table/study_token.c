/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/digest.h"
#include "table/study_read.h"

#include <string.h>

enum {
    PARTS_MAX = 16,
    TOKENS_MAX = 256,
    FIELDS_MAX = 1100, /* built in and own (TG_YAML_CHILDREN_MAX) */
};

static const char one_missing[] = "~1", either_order[] = "<>", turned[] = "turned";

/* Date parts by what is written behind the slash. */
static const struct {
    const char *word;
    enum tg_part_form form;
} date_forms[] = {
    {"ym", TG_PART_YEAR_MONTH},
    {"md", TG_PART_MONTH_DAY},
    {"yd", TG_PART_YEAR_DAY},
    {"dm", TG_PART_DAY_MONTH},
};

enum { N_DATE_FORMS = sizeof date_forms / sizeof date_forms[0] };

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

/* Evidence: parts of two or three fields, so that no token stands for a name, a place or a date
 * alone. docs/LINKAGE.md says why these. */
static const struct set_token latin_evidence[] = {
    {"surname_given", {"surname", "given_name"}},
    {"surname_birth", {"surname", "birth_date"}},
    {"surname_postcode", {"surname", "postcode"}},
    {"surname_suburb", {"surname", "suburb"}},
    {"surname_address", {"surname", "address"}},
    {"given_birth", {"given_name", "birth_date"}},
    {"given_postcode", {"given_name", "postcode"}},
    {"given_suburb", {"given_name", "suburb"}},
    {"given_address", {"given_name", "address"}},
    {"birth_postcode", {"birth_date", "postcode"}},
    {"birth_suburb", {"birth_date", "suburb"}},
    {"address_birth", {"address", "birth_date"}},
    {"postcode_suburb", {"postcode", "suburb"}},
    {"postcode_address", {"postcode", "address"}},
    {"suburb_address", {"suburb", "address"}},
    {"surname1_given", {"surname~1", "given_name"}},
    {"surname1_suburb", {"surname~1", "suburb"}},
    {"surname1_postcode", {"surname~1", "postcode"}},
    {"given1_surname", {"given_name~1", "surname"}},
    {"given1_suburb", {"given_name~1", "suburb"}},
    {"given1_postcode", {"given_name~1", "postcode"}},
    {"suburb1_surname", {"suburb~1", "surname"}},
    {"postcode1_surname", {"postcode~1", "surname"}},
    {"postcode1_given", {"postcode~1", "given_name"}},
    {"postcode1_birth", {"postcode~1", "birth_date"}},
    {"birth_ym_surname", {"birth_date/ym", "surname"}},
    {"birth_ym_given", {"birth_date/ym", "given_name"}},
    {"birth_ym_postcode", {"birth_date/ym", "postcode"}},
    {"birth_ym_suburb", {"birth_date/ym", "suburb"}},
    {"birth_ym_address", {"birth_date/ym", "address"}},
    {"birth_md_surname", {"birth_date/md", "surname"}},
    {"birth_md_given", {"birth_date/md", "given_name"}},
    {"birth_md_postcode", {"birth_date/md", "postcode"}},
    {"birth_md_suburb", {"birth_date/md", "suburb"}},
    {"birth_md_address", {"birth_date/md", "address"}},
    {"birth_yd_surname", {"birth_date/yd", "surname"}},
    {"birth_yd_given", {"birth_date/yd", "given_name"}},
    {"birth_yd_postcode", {"birth_date/yd", "postcode"}},
    {"birth_yd_suburb", {"birth_date/yd", "suburb"}},
    {"birth_yd_address", {"birth_date/yd", "address"}},
    {"birth_dm_surname", {"birth_date/dm", "surname"}},
    {"birth_dm_given", {"birth_date/dm", "given_name"}},
    {"surname_first_given", {"surname/3", "given_name"}},
    {"surname_last_given", {"surname/-3", "given_name"}},
    {"surname_first_birth", {"surname/3", "birth_date"}},
    {"surname_last_birth", {"surname/-3", "birth_date"}},
    {"surname_first_postcode", {"surname/3", "postcode"}},
    {"surname_last_postcode", {"surname/-3", "postcode"}},
    {"surname_first_suburb", {"surname/3", "suburb"}},
    {"surname_last_suburb", {"surname/-3", "suburb"}},
    {"surname_first_address", {"surname/3", "address"}},
    {"surname_last_address", {"surname/-3", "address"}},
    {"given_first_surname", {"given_name/3", "surname"}},
    {"given_last_surname", {"given_name/-3", "surname"}},
    {"given_first_birth", {"given_name/3", "birth_date"}},
    {"given_last_birth", {"given_name/-3", "birth_date"}},
    {"given_first_postcode", {"given_name/3", "postcode"}},
    {"given_last_postcode", {"given_name/-3", "postcode"}},
    {"given_first_suburb", {"given_name/3", "suburb"}},
    {"given_last_suburb", {"given_name/-3", "suburb"}},
    {"given_first_address", {"given_name/3", "address"}},
    {"given_last_address", {"given_name/-3", "address"}},
    {"suburb_first_surname", {"suburb/4", "surname"}},
    {"suburb_first_given", {"suburb/4", "given_name"}},
    {"suburb_first_birth", {"suburb/4", "birth_date"}},
    {"suburb_first_address", {"suburb/4", "address"}},
    {"address_first_surname", {"address/5", "surname"}},
    {"address_first_given", {"address/5", "given_name"}},
    {"address_first_birth", {"address/5", "birth_date"}},
    {"address_first_postcode", {"address/5", "postcode"}},
    {"address_first_suburb", {"address/5", "suburb"}},
    {"ends_first_first_birth", {"surname/3", "given_name/3", "birth_date/md"}},
    {"ends_first_first_postcode", {"surname/3", "given_name/3", "postcode/3"}},
    {"ends_first_first_suburb", {"surname/3", "given_name/3", "suburb/4"}},
    {"ends_first_last_birth", {"surname/3", "given_name/-3", "birth_date/md"}},
    {"ends_first_last_postcode", {"surname/3", "given_name/-3", "postcode/3"}},
    {"ends_first_last_suburb", {"surname/3", "given_name/-3", "suburb/4"}},
    {"ends_last_first_birth", {"surname/-3", "given_name/3", "birth_date/md"}},
    {"ends_last_first_postcode", {"surname/-3", "given_name/3", "postcode/3"}},
    {"ends_last_first_suburb", {"surname/-3", "given_name/3", "suburb/4"}},
    {"ends_last_last_birth", {"surname/-3", "given_name/-3", "birth_date/md"}},
    {"ends_last_last_postcode", {"surname/-3", "given_name/-3", "postcode/3"}},
    {"ends_last_last_suburb", {"surname/-3", "given_name/-3", "suburb/4"}},
    {"names_birth", {"surname<>given_name", "birth_date"}},
    {"names_postcode", {"surname<>given_name", "postcode"}},
    {"names_suburb", {"surname<>given_name", "suburb"}},
    {"names_address", {"surname<>given_name", "address"}},
    {NULL, {NULL}},
};

/* At marriage the family name changes and the given name, the end of the kana, stays. Turned, a
 * name is the same whichever part of it was written first. */
static const struct set_token japanese_evidence[] = {
    {"kana_birth", {"kana_name_folded", "birth_date"}},
    {"kana_postal", {"kana_name_folded", "postal_code"}},
    {"kana_phone", {"kana_name_folded", "phone"}},
    {"birth_postal", {"birth_date", "postal_code"}},
    {"birth_phone", {"birth_date", "phone"}},
    {"postal_phone", {"postal_code", "phone"}},
    {"kana_first_birth", {"kana_name_folded/3", "birth_date"}},
    {"kana_last_birth", {"kana_name_folded/-3", "birth_date"}},
    {"kana_last2_birth", {"kana_name_folded/-2", "birth_date"}},
    {"kana_first_postal", {"kana_name_folded/3", "postal_code"}},
    {"kana_last_postal", {"kana_name_folded/-3", "postal_code"}},
    {"kana1_postal", {"kana_name_folded~1", "postal_code"}},
    {"kana_first_phone", {"kana_name_folded/3", "phone"}},
    {"kana_last_phone", {"kana_name_folded/-3", "phone"}},
    {"birth_ym_kana", {"birth_date/ym", "kana_name_folded"}},
    {"birth_md_kana", {"birth_date/md", "kana_name_folded"}},
    {"birth_yd_kana", {"birth_date/yd", "kana_name_folded"}},
    {"birth_dm_kana", {"birth_date/dm", "kana_name_folded"}},
    {"birth_ym_phone", {"birth_date/ym", "phone"}},
    {"birth_md_phone", {"birth_date/md", "phone"}},
    {"birth_yd_phone", {"birth_date/yd", "phone"}},
    {"kana_turned_birth", {"kana_name_folded/turned", "birth_date", "sex"}},
    {"insured_kana", {"insurer_number", "insured_symbol", "insured_number", "kana_name_folded"}},
    {NULL, {NULL}},
};

/* Tokens of `evidence` decide nothing alone, even where all their parts are whole. */
static const struct token_set {
    const char *name;
    const struct set_token *decisive, *evidence;
} sets[] = {{"japanese", japanese, japanese_evidence}, {"latin", latin, latin_evidence}};

enum { N_SETS = sizeof sets / sizeof sets[0] };

/* The field whose name is the first `len` bytes of `text`. */
static const struct tg_field *find_field(const struct tg_study *study, const char *text, size_t len)
{
    char name[64];
    if (len >= sizeof name)
        return NULL;
    memcpy(name, text, len);
    name[len] = '\0';
    return tg_study_field(study, name);
}

/* `word` is what stands behind the slash: a part of a date, a number of characters, or that parts
 * of the value may have changed places. */
static bool parse_piece(const char *word, struct tg_token_part *part)
{
    bool is_date = part->field && part->field->type == TG_FIELD_BIRTH_DATE;
    for (size_t i = 0; i < N_DATE_FORMS; i++) {
        if (!strcmp(word, date_forms[i].word)) {
            part->form = date_forms[i].form;
            return is_date;
        }
    }
    if (!strcmp(word, turned)) {
        part->form = TG_PART_TURNED;
        return !is_date;
    }
    part->form = *word == '-' ? TG_PART_LAST : TG_PART_FIRST;
    word += *word == '-';
    size_t len = strlen(word);
    if (is_date || len < 1 || len > 2 || strspn(word, "0123456789") != len || *word == '0')
        return false;
    part->n_characters = (unsigned)(word[0] - '0');
    if (len == 2)
        part->n_characters = 10 * part->n_characters + (unsigned)(word[1] - '0');
    return true;
}

/* `text` is a field's name, alone or with what is to be taken of it. False when it is neither. */
static bool parse_part(const struct tg_study *study, const char *text, struct tg_token_part *part)
{
    size_t len = strlen(text), tail = sizeof one_missing - 1;
    const char *slash = strchr(text, '/'), *either = strstr(text, either_order);
    *part = (struct tg_token_part){.form = TG_PART_WHOLE};
    if (either) {
        const char *second = either + sizeof either_order - 1;
        part->form = TG_PART_EITHER_ORDER;
        part->field = find_field(study, text, (size_t)(either - text));
        part->other = find_field(study, second, strlen(second));
        return part->field && part->other && part->field != part->other;
    }
    if (slash) {
        part->field = find_field(study, text, (size_t)(slash - text));
        return part->field && parse_piece(slash + 1, part);
    }
    if (len > tail && !strcmp(text + len - tail, one_missing)) {
        part->form = TG_PART_ONE_MISSING;
        len -= tail;
    }
    part->field = find_field(study, text, len);
    return part->field != NULL;
}

enum tg_status tg_token_part_print(const struct tg_token_part *part, struct tg_buf *out,
                                   struct tg_error *err)
{
    const char *name = part->field->name;
    switch (part->form) {
    case TG_PART_ONE_MISSING:
        return tg_buf_printf(out, err, "%s%s", name, one_missing);
    case TG_PART_FIRST:
        return tg_buf_printf(out, err, "%s/%u", name, part->n_characters);
    case TG_PART_LAST:
        return tg_buf_printf(out, err, "%s/-%u", name, part->n_characters);
    case TG_PART_TURNED:
        return tg_buf_printf(out, err, "%s/%s", name, turned);
    case TG_PART_EITHER_ORDER:
        return tg_buf_printf(out, err, "%s%s%s", name, either_order, part->other->name);
    default:
        break;
    }
    for (size_t i = 0; i < N_DATE_FORMS; i++) {
        if (date_forms[i].form == part->form)
            return tg_buf_printf(out, err, "%s/%s", name, date_forms[i].word);
    }
    return tg_buf_printf(out, err, "%s", name);
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
    token->evidence = token->evidence || part.form != TG_PART_WHOLE;
}

static size_t count_tokens(const struct set_token *tokens)
{
    size_t n = 0;
    while (tokens[n].name)
        n++;
    return n;
}

static enum tg_status use_tokens(struct tg_study_reader *r, const struct set_token *set,
                                 bool evidence)
{
    struct tg_study *study = r->study;
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
        token->evidence = token->evidence || evidence;
    }
    return TG_OK;
}

static enum tg_status use_set(struct tg_study_reader *r, const struct token_set *set)
{
    size_t n = count_tokens(set->decisive) + count_tokens(set->evidence);
    r->study->tokens = tg_study_alloc(r, n, sizeof *r->study->tokens);
    if (!r->study->tokens)
        return TG_NO_MEMORY;
    enum tg_status status = use_tokens(r, set->decisive, false);
    return status ? status : use_tokens(r, set->evidence, true);
}

enum tg_status tg_default_tokens(struct tg_study_reader *r)
{
    return r->study->n_tokens ? TG_OK : use_set(r, &sets[0]);
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
        const struct tg_token_part *before = &token->parts[i];
        if (before->field == part.field || before->field == part.other ||
            (before->other && (before->other == part.field || before->other == part.other)))
            return tg_bad_value(r, node, "each field once in a token");
        if (before->form == TG_PART_ONE_MISSING && part.form == TG_PART_ONE_MISSING)
            return tg_bad_value(r, node, "one field with ~1 in a token");
    }
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
            return use_set(r, &sets[i]);
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
    for (size_t i = 0; i < token->n_parts && !status; i++) {
        status = tg_buf_add_char(text, ' ', err);
        if (!status)
            status = tg_token_part_print(&token->parts[i], text, err);
    }
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
