/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/plan.h"

#include "text/calendar.h"

#include <string.h>

/* How the carried columns of contract are made; a column without an entry is text. */
static const struct {
    const char *name;
    enum tg_carry how;
} carried[] = {
    {"provider", TG_CARRY_PROVIDER},
    {"birth_month", TG_CARRY_BIRTH_MONTH},
    {"sex", TG_CARRY_SEX},
    {"enrolled_from", TG_CARRY_DAY},
    {"enrolled_to", TG_CARRY_DAY},
    {"registered_on", TG_CARRY_DAY},
    {"granted_on", TG_CARRY_DAY_OR_NONE},
    {"withdrawn_on", TG_CARRY_DAY_OR_NONE},
    {"date", TG_CARRY_DAY_NEEDED},
    {"month", TG_CARRY_MONTH},
    {"amount", TG_CARRY_AMOUNT},
    {TG_LOSS_REASON, TG_CARRY_LOSS_REASON},
};

static enum tg_carry carry_of(const char *name)
{
    for (size_t i = 0; i < sizeof carried / sizeof carried[0]; i++) {
        if (strcmp(carried[i].name, name) == 0)
            return carried[i].how;
    }
    return TG_CARRY_TEXT;
}

static bool from_identity(enum tg_carry how)
{
    return how == TG_CARRY_BIRTH_MONTH || how == TG_CARRY_SEX;
}

/* Is it a mapped column that the kind carries as it stands, and no field of a person? */
static bool is_carried(enum tg_kind kind, const char *name)
{
    for (const char *const *c = tg_kind_carries(kind); *c; c++) {
        if (strcmp(*c, name) == 0)
            return !from_identity(carry_of(name));
    }
    const char *may = tg_kind_may_carry(kind);
    return may && strcmp(may, name) == 0;
}

static size_t add_column(struct tg_plan *p, const struct tg_mapping *m)
{
    p->columns[p->n_columns] = (struct tg_plan_column){m->name, m->header};
    return p->n_columns++;
}

static size_t column_of(const struct tg_plan *p, const char *name)
{
    for (size_t i = 0; i < p->n_identity; i++) {
        if (strcmp(p->columns[i].name, name) == 0)
            return i;
    }
    return TG_PLAN_NONE;
}

/* The plan's field, added when it is asked for the first time. */
static size_t use_field(struct tg_plan *p, const struct tg_field *field)
{
    size_t column = column_of(p, field->column_name);
    if (column == TG_PLAN_NONE)
        return TG_PLAN_NONE;
    bool speaks = true;
    for (size_t i = 0; i < p->n_fields; i++) {
        if (p->fields[i].field == field)
            return i;
        speaks &= p->fields[i].column != column;
    }
    p->fields[p->n_fields] = (struct tg_plan_field){field, column, speaks};
    return p->n_fields++;
}

static size_t use_field_named(struct tg_plan *p, const char *name)
{
    const struct tg_field *field = tg_study_field(p->study, name);
    return field ? use_field(p, field) : TG_PLAN_NONE;
}

/* Columns that no token uses are read all the same: what is wrong with them is worth knowing. */
static void use_idle_columns(struct tg_plan *p)
{
    const struct tg_field *field;
    for (size_t i = 0; (field = tg_study_field_at(p->study, i)) != NULL; i++) {
        size_t column = column_of(p, field->column_name);
        bool idle = column != TG_PLAN_NONE;
        for (size_t j = 0; j < p->n_fields && idle; j++)
            idle = p->fields[j].column != column;
        if (idle)
            (void)use_field(p, field);
    }
}

static size_t count_fields(const struct tg_study *study)
{
    size_t n = 0;
    while (tg_study_field_at(study, n))
        n++;
    return n;
}

