/* SPDX-License-Identifier: Apache-2.0 */
#include "table/yaml_tree.h"

#include <yaml.h>

#include <stdio.h>
#include <string.h>

struct reader {
    yaml_parser_t parser;
    yaml_event_t event;
    const char *text;
    size_t len;
    const char *file;
    struct tg_arena *arena;
    size_t n_nodes;
    struct tg_error *err;
};

static enum tg_status refuse(struct reader *r, uint64_t line, const char *rule)
{
    return TG_FAIL(r->err, TG_MSG_STUDY_SYNTAX, .file = r->file, .line = line, .rule = rule);
}

static uint64_t line_of(const yaml_mark_t *mark)
{
    return (uint64_t)mark->line + 1;
}

static uint64_t line_at(const struct reader *r, size_t offset)
{
    uint64_t line = 1;
    for (size_t i = 0; i < offset && i < r->len; i++)
        line += r->text[i] == '\n';
    return line;
}

static enum tg_status parser_error(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    if (p->error == YAML_MEMORY_ERROR)
        return TG_FAIL(r->err, TG_MSG_NO_MEMORY, .file = r->file);
    if (p->error == YAML_READER_ERROR)
        return refuse(r, line_at(r, p->problem_offset), "UTF-8 without control characters");
    return refuse(r, line_of(&p->problem_mark), p->problem ? p->problem : "YAML");
}

static bool is_marked(const yaml_event_t *e)
{
    switch (e->type) {
    case YAML_ALIAS_EVENT:
        return true;
    case YAML_SCALAR_EVENT:
        return e->data.scalar.anchor || e->data.scalar.tag;
    case YAML_SEQUENCE_START_EVENT:
        return e->data.sequence_start.anchor || e->data.sequence_start.tag;
    case YAML_MAPPING_START_EVENT:
        return e->data.mapping_start.anchor || e->data.mapping_start.tag;
    default:
        return false;
    }
}

static enum tg_status next_event(struct reader *r)
{
    yaml_event_delete(&r->event);
    if (!yaml_parser_parse(&r->parser, &r->event)) {
        r->event = (yaml_event_t){0};
        return parser_error(r);
    }
    if (is_marked(&r->event))
        return refuse(r, line_of(&r->event.start_mark), "no anchors, aliases or tags");
    return TG_OK;
}

/* Tabs and line ends may stand in a header; nothing else below a blank may. */
static bool is_clean(const unsigned char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((s[i] < 0x20 && s[i] != '\t' && s[i] != '\n') || s[i] == 0x7F)
            return false;
    }
    return true;
}

static enum tg_status copy_scalar(struct reader *r, const char **out)
{
    const unsigned char *s = r->event.data.scalar.value;
    size_t len = r->event.data.scalar.length;
    if (!is_clean(s, len))
        return refuse(r, line_of(&r->event.start_mark), "no control characters");
    *out = tg_arena_strndup(r->arena, (const char *)s, len, r->err);
    return *out ? TG_OK : TG_NO_MEMORY;
}

static enum tg_status read_key(struct reader *r, struct tg_node *child)
{
    child->key_line = line_of(&r->event.start_mark);
    if (r->event.type != YAML_SCALAR_EVENT)
        return refuse(r, child->key_line, "a key is a single word");
    enum tg_status status = copy_scalar(r, &child->key);
    if (status)
        return status;
    if (tg_node_child(child->parent, child->key)) {
        char path[128];
        tg_node_path(child, path, sizeof path);
        return TG_FAIL(r->err, TG_MSG_STUDY_DUPLICATE, .file = r->file, .line = child->key_line,
                       .column = path);
    }
    return next_event(r);
}

static enum tg_status read_value(struct reader *r, struct tg_node *node, int depth);

/* The events of a list or a map up to its end, one child after the other. */
static enum tg_status read_children(struct reader *r, struct tg_node *node, int depth,
                                    yaml_event_type_t end)
{
    struct tg_node **tail = &node->first;
    enum tg_status status = next_event(r);
    while (!status && r->event.type != end) {
        if (node->n == TG_YAML_CHILDREN_MAX || r->n_nodes == TG_YAML_NODES_MAX)
            return refuse(r, line_of(&r->event.start_mark), "at most 1024 entries");
        struct tg_node *child = tg_arena_alloc(r->arena, 1, sizeof *child, r->err);
        if (!child)
            return TG_NO_MEMORY;
        r->n_nodes++;
        child->parent = node;
        if (node->kind == TG_NODE_MAP)
            status = read_key(r, child);
        if (!status)
            status = read_value(r, child, depth + 1);
        *tail = child;
        tail = &child->next;
        node->n++;
        if (!status)
            status = next_event(r);
    }
    return status;
}

static enum tg_status read_value(struct reader *r, struct tg_node *node, int depth)
{
    node->line = line_of(&r->event.start_mark);
    if (depth > TG_YAML_DEPTH_MAX)
        return refuse(r, node->line, "at most 16 levels");
    switch (r->event.type) {
    case YAML_SCALAR_EVENT:
        node->kind = TG_NODE_TEXT;
        return copy_scalar(r, &node->text);
    case YAML_SEQUENCE_START_EVENT:
        node->kind = TG_NODE_LIST;
        return read_children(r, node, depth, YAML_SEQUENCE_END_EVENT);
    case YAML_MAPPING_START_EVENT:
        node->kind = TG_NODE_MAP;
        return read_children(r, node, depth, YAML_MAPPING_END_EVENT);
    default:
        return refuse(r, node->line, "keys and values");
    }
}

static enum tg_status read_document(struct reader *r, struct tg_node *root)
{
    enum tg_status status = next_event(r); /* stream start */
    if (!status)
        status = next_event(r);
    if (!status && r->event.type != YAML_DOCUMENT_START_EVENT)
        return refuse(r, 1, "an empty file is no study");
    if (!status)
        status = next_event(r);
    if (!status)
        status = read_value(r, root, 1);
    if (!status)
        status = next_event(r); /* document end */
    if (!status)
        status = next_event(r);
    if (!status && r->event.type != YAML_STREAM_END_EVENT)
        return refuse(r, line_of(&r->event.start_mark), "one document");
    return status;
}

enum tg_status tg_yaml_read(const char *text, size_t len, const char *file, struct tg_arena *arena,
                            const struct tg_node **out, struct tg_error *err)
{
    struct reader r = {.text = text, .len = len, .file = file, .arena = arena, .err = err};
    struct tg_node *root = tg_arena_alloc(arena, 1, sizeof *root, err);
    if (!root)
        return TG_NO_MEMORY;
    if (!yaml_parser_initialize(&r.parser))
        return TG_FAIL(err, TG_MSG_NO_MEMORY, .file = file);
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, len);
    enum tg_status status = read_document(&r, root);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    if (!status)
        *out = root;
    return status;
}

const struct tg_node *tg_node_child(const struct tg_node *map, const char *key)
{
    for (const struct tg_node *child = map->first; child; child = child->next) {
        if (child->key && !strcmp(child->key, key))
            return child;
    }
    return NULL;
}

void tg_node_path(const struct tg_node *node, char *out, size_t size)
{
    const char *keys[TG_YAML_DEPTH_MAX + 1];
    size_t n = 0;
    for (; node && n < sizeof keys / sizeof keys[0]; node = node->parent) {
        if (node->key)
            keys[n++] = node->key;
    }
    out[0] = '\0';
    for (size_t at = 0; n-- > 0 && at < size;) {
        int len = snprintf(out + at, size - at, "%s%s", at ? "." : "", keys[n]);
        at += len > 0 ? (size_t)len : size;
    }
}
