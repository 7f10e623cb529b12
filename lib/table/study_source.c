/* SPDX-License-Identifier: Apache-2.0 */
#include "table/study_read.h"
#include "table/tokenfile.h"

#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 1100 }; /* built-in fields, own fields (TG_YAML_CHILDREN_MAX), carried columns */

enum provider_rule { PROVIDER_NEVER, PROVIDER_MAY, PROVIDER_MUST };

/* What a source of a kind must have. */
static const struct {
    enum provider_rule provider;
    const char *columns[4];
} needs[TG_N_KINDS] = {
    [TG_KIND_ROSTER] = {PROVIDER_NEVER, {NULL}},
    [TG_KIND_USERS] = {PROVIDER_MUST, {"app_user_id", NULL}},
    [TG_KIND_CONSENTS] = {PROVIDER_MUST, {"app_user_id", "purpose", "granted_on", NULL}},
    [TG_KIND_EVENTS] = {PROVIDER_MAY, {"month", "amount", NULL}},
    [TG_KIND_MEASURES] = {PROVIDER_MAY, {"date", NULL}},
};

static const struct tg_word kind_words[] = {
    {"roster", TG_KIND_ROSTER}, {"users", TG_KIND_USERS},       {"consents", TG_KIND_CONSENTS},
    {"events", TG_KIND_EVENTS}, {"measures", TG_KIND_MEASURES}, {NULL, 0}};
static const struct tg_word encoding_words[] = {{"auto", TG_ENCODING_AUTO},
                                                {"utf-8", TG_ENCODING_UTF8},
                                                {"cp932", TG_ENCODING_CP932},
                                                {NULL, 0}};

static bool is_carried(enum tg_kind kind, const char *name)
{
    const char *may = tg_kind_may_carry(kind);
    for (const char *const *c = tg_kind_carries(kind); *c; c++) {
        if (!strcmp(*c, name))
            return true;
    }
    return may && !strcmp(may, name);
}

/* Names that `columns` of this kind may have. What is carried and filled by something else (the
 * provider, the birth month, the sex that is a field too) is not among them. */
static size_t column_names(const struct tg_study *study, enum tg_kind kind,
                           const char *names[NAMES_MAX])
{
    size_t n = 0;
    const struct tg_field *field;
    for (const char *const *c = tg_kind_carries(kind); *c; c++) {
        if (strcmp(*c, "provider") && strcmp(*c, "birth_month") && strcmp(*c, "sex"))
            names[n++] = *c;
    }
    if (tg_kind_may_carry(kind))
        names[n++] = tg_kind_may_carry(kind);
    for (size_t i = 0; (field = tg_study_field_at(study, i)) != NULL && n < NAMES_MAX; i++) {
        if (!strcmp(field->name, field->column_name))
            names[n++] = field->name;
        else if (!tg_study_field(study, field->column_name))
            names[n++] = field->column_name;
    }
    return n;
}

static enum tg_status read_mapping(struct tg_study_reader *r, const struct tg_node *node,
                                   struct tg_mapping *m)
{
    m->line = node->key_line;
    m->name = tg_arena_strndup(&r->study->arena, node->key, strlen(node->key), r->err);
    return m->name ? tg_need_text(r, node, &m->header) : TG_NO_MEMORY;
}

static enum tg_status read_mappings(struct tg_study_reader *r, const struct tg_node *node,
                                    struct tg_mapping **out, size_t *n)
{
    enum tg_status status = tg_need_map(r, node);
    if (status)
        return status;
    if (node->n == 0)
        return tg_bad_value(r, node, "at least one name: header");
    *out = tg_study_alloc(r, node->n, sizeof **out);
    if (!*out)
        return TG_NO_MEMORY;
    for (const struct tg_node *child = node->first; child && !status; child = child->next)
        status = read_mapping(r, child, &(*out)[(*n)++]);
    return status;
}

static enum tg_status read_columns(struct tg_study_reader *r, const struct tg_node *node,
                                   void *object)
{
    struct tg_source *source = object;
    const char *names[NAMES_MAX];
    size_t n = column_names(r->study, source->kind, names);
    enum tg_status status = tg_need_map(r, node);
    for (const struct tg_node *child = node->first; child && !status; child = child->next) {
        bool known = false;
        for (size_t i = 0; i < n; i++)
            known = known || !strcmp(names[i], child->key);
        if (!known)
            return tg_unknown_key(r, child, names, n);
    }
    return status ? status : read_mappings(r, node, &source->columns, &source->n_columns);
}

