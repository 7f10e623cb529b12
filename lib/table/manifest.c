/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/digest.h"
#include "table/tokenfile.h"
#include "text/calendar.h"

#include <jansson.h>

#include <stdlib.h>
#include <string.h>

enum {
    MANIFEST_MAX = 1024 * 1024,
    TOKENS_MAX = 257, /* of a study, and "app" */
    WARNINGS_MAX = 1000,
};

static const char format[] = "totsugo-tokens/1";
static const char suffix[] = ".manifest.json";
static const char own_digest_key[] = "manifest_sha256";
static const char own_tool[] = "totsugo ";

char *tg_manifest_path(struct tg_arena *arena, const char *token_path, struct tg_error *err)
{
    size_t len = strlen(token_path);
    char *path = tg_arena_alloc(arena, len + sizeof suffix, 1, err);
    if (path) {
        memcpy(path, token_path, len);
        memcpy(path + len, suffix, sizeof suffix);
    }
    return path;
}

static bool is_format(const char *s)
{
    return s[0] != '\0';
}

static bool is_name(const char *s)
{
    return s[0] && strlen(s) <= 63;
}

static bool is_name_or_empty(const char *s)
{
    return strlen(s) <= 63;
}

static bool is_kind(const char *s)
{
    enum tg_kind kind;
    return tg_kind_parse(s, &kind);
}

static bool is_month_or_empty(const char *s)
{
    int32_t month;
    return !s[0] || tg_month_scan(s, strlen(s), &month);
}

static bool is_hex(const char *s, size_t len)
{
    return strlen(s) == len && strspn(s, "0123456789abcdef") == len;
}

static bool is_digest(const char *s)
{
    return is_hex(s, TG_DIGEST_HEX);
}

static bool is_key_id(const char *s)
{
    return is_hex(s, TG_KEY_ID_HEX);
}

static bool is_tool(const char *s)
{
    return strlen(s) <= 255;
}

/* The texts of a manifest; what else it has stands between them when it is written. */
static const struct text_rule {
    const char *key;
    size_t offset;
    bool (*holds)(const char *);
    const char *allowed;
} text_rules[] = {
    {"format", offsetof(struct tg_manifest, format), is_format, format},
    {"study", offsetof(struct tg_manifest, study), is_name, "a study id"},
    {"study_digest", offsetof(struct tg_manifest, study_digest), is_digest, "64 hex digits"},
    {"source", offsetof(struct tg_manifest, source), is_name, "a source's name"},
    {"kind", offsetof(struct tg_manifest, kind), is_kind,
     "roster, users, consents, events, measures"},
    {"provider", offsetof(struct tg_manifest, provider), is_name_or_empty,
     "a provider's name or \"\""},
    {"period", offsetof(struct tg_manifest, period), is_month_or_empty, "YYYY-MM or \"\""},
    {"normalizer", offsetof(struct tg_manifest, normalizer), is_name, TG_NORMALIZER},
    {"key_id", offsetof(struct tg_manifest, key_id), is_key_id, "16 hex digits"},
    {"sha256", offsetof(struct tg_manifest, sha256), is_digest, "64 hex digits"},
    {"tool", offsetof(struct tg_manifest, tool), is_tool, "the program that made it"},
};

/* Only bridges have them. */
static bool is_key_id_or_empty(const char *s)
{
    return !s[0] || is_key_id(s);
}

static const struct text_rule bridge_rules[] = {
    {"row_key_id", offsetof(struct tg_manifest, row_key_id), is_key_id_or_empty, "16 hex digits"},
    {"overlap_until", offsetof(struct tg_manifest, overlap_until), is_month_or_empty,
     "YYYY-MM or \"\""},
};
enum { N_BRIDGE = sizeof bridge_rules / sizeof bridge_rules[0] };

enum { N_TEXTS = sizeof text_rules / sizeof text_rules[0], TEXTS_BEFORE_TOKENS = N_TEXTS - 2 };

