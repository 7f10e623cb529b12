/* SPDX-License-Identifier: Apache-2.0 */
#include "report/markup.h"

#include "text/decode.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char replacement[] = "\uFFFD";
static const char ellipsis[] = "\u2026";

static void put(struct tg_markup *m, const char *s, size_t len)
{
    if (!m->status)
        m->status = tg_buf_add(m->buf, s, len, m->err);
}

void tg_markup_raw(struct tg_markup *m, const char *markup)
{
    put(m, markup, strlen(markup));
}

void tg_markup_format(struct tg_markup *m, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof text) {
        if (!m->status)
            m->status = TG_FAIL(m->err, TG_MSG_BUG, .rule = "markup with numbers is short");
        return;
    }
    put(m, text, (size_t)n);
}

/* How a byte of ASCII is written; NULL: as it is. */
static const char *escape(unsigned char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return c < 0x20 || c == 0x7F ? replacement : NULL;
    }
}

/* U+FFFE and U+FFFF are characters of UTF-8 but not of XML. */
static bool is_not_xml(const char *s, size_t len)
{
    return len == 3 && memcmp(s, "\xEF\xBF", 2) == 0 && ((unsigned char)s[2] & 0xFE) == 0xBE;
}

/* Length of the character at `s`, 0 when its bytes are no UTF-8. */
static size_t character(const char *s, size_t len)
{
    unsigned char c = (unsigned char)*s;
    size_t n = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    return n <= len && tg_utf8_valid(s, n) ? n : 0;
}

static void put_character(struct tg_markup *m, const char *s, size_t len)
{
    const char *as = len == 1 ? escape((unsigned char)*s) : NULL;
    if (as)
        tg_markup_raw(m, as);
    else if (len == 0 || is_not_xml(s, len))
        tg_markup_raw(m, replacement);
    else
        put(m, s, len);
}

static void put_text(struct tg_markup *m, const char *text, size_t len)
{
    while (len > 0) {
        size_t n = character(text, len);
        put_character(m, text, n);
        text += n ? n : 1;
        len -= n ? n : 1;
    }
}

void tg_markup_text(struct tg_markup *m, const char *text)
{
    put_text(m, text, strlen(text));
}

/* From U+1100 on characters are taken as two columns wide: near enough for a label. */
static size_t columns(const char *s, size_t len)
{
    return len == 4 || (len == 3 && memcmp(s, "\xE1\x84\x80", 3) >= 0) ? 2 : 1;
}

/* Bytes that fit into `width` columns; `*used` gets the columns. */
static size_t fitting(const char *text, size_t width, size_t *used)
{
    size_t len = strlen(text);
    size_t at = 0;
    *used = 0;
    while (at < len) {
        size_t n = character(text + at, len - at);
        size_t wide = columns(text + at, n);
        if (wide > width - *used)
            break;
        *used += wide;
        at += n ? n : 1;
    }
    return at;
}

size_t tg_text_width(const char *text)
{
    size_t width;
    (void)fitting(text, SIZE_MAX, &width);
    return width;
}

void tg_markup_text_cut(struct tg_markup *m, const char *text, size_t width)
{
    size_t used;
    if (tg_text_width(text) <= width) {
        tg_markup_text(m, text);
        return;
    }
    put_text(m, text, fitting(text, width > 0 ? width - 1 : 0, &used));
    tg_markup_raw(m, ellipsis);
}

void tg_markup_word(struct tg_markup *m, enum tg_word word)
{
    tg_markup_text(m, tg_word(word, m->language));
}

void tg_markup_fill(struct tg_markup *m, enum tg_word word, const char *const *args, size_t n)
{
    const char *text = tg_word(word, m->language);
    struct tg_word_part part;
    while (tg_word_next(&text, &part)) {
        if (part.place == 0) {
            put_text(m, part.text, part.len);
            continue;
        }
        if (part.emphasis)
            tg_markup_raw(m, "<strong>");
        if (part.place <= n)
            tg_markup_text(m, args[part.place - 1]);
        if (part.emphasis)
            tg_markup_raw(m, "</strong>");
    }
}

void tg_markup_element(struct tg_markup *m, const char *element, enum tg_word word)
{
    tg_markup_raw(m, "<");
    tg_markup_raw(m, element);
    tg_markup_raw(m, ">");
    tg_markup_word(m, word);
    tg_markup_close(m, element);
    tg_markup_raw(m, "\n");
}

void tg_markup_close(struct tg_markup *m, const char *element)
{
    tg_markup_raw(m, "</");
    put(m, element, strcspn(element, " "));
    tg_markup_raw(m, ">");
}
