/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "crypto/digest.h"
#include "sys/file.h"
#include "table/study_read.h"

#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tg_error err;

static struct tg_study *load(const char *text)
{
    struct tg_study *study = NULL;
    enum tg_status status = tg_study_parse("study.yaml", text, strlen(text), &study, &err);
    char said[512];
    (void)tg_error_format(&err, TG_ENGLISH, said, sizeof said);
    ck_assert_msg(status == TG_OK, "%s\n%s", said, text);
    return study;
}

#define HEAD   "version: 1\nstudy: s-1\n"
#define ROSTER "sources:\n  r: {kind: roster, columns: {kana_name: K, birth_date: B, sex: S}}\n"

static const char whole[] =
    "version: 1\n"
    "study: hachioji-pfs-2026\n"
    "fields: {middle_name: text, maiden: kana}\n"
    "sources:\n"
    "  roster:\n"
    "    kind: roster\n"
    "    columns: {insurer_number: \"\\u3000保険者No \", insured_number: 番号, kana_name: カナ,\n"
    "              birth_date: 生年月日(和暦), sex: 性別, middle_name: M, district: 圏域}\n"
    "    attributes: {z_ward: 区, a_ward: 町}\n"
    "    encoding: cp932\n"
    "    header_row: 3\n"
    "    delimiter: tab\n"
    "  claims: {kind: events, columns: {insured_number: 番号, month: 月, code: 病名, amount: "
    "点数},\n"
    "           scale: 10}\n"
    "  users: {kind: users, provider: walk, columns: {app_user_id: uid, kana_name: n}}\n"
    "  steps: {kind: measures, provider: walk, columns: {app_user_id: uid, date: d},\n"
    "          measures: {steps: s, 体重: w}}\n"
    "  consents: {kind: consents, provider: walk,\n"
    "             columns: {app_user_id: uid, purpose: 目的, granted_on: 同意日}}\n"
    "tokens:\n"
    "  insured: [insured_number, birth_date, sex]\n"
    "  near: [kana_name_folded~1, birth_date, middle_name]\n"
    "limits: {rejects: 0, unreadable: 0.25}\n"
    "consent: {purpose: research, valid_months: 36}\n"
    "linkage: {accept: 0.95, review: 0.4, margin: 2.3, drift: 0.02}\n"
    "cohort: {index: 2025-04, baseline_months: 6, followup_months: 24, age: [40, 74],\n"
    "         participants: {provider: walk}, match: {exact: [sex]}, seed: 7}\n"
    "outcomes: [{name: cost, source: claims, design: did}, {name: again, source: claims}]\n"
    "disclosure: {population: 24999}\n";

START_TEST(sources_are_as_written)
{
    struct tg_study *s = load(whole);
    ck_assert_str_eq(tg_study_id(s), "hachioji-pfs-2026");
    ck_assert_uint_eq(s->n_sources, 5);
    const struct tg_source *roster = tg_study_source(s, "roster");
    ck_assert_ptr_eq(roster, &s->sources[0]);
    ck_assert_int_eq(roster->kind, TG_KIND_ROSTER);
    ck_assert_str_eq(tg_source_column(roster, "insurer_number")->header, "保険者No");
    ck_assert_str_eq(tg_source_column(roster, "birth_date")->header, "生年月日(和暦)");
    ck_assert_uint_eq(tg_source_column(roster, "birth_date")->line, 8);
    ck_assert_ptr_null(tg_source_column(roster, "phone"));
    ck_assert_str_eq(roster->attributes[0].name, "a_ward");
    ck_assert_str_eq(roster->attributes[1].header, "区");
    ck_assert_int_eq(roster->encoding, TG_ENCODING_CP932);
    ck_assert_uint_eq(roster->header_row, 3);
    ck_assert_int_eq(roster->delimiter, '\t');
    ck_assert_ptr_null(roster->provider);
    const struct tg_source *claims = tg_study_source(s, "claims");
    ck_assert_double_eq(claims->scale, 10);
    ck_assert_int_eq(claims->delimiter, ',');
    ck_assert_uint_eq(claims->header_row, 0);
    ck_assert_uint_eq(claims->line, 13);
    ck_assert_str_eq(tg_study_source(s, "steps")->measures[1].name, "体重");
    ck_assert_str_eq(tg_study_source(s, "users")->provider, "walk");
    ck_assert_ptr_null(tg_study_source(s, "nobody"));
    tg_study_free(&s);
    ck_assert_ptr_null(s);
}
END_TEST