static enum tg_status plan_columns(struct tg_plan *p, struct tg_error *err)
{
    const struct tg_source *s = p->source;
    size_t most = s->n_columns + s->n_measures + s->n_attributes;
    p->columns = tg_arena_alloc(&p->arena, most, sizeof *p->columns, err);
    p->fields = tg_arena_alloc(&p->arena, count_fields(p->study), sizeof *p->fields, err);
    if (!p->columns || !p->fields)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < s->n_columns; i++) {
        if (!is_carried(s->kind, s->columns[i].name))
            (void)add_column(p, &s->columns[i]);
    }
    p->n_identity = p->n_columns;
    return TG_OK;
}

static enum tg_status plan_app(struct tg_plan *p, struct tg_error *err)
{
    struct tg_plan_token *t = &p->tokens[p->n_tokens];
    t->name = "app";
    t->parts = tg_arena_alloc(&p->arena, 2, sizeof *t->parts, err);
    if (!t->parts)
        return TG_NO_MEMORY;
    t->parts[0] = (struct tg_plan_part){.field = TG_PLAN_NONE, .constant = p->source->provider};
    t->parts[1] = (struct tg_plan_part){.field = use_field_named(p, "app_user_id")};
    t->n_parts = 2;
    p->n_tokens++;
    return TG_OK;
}

static enum tg_status plan_token(struct tg_plan *p, const struct tg_token_def *def,
                                 struct tg_error *err)
{
    struct tg_plan_token *t = &p->tokens[p->n_tokens];
    t->name = def->name;
    t->evidence = def->evidence;
    t->parts = tg_arena_alloc(&p->arena, 2 * def->n_parts, sizeof *t->parts, err);
    if (!t->parts)
        return TG_NO_MEMORY;
    size_t n_turned = 0;
    for (size_t i = 0; i < def->n_parts; i++) {
        const struct tg_token_part *part = &def->parts[i];
        n_turned += part->form == TG_PART_TURNED;
        t->parts[t->n_parts++] = (struct tg_plan_part){
            .field = use_field(p, part->field),
            .form = part->form,
            .n_characters = part->n_characters,
        };
        t->one_missing |= part->form == TG_PART_ONE_MISSING;
        if (part->other)
            t->parts[t->n_parts++] = (struct tg_plan_part){.field = use_field(p, part->other)};
    }
    p->n_turned = n_turned > p->n_turned ? n_turned : p->n_turned;
    p->n_tokens++;
    return TG_OK;
}

static enum tg_status plan_tokens(struct tg_plan *p, const struct tg_key *key,
                                  const struct tg_key *row_key, struct tg_error *err)
{
    const struct tg_study *study = p->study;
    enum tg_status status = TG_OK;
    p->tokens = tg_arena_alloc(&p->arena, study->n_tokens + 1, sizeof *p->tokens, err);
    if (!p->tokens)
        return TG_NO_MEMORY;
    if (p->source->provider)
        status = plan_app(p, err);
    for (size_t i = 0; i < study->n_tokens && !status; i++) {
        if (tg_source_can_fill(p->source, &study->tokens[i]))
            status = plan_token(p, &study->tokens[i], err);
    }
    for (size_t i = 0; i < p->n_tokens && !status; i++)
        status = tg_token_key_new(key, study->id, p->tokens[i].name, &p->tokens[i].key, err);
    if (!status && p->has_row_id)
        status = tg_row_key_new(row_key ? row_key : key, study->id, &p->row_key, err);
    return status;
}

static void add_carry(struct tg_plan *p, const char *name, enum tg_carry how,
                      const struct tg_mapping *m)
{
    size_t column = m ? add_column(p, m) : TG_PLAN_NONE;
    p->carries[p->n_carries++] = (struct tg_plan_carry){name, how, column};
}

