/* SPDX-License-Identifier: Apache-2.0 */
#include <totsugo/base.h>

#include "base/reporter.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct message_text {
    enum tg_message message;
    enum tg_status status;
    const char *what[2];
    const char *advice[2];
};

static const struct message_text messages[] = {
#define TG_MESSAGE(name, number, status, en, en_do, ja, ja_do)                                     \
    {TG_MSG_##name, (status), {(en), (ja)}, {(en_do), (ja_do)}},
#include <totsugo/messages.def>
#undef TG_MESSAGE
};

#ifndef TG_VERSION
#error "the build says which version this is"
#endif

const char *tg_version(void)
{
    return TG_VERSION;
}

static const struct message_text *find(enum tg_message message)
{
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        if (messages[i].message == message)
            return &messages[i];
    }
    return NULL;
}

/* Cuts at a character's border, so that a cut name is still UTF-8. */
static void copy_cut(char *out, size_t size, const char *s)
{
    if (!s)
        s = "";
    size_t len = strlen(s);
    if (len >= size) {
        len = size - 1;
        while (len > 0 && ((unsigned char)s[len] & 0xC0) == 0x80)
            len--;
    }
    memcpy(out, s, len);
    out[len] = '\0';
}

enum tg_status tg_error_set(struct tg_error *err, enum tg_message message,
                            const struct tg_where *where)
{
    const struct message_text *m = find(message);
    enum tg_status status = m ? m->status : TG_BUG;
    if (!err)
        return status;
    static const struct tg_where nowhere = {0};
    if (!where)
        where = &nowhere;
    memset(err, 0, sizeof *err);
    err->status = status;
    err->message = message;
    err->sys_errno = where->sys_errno;
    err->line = where->line;
    copy_cut(err->file, sizeof err->file, where->file);
    copy_cut(err->column, sizeof err->column, where->column);
    copy_cut(err->rule, sizeof err->rule, where->rule);
    return status;
}

bool tg_message_is_warning(enum tg_message message)
{
    return message >= 900;
}

const char *tg_message_text(enum tg_message message, enum tg_language language)
{
    const struct message_text *m = find(message);
    return m ? m->what[language == TG_JAPANESE] : "";
}

const char *tg_message_advice(enum tg_message message, enum tg_language language)
{
    const struct message_text *m = find(message);
    return m ? m->advice[language == TG_JAPANESE] : "";
}

/* A text that is cut at `size` but counts on, as snprintf does. */
struct line {
    char *out;
    size_t size;
    size_t len;
};

static void put(struct line *l, const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++, l->len++) {
        if (l->len + 1 < l->size)
            l->out[l->len] = s[i];
    }
}

static void put_text(struct line *l, const char *s)
{
    put(l, s, strlen(s));
}

/* Control characters in a file name or a header must not reach a terminal. */
static void put_name(struct line *l, const char *s)
{
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        put(l, c < 0x20 || c == 0x7F ? "?" : s, 1);
    }
}

static void put_number(struct line *l, int width, unsigned long long number)
{
    char digits[32];
    int n = snprintf(digits, sizeof digits, "%0*llu", width, number);
    if (n > 0)
        put(l, digits, (size_t)n);
}

static void put_place(struct line *l, const struct tg_error *err, bool ja)
{
    if (err->file[0]) {
        put_text(l, " ");
        put_name(l, err->file);
        if (err->line) {
            put_text(l, ":");
            put_number(l, 1, err->line);
        }
        put_text(l, ":");
    }
    if (err->column[0]) {
        put_text(l, ja ? " 「" : " '");
        put_name(l, err->column);
        put_text(l, ja ? "」:" : "':");
    }
}

/* What is allowed, in Japanese; the rule itself where it is a name or a number. */
static void put_rule(struct line *l, const char *rule, bool ja)
{
    static const char *const texts[][2] = {
#define TG_RULE_TEXT(en, ja) {en, ja},
#include "base/rules.def"
#undef TG_RULE_TEXT
    };
    size_t len = strlen(rule);
    for (size_t i = 0; ja && i < sizeof texts / sizeof texts[0]; i++) {
        size_t n = strlen(texts[i][0]);
        bool ends = texts[i][0][0] == ',';
        if ((ends ? n > len : n != len) || strcmp(rule + len - n, texts[i][0]) != 0)
            continue;
        put(l, rule, len - n);
        put_text(l, texts[i][1]);
        return;
    }
    put_name(l, rule);
}

static void put_what(struct line *l, const char *what, const char *rule, bool ja)
{
    static const char mark[] = "{rule}";
    const char *at = strstr(what, mark);
    put_text(l, " ");
    if (!at) {
        put_text(l, what);
        return;
    }
    put(l, what, (size_t)(at - what));
    put_rule(l, rule, ja);
    put_text(l, at + sizeof mark - 1);
}

/* The C library speaks Japanese only where its catalogues are installed. */
static const char *reason(int number, bool ja)
{
    static const struct {
        int number;
        const char *ja;
    } known[] = {
        {EACCES, "権限がありません"},
        {EPERM, "許されていない操作です"},
        {ENOENT, "ファイルかフォルダーがありません"},
        {ENOTDIR, "途中の名前がフォルダーではありません"},
        {EISDIR, "フォルダーです"},
        {ENOSPC, "ディスクに空きがありません"},
        {EDQUOT, "割り当てられた容量を超えました"},
        {EFBIG, "ファイルの大きさの上限を超えました"},
        {EROFS, "書き込めないディスクです"},
        {EIO, "ディスクの読み書きの誤りです"},
        {EEXIST, "すでにあります"},
        {EMFILE, "開いているファイルが多すぎます"},
        {ENAMETOOLONG, "名前が長すぎます"},
    };
    for (size_t i = 0; ja && i < sizeof known / sizeof known[0]; i++) {
        if (known[i].number == number)
            return known[i].ja;
    }
    return strerror(number);
}

size_t tg_error_format(const struct tg_error *err, enum tg_language language, char *out,
                       size_t size)
{
    struct line l = {out, size, 0};
    bool ja = language == TG_JAPANESE;
    put_text(&l, tg_message_is_warning(err->message) ? "W" : "E");
    put_number(&l, 3, (unsigned long long)err->message);
    put_place(&l, err, ja);
    put_what(&l, tg_message_text(err->message, language), err->rule, ja);
    if (err->sys_errno) {
        put_text(&l, " (");
        put_text(&l, reason(err->sys_errno, ja));
        put_text(&l, ")");
    }
    const char *advice = tg_message_advice(err->message, language);
    if (advice[0]) {
        put_text(&l, ja ? "。" : "; ");
        put_text(&l, advice);
    }
    if (size)
        out[l.len < size ? l.len : size - 1] = '\0';
    return l.len;
}

void tg_warn(const struct tg_reporter *r, enum tg_message message, const struct tg_where *where)
{
    if (!r || !r->warn)
        return;
    struct tg_error note;
    (void)tg_error_set(&note, message, where);
    r->warn(r->ctx, &note);
}

enum tg_status tg_progress(const struct tg_reporter *r, const char *stage, uint64_t done,
                           uint64_t total, struct tg_error *err)
{
    if (!r)
        return TG_OK;
    if (r->progress)
        r->progress(r->ctx, stage, done, total);
    if (r->cancelled && r->cancelled(r->ctx))
        return TG_FAIL(err, TG_MSG_CANCELLED, .line = 0);
    return TG_OK;
}