static int by_name(const void *a, const void *b)
{
    const struct tg_mapping *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/* Measures and attributes leave in clear under their own names. */
static enum tg_status read_clear(struct tg_study_reader *r, const struct tg_node *node,
                                 enum tg_kind kind, struct tg_mapping **out, size_t *n)
{
    enum tg_status status = read_mappings(r, node, out, n);
    for (const struct tg_node *child = node->first; child && !status; child = child->next) {
        if (!tg_name_allowed(child->key))
            return tg_bad_value(r, child, "a name of 1…63 bytes: letters, digits, _ - .");
        if (tg_study_field(r->study, child->key))
            return tg_study_refuse(r, child, TG_MSG_STUDY_CLEAR, NULL);
        if (is_carried(kind, child->key) || !strcmp(child->key, "row_id") ||
            !strncmp(child->key, "token_", 6))
            return tg_bad_value(r, child, "a name that the token file does not use already");
    }
    if (!status)
        qsort(*out, *n, sizeof **out, by_name);
    return status;
}

static enum tg_status read_measures(struct tg_study_reader *r, const struct tg_node *node,
                                    void *object)
{
    struct tg_source *source = object;
    if (source->kind != TG_KIND_MEASURES)
        return tg_bad_value(r, node, "only in a source of kind measures");
    return read_clear(r, node, source->kind, &source->measures, &source->n_measures);
}

static enum tg_status read_attributes(struct tg_study_reader *r, const struct tg_node *node,
                                      void *object)
{
    struct tg_source *source = object;
    return read_clear(r, node, source->kind, &source->attributes, &source->n_attributes);
}

static enum tg_status read_delimiter(struct tg_study_reader *r, const struct tg_node *node,
                                     void *object)
{
    struct tg_source *source = object;
    const char *text = node->kind == TG_NODE_TEXT ? node->text : "";
    if (!strcmp(text, "tab"))
        text = "\t";
    if (!text[0] || text[1] || !strchr(",;\t|:~^", text[0]))
        return tg_bad_value(r, node, "one of , ; | : ~ ^ or the word tab");
    source->delimiter = text[0];
    return TG_OK;
}

/* A value as intake will see it. */
static enum tg_status read_reason(struct tg_study_reader *r, const struct tg_node *node,
                                  const char **out)
{
    const char *text = NULL;
    unsigned notes = 0;
    size_t len = 0;
    enum tg_status status = tg_need_text(r, node, &text);
    if (status)
        return status;
    size_t room = tg_normalize_bound(strlen(text));
    char *value = tg_study_alloc(r, room + 1, 1);
    if (!value)
        return TG_NO_MEMORY;
    if (tg_normalize(TG_FIELD_ID, text, strlen(text), value, room, &len, &notes) != TG_VALUE_OK)
        return tg_bad_value(r, node, "a value of the column that means death");
    value[len] = '\0';
    *out = value;
    return TG_OK;
}

static enum tg_status read_death(struct tg_study_reader *r, const struct tg_node *node,
                                 void *object)
{
    struct tg_source *source = object;
    enum tg_status status = tg_need_list(r, node);
    if (status)
        return status;
    if (node->n == 0 || !tg_source_column(source, TG_LOSS_REASON))
        return tg_bad_value(r, node, "values of the column loss_reason, which a roster may have");
    source->death = tg_study_alloc(r, node->n, sizeof *source->death);
    if (!source->death)
        return TG_NO_MEMORY;
    for (const struct tg_node *child = node->first; child && !status; child = child->next)
        status = read_reason(r, child, &source->death[source->n_death++]);
    return status;
}

#define AT(member) offsetof(struct tg_source, member)

static const struct tg_rule source_rules[] = {
    {"kind", TG_RULE_WORD, .required = true, .offset = AT(kind), .words = kind_words},
    {"provider", TG_RULE_NAME, .offset = AT(provider)},
    {"columns", TG_RULE_CUSTOM, .required = true, .read = read_columns},
    {"measures", TG_RULE_CUSTOM, .read = read_measures},
    {"attributes", TG_RULE_CUSTOM, .read = read_attributes},
    {"death", TG_RULE_CUSTOM, .read = read_death},
    {"encoding", TG_RULE_WORD, .offset = AT(encoding), .words = encoding_words},
    {"header_row", TG_RULE_UINT64, .offset = AT(header_row), .min = 1, .max = 1000000},
    {"delimiter", TG_RULE_CUSTOM, .read = read_delimiter},
    {"scale", TG_RULE_REAL, .offset = AT(scale), .min = 0.000001, .max = 1000000000},
    {.key = NULL},
};

static enum tg_status check_provider(struct tg_study_reader *r, const struct tg_node *node,
                                     const struct tg_source *source)
{
    enum provider_rule rule = needs[source->kind].provider;
    const struct tg_node *columns = tg_node_child(node, "columns");
    const struct tg_node *scale = tg_node_child(node, "scale");
    if (!source->provider && (rule == PROVIDER_MUST || tg_source_column(source, "app_user_id")))
        return tg_missing_key(r, node, "provider");
    if (source->provider && rule == PROVIDER_NEVER)
        return tg_bad_value(r, tg_node_child(node, "provider"), "none in a source of kind roster");
    if (scale && source->kind != TG_KIND_EVENTS)
        return tg_bad_value(r, scale, "only in a source of kind events");
    for (const char *const *c = needs[source->kind].columns; *c; c++) {
        if (!tg_source_column(source, *c))
            return tg_missing_key(r, columns, *c);
    }
    return TG_OK;
}

/* The i-th mapping of columns, measures and attributes together, and where it stands. */
static const struct tg_mapping *mapping_at(const struct tg_source *source, size_t i,
                                           const char **place)
{
    *place = "columns";
    if (i < source->n_columns)
        return &source->columns[i];
    i -= source->n_columns;
    *place = "measures";
    if (i < source->n_measures)
        return &source->measures[i];
    *place = "attributes";
    return &source->attributes[i - source->n_measures];
}

/* A header stands for one name; what leaves in clear must least of all be an identity. */
static enum tg_status check_headers(struct tg_study_reader *r, const struct tg_node *node,
                                    const struct tg_source *source)
{
    size_t n = source->n_columns + source->n_measures + source->n_attributes;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            const char *place, *place_before;
            const struct tg_mapping *m = mapping_at(source, i, &place);
            const struct tg_mapping *before = mapping_at(source, j, &place_before);
            if (strcmp(m->header, before->header))
                continue;
            bool clear = i >= source->n_columns && tg_study_field(r->study, before->name);
            return tg_study_refuse(r, tg_node_child(tg_node_child(node, place), m->name),
                                   clear ? TG_MSG_STUDY_CLEAR : TG_MSG_STUDY_HEADER, before->name);
        }
    }
    return TG_OK;
}

