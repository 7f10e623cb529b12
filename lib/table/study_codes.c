/* SPDX-License-Identifier: Apache-2.0 */
#include "table/study_read.h"

#include <string.h>

enum { CODES_MAX = 256 };

static const char allowed[] =
    "a list of 1…256 codes (E10) or ranges (E10-E14) of two codes of one length";

/* "E10" or "E10-E14" */
static enum tg_status read_range(struct tg_study_reader *r, const struct tg_node *node,
                                 struct tg_code_range *out)
{
    const char *text = NULL;
    enum tg_status status = tg_need_text(r, node, &text);
    if (status)
        return status;
    const char *dash = strchr(text, '-');
    size_t len = dash ? (size_t)(dash - text) : strlen(text);
    out->from = out->to = tg_arena_strndup(&r->study->arena, text, len, r->err);
    if (dash)
        out->to = tg_arena_strndup(&r->study->arena, dash + 1, strlen(dash + 1), r->err);
    if (!out->from || !out->to)
        return TG_NO_MEMORY;
    if (len == 0 || strlen(out->to) != len || strcmp(out->from, out->to) > 0 ||
        strchr(out->to, '-'))
        return tg_bad_value(r, node, allowed);
    return TG_OK;
}

enum tg_status tg_read_codes(struct tg_study_reader *r, const struct tg_node *node,
                             const struct tg_code_range **out, size_t *n)
{
    if (node->kind != TG_NODE_LIST || node->n == 0 || node->n > CODES_MAX)
        return tg_bad_value(r, node, allowed);
    struct tg_code_range *ranges = tg_study_alloc(r, node->n, sizeof *ranges);
    if (!ranges)
        return TG_NO_MEMORY;
    enum tg_status status = TG_OK;
    *n = 0;
    for (const struct tg_node *child = node->first; child && !status; child = child->next)
        status = read_range(r, child, &ranges[(*n)++]);
    *out = ranges;
    return status;
}

bool tg_code_in(const struct tg_code_range *ranges, size_t n, const char *code)
{
    for (size_t i = 0; i < n; i++) {
        const struct tg_code_range *range = &ranges[i];
        if (strncmp(code, range->from, strlen(range->from)) >= 0 &&
            strncmp(code, range->to, strlen(range->to)) <= 0)
            return true;
    }
    return false;
}
