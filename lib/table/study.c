/* SPDX-License-Identifier: Apache-2.0 */
#include "table/study.h"

#include "crypto/digest.h"
#include "sys/file.h"
#include "table/study_read.h"

#include <stdlib.h>
#include <string.h>

enum { STUDY_FILE_MAX = 1024 * 1024 };

#define AT(member) offsetof(struct tg_study, member)

static enum tg_status read_id(struct tg_study_reader *r, const struct tg_node *node, void *object)
{
    struct tg_study *study = object;
    const char *id = node->kind == TG_NODE_TEXT ? node->text : "";
    size_t len = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-");
    if (len == 0 || len > TG_STUDY_ID_MAX || id[len])
        return tg_bad_value(r, node, "1…63 of a-z, 0-9 and -");
    study->id = tg_arena_strndup(&study->arena, id, len, r->err);
    return study->id ? TG_OK : TG_NO_MEMORY;
}

static enum tg_status check_version(struct tg_study_reader *r, const struct tg_node *node,
                                    void *object)
{
    (void)object;
    if (node->kind != TG_NODE_TEXT || strcmp(node->text, "1"))
        return tg_bad_value(r, node, "1");
    return TG_OK;
}

static const struct tg_rule limits_rules[] = {
    {"rejects", TG_RULE_REAL, .offset = AT(max_rejects), .min = 0, .max = 1},
    {"unreadable", TG_RULE_REAL, .offset = AT(max_unreadable), .min = 0, .max = 1},
    {"missing_months", TG_RULE_INT, .offset = AT(missing_months), .min = 0, .max = 1200},
    {.key = NULL},
};

static const struct tg_rule consent_rules[] = {
    {"purpose", TG_RULE_TEXT, .offset = AT(purpose)},
    {"valid_months", TG_RULE_INT, .offset = AT(consent_months), .min = 0, .max = 1200},
    {"form", TG_RULE_CUSTOM, .read = tg_read_forms},
    {"forms", TG_RULE_CUSTOM, .read = tg_read_forms},
    {.key = NULL},
};

static const struct tg_rule linkage_rules[] = {
    {"accept", TG_RULE_REAL, .offset = AT(accept), .min = 0, .max = 1},
    {"review", TG_RULE_REAL, .offset = AT(review), .min = 0, .max = 1},
    {"margin", TG_RULE_REAL, .offset = AT(margin), .min = 0, .max = 100},
    {"drift", TG_RULE_REAL, .offset = AT(drift), .min = 0, .max = 1},
    {.key = NULL},
};

static const struct tg_rule study_rules[] = {
    {"version", TG_RULE_CUSTOM, .required = true, .read = check_version},
    {"study", TG_RULE_CUSTOM, .required = true, .read = read_id},
    {"fields", TG_RULE_CUSTOM, .read = tg_read_fields},
    {"sources", TG_RULE_CUSTOM, .required = true, .read = tg_read_sources},
    {"tokens", TG_RULE_CUSTOM, .read = tg_read_tokens},
    {"limits", TG_RULE_SECTION, .section = limits_rules},
    {"consent", TG_RULE_SECTION, .section = consent_rules},
    {"linkage", TG_RULE_SECTION, .section = linkage_rules},
    {"cohort", TG_RULE_CUSTOM, .read = tg_read_cohort},
    {"outcomes", TG_RULE_CUSTOM, .read = tg_read_outcomes},
    {"pfs", TG_RULE_CUSTOM, .read = tg_read_pfs},
    {"disclosure", TG_RULE_CUSTOM, .read = tg_read_disclosure},
    {.key = NULL},
};

static void set_defaults(struct tg_study *study)
{
    study->max_rejects = 0.01;
    study->max_unreadable = 0.05;
    study->missing_months = 11;
    study->purpose = "outcome-evaluation";
    study->accept = 0.99;
    study->review = 0.5;
    study->drift = 0.05;
    study->min_cell = 10;
    study->cohort = (struct tg_cohort_rules){
        .index = TG_INDEX_FIRST_CONSENT,
        .baseline_months = 12,
        .followup_months = 12,
        .age_min = 0,
        .age_max = 130,
        .seed = 1,
    };
}

/* What holds between sections. */
static enum tg_status check_whole(struct tg_study_reader *r, const struct tg_node *root)
{
    const struct tg_study *study = r->study;
    const struct tg_node *linkage = tg_node_child(root, "linkage");
    if (study->review > study->accept) {
        const struct tg_node *review = tg_node_child(linkage, "review");
        return tg_bad_value(r, review ? review : tg_node_child(linkage, "accept"),
                            "review at most accept; review is 0.5 when absent");
    }
    if (study->has_cohort && !study->n_outcomes)
        return tg_missing_key(r, tg_node_child(root, "cohort"), "outcomes");
    if (!study->has_cohort && study->n_outcomes)
        return tg_missing_key(r, tg_node_child(root, "outcomes"), "cohort");
    return TG_OK;
}

static enum tg_status read_study(struct tg_study_reader *r, const struct tg_node *root)
{
    enum tg_status status = tg_rules_read(r, root, study_rules, r->study);
    if (!status)
        status = tg_default_tokens(r);
    if (!status)
        status = tg_default_covariates(r);
    if (!status)
        status = check_whole(r, root);
    return status ? status : tg_study_digest(r);
}

enum tg_status tg_study_parse(const char *path, const char *text, size_t len, struct tg_study **out,
                              struct tg_error *err)
{
    struct tg_arena tree = {0};
    const struct tg_node *root = NULL;
    struct tg_study *study = tg_calloc(1, sizeof *study, err);
    if (!study)
        return TG_NO_MEMORY;
    struct tg_study_reader r = {study, err};
    enum tg_status status = TG_OK;
    set_defaults(study);
    tg_digest_of(text, len, study->file_digest);
    study->path = tg_arena_strndup(&study->arena, path, strlen(path), err);
    if (!study->path)
        status = TG_NO_MEMORY;
    if (!status)
        status = tg_yaml_read(text, len, path, &tree, &root, err);
    if (!status)
        status = read_study(&r, root);
    tg_arena_free(&tree);
    if (status)
        tg_study_free(&study);
    else
        *out = study;
    return status;
}

enum tg_status tg_study_load(const char *path, struct tg_study **out, struct tg_error *err)
{
    struct tg_buf text = {0};
    enum tg_status status = tg_file_read_whole(path, STUDY_FILE_MAX, &text, err);
    /* a study file that is too large is a wrong study file */
    if (status == TG_DATA)
        status = TG_FAIL(err, TG_MSG_STUDY_SYNTAX, .file = path, .rule = "at most 1 MiB");
    if (!status)
        status = tg_study_parse(path, text.data ? text.data : "", text.len, out, err);
    tg_buf_free(&text);
    return status;
}

void tg_study_free(struct tg_study **study)
{
    if (!study || !*study)
        return;
    tg_arena_free(&(*study)->arena);
    free(*study);
    *study = NULL;
}

const char *tg_study_id(const struct tg_study *study)
{
    return study->id;
}