static enum tg_status check_clear_names(struct tg_study_reader *r, const struct tg_node *node,
                                        const struct tg_source *source)
{
    for (size_t i = 0; i < source->n_measures; i++) {
        for (size_t j = 0; j < source->n_attributes; j++) {
            const char *name = source->attributes[j].name;
            if (!strcmp(source->measures[i].name, name))
                return tg_bad_value(r, tg_node_child(tg_node_child(node, "attributes"), name),
                                    "a name that no measure has");
        }
    }
    return TG_OK;
}

static enum tg_status read_source(struct tg_study_reader *r, const struct tg_node *node,
                                  struct tg_source *source)
{
    if (!tg_name_allowed(node->key))
        return tg_bad_value(r, node, "a source name of 1…63 bytes: letters, digits, _ - .");
    *source = (struct tg_source){.delimiter = ',', .scale = 1, .line = node->key_line};
    source->name = tg_arena_strndup(&r->study->arena, node->key, strlen(node->key), r->err);
    if (!source->name)
        return TG_NO_MEMORY;
    enum tg_status status = tg_rules_read(r, node, source_rules, source);
    if (!status)
        status = check_provider(r, node, source);
    if (!status && source->kind == TG_KIND_MEASURES && source->n_measures == 0)
        status = tg_missing_key(r, node, "measures");
    if (!status)
        status = check_headers(r, node, source);
    return status ? status : check_clear_names(r, node, source);
}

enum tg_status tg_read_sources(struct tg_study_reader *r, const struct tg_node *node, void *object)
{
    struct tg_study *study = object;
    enum tg_status status = tg_need_map(r, node);
    if (status)
        return status;
    if (node->n == 0)
        return tg_bad_value(r, node, "at least one source");
    study->sources = tg_study_alloc(r, node->n, sizeof *study->sources);
    if (!study->sources)
        return TG_NO_MEMORY;
    for (const struct tg_node *child = node->first; child && !status; child = child->next)
        status = read_source(r, child, &study->sources[study->n_sources++]);
    return status;
}

const struct tg_source *tg_study_source(const struct tg_study *study, const char *name)
{
    for (size_t i = 0; i < study->n_sources; i++) {
        if (!strcmp(study->sources[i].name, name))
            return &study->sources[i];
    }
    return NULL;
}

const struct tg_mapping *tg_source_column(const struct tg_source *source, const char *name)
{
    for (size_t i = 0; i < source->n_columns; i++) {
        if (!strcmp(source->columns[i].name, name))
            return &source->columns[i];
    }
    return NULL;
}

bool tg_source_can_fill(const struct tg_source *source, const struct tg_token_def *token)
{
    for (size_t i = 0; i < token->n_parts; i++) {
        if (!tg_source_column(source, token->parts[i].field->column_name))
            return false;
        const struct tg_field *other = token->parts[i].other;
        if (other && !tg_source_column(source, other->column_name))
            return false;
    }
    return true;
}