/* A manifest being read. */
struct reader {
    const char *path;
    struct tg_arena *arena;
    struct tg_error *err;
};

static enum tg_status refuse(const struct reader *r, const char *key, const char *allowed)
{
    return TG_FAIL(r->err, TG_MSG_MANIFEST_VALUE, .file = r->path, .column = key, .rule = allowed);
}

static enum tg_status read_text(const struct reader *r, const json_t *root,
                                const struct text_rule *rule, struct tg_manifest *m)
{
    const char *value = json_string_value(json_object_get(root, rule->key));
    if (!value || !rule->holds(value))
        return refuse(r, rule->key, rule->allowed);
    const char *copy = tg_arena_strndup(r->arena, value, strlen(value), r->err);
    if (!copy)
        return TG_NO_MEMORY;
    memcpy((char *)m + rule->offset, &copy, sizeof copy);
    return TG_OK;
}

static enum tg_status read_count(const struct reader *r, const json_t *value, const char *key,
                                 uint64_t *out)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return refuse(r, key, "a whole number");
    *out = (uint64_t)json_integer_value(value);
    return TG_OK;
}

static bool has_token(const struct tg_manifest *m, const char *name)
{
    for (size_t i = 0; i < m->n_tokens; i++) {
        if (!strcmp(m->tokens[i], name))
            return true;
    }
    return false;
}

static enum tg_status read_tokens(const struct reader *r, const json_t *root, struct tg_manifest *m)
{
    const json_t *list = json_object_get(root, "tokens");
    size_t n = json_array_size(list);
    if (!json_is_array(list) || n > TOKENS_MAX)
        return refuse(r, "tokens", "a list of token names");
    m->tokens = tg_arena_alloc(r->arena, n, sizeof *m->tokens, r->err);
    if (!m->tokens)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        const char *name = json_string_value(json_array_get(list, i));
        if (!name || !is_name(name) || has_token(m, name))
            return refuse(r, "tokens", "a list of token names, each once");
        m->tokens[i] = tg_arena_strndup(r->arena, name, strlen(name), r->err);
        if (!m->tokens[i])
            return TG_NO_MEMORY;
        m->n_tokens++;
    }
    return TG_OK;
}

static int by_rule(const void *a, const void *b)
{
    const struct tg_count *x = a, *y = b;
    return strcmp(x->rule, y->rule);
}

static enum tg_status read_warnings(const struct reader *r, json_t *root, struct tg_manifest *m)
{
    json_t *map = json_object_get(root, "warnings"), *value;
    const char *rule;
    size_t n = json_object_size(map), i = 0;
    if (!json_is_object(map) || n > WARNINGS_MAX)
        return refuse(r, "warnings", "a map of rules and counts");
    struct tg_count *counts = tg_arena_alloc(r->arena, n, sizeof *counts, r->err);
    if (!counts)
        return TG_NO_MEMORY;
    json_object_foreach(map, rule, value)
    {
        enum tg_status status = read_count(r, value, "warnings", &counts[i].n);
        if (status)
            return status;
        counts[i].rule = tg_arena_strndup(r->arena, rule, strlen(rule), r->err);
        if (!counts[i++].rule)
            return TG_NO_MEMORY;
    }
    qsort(counts, n, sizeof *counts, by_rule);
    m->warnings = counts;
    m->n_warnings = n;
    return TG_OK;
}

