/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file
 * The YAML of a study file as a tree that knows its lines. Anchors, aliases, tags, several
 * documents, keys that stand twice, control characters and deep nesting are refused.
 */
#ifndef TG_TABLE_YAML_TREE_H
#define TG_TABLE_YAML_TREE_H

#include "base/mem.h"

enum {
    TG_YAML_DEPTH_MAX = 16,
    TG_YAML_CHILDREN_MAX = 1024, /**< of one map or list */
    TG_YAML_NODES_MAX = 65536,
};

enum tg_node_kind { TG_NODE_TEXT, TG_NODE_LIST, TG_NODE_MAP };

/** A value: text, list or map. Children are a chain in the file's order. */
struct tg_node {
    enum tg_node_kind kind;
    uint64_t line;   /**< on which it begins */
    const char *key; /**< its key in the map around it; NULL: none */
    uint64_t key_line;
    const char *text; /**< TG_NODE_TEXT */
    const struct tg_node *parent;
    struct tg_node *first, *next;
    size_t n; /**< children */
};

/**
 * Reads one YAML document.
 *
 * @param text   `len` bytes of UTF-8
 * @param file   the name that errors show
 * @param arena  where the tree lives
 * @return TG_OK; TG_CONFIG; TG_NO_MEMORY
 */
TG_CHECKED enum tg_status tg_yaml_read(const char *text, size_t len, const char *file,
                                       struct tg_arena *arena, const struct tg_node **out,
                                       struct tg_error *err);
/** The child with a key; NULL: none. */
const struct tg_node *tg_node_child(const struct tg_node *map, const char *key);
/** The keys from the root to the node, "sources.roster.kind", into `size` bytes. */
void tg_node_path(const struct tg_node *node, char *out, size_t size);

#endif