START_TEST(tokens_are_as_written)
{
    struct tg_study *s = load(whole);
    ck_assert_uint_eq(s->n_tokens, 2);
    const struct tg_token_def *insured = &s->tokens[0], *near = &s->tokens[1];
    ck_assert_str_eq(insured->name, "insured");
    ck_assert(insured->number_like && !insured->evidence);
    ck_assert(!near->number_like && near->evidence);
    ck_assert_str_eq(near->parts[0].field->column_name, "kana_name");
    ck_assert_int_eq(near->parts[0].field->type, TG_FIELD_KANA_FOLDED);
    ck_assert(near->parts[0].form == TG_PART_ONE_MISSING && near->parts[1].form == TG_PART_WHOLE);
    ck_assert_int_eq(near->parts[2].field->type, TG_FIELD_TEXT);
    ck_assert(tg_source_can_fill(tg_study_source(s, "roster"), near));
    ck_assert(!tg_source_can_fill(tg_study_source(s, "users"), near));
    ck_assert_int_eq(tg_study_field(s, "maiden")->type, TG_FIELD_KANA_STRICT);
    ck_assert_ptr_null(tg_study_field(s, "maiden_name"));
    tg_study_free(&s);
}
END_TEST

START_TEST(settings_are_as_written)
{
    struct tg_study *s = load(whole);
    ck_assert_double_eq(s->max_rejects, 0);
    ck_assert_double_eq(s->max_unreadable, 0.25);
    ck_assert_str_eq(s->purpose, "research");
    ck_assert_int_eq(s->consent_months, 36);
    ck_assert_double_eq(s->accept, 0.95);
    ck_assert_double_eq(s->review, 0.4);
    ck_assert_double_eq_tol(s->margin, 2.3, 1e-12);
    ck_assert_double_eq_tol(s->drift, 0.02, 1e-12);
    ck_assert(s->has_cohort);
    ck_assert_int_eq(s->cohort.index, TG_INDEX_FIXED);
    ck_assert_int_eq(s->cohort.index_month, 2025 * 12 + 3);
    ck_assert_int_eq(s->cohort.baseline_months, 6);
    ck_assert_int_eq(s->cohort.followup_months, 24);
    ck_assert_int_eq(s->cohort.age_min, 40);
    ck_assert_int_eq(s->cohort.age_max, 74);
    ck_assert_str_eq(s->cohort.provider, "walk");
    ck_assert_uint_eq(s->cohort.exact, TG_STRATUM_SEX);
    ck_assert_uint_eq(s->cohort.seed, 7);
    ck_assert_uint_eq(s->n_outcomes, 2);
    ck_assert_str_eq(s->outcomes[0].name, "cost");
    ck_assert_ptr_eq(s->outcomes[1].source, tg_study_source(s, "claims"));
    ck_assert_uint_eq(s->min_cell, 20);
    ck_assert(!s->for_municipality);
    tg_study_free(&s);
}
END_TEST

START_TEST(what_is_absent_has_a_default)
{
    struct tg_study *s = load(HEAD ROSTER);
    ck_assert_uint_eq(s->n_tokens, 32);
    ck_assert_str_eq(s->tokens[0].name, "insured_branch");
    ck_assert_str_eq(s->tokens[8].name, "near");
    ck_assert_double_eq(s->max_rejects, 0.01);
    ck_assert_double_eq(s->max_unreadable, 0.05);
    ck_assert_str_eq(s->purpose, "outcome-evaluation");
    ck_assert_int_eq(s->consent_months, 0);
    ck_assert_double_eq(s->accept, 0.99);
    ck_assert_double_eq(s->review, 0.5);
    ck_assert(!s->has_cohort);
    ck_assert_uint_eq(s->n_outcomes, 0);
    ck_assert_uint_eq(s->min_cell, 10);
    tg_study_free(&s);
}
END_TEST

START_TEST(token_sets_come_with_the_program)
{
    struct tg_study *s = load(HEAD ROSTER "tokens: latin\n");
    ck_assert_uint_gt(s->n_tokens, 8);
    ck_assert_str_eq(s->tokens[0].name, "national");
    ck_assert(s->tokens[0].number_like);
    for (size_t i = 1; i < s->n_tokens; i++) {
        ck_assert(!s->tokens[i].number_like);
        ck_assert_int_eq(s->tokens[i].evidence, i >= 8); /* behind the decisive ones: evidence */
    }
    tg_study_free(&s);
    s = load(HEAD ROSTER "tokens: japanese\n");
    static const bool number_like[] = {true, true, true, true, true, false, false, false, false};
    for (size_t i = 0; i < s->n_tokens; i++) {
        bool is_number = i < 9 ? number_like[i] : !strcmp(s->tokens[i].name, "insured_kana");
        ck_assert_int_eq(s->tokens[i].number_like, is_number);
        ck_assert_int_eq(s->tokens[i].evidence, i >= 8);
    }
    tg_study_free(&s);
}
END_TEST

