/* SPDX-License-Identifier: Apache-2.0 */
#include "table/study_read.h"
#include "table/tokenfile.h"

#include <string.h>

/* clang-format off */
static const struct tg_field built_in[] = {
    {"insurer_number",      "insurer_number",      TG_FIELD_INSURER_NUMBER,      false},
    {"insured_symbol",      "insured_symbol",      TG_FIELD_INSURED_SYMBOL,      false},
    {"insured_number",      "insured_number",      TG_FIELD_INSURED_NUMBER,      true},
    {"insured_branch",      "insured_branch",      TG_FIELD_INSURED_BRANCH,      false},
    {"late_elderly_number", "late_elderly_number", TG_FIELD_LATE_ELDERLY_NUMBER, true},
    {"care_insurer_number", "care_insurer_number", TG_FIELD_CARE_INSURER_NUMBER, false},
    {"care_insured_number", "care_insured_number", TG_FIELD_CARE_INSURED_NUMBER, true},
    {"resident_number",     "resident_number",     TG_FIELD_RESIDENT_NUMBER,     true},
    {"kana_name",           "kana_name",           TG_FIELD_KANA_STRICT,         false},
    {"kana_name_folded",    "kana_name",           TG_FIELD_KANA_FOLDED,         false},
    {"name",                "name",                TG_FIELD_NAME,                false},
    {"birth_date",          "birth_date",          TG_FIELD_BIRTH_DATE,          false},
    {"sex",                 "sex",                 TG_FIELD_SEX,                 false},
    {"postal_code",         "postal_code",         TG_FIELD_POSTAL_CODE,         false},
    {"phone",               "phone",               TG_FIELD_PHONE,               false},
    {"app_user_id",         "app_user_id",         TG_FIELD_APP_USER_ID,         false},
    {"given_name",          "given_name",          TG_FIELD_TEXT,                false},
    {"surname",             "surname",             TG_FIELD_TEXT,                false},
    {"address",             "address",             TG_FIELD_TEXT,                false},
    {"suburb",              "suburb",              TG_FIELD_TEXT,                false},
    {"postcode",            "postcode",            TG_FIELD_TEXT,                false},
    {"national_id",         "national_id",         TG_FIELD_TEXT,                true},
};

static const struct tg_word own_types[] = {
    {"text",   TG_FIELD_TEXT},
    {"digits", TG_FIELD_DIGITS},
    {"kana",   TG_FIELD_KANA_STRICT},
    {"name",   TG_FIELD_NAME},
    {"date",   TG_FIELD_BIRTH_DATE},
    {"sex",    TG_FIELD_SEX},
    {"id",     TG_FIELD_ID},
};
/* clang-format on */

enum {
    N_BUILT_IN = sizeof built_in / sizeof built_in[0],
    N_OWN_TYPES = sizeof own_types / sizeof own_types[0],
};

/* By kind: its name, what its token files carry, and what they carry where the study maps it. */
static const struct {
    const char *name;
    const char *carries[8];
    const char *may_carry;
} kinds[TG_N_KINDS] = {
    [TG_KIND_ROSTER] = {"roster",
                        {"birth_month", "sex", "district", "enrolled_from", "enrolled_to"},
                        TG_LOSS_REASON},
    [TG_KIND_USERS] = {"users", {"provider", "birth_month", "sex", "registered_on"}},
    [TG_KIND_CONSENTS] = {"consents",
                          {"provider", "purpose", "form", "method", "granted_on", "withdrawn_on"}},
    [TG_KIND_EVENTS] = {"events", {"month", "code", "amount"}},
    [TG_KIND_MEASURES] = {"measures", {"date"}},
};

const char *tg_kind_name(enum tg_kind kind)
{
    return (unsigned)kind < TG_N_KINDS ? kinds[kind].name : "";
}

bool tg_kind_parse(const char *name, enum tg_kind *out)
{
    for (int k = 0; k < TG_N_KINDS; k++) {
        if (!strcmp(name, kinds[k].name)) {
            *out = (enum tg_kind)k;
            return true;
        }
    }
    return false;
}

const char *const *tg_kind_carries(enum tg_kind kind)
{
    return kinds[kind].carries;
}

const char *tg_kind_may_carry(enum tg_kind kind)
{
    return kinds[kind].may_carry;
}

bool tg_kind_has_row_id(enum tg_kind kind)
{
    return kind == TG_KIND_ROSTER || kind == TG_KIND_USERS || kind == TG_KIND_CONSENTS;
}

const struct tg_field *tg_study_field(const struct tg_study *study, const char *name)
{
    for (size_t i = 0; i < N_BUILT_IN; i++) {
        if (!strcmp(name, built_in[i].name))
            return &built_in[i];
    }
    for (size_t i = 0; i < study->n_own_fields; i++) {
        if (!strcmp(name, study->own_fields[i].name))
            return &study->own_fields[i];
    }
    return NULL;
}

const struct tg_field *tg_study_field_at(const struct tg_study *study, size_t i)
{
    if (i < N_BUILT_IN)
        return &built_in[i];
    i -= N_BUILT_IN;
    return i < study->n_own_fields ? &study->own_fields[i] : NULL;
}

/* Names that a token file or a map of columns already gives a meaning. */
static bool is_taken(const char *name)
{
    if (!strcmp(name, "row_id") || !strncmp(name, "token_", 6))
        return true;
    for (int k = 0; k < TG_N_KINDS; k++) {
        if (kinds[k].may_carry && !strcmp(name, kinds[k].may_carry))
            return true;
        for (const char *const *c = kinds[k].carries; *c; c++) {
            if (!strcmp(name, *c))
                return true;
        }
    }
    return false;
}

static enum tg_status read_type(struct tg_study_reader *r, const struct tg_node *node,
                                enum tg_field_type *out)
{
    const char *names[N_OWN_TYPES];
    for (size_t i = 0; i < N_OWN_TYPES; i++) {
        names[i] = own_types[i].word;
        if (node->kind == TG_NODE_TEXT && !strcmp(node->text, names[i])) {
            *out = (enum tg_field_type)own_types[i].value;
            return TG_OK;
        }
    }
    return tg_bad_word(r, node, names, N_OWN_TYPES);
}

enum tg_status tg_read_fields(struct tg_study_reader *r, const struct tg_node *node, void *object)
{
    struct tg_study *study = object;
    enum tg_status status = tg_need_map(r, node);
    if (status)
        return status;
    study->own_fields = tg_study_alloc(r, node->n, sizeof *study->own_fields);
    if (!study->own_fields)
        return TG_NO_MEMORY;
    for (const struct tg_node *child = node->first; child && !status; child = child->next) {
        if (!tg_plain_name_allowed(child->key))
            return tg_bad_value(r, child, "a field name of 1…63 letters, digits, _ -");
        if (tg_study_field(study, child->key) || is_taken(child->key))
            return tg_bad_value(r, child, "a name that is not built in");
        struct tg_field *field = &study->own_fields[study->n_own_fields];
        status = read_type(r, child, &field->type);
        field->name = tg_arena_strndup(&study->arena, child->key, strlen(child->key), r->err);
        field->column_name = field->name;
        if (!field->name)
            return TG_NO_MEMORY;
        study->n_own_fields++;
    }
    return status;
}

const char *tg_own_type_name(enum tg_field_type type)
{
    for (size_t i = 0; i < N_OWN_TYPES; i++) {
        if (own_types[i].value == (int)type)
            return own_types[i].word;
    }
    return "";
}
