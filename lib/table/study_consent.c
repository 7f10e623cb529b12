/* SPDX-License-Identifier: Apache-2.0 */
#include "table/study_read.h"

enum { FORMS_MAX = 64 };

static size_t count(const struct tg_node *list)
{
    size_t n = 0;
    for (const struct tg_node *item = list->first; item; item = item->next)
        n++;
    return n;
}

/* One text, or a list of them. */
enum tg_status tg_read_forms(struct tg_study_reader *r, const struct tg_node *node, void *object)
{
    struct tg_study *study = object;
    bool one = node->kind == TG_NODE_TEXT;
    if (study->n_forms)
        return tg_bad_value(r, node, "form or forms, not both");
    enum tg_status status = one ? TG_OK : tg_need_list(r, node);
    size_t n = one ? 1 : status ? 0 : count(node);
    if (!status && (n == 0 || n > FORMS_MAX))
        return tg_bad_value(r, node, "1…64 text versions");
    study->forms = status ? NULL : tg_study_alloc(r, n, sizeof *study->forms);
    if (!status && !study->forms)
        return TG_NO_MEMORY;
    const struct tg_node *item = one ? node : node->first;
    for (size_t i = 0; !status && i < n; i++, item = item->next)
        status = tg_need_text(r, item, &study->forms[i]);
    study->n_forms = status ? 0 : n;
    return status;
}
