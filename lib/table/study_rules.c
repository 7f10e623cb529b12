/* SPDX-License-Identifier: Apache-2.0 */
#include "table/study_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT_MAX = 255,
    NAME_MAX_LEN = 63,
    NUMBER_MAX_LEN = 32,
    SAID_MAX = 192, /* of a rule in an error */
    WORDS_MAX = 16,
};

enum tg_status tg_study_refuse(struct tg_study_reader *r, const struct tg_node *node,
                               enum tg_message message, const char *rule)
{
    char path[128];
    tg_node_path(node, path, sizeof path);
    return TG_FAIL(r->err, message, .file = r->study->path, .line = node->line, .column = path,
                   .rule = rule);
}

enum tg_status tg_bad_value(struct tg_study_reader *r, const struct tg_node *node,
                            const char *allowed)
{
    return tg_study_refuse(r, node, TG_MSG_STUDY_VALUE, allowed);
}

enum tg_status tg_missing_key(struct tg_study_reader *r, const struct tg_node *node,
                              const char *key)
{
    return tg_study_refuse(r, node, TG_MSG_STUDY_MISSING, key);
}

static size_t cut_length(const char *s)
{
    size_t len = strlen(s);
    return len < NAME_MAX_LEN ? len : NAME_MAX_LEN;
}

/* Levenshtein distance of two words, each cut at NAME_MAX_LEN. */
static size_t distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_LEN + 1];
    size_t len_a = cut_length(a), len = cut_length(b);
    for (size_t j = 0; j <= len; j++)
        row[j] = j;
    for (size_t i = 0; i < len_a; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < len; j++) {
            size_t change = diagonal + (a[i] != b[j]);
            size_t step = (row[j] < row[j + 1] ? row[j] : row[j + 1]) + 1;
            diagonal = row[j + 1];
            row[j + 1] = change < step ? change : step;
        }
    }
    return row[len];
}

static bool say(char *out, size_t *at, const char *name)
{
    static const char more[] = ", …";
    size_t room = SAID_MAX - sizeof more - *at;
    int len = snprintf(out + *at, room, "%s%s", *at ? ", " : "", name);
    if (len > 0 && (size_t)len < room) {
        *at += (size_t)len;
        return true;
    }
    memcpy(out + *at, more, sizeof more);
    return false;
}

/* The names, the one nearest to `wrong` first, as many as an error can hold. */
static void list_names(const char *wrong, const char *const *names, size_t n, char out[SAID_MAX])
{
    size_t nearest = 0, at = 0;
    out[0] = '\0';
    for (size_t i = 1; i < n; i++) {
        if (distance(wrong, names[i]) < distance(wrong, names[nearest]))
            nearest = i;
    }
    bool room = n > 0 && say(out, &at, names[nearest]);
    for (size_t i = 0; i < n && room; i++) {
        if (i != nearest)
            room = say(out, &at, names[i]);
    }
}

enum tg_status tg_bad_word(struct tg_study_reader *r, const struct tg_node *node,
                           const char *const *names, size_t n)
{
    char allowed[SAID_MAX];
    list_names(node->kind == TG_NODE_TEXT ? node->text : "", names, n, allowed);
    return tg_bad_value(r, node, allowed);
}

enum tg_status tg_unknown_key(struct tg_study_reader *r, const struct tg_node *node,
                              const char *const *names, size_t n)
{
    char allowed[SAID_MAX], path[128];
    list_names(node->key, names, n, allowed);
    tg_node_path(node, path, sizeof path);
    return TG_FAIL(r->err, TG_MSG_STUDY_UNKNOWN_KEY, .file = r->study->path, .line = node->key_line,
                   .column = path, .rule = allowed);
}

enum tg_status tg_need_map(struct tg_study_reader *r, const struct tg_node *node)
{
    return node->kind == TG_NODE_MAP ? TG_OK : tg_bad_value(r, node, "a map (key: value)");
}