START_TEST(population_sets_the_smallest_count)
{
    static const struct {
        const char *text;
        unsigned min_cell;
    } cases[] = {
        {"{population: 25000}", 10},
        {"{population: 24999}", 20},
        {"{population: 2000}", 20},
        {"{population: 1999}", UINT_MAX},
        {"{population: 0}", UINT_MAX},
        {"{min_cell: 15, population: 560000}", 15},
        {"{min_cell: 15, population: 3000}", 20},
        {"{min_cell: 30}", 30},
        {"{}", 10},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512];
        (void)snprintf(text, sizeof text, HEAD ROSTER "disclosure: %s\n", cases[i].text);
        struct tg_study *s = load(text);
        ck_assert_msg(s->min_cell == cases[i].min_cell, "%s: %u", cases[i].text, s->min_cell);
        tg_study_free(&s);
    }
    struct tg_study *s = load(HEAD ROSTER "disclosure: {recipient: municipality}\n");
    ck_assert(s->for_municipality);
    tg_study_free(&s);
}
END_TEST

START_TEST(template_loads)
{
    struct tg_study *s = load(tg_study_template());
    ck_assert_uint_eq(s->n_sources, 5);
    ck_assert(s->has_cohort);
    tg_study_free(&s);
}
END_TEST

/* The canonical text is part of the outside: totsugo-study(5) describes it. */
START_TEST(digest_is_over_what_changes_tokens)
{
    static const char canonical[] = "totsugo-study/1\n"
                                    "normalizer n1\n"
                                    "study hachioji-pfs-2026\n"
                                    "field middle_name text\n"
                                    "field maiden kana\n"
                                    "token insured insured_number birth_date sex\n"
                                    "token near kana_name_folded~1 birth_date middle_name\n";
    char hex[TG_DIGEST_HEX + 1];
    struct tg_study *s = load(whole);
    tg_digest_of(canonical, sizeof canonical - 1, hex);
    ck_assert_str_eq(s->digest, hex);
    tg_study_free(&s);

    struct tg_study *a = load(HEAD ROSTER);
    struct tg_study *same[] = {
        load(HEAD ROSTER "tokens: japanese\n"),
        load("study: s-1\nversion: 1\nlinkage: {accept: 0.9}\nsources:\n"
             "  z: {kind: roster, columns: {resident_number: Z}}\n"),
    };
    struct tg_study *other[] = {
        load("version: 1\nstudy: s-2\n" ROSTER),
        load(HEAD ROSTER "tokens: latin\n"),
        load(HEAD ROSTER "fields: {extra: text}\n"),
    };
    for (size_t i = 0; i < 2; i++) {
        ck_assert_str_eq(same[i]->digest, a->digest);
        tg_study_free(&same[i]);
    }
    for (size_t i = 0; i < 3; i++) {
        ck_assert_str_ne(other[i]->digest, a->digest);
        tg_study_free(&other[i]);
    }
    tg_study_free(&a);
}
END_TEST

/* A wrong study file: what is found, where, under which key, and what the rule must contain. */
struct wrong {
    const char *text;
    enum tg_message message;
    unsigned line;
    const char *column;
    const char *rule;
};

static void refuse(const struct wrong *w)
{
    struct tg_study *study = NULL;
    err = (struct tg_error){0};
    enum tg_status status = tg_study_parse("study.yaml", w->text, strlen(w->text), &study, &err);
    ck_assert_msg(status == TG_CONFIG && !study, "accepted:\n%s", w->text);
    ck_assert_msg(err.message == w->message, "E%d (%s %s):\n%s", (int)err.message, err.column,
                  err.rule, w->text);
    ck_assert_msg(err.line == w->line, "line %d:\n%s", (int)err.line, w->text);
    ck_assert_str_eq(err.file, "study.yaml");
    ck_assert_str_eq(err.column, w->column);
    ck_assert_msg(strstr(err.rule, w->rule) != NULL, "rule '%s':\n%s", err.rule, w->text);
}

#define SOURCE(text) HEAD "sources:\n  s: " text "\n"
#define EVENTS                                                                                     \
    HEAD "sources:\n  e: {kind: events, columns: {resident_number: R, month: M, amount: A}}\n"

static char *manual(void)
{
    struct tg_buf b = {0};
    ck_assert_int_eq(tg_file_read_whole("docs/man/totsugo-study.5", 1 << 20, &b, &err), TG_OK);
    char *text = tg_strndup(b.data, b.len, &err);
    ck_assert_ptr_nonnull(text);
    tg_buf_free(&b);
    return text;
}

START_TEST(the_manuals_example_loads)
{
    char *page = manual();
    char *example = strstr(page, ".Sh EXAMPLES");
    ck_assert_ptr_nonnull(example);
    example = strstr(example, "\nversion: 1");
    ck_assert_ptr_nonnull(example);
    char *end = strstr(example, "\n.Ed");
    ck_assert_ptr_nonnull(end);
    *end = '\0';
    struct tg_study *s = load(example);
    ck_assert_uint_eq(s->n_sources, 4);
    tg_study_free(&s);
    free(page);
}
END_TEST

