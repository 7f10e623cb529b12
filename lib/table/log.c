/* SPDX-License-Identifier: Apache-2.0 */
#include <totsugo/table.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add_text(json_t *line, const char *key, const char *text)
{
    return text && text[0] ? json_object_set_new(line, key, json_string(text)) : 0;
}

static int add_number(json_t *line, const char *key, uint64_t number)
{
    return json_object_set_new(line, key, json_integer((json_int_t)number));
}

static int add_error(json_t *line, const struct tg_error *err)
{
    char code[16];
    (void)snprintf(code, sizeof code, "%c%03d", tg_message_is_warning(err->message) ? 'W' : 'E',
                   (int)err->message);
    int bad = add_text(line, "code", code) | add_text(line, "file", err->file) |
              add_text(line, "column", err->column) | add_text(line, "rule", err->rule);
    if (err->line)
        bad |= add_number(line, "line", err->line);
    return bad;
}

static int fill(json_t *line, const struct tg_log_line *entry)
{
    int bad = add_text(line, "level", entry->level);
    if (entry->error)
        bad |= add_error(line, entry->error);
    if (entry->stage)
        bad |= add_text(line, "stage", entry->stage) | add_number(line, "done", entry->done) |
               add_number(line, "total", entry->total);
    if (entry->job)
        bad |= add_text(line, "job", entry->job) | add_number(line, "exit", (uint64_t)entry->exit);
    return bad | add_text(line, "text", entry->text);
}

size_t tg_log_json(const struct tg_log_line *entry, char *out, size_t size)
{
    json_t *line = json_object();
    char *text = line && !fill(line, entry) ? json_dumps(line, JSON_COMPACT) : NULL;
    json_decref(line);
    /* out of memory must still leave a line that a reader of the log can parse */
    const char *shown = text && strlen(text) < size ? text : "{\"level\":\"error\"}";
    size_t len = strlen(shown);
    if (size)
        (void)snprintf(out, size, "%s", shown);
    free(text);
    return len;
}