enum tg_status tg_need_list(struct tg_study_reader *r, const struct tg_node *node)
{
    return node->kind == TG_NODE_LIST ? TG_OK : tg_bad_value(r, node, "a list [a, b]");
}

/* Bytes of white space at `s`: blanks, U+00A0, U+3000. */
static size_t space_at(const char *s, size_t len)
{
    if (len && strchr(" \t\n", s[0]))
        return 1;
    if (len >= 2 && !memcmp(s, "\xC2\xA0", 2))
        return 2;
    return len >= 3 && !memcmp(s, "\xE3\x80\x80", 3) ? 3 : 0;
}

static void trim(const char **s, size_t *len)
{
    for (size_t n; (n = space_at(*s, *len)) > 0;) {
        *s += n;
        *len -= n;
    }
    for (size_t n = 3; n > 0;) {
        if (n <= *len && space_at(*s + *len - n, n) == n) {
            *len -= n;
            n = 3;
        } else {
            n--;
        }
    }
}

enum tg_status tg_need_text(struct tg_study_reader *r, const struct tg_node *node, const char **out)
{
    const char *s = node->kind == TG_NODE_TEXT ? node->text : "";
    size_t len = strlen(s);
    trim(&s, &len);
    if (len == 0 || len > TEXT_MAX)
        return tg_bad_value(r, node, "text of 1…255 bytes");
    *out = tg_arena_strndup(&r->study->arena, s, len, r->err);
    return *out ? TG_OK : TG_NO_MEMORY;
}

void *tg_study_alloc(struct tg_study_reader *r, size_t n, size_t size)
{
    return tg_arena_alloc(&r->study->arena, n, size, r->err);
}

static bool is_plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

bool tg_plain_name_allowed(const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++) {
        if (!is_plain((unsigned char)name[i]))
            return false;
    }
    return len > 0 && len <= NAME_MAX_LEN;
}

bool tg_name_allowed(const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)name[i];
        if (!is_plain(c) && c < 0x80 && (c != '.' || i == 0))
            return false;
    }
    return len > 0 && len <= NAME_MAX_LEN;
}

bool tg_scan_uint(const char *s, uint64_t max, uint64_t *out)
{
    uint64_t number = 0;
    if (!*s)
        return false;
    for (; *s; s++) {
        if (*s < '0' || *s > '9' || __builtin_mul_overflow(number, 10u, &number) ||
            __builtin_add_overflow(number, (uint64_t)(*s - '0'), &number))
            return false;
    }
    *out = number;
    return number <= max;
}

/* Digits, and after a point digits again. */
static bool scan_real(const char *s, double *out)
{
    static const char digits[] = "0123456789";
    size_t whole = strspn(s, digits);
    size_t end = whole;
    if (s[whole] == '.') {
        size_t part = strspn(s + whole + 1, digits);
        end = part ? whole + 1 + part : 0;
    }
    if (whole == 0 || s[end] || end > NUMBER_MAX_LEN)
        return false;
    *out = strtod(s, NULL);
    return true;
}

static enum tg_status read_name(struct tg_study_reader *r, const struct tg_node *node, void *to)
{
    const char *text = NULL;
    enum tg_status status = tg_need_text(r, node, &text);
    if (!status && !tg_name_allowed(text))
        return tg_bad_value(r, node, "a name of 1…63 bytes: letters, digits, _ - .");
    if (!status)
        memcpy(to, &text, sizeof text);
    return status;
}

static enum tg_status bad_number(struct tg_study_reader *r, const struct tg_node *node,
                                 const struct tg_rule *rule)
{
    char allowed[SAID_MAX];
    (void)snprintf(allowed, sizeof allowed, "%.15g…%.15g%s", rule->min, rule->max,
                   rule->type == TG_RULE_REAL ? "" : ", a whole number");
    return tg_bad_value(r, node, allowed);
}

