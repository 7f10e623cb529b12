/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/package.h"

#include "sys/file.h"

#include <stdlib.h>
#include <string.h>

bool tg_packed_name_ok(const char *name, size_t len)
{
    if (len < 1 || len > 200 || name[0] == '.')
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)name[i];
        if (c < 0x20 || c == 0x7F || c == '/' || c == '\\')
            return false;
    }
    return true;
}

static bool has(const struct tg_package_head *head, const char *name)
{
    for (size_t i = 0; i < head->n; i++) {
        if (strcmp(head->files[i].name, name) == 0)
            return true;
    }
    return false;
}

static enum tg_status keep(struct tg_package_head *head, const struct tg_packed_file *file,
                           struct tg_error *err)
{
    enum tg_status status =
        tg_grow(&head->files, &head->cap, head->n + 1, sizeof *head->files, err);
    char *name =
        status ? NULL : tg_arena_strndup(&head->arena, file->name, strlen(file->name), err);
    if (!name)
        return TG_NO_MEMORY;
    head->files[head->n] = *file;
    head->files[head->n++].name = name;
    head->size += file->size;
    return TG_OK;
}

enum tg_status tg_package_head_add(struct tg_package_head *head, const struct tg_packed_file *file,
                                   const char *about, struct tg_buf *text, struct tg_error *err)
{
    if (!tg_packed_name_ok(file->name, strlen(file->name)) || has(head, file->name))
        return TG_FAIL(err, TG_MSG_PACKAGE_NAME, .line = 0);
    enum tg_status status = keep(head, file, err);
    if (!status)
        status = tg_buf_printf(text, err, "file: %llu %s %s\n", (unsigned long long)file->size,
                               file->sha256, file->name);
    return status || !about ? status : tg_buf_printf(text, err, "about: %s\n", about);
}

void tg_package_head_free(struct tg_package_head *head)
{
    free(head->files);
    tg_arena_free(&head->arena);
    *head = (struct tg_package_head){0};
}

/* What follows a prefix in a line; NULL: it is another line. */
static const char *after(const char *line, const char *prefix)
{
    size_t len = strlen(prefix);
    return strncmp(line, prefix, len) == 0 ? line + len : NULL;
}

static bool take_hex(const char *s, char out[TG_DIGEST_HEX + 1])
{
    unsigned char bytes[TG_DIGEST_LEN];
    if (strlen(s) < TG_DIGEST_HEX || !tg_hex_decode(s, sizeof bytes, bytes))
        return false;
    memcpy(out, s, TG_DIGEST_HEX);
    out[TG_DIGEST_HEX] = '\0';
    return true;
}

static bool take_party(const char *value, char out[TG_DIGEST_HEX + 1])
{
    return value && take_hex(value, out) && value[TG_DIGEST_HEX] == ' ';
}

static bool take_time(const char *value, char out[21])
{
    if (!value || strlen(value) != 20 || value[19] != 'Z')
        return false;
    memcpy(out, value, 21);
    return true;
}

static enum tg_status take_file(struct tg_package_head *head, const char *value, bool *ok,
                                struct tg_error *err)
{
    struct tg_packed_file file = {0};
    const char *p = value;
    for (; *p >= '0' && *p <= '9' && p - value < 18; p++)
        file.size = file.size * 10 + (uint64_t)(*p - '0');
    *ok = p > value && *p == ' ' && take_hex(p + 1, file.sha256) && p[1 + TG_DIGEST_HEX] == ' ';
    if (!*ok)
        return TG_OK;
    file.name = p + 2 + TG_DIGEST_HEX;
    *ok = tg_packed_name_ok(file.name, strlen(file.name)) && !has(head, file.name) &&
          head->size + file.size >= head->size;
    return *ok ? keep(head, &file, err) : TG_OK;
}

/* Line `i` of the text. */
static enum tg_status take_line(struct tg_package_head *head, size_t i, const char *line, bool *ok,
                                struct tg_error *err)
{
    *ok = true;
    if (i == 0)
        *ok = strcmp(line, "totsugo-package/1") == 0;
    else if (i == 1)
        *ok = take_party(after(line, "from: "), head->from);
    else if (i == 2)
        *ok = take_party(after(line, "to: "), head->to);
    else if (i == 3)
        *ok = take_time(after(line, "sealed: "), head->sealed);
    else if (after(line, "file: "))
        return take_file(head, after(line, "file: "), ok, err);
    else
        *ok = after(line, "about: ") && head->n > 0;
    return TG_OK;
}

enum tg_status tg_package_head_parse(const struct tg_buf *text, const char *path,
                                     struct tg_package_head *head, struct tg_error *err)
{
    enum tg_status status = TG_OK;
    const char *p = text->data, *end = text->data + text->len;
    bool ok = memchr(p, '\0', text->len) == NULL;
    for (size_t i = 0; !status && ok && p < end; i++) {
        const char *line_end = memchr(p, '\n', (size_t)(end - p));
        if (line_end == p)
            return i > 4 && p + 1 == end ? TG_OK
                                         : TG_FAIL(err, TG_MSG_PACKAGE_TOUCHED, .file = path,
                                                   .line = i + 1, .rule = "the list of files");
        if (!line_end)
            break;
        char *line = tg_arena_strndup(&head->arena, p, (size_t)(line_end - p), err);
        if (!line)
            return TG_NO_MEMORY;
        status = take_line(head, i, line, &ok, err);
        if (!status && !ok)
            return TG_FAIL(err, TG_MSG_PACKAGE_TOUCHED, .file = path, .line = i + 1,
                           .rule = "the list of files");
        p = line_end + 1;
    }
    return status ? status
                  : TG_FAIL(err, TG_MSG_PACKAGE_TOUCHED, .file = path, .rule = "the list of files");
}

enum tg_status tg_package_trailer(const char content_sha256[TG_DIGEST_HEX + 1],
                                  const struct tg_buf *envelope, struct tg_buf *text,
                                  struct tg_error *err)
{
    char sha256[TG_DIGEST_HEX + 1];
    tg_digest_of(envelope->data, envelope->len, sha256);
    return tg_buf_printf(text, err, "content_sha256: %s\nenvelope: %zu %s\n", content_sha256,
                         envelope->len, sha256);
}
