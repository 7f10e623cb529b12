/* SPDX-License-Identifier: Apache-2.0 */
#include "report/report.h"

#include "sys/file.h"

#include <jansson.h>
#include <limits.h>
#include <string.h>

enum { RUN_JSON_MAX = 256 * 1024 * 1024 };

/* Both are shown, and what lies between them is no count that may be. */
static size_t one(const json_t *a, const json_t *b, unsigned min_cell)
{
    json_int_t x = json_integer_value(a), y = json_integer_value(b);
    json_int_t between = x > y ? x - y : y - x;
    return x >= min_cell && y >= min_cell && between > 0 && between < min_cell;
}

/* Counts of the same name; below `deep` as well. */
static size_t counts_of(json_t *a, const json_t *b, const char *deep, unsigned min_cell)
{
    const char *name;
    json_t *value;
    size_t n = 0;
    json_object_foreach(a, name, value)
    {
        json_t *other = json_object_get(b, name);
        if (json_is_integer(value) && json_is_integer(other))
            n += one(value, other, min_cell);
        else if (strcmp(name, deep) == 0)
            n += counts_of(value, other, "", min_cell);
    }
    return n;
}

/* Do all words of a row, which say what it is of, agree? */
static bool same_row(json_t *a, const json_t *b)
{
    const char *name;
    json_t *value;
    json_object_foreach(a, name, value)
    {
        if (json_is_string(value) && !json_equal(value, json_object_get(b, name)))
            return false;
    }
    return true;
}

static bool is_hidden(const json_t *row)
{
    return json_is_true(json_object_get(row, "hidden"));
}

/* Rows of a table, those that are shown. */
static size_t counts_of_rows(const json_t *a, const json_t *b, unsigned min_cell)
{
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(a); i++) {
        json_t *row = json_array_get(a, i);
        const json_t *other = NULL;
        for (size_t k = 0; k < json_array_size(b) && !other; k++)
            other = same_row(row, json_array_get(b, k)) ? json_array_get(b, k) : NULL;
        if (other && !is_hidden(row) && !is_hidden(other))
            n += counts_of(row, other, "", min_cell);
    }
    return n;
}

static enum tg_status load(const char *path, json_t **out, struct tg_error *err)
{
    struct tg_buf text = {0};
    enum tg_status status = tg_file_read_whole(path, RUN_JSON_MAX, &text, err);
    *out = status ? NULL : json_loadb(text.data, text.len, JSON_DISABLE_EOF_CHECK, NULL);
    tg_buf_free(&text);
    return status;
}

enum tg_status tg_report_differing(const char *before, const char *now, unsigned min_cell,
                                   size_t *n, struct tg_error *err)
{
    static const char *const flows[] = {"users", "cohort"}, *const tables[] = {"outcomes",
                                                                               "subgroups"};
    json_t *a = NULL, *b = NULL;
    *n = 0;
    if (min_cell <= 1 || min_cell == UINT_MAX)
        return TG_OK;
    enum tg_status status = load(before, &a, err);
    if (!status)
        status = load(now, &b, err);
    for (size_t i = 0; !status && i < 2; i++) {
        *n += counts_of(json_object_get(a, flows[i]), json_object_get(b, flows[i]), "unmatched",
                        min_cell);
        *n +=
            counts_of_rows(json_object_get(a, tables[i]), json_object_get(b, tables[i]), min_cell);
    }
    json_decref(a);
    json_decref(b);
    return status;
}