static enum tg_status read_manifest(const struct reader *r, json_t *root, struct tg_manifest *m)
{
    enum tg_status status = read_text(r, root, &text_rules[0], m);
    if (!status && strcmp(m->format, format))
        return TG_FAIL(r->err, TG_MSG_MANIFEST_FORMAT, .file = r->path, .rule = format);
    for (size_t i = 1; i < N_TEXTS && !status; i++)
        status = read_text(r, root, &text_rules[i], m);
    m->row_key_id = m->overlap_until = "";
    for (size_t i = 0; i < N_BRIDGE && !status; i++) {
        if (json_object_get(root, bridge_rules[i].key))
            status = read_text(r, root, &bridge_rules[i], m);
    }
    if (!status)
        status = read_tokens(r, root, m);
    if (!status)
        status = read_count(r, json_object_get(root, "rows"), "rows", &m->rows);
    if (!status)
        status = read_count(r, json_object_get(root, "rejected"), "rejected", &m->rejected);
    return status ? status : read_warnings(r, root, m);
}

/*
 * The manifest's own digest: SHA-256 over its other members as compact JSON, in their order. It
 * finds a digit that changed on the way; it is no signature.
 */
static enum tg_status own_digest(const json_t *root, char out[TG_DIGEST_HEX + 1],
                                 struct tg_error *err)
{
    char *text = json_dumps(root, JSON_COMPACT);
    if (!text)
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
    tg_digest_of(text, strlen(text), out);
    free(text);
    return TG_OK;
}

/* Other programs' manifests may lack it, ours never do. */
static enum tg_status check_own_digest(const struct reader *r, json_t *root, const char *tool)
{
    char stands[TG_DIGEST_HEX + 1], is[TG_DIGEST_HEX + 1];
    const json_t *value = json_object_get(root, own_digest_key);
    if (!value && strncmp(tool, own_tool, sizeof own_tool - 1) != 0)
        return TG_OK;
    if (!value)
        return TG_FAIL(r->err, TG_MSG_MANIFEST_CHANGED, .file = r->path);
    if (!json_is_string(value) || !is_digest(json_string_value(value)))
        return refuse(r, own_digest_key, "64 hex digits");
    memcpy(stands, json_string_value(value), sizeof stands);
    (void)json_object_del(root, own_digest_key);
    enum tg_status status = own_digest(root, is, r->err);
    if (!status && strcmp(stands, is))
        status = TG_FAIL(r->err, TG_MSG_MANIFEST_CHANGED, .file = r->path);
    return status;
}

enum tg_status tg_manifest_parse(const char *path, const char *text, size_t len,
                                 struct tg_arena *arena, struct tg_manifest *out,
                                 struct tg_error *err)
{
    const struct reader r = {path, arena, err};
    struct tg_manifest m = {0};
    json_error_t where;
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);
    if (!root) {
        if (json_error_code(&where) == json_error_out_of_memory)
            return TG_FAIL(err, TG_MSG_NO_MEMORY, .file = path);
        return TG_FAIL(err, TG_MSG_MANIFEST_SYNTAX, .file = path,
                       .line = where.line > 0 ? (uint64_t)where.line : 0);
    }
    enum tg_status status = read_manifest(&r, root, &m);
    if (!status)
        status = check_own_digest(&r, root, m.tool);
    json_decref(root);
    if (!status)
        *out = m;
    return status;
}

enum tg_status tg_manifest_read(const char *path, struct tg_arena *arena, struct tg_manifest *out,
                                struct tg_error *err)
{
    struct tg_buf text = {0};
    enum tg_status status = tg_file_read_whole(path, MANIFEST_MAX, &text, err);
    if (!status)
        status = tg_manifest_parse(path, text.data ? text.data : "", text.len, arena, out, err);
    tg_buf_free(&text);
    return status;
}

static int put_text(json_t *root, const struct tg_manifest *m, const struct text_rule *rule)
{
    const char *value;
    memcpy(&value, (const char *)m + rule->offset, sizeof value);
    return json_object_set_new(root, rule->key, json_string(value ? value : ""));
}

static int put_count(json_t *map, const char *key, uint64_t n)
{
    return json_object_set_new(map, key, json_integer((json_int_t)n));
}