static enum tg_status plan_carries(struct tg_plan *p, struct tg_error *err)
{
    const struct tg_source *s = p->source;
    size_t most = s->n_measures + s->n_attributes + 1;
    for (const char *const *c = tg_kind_carries(s->kind); *c; c++)
        most++;
    p->carries = tg_arena_alloc(&p->arena, most, sizeof *p->carries, err);
    if (!p->carries)
        return TG_NO_MEMORY;
    p->birth_date = p->sex = TG_PLAN_NONE;
    for (const char *const *c = tg_kind_carries(s->kind); *c; c++) {
        enum tg_carry how = carry_of(*c);
        if (how == TG_CARRY_BIRTH_MONTH)
            p->birth_date = use_field_named(p, "birth_date");
        if (how == TG_CARRY_SEX)
            p->sex = use_field_named(p, "sex");
        bool own = from_identity(how) || how == TG_CARRY_PROVIDER;
        add_carry(p, *c, how, own ? NULL : tg_source_column(s, *c));
    }
    const char *may = tg_kind_may_carry(s->kind);
    if (may && tg_source_column(s, may))
        add_carry(p, may, carry_of(may), tg_source_column(s, may));
    for (size_t i = 0; i < s->n_measures; i++)
        add_carry(p, s->measures[i].name, TG_CARRY_NUMBER, &s->measures[i]);
    for (size_t i = 0; i < s->n_attributes; i++)
        add_carry(p, s->attributes[i].name, TG_CARRY_TEXT, &s->attributes[i]);
    return TG_OK;
}

static enum tg_status plan_header(struct tg_plan *p, struct tg_error *err)
{
    p->header = tg_arena_alloc(&p->arena, 1 + p->n_tokens + p->n_carries, sizeof(char *), err);
    if (!p->header)
        return TG_NO_MEMORY;
    if (p->has_row_id)
        p->header[p->n_header++] = "row_id";
    for (size_t i = 0; i < p->n_tokens; i++) {
        size_t len = strlen(p->tokens[i].name);
        char *name = tg_arena_alloc(&p->arena, sizeof "token_" + len, 1, err);
        if (!name)
            return TG_NO_MEMORY;
        memcpy(name, "token_", 6);
        memcpy(name + 6, p->tokens[i].name, len + 1);
        p->header[p->n_header++] = name;
    }
    for (size_t i = 0; i < p->n_carries; i++)
        p->header[p->n_header++] = p->carries[i].name;
    return TG_OK;
}

static enum tg_status no_source(const struct tg_study *study, const char *name,
                                struct tg_error *err)
{
    struct tg_buf names = {0};
    enum tg_status status = TG_OK;
    for (size_t i = 0; i < study->n_sources && !status; i++)
        status = tg_buf_printf(&names, err, "%s%s", i ? ", " : "", study->sources[i].name);
    const char *rule = status ? NULL : tg_buf_text(&names, err);
    if (rule)
        status =
            TG_FAIL(err, TG_MSG_STUDY_SOURCE, .file = study->path, .column = name, .rule = rule);
    tg_buf_free(&names);
    return status ? status : TG_NO_MEMORY;
}

enum tg_status tg_plan_make(const struct tg_pseudonymize_options *options, struct tg_plan *out,
                            struct tg_error *err)
{
    const struct tg_study *study = options->study;
    int32_t month;
    if (options->period && !tg_month_scan(options->period, strlen(options->period), &month))
        return TG_FAIL(err, TG_MSG_INPUT_PERIOD, .column = "--period");
    const struct tg_source *source = tg_study_source(study, options->source);
    if (!source)
        return no_source(study, options->source, err);
    struct tg_plan p = {.study = study,
                        .source = source,
                        .period = options->period ? options->period : "",
                        .has_row_id = source->kind <= TG_KIND_CONSENTS};
    enum tg_status status = plan_columns(&p, err);
    if (!status && options->key)
        status = plan_tokens(&p, options->key, options->row_key, err);
    if (!status)
        status = plan_carries(&p, err);
    if (!status) {
        use_idle_columns(&p);
        status = plan_header(&p, err);
    }
    if (status)
        tg_plan_free(&p);
    else
        *out = p;
    return status;
}

void tg_plan_free(struct tg_plan *p)
{
    for (size_t i = 0; p->tokens && i < p->n_tokens; i++)
        tg_token_key_free(&p->tokens[i].key);
    tg_token_key_free(&p->row_key);
    tg_arena_free(&p->arena);
    *p = (struct tg_plan){0};
}