/* Does the line belong to a section of the study file, and to the comparison? */
static bool is_section(const char *line, bool *needs_outcomes)
{
    static const char *const sections[] = {
        "limits:", "consent:", "linkage:", "disclosure:", "cohort:", "outcomes:"};
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        *needs_outcomes = i >= 4;
        if (!strncmp(line, sections[i], strlen(sections[i])))
            return true;
    }
    return false;
}

START_TEST(the_manuals_lines_load)
{
    static const char base[] =
        HEAD "sources:\n"
             "  medical: {kind: events, columns: {resident_number: R, month: M, amount: A}}\n"
             "  u: {kind: users, provider: walkapp, columns: {app_user_id: U}}\n"
             "  steps: {kind: measures, provider: walkapp, columns: {app_user_id: U, date: D},\n"
             "          measures: {steps: N}}\n";
    char *page = manual();
    int n = 0;
    for (char *at = page; (at = strstr(at, "\n.Dl ")) != NULL; at++) {
        char text[1024];
        bool needs_outcomes;
        int len = (int)strcspn(at + 5, "\n");
        if (!is_section(at + 5, &needs_outcomes))
            continue;
        const char *other = "";
        if (needs_outcomes)
            other = at[5] == 'o' ? "cohort: {}" : "outcomes: [{name: o, source: medical}]";
        (void)snprintf(text, sizeof text, "%s%.*s\n%s\n", base, len, at + 5, other);
        struct tg_study *s = load(text);
        tg_study_free(&s);
        n++;
    }
    ck_assert_int_eq(n, 21);
    free(page);
}
END_TEST