static enum tg_status read_number(struct tg_study_reader *r, const struct tg_node *node,
                                  const struct tg_rule *rule, void *to)
{
    const char *text = node->kind == TG_NODE_TEXT ? node->text : "";
    uint64_t whole = 0;
    double real = 0;
    bool ok = rule->type == TG_RULE_REAL ? scan_real(text, &real)
                                         : tg_scan_uint(text, (uint64_t)rule->max, &whole);
    if (rule->type != TG_RULE_REAL)
        real = (double)whole;
    if (!ok || !(real >= rule->min && real <= rule->max))
        return bad_number(r, node, rule);
    int number = rule->type == TG_RULE_INT ? (int)whole : 0;
    if (rule->type == TG_RULE_INT)
        memcpy(to, &number, sizeof number);
    else if (rule->type == TG_RULE_UINT64)
        memcpy(to, &whole, sizeof whole);
    else
        memcpy(to, &real, sizeof real);
    return TG_OK;
}

static enum tg_status read_word(struct tg_study_reader *r, const struct tg_node *node,
                                const struct tg_word *words, void *to)
{
    const char *names[WORDS_MAX];
    size_t n = 0;
    for (; words[n].word && n < WORDS_MAX; n++) {
        names[n] = words[n].word;
        if (node->kind == TG_NODE_TEXT && !strcmp(node->text, names[n])) {
            memcpy(to, &words[n].value, sizeof words[n].value);
            return TG_OK;
        }
    }
    return tg_bad_word(r, node, names, n);
}

static enum tg_status read_bool(struct tg_study_reader *r, const struct tg_node *node, void *to)
{
    static const struct tg_word words[] = {{"true", true}, {"false", false}, {NULL, 0}};
    int value = 0;
    enum tg_status status = read_word(r, node, words, &value);
    if (!status)
        *(bool *)to = value != 0;
    return status;
}

static enum tg_status read_text(struct tg_study_reader *r, const struct tg_node *node, void *to)
{
    const char *text = NULL;
    enum tg_status status = tg_need_text(r, node, &text);
    if (!status)
        memcpy(to, &text, sizeof text);
    return status;
}

static enum tg_status read_value(struct tg_study_reader *r, const struct tg_node *node,
                                 const struct tg_rule *rule, void *object)
{
    void *to = (char *)object + rule->offset;
    switch (rule->type) {
    case TG_RULE_TEXT:
        return read_text(r, node, to);
    case TG_RULE_NAME:
        return read_name(r, node, to);
    case TG_RULE_INT:
    case TG_RULE_UINT64:
    case TG_RULE_REAL:
        return read_number(r, node, rule, to);
    case TG_RULE_WORD:
        return read_word(r, node, rule->words, to);
    case TG_RULE_BOOL:
        return read_bool(r, node, to);
    case TG_RULE_SECTION:
        return tg_rules_read(r, node, rule->section, object);
    case TG_RULE_CUSTOM:
        return rule->read(r, node, object);
    }
    return TG_FAIL(r->err, TG_MSG_BUG, .rule = "a rule type that is known");
}

static enum tg_status refuse_unknown(struct tg_study_reader *r, const struct tg_node *map,
                                     const struct tg_rule *rules)
{
    const char *names[WORDS_MAX];
    size_t n = 0;
    for (; rules[n].key && n < WORDS_MAX; n++)
        names[n] = rules[n].key;
    for (const struct tg_node *child = map->first; child; child = child->next) {
        bool known = false;
        for (size_t i = 0; i < n; i++)
            known = known || !strcmp(child->key, names[i]);
        if (!known)
            return tg_unknown_key(r, child, names, n);
    }
    return TG_OK;
}

enum tg_status tg_rules_read(struct tg_study_reader *r, const struct tg_node *node,
                             const struct tg_rule *rules, void *object)
{
    enum tg_status status = tg_need_map(r, node);
    if (!status)
        status = refuse_unknown(r, node, rules);
    for (; !status && rules->key; rules++) {
        const struct tg_node *child = tg_node_child(node, rules->key);
        if (child)
            status = read_value(r, child, rules, object);
        else if (rules->required)
            status = tg_missing_key(r, node, rules->key);
    }
    return status;
}