static int put_lists(json_t *root, const struct tg_manifest *m)
{
    json_t *tokens = json_array(), *warnings = json_object();
    int bad = 0;
    for (size_t i = 0; i < m->n_tokens; i++)
        bad |= json_array_append_new(tokens, json_string(m->tokens[i]));
    for (size_t i = 0; i < m->n_warnings; i++)
        bad |= put_count(warnings, m->warnings[i].rule, m->warnings[i].n);
    bad |= json_object_set_new(root, "tokens", tokens);
    bad |= put_count(root, "rows", m->rows);
    bad |= put_count(root, "rejected", m->rejected);
    return bad | json_object_set_new(root, "warnings", warnings);
}

/* The manifest as JSON in the contract's order of keys, or NULL. */
static json_t *manifest_json(const struct tg_manifest *m, json_t *profile)
{
    json_t *root = json_object();
    int bad = root ? 0 : -1;
    for (size_t i = 0; i < N_TEXTS && !bad; i++) {
        if (i == TEXTS_BEFORE_TOKENS)
            bad |= put_lists(root, m);
        bad |= put_text(root, m, &text_rules[i]);
    }
    for (size_t i = 0; i < N_BRIDGE && !bad && m->row_key_id && m->row_key_id[0]; i++)
        bad |= put_text(root, m, &bridge_rules[i]);
    if (!bad && profile)
        bad |= json_object_set(root, "profile", profile);
    if (bad) {
        json_decref(root);
        root = NULL;
    }
    return root;
}

/* Last of all, so that it covers the rest. */
static enum tg_status add_own_digest(json_t *root, struct tg_error *err)
{
    char digest[TG_DIGEST_HEX + 1];
    enum tg_status status = own_digest(root, digest, err);
    if (!status && json_object_set_new(root, own_digest_key, json_string(digest)))
        status = TG_FAIL(err, TG_MSG_NO_MEMORY, .line = 0);
    return status;
}

static enum tg_status write_text(const char *path, const char *text, bool force,
                                 struct tg_output **out, struct tg_error *err)
{
    struct tg_output *o = NULL;
    unsigned flags = TG_OUTPUT_PUBLIC | (force ? (unsigned)TG_OUTPUT_FORCE : 0u);
    enum tg_status status = tg_output_begin(path, flags, &o, err);
    if (!status)
        status = tg_output_write(o, text, strlen(text), err);
    if (!status)
        status = tg_output_write(o, "\n", 1, err);
    if (status)
        tg_output_discard(&o);
    else
        *out = o;
    return status;
}

enum tg_status tg_manifest_finish(const char *path, const struct tg_manifest *m, const char *extra,
                                  bool force, struct tg_output **out, struct tg_error *err)
{
    json_t *profile = extra ? json_loads(extra, JSON_REJECT_DUPLICATES, NULL) : NULL;
    /* The text is the program's own; where jansson gives it up, an allocation failed inside its
     * scanner, for which it has no code of its own. */
    if (extra && !profile)
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .file = path);
    if (extra && !json_is_object(profile)) {
        json_decref(profile);
        return TG_FAIL(err, TG_MSG_BUG, .rule = "a profile is a JSON object");
    }
    json_t *root = manifest_json(m, profile);
    enum tg_status status =
        root ? add_own_digest(root, err) : TG_FAIL(err, TG_MSG_NO_MEMORY, .file = path);
    char *text = status ? NULL : json_dumps(root, JSON_INDENT(2));
    if (!status)
        status = text ? write_text(path, text, force, out, err)
                      : TG_FAIL(err, TG_MSG_NO_MEMORY, .file = path);
    free(text);
    json_decref(root);
    json_decref(profile);
    return status;
}

enum tg_status tg_manifest_write(const char *path, const struct tg_manifest *m, const char *extra,
                                 bool force, struct tg_error *err)
{
    struct tg_output *output = NULL;
    enum tg_status status = tg_manifest_finish(path, m, extra, force, &output, err);
    return status ? status : tg_output_commit(&output, err);
}