START_TEST(yaml_is_checked)
{
    static const struct wrong cases[] = {
        {"", TG_MSG_STUDY_SYNTAX, 1, "", "empty"},
        {"# only this\n", TG_MSG_STUDY_SYNTAX, 1, "", "empty"},
        {"version: 1\nstudy: [a\n", TG_MSG_STUDY_SYNTAX, 3, "", ""},
        {"version: 1\n\tstudy: a\n", TG_MSG_STUDY_SYNTAX, 2, "", ""},
        {"version: 1\nstudy: \x83\x4A\n", TG_MSG_STUDY_SYNTAX, 2, "", "UTF-8"},
        {"version: 1\nstudy: &a b\n", TG_MSG_STUDY_SYNTAX, 2, "", "anchors"},
        {"version: 1\nstudy: *a\n", TG_MSG_STUDY_SYNTAX, 2, "", "anchors"},
        {"version: !!int 1\n", TG_MSG_STUDY_SYNTAX, 1, "", "tags"},
        {"version: 1\n---\nstudy: a\n", TG_MSG_STUDY_SYNTAX, 2, "", "one document"},
        {"version: 1\n? [a]\n: b\n", TG_MSG_STUDY_SYNTAX, 2, "", "key"},
        {"version: \"1\\0\"\n", TG_MSG_STUDY_SYNTAX, 1, "", "control"},
        {"a: [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]\n", TG_MSG_STUDY_SYNTAX, 1, "", "16"},
        {"version: 1\nstudy: a\nversion: 1\n", TG_MSG_STUDY_DUPLICATE, 3, "version", ""},
        {HEAD "sources:\n  r: {kind: roster, kind: users}\n", TG_MSG_STUDY_DUPLICATE, 4,
         "sources.r.kind", ""},
        {"just text\n", TG_MSG_STUDY_VALUE, 1, "", "map"},
        {"[a, b]\n", TG_MSG_STUDY_VALUE, 1, "", "map"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refuse(&cases[i]);
}
END_TEST

START_TEST(top_level_is_checked)
{
    static const struct wrong cases[] = {
        {"study: a\n" ROSTER, TG_MSG_STUDY_MISSING, 1, "", "version"},
        {"version: 2\nstudy: a\n" ROSTER, TG_MSG_STUDY_VALUE, 1, "version", "1"},
        {"version: 1\n" ROSTER, TG_MSG_STUDY_MISSING, 1, "", "study"},
        {"version: 1\nstudy: A\n" ROSTER, TG_MSG_STUDY_VALUE, 2, "study", "a-z"},
        {"version: 1\nstudy: a_b\n" ROSTER, TG_MSG_STUDY_VALUE, 2, "study", "a-z"},
        {"version: 1\nstudy: {}\n" ROSTER, TG_MSG_STUDY_VALUE, 2, "study", "a-z"},
        {"version: 1\nstudy: "
         "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff1234\n" ROSTER,
         TG_MSG_STUDY_VALUE, 2, "study", "63"},
        {HEAD, TG_MSG_STUDY_MISSING, 1, "", "sources"},
        {HEAD "sorces: {}\n", TG_MSG_STUDY_UNKNOWN_KEY, 3, "sorces", "sources, version"},
        {HEAD ROSTER "pfx: {}\n", TG_MSG_STUDY_UNKNOWN_KEY, 5, "pfx", "pfs"},
        {HEAD "sources: {}\n", TG_MSG_STUDY_VALUE, 3, "sources", "at least one"},
        {HEAD ROSTER "fields: {m: txt}\n", TG_MSG_STUDY_VALUE, 5, "fields.m", "text"},
        {HEAD ROSTER "fields: {phone: text}\n", TG_MSG_STUDY_VALUE, 5, "fields.phone", "built in"},
        {HEAD ROSTER "fields: {district: text}\n", TG_MSG_STUDY_VALUE, 5, "fields.district", ""},
        {HEAD ROSTER "fields: {'a b': text}\n", TG_MSG_STUDY_VALUE, 5, "fields.a b", "letters"},
        {HEAD ROSTER "fields: [a]\n", TG_MSG_STUDY_VALUE, 5, "fields", "map"},
        {HEAD ROSTER "limits: {rejects: 1.5}\n", TG_MSG_STUDY_VALUE, 5, "limits.rejects", "0…1"},
        {HEAD ROSTER "limits: {rejects: -0}\n", TG_MSG_STUDY_VALUE, 5, "limits.rejects", "0…1"},
        {HEAD ROSTER "limits: {rejects: 1e-3}\n", TG_MSG_STUDY_VALUE, 5, "limits.rejects", "0…1"},
        {HEAD ROSTER "limits: {rejects: .5}\n", TG_MSG_STUDY_VALUE, 5, "limits.rejects", "0…1"},
        {HEAD ROSTER "limits: {reject: 1}\n", TG_MSG_STUDY_UNKNOWN_KEY, 5, "limits.reject",
         "rejects"},
        {HEAD ROSTER "consent: {valid_months: 1.5}\n", TG_MSG_STUDY_VALUE, 5,
         "consent.valid_months", "0…1200, a whole number"},
        {HEAD ROSTER "consent: {purpose: ''}\n", TG_MSG_STUDY_VALUE, 5, "consent.purpose", "text"},
        {HEAD ROSTER "linkage: {accept: 0.4}\n", TG_MSG_STUDY_VALUE, 5, "linkage.accept", "review"},
        {HEAD ROSTER "linkage: {review: 1}\n", TG_MSG_STUDY_VALUE, 5, "linkage.review", "review"},
        {HEAD ROSTER "disclosure: {min_cell: 9}\n", TG_MSG_STUDY_VALUE, 5, "disclosure.min_cell",
         "10…"},
        {HEAD ROSTER "disclosure: {recipient: all}\n", TG_MSG_STUDY_VALUE, 5,
         "disclosure.recipient", "evaluator, municipality"},
        {HEAD ROSTER "disclosure: {population: many}\n", TG_MSG_STUDY_VALUE, 5,
         "disclosure.population", "0…"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refuse(&cases[i]);
}
END_TEST

START_TEST(sources_are_checked)
{
    static const struct wrong cases[] = {
        {SOURCE("{columns: {sex: S}}"), TG_MSG_STUDY_MISSING, 4, "sources.s", "kind"},
        {SOURCE("{kind: rooster, columns: {sex: S}}"), TG_MSG_STUDY_VALUE, 4, "sources.s.kind",
         "roster, users"},
        {SOURCE("{kind: roster}"), TG_MSG_STUDY_MISSING, 4, "sources.s", "columns"},
        {SOURCE("{kind: roster, columns: {}}"), TG_MSG_STUDY_VALUE, 4, "sources.s.columns", ""},
        {SOURCE("{kind: roster, columns: [a]}"), TG_MSG_STUDY_VALUE, 4, "sources.s.columns", "map"},
        {SOURCE("{kind: roster, columns: {insurednumber: S}}"), TG_MSG_STUDY_UNKNOWN_KEY, 4,
         "sources.s.columns.insurednumber", "insured_number, district"},
        {SOURCE("{kind: roster, columns: {kana_name_folded: S}}"), TG_MSG_STUDY_UNKNOWN_KEY, 4,
         "sources.s.columns.kana_name_folded", "kana_name"},
        {SOURCE("{kind: roster, columns: {amount: S}}"), TG_MSG_STUDY_UNKNOWN_KEY, 4,
         "sources.s.columns.amount", "district"},
        {SOURCE("{kind: roster, columns: {birth_month: S}}"), TG_MSG_STUDY_UNKNOWN_KEY, 4,
         "sources.s.columns.birth_month", "birth_date"},
        {SOURCE("{kind: roster, columns: {sex: }}"), TG_MSG_STUDY_VALUE, 4, "sources.s.columns.sex",
         "text"},
        {SOURCE("{kind: roster, columns: {sex: [S]}}"), TG_MSG_STUDY_VALUE, 4,
         "sources.s.columns.sex", "text"},
        {SOURCE("{kind: roster, columns: {sex: S, name: ' S '}}"), TG_MSG_STUDY_HEADER, 4,
         "sources.s.columns.name", "sex"},
        {SOURCE("{kind: roster, provider: p, columns: {sex: S}}"), TG_MSG_STUDY_VALUE, 4,
         "sources.s.provider", "none"},
        {SOURCE("{kind: roster, columns: {app_user_id: S}}"), TG_MSG_STUDY_MISSING, 4, "sources.s",
         "provider"},
        {SOURCE("{kind: users, columns: {app_user_id: S}}"), TG_MSG_STUDY_MISSING, 4, "sources.s",
         "provider"},
        {SOURCE("{kind: users, provider: p, columns: {sex: S}}"), TG_MSG_STUDY_MISSING, 4,
         "sources.s.columns", "app_user_id"},
        {SOURCE("{kind: users, provider: 'a b', columns: {app_user_id: S}}"), TG_MSG_STUDY_VALUE, 4,
         "sources.s.provider", "name"},
        {SOURCE("{kind: consents, provider: p, columns: {app_user_id: S, granted_on: G}}"),
         TG_MSG_STUDY_MISSING, 4, "sources.s.columns", "purpose"},
        {SOURCE("{kind: consents, provider: p, columns: {app_user_id: S, purpose: G}}"),
         TG_MSG_STUDY_MISSING, 4, "sources.s.columns", "granted_on"},
        {SOURCE("{kind: events, columns: {resident_number: R, amount: A}}"), TG_MSG_STUDY_MISSING,
         4, "sources.s.columns", "month"},
        {SOURCE("{kind: events, columns: {resident_number: R, month: A}}"), TG_MSG_STUDY_MISSING, 4,
         "sources.s.columns", "amount"},
        {SOURCE("{kind: measures, columns: {resident_number: R, date: A}}"), TG_MSG_STUDY_MISSING,
         4, "sources.s", "measures"},
        {SOURCE("{kind: measures, columns: {resident_number: R}, measures: {a: A}}"),
         TG_MSG_STUDY_MISSING, 4, "sources.s.columns", "date"},
        {SOURCE("{kind: roster, columns: {sex: S}, measures: {a: A}}"), TG_MSG_STUDY_VALUE, 4,
         "sources.s.measures", "kind measures"},
        {SOURCE("{kind: roster, columns: {sex: S}, attributes: {a: S}}"), TG_MSG_STUDY_CLEAR, 4,
         "sources.s.attributes.a", "sex"},
        {SOURCE("{kind: roster, columns: {sex: S}, attributes: {phone: T}}"), TG_MSG_STUDY_CLEAR, 4,
         "sources.s.attributes.phone", ""},
        {SOURCE("{kind: roster, columns: {district: S}, attributes: {a: S}}"), TG_MSG_STUDY_HEADER,
         4, "sources.s.attributes.a", "district"},
        {SOURCE("{kind: roster, columns: {sex: S}, attributes: {district: T}}"), TG_MSG_STUDY_VALUE,
         4, "sources.s.attributes.district", "already"},
        {SOURCE("{kind: roster, columns: {sex: S}, attributes: {token_x: T}}"), TG_MSG_STUDY_VALUE,
         4, "sources.s.attributes.token_x", "already"},
        {SOURCE("{kind: roster, columns: {sex: S}, attributes: {'a,b': T}}"), TG_MSG_STUDY_VALUE, 4,
         "sources.s.attributes.a,b", "letters"},
        {SOURCE("{kind: measures, columns: {sex: S, date: D}, measures: {a: A}, "
                "attributes: {a: B}}"),
         TG_MSG_STUDY_VALUE, 4, "sources.s.attributes.a", "no measure"},
        {SOURCE("{kind: roster, columns: {sex: S}, scale: 10}"), TG_MSG_STUDY_VALUE, 4,
         "sources.s.scale", "events"},
        {SOURCE("{kind: roster, columns: {sex: S}, encoding: sjis}"), TG_MSG_STUDY_VALUE, 4,
         "sources.s.encoding", "cp932"},
        {SOURCE("{kind: roster, columns: {sex: S}, header_row: 0}"), TG_MSG_STUDY_VALUE, 4,
         "sources.s.header_row", "1…1000000"},
        {SOURCE("{kind: roster, columns: {sex: S}, delimiter: ab}"), TG_MSG_STUDY_VALUE, 4,
         "sources.s.delimiter", "tab"},
        {SOURCE("{kind: roster, columns: {sex: S}, delimiter: '\"'}"), TG_MSG_STUDY_VALUE, 4,
         "sources.s.delimiter", "tab"},
        {SOURCE("{kind: roster, columns: {sex: S}, attributes: {loss_reason: T}}"),
         TG_MSG_STUDY_VALUE, 4, "sources.s.attributes.loss_reason", "already"},
        {SOURCE("{kind: roster, columns: {sex: S}, death: ['05']}"), TG_MSG_STUDY_VALUE, 4,
         "sources.s.death", "loss_reason"},
        {SOURCE("{kind: roster, columns: {loss_reason: S}, death: []}"), TG_MSG_STUDY_VALUE, 4,
         "sources.s.death", "loss_reason"},
        {SOURCE("{kind: roster, columns: {loss_reason: S}, death: '05'}"), TG_MSG_STUDY_VALUE, 4,
         "sources.s.death", "list"},
        {SOURCE("{kind: roster, columns: {loss_reason: S}, death: ['*']}"), TG_MSG_STUDY_VALUE, 4,
         "sources.s.death", "means death"},
        {SOURCE("{kind: events, columns: {resident_number: R, month: A, amount: B, "
                "loss_reason: C}}"),
         TG_MSG_STUDY_UNKNOWN_KEY, 4, "sources.s.columns.loss_reason", "month"},
        {SOURCE("{kind: roster, columns: {sex: S}, colour: red}"), TG_MSG_STUDY_UNKNOWN_KEY, 4,
         "sources.s.colour", "columns, kind"},
        {HEAD "sources: {'a/b': {kind: roster, columns: {sex: S}}}\n", TG_MSG_STUDY_VALUE, 3,
         "sources.a/b", "name"},
        {HEAD "sources: {.a: {kind: roster, columns: {sex: S}}}\n", TG_MSG_STUDY_VALUE, 3,
         "sources..a", "name"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refuse(&cases[i]);
}
END_TEST

START_TEST(tokens_are_checked)
{
    static const struct wrong cases[] = {
        {HEAD ROSTER "tokens: japonese\n", TG_MSG_STUDY_VALUE, 5, "tokens", "japanese, latin"},
        {HEAD ROSTER "tokens: {}\n", TG_MSG_STUDY_VALUE, 5, "tokens", "map of"},
        {HEAD ROSTER "tokens: [sex]\n", TG_MSG_STUDY_VALUE, 5, "tokens", "map"},
        {HEAD ROSTER "tokens:\n  a: []\n", TG_MSG_STUDY_VALUE, 6, "tokens.a", "1…16"},
        {HEAD ROSTER "tokens:\n  a: sex\n", TG_MSG_STUDY_VALUE, 6, "tokens.a", "list"},
        {HEAD ROSTER "tokens:\n  app: [sex]\n", TG_MSG_STUDY_VALUE, 6, "tokens.app", "not app"},
        {HEAD ROSTER "tokens:\n  a b: [sex]\n", TG_MSG_STUDY_VALUE, 6, "tokens.a b", "letters"},
        {HEAD ROSTER "tokens:\n  a: [sex,\n    birthdate]\n", TG_MSG_STUDY_VALUE, 7, "tokens.a",
         "birth_date, insurer_number"},
        {HEAD ROSTER "tokens:\n  a: [sex~2]\n", TG_MSG_STUDY_VALUE, 6, "tokens.a", "sex, "},
        {HEAD ROSTER "tokens:\n  a: [~1]\n", TG_MSG_STUDY_VALUE, 6, "tokens.a", ""},
        {HEAD ROSTER "tokens:\n  a: [district]\n", TG_MSG_STUDY_VALUE, 6, "tokens.a", ""},
        {HEAD ROSTER "tokens:\n  a: [sex, sex]\n", TG_MSG_STUDY_VALUE, 6, "tokens.a", "once"},
        {HEAD ROSTER "tokens:\n  a: [name, name~1]\n", TG_MSG_STUDY_VALUE, 6, "tokens.a", "once"},
        {HEAD ROSTER "tokens:\n  a: [kana_name~1, name~1]\n", TG_MSG_STUDY_VALUE, 6, "tokens.a",
         "one field"},
        {HEAD ROSTER "tokens:\n  a: [sex]\n  a: [name]\n", TG_MSG_STUDY_DUPLICATE, 7, "tokens.a",
         ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refuse(&cases[i]);
}
END_TEST

START_TEST(comparison_is_checked)
{
    static const struct wrong cases[] = {
        {EVENTS "cohort: {}\n", TG_MSG_STUDY_MISSING, 5, "cohort", "outcomes"},
        {EVENTS "outcomes: [{name: a, source: e}]\n", TG_MSG_STUDY_MISSING, 5, "outcomes",
         "cohort"},
        {EVENTS "outcomes: []\n", TG_MSG_STUDY_VALUE, 5, "outcomes", "list"},
        {EVENTS "outcomes: [{source: e}]\n", TG_MSG_STUDY_MISSING, 5, "outcomes", "name"},
        {EVENTS "outcomes: [{name: a, source: x}]\n", TG_MSG_STUDY_VALUE, 5, "outcomes.source",
         "e"},
        {HEAD ROSTER "outcomes: [{name: a, source: r}]\n", TG_MSG_STUDY_VALUE, 5, "outcomes.source",
         "kind events"},
        {EVENTS "outcomes: [{name: a, source: e, design: rct}]\n", TG_MSG_STUDY_VALUE, 5,
         "outcomes.design", "did"},
        {EVENTS "outcomes:\n  - {name: a, source: e}\n  - {name: a, source: e}\n",
         TG_MSG_STUDY_VALUE, 7, "outcomes.name", "once"},
        {EVENTS "cohort: {index: yesterday}\n", TG_MSG_STUDY_VALUE, 5, "cohort.index",
         "registered"},
        {EVENTS "cohort: {index: 2025-13}\n", TG_MSG_STUDY_VALUE, 5, "cohort.index", "YYYY-MM"},
        {EVENTS "cohort: {baseline_months: 0}\n", TG_MSG_STUDY_VALUE, 5, "cohort.baseline_months",
         "1…120"},
        {EVENTS "cohort: {followup_months: 121}\n", TG_MSG_STUDY_VALUE, 5, "cohort.followup_months",
         "1…120"},
        {EVENTS "cohort: {age: [40]}\n", TG_MSG_STUDY_VALUE, 5, "cohort.age", "min"},
        {EVENTS "cohort: {age: [74, 40]}\n", TG_MSG_STUDY_VALUE, 5, "cohort.age", "min"},
        {EVENTS "cohort: {age: [0, 131]}\n", TG_MSG_STUDY_VALUE, 5, "cohort.age", "130"},
        {EVENTS "cohort: {participants: {provider: p}}\n", TG_MSG_STUDY_VALUE, 5,
         "cohort.participants.provider", "users"},
        {EVENTS "cohort: {match: {exact: [sex, ages]}}\n", TG_MSG_STUDY_VALUE, 5,
         "cohort.match.exact", "age, sex"},
        {EVENTS "cohort: {match: {exact: []}}\n", TG_MSG_STUDY_VALUE, 5, "cohort.match.exact",
         "list"},
        {EVENTS "cohort: {match: {calliper: 0.2}}\n", TG_MSG_STUDY_UNKNOWN_KEY, 5,
         "cohort.match.calliper", "caliper"},
        {EVENTS "cohort: {seed: -1}\n", TG_MSG_STUDY_VALUE, 5, "cohort.seed", "0…"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refuse(&cases[i]);
}
END_TEST

START_TEST(size_is_bounded)
{
    struct tg_buf b = {0};
    struct tg_study *s = NULL;
    ck_assert_int_eq(tg_buf_printf(&b, &err, HEAD "sources:\n"), TG_OK);
    for (int i = 0; i <= TG_YAML_CHILDREN_MAX; i++)
        ck_assert_int_eq(tg_buf_printf(&b, &err, "  s%d: {kind: roster}\n", i), TG_OK);
    ck_assert_int_eq(tg_study_parse("s", b.data, b.len, &s, &err), TG_CONFIG);
    ck_assert_int_eq(err.message, TG_MSG_STUDY_SYNTAX);
    ck_assert_uint_eq(err.line, 4 + TG_YAML_CHILDREN_MAX);
    tg_buf_free(&b);
}
END_TEST

START_TEST(a_missing_file_is_no_input)
{
    struct tg_study *s = NULL;
    ck_assert_int_eq(tg_study_load("/nonexistent/study.yaml", &s, &err), TG_NO_INPUT);
    ck_assert_int_eq(tg_study_load("/tmp", &s, &err), TG_NO_INPUT);
    ck_assert_ptr_null(s);
    tg_study_free(&s);
    tg_study_free(NULL);
}
END_TEST

START_TEST(kinds_have_names)
{
    enum tg_kind kind;
    for (int k = 0; k < TG_N_KINDS; k++) {
        ck_assert(tg_kind_parse(tg_kind_name((enum tg_kind)k), &kind));
        ck_assert_int_eq(kind, k);
    }
    ck_assert(!tg_kind_parse("user", &kind));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("table study");
    TCase *t = tcase_create("study");
    tcase_add_test(t, sources_are_as_written);
    tcase_add_test(t, tokens_are_as_written);
    tcase_add_test(t, settings_are_as_written);
    tcase_add_test(t, what_is_absent_has_a_default);
    tcase_add_test(t, token_sets_come_with_the_program);
    tcase_add_test(t, population_sets_the_smallest_count);
    tcase_add_test(t, template_loads);
    tcase_add_test(t, digest_is_over_what_changes_tokens);
    tcase_add_test(t, the_manuals_example_loads);
    tcase_add_test(t, the_manuals_lines_load);
    tcase_add_test(t, yaml_is_checked);
    tcase_add_test(t, top_level_is_checked);
    tcase_add_test(t, sources_are_checked);
    tcase_add_test(t, tokens_are_checked);
    tcase_add_test(t, comparison_is_checked);
    tcase_add_test(t, size_is_bounded);
    tcase_add_test(t, a_missing_file_is_no_input);
    tcase_add_test(t, kinds_have_names);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
