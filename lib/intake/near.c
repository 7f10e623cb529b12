/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/near.h"
#include "intake/order.h"

#include <stdlib.h>
#include <string.h>

enum { FEW = 32 };

enum tg_status tg_near_reserve(struct tg_near *near, size_t n, struct tg_error *err)
{
    return tg_grow(&near->parts, &near->cap_parts, n, sizeof *near->parts, err);
}

static size_t character_len(const char *s, size_t left)
{
    size_t len = 1;
    while (len < left && ((unsigned char)s[len] & 0xC0) == 0x80)
        len++;
    return len;
}

static size_t count_characters(const char *s, size_t len)
{
    size_t n = 0;
    for (size_t at = 0; at < len; at += character_len(s + at, len - at))
        n++;
    return n;
}

static enum tg_status add_cut(struct tg_near *near, size_t at, size_t len, struct tg_error *err)
{
    enum tg_status status =
        tg_grow(&near->cuts, &near->cap_cuts, near->n_cuts + 1, sizeof *near->cuts, err);
    if (!status)
        near->cuts[near->n_cuts++] = (struct tg_near_cut){(uint32_t)at, (uint32_t)len};
    return status;
}

/* A character that repeats the one before it would leave the same value. */
static enum tg_status cut_part(struct tg_near *near, struct tg_near_part *part, bool one_missing,
                               struct tg_error *err)
{
    part->first = near->n_cuts;
    part->now = 0;
    enum tg_status status = add_cut(near, 0, 0, err);
    size_t characters = one_missing ? count_characters(part->value, part->len) : 0;
    bool cuts = characters >= TG_NEAR_CHARACTERS_MIN && characters <= TG_NEAR_CHARACTERS_MAX;
    size_t last = 0, last_len = 0;
    for (size_t at = 0; cuts && at < part->len && !status;) {
        size_t len = character_len(part->value + at, part->len - at);
        if (len != last_len || memcmp(part->value + at, part->value + last, len) != 0)
            status = add_cut(near, at, len, err);
        last = at;
        last_len = len;
        at += len;
    }
    part->n = near->n_cuts - part->first;
    return status;
}

/* @param combinations  out: of all parts' cuts */
static enum tg_status cut_parts(struct tg_near *near, const struct tg_plan_token *token,
                                size_t *combinations, struct tg_error *err)
{
    *combinations = 1;
    near->n_cuts = 0;
    for (size_t i = 0; i < token->n_parts; i++) {
        struct tg_near_part *part = &near->parts[i];
        enum tg_status status =
            cut_part(near, part, token->parts[i].form == TG_PART_ONE_MISSING, err);
        if (status)
            return status;
        if (*combinations <= TG_NEAR_COMBINATIONS_MAX)
            *combinations *= part->n;
    }
    if (*combinations <= TG_NEAR_COMBINATIONS_MAX)
        return TG_OK;
    for (size_t i = 0; i < token->n_parts; i++)
        near->parts[i].n = 1;
    *combinations = 1;
    return TG_OK;
}

/* As tg_message_add(), without a copy of the shorter value. */
static char *put_part(char *to, const struct tg_near_part *part, const struct tg_near_cut *cut)
{
    size_t len = part->len - cut->len;
    const unsigned char head[4] = {(unsigned char)(len >> 24), (unsigned char)(len >> 16),
                                   (unsigned char)(len >> 8), (unsigned char)len};
    memcpy(to, head, sizeof head);
    memcpy(to + 4, part->value, cut->at);
    memcpy(to + 4 + cut->at, part->value + cut->at + cut->len, len - cut->at);
    return to + 4 + len;
}

static void add_token(struct tg_near *near, const struct tg_plan_token *token)
{
    char *to = near->message.data;
    for (size_t i = 0; i < token->n_parts; i++) {
        const struct tg_near_part *part = &near->parts[i];
        to = put_part(to, part, &near->cuts[part->first + part->now]);
    }
    tg_token_compute(token->key, near->message.data, (size_t)(to - near->message.data),
                     near->tokens[near->n++]);
}

static enum tg_status reserve(struct tg_near *near, const struct tg_plan_token *token,
                              size_t combinations, struct tg_error *err)
{
    size_t longest = 0;
    for (size_t i = 0; i < token->n_parts; i++)
        longest += 4 + near->parts[i].len;
    near->message.len = 0;
    enum tg_status status = tg_buf_reserve(&near->message, longest, err);
    return status ? status
                  : tg_grow(&near->tokens, &near->cap, combinations, sizeof *near->tokens, err);
}

/* The next combination of cuts, as an odometer counts. */
static bool turn(struct tg_near *near, size_t n_parts)
{
    for (size_t i = 0; i < n_parts; i++) {
        struct tg_near_part *part = &near->parts[i];
        if (++part->now < part->n)
            return true;
        part->now = 0;
    }
    return false;
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, TG_TOKEN_LEN);
}

/* There are about ten as a rule, and their first 8 bytes tell them apart. */
static void insertion_sort(struct tg_near *near)
{
    unsigned char moved[TG_TOKEN_LEN];
    uint64_t prefixes[FEW];
    for (size_t i = 0; i < near->n; i++) {
        uint64_t prefix = tg_prefix_of(near->tokens[i], TG_TOKEN_LEN, 0);
        size_t j = i;
        memcpy(moved, near->tokens[i], sizeof moved);
        for (; j > 0 && prefixes[j - 1] >= prefix; j--) {
            if (prefixes[j - 1] == prefix && compare(near->tokens[j - 1], moved) <= 0)
                break;
            prefixes[j] = prefixes[j - 1];
            memcpy(near->tokens[j], near->tokens[j - 1], sizeof moved);
        }
        prefixes[j] = prefix;
        memcpy(near->tokens[j], moved, sizeof moved);
    }
}

static void sort_distinct(struct tg_near *near)
{
    if (near->n <= FEW)
        insertion_sort(near);
    else
        qsort(near->tokens, near->n, sizeof *near->tokens, compare);
    size_t n = 1;
    for (size_t i = 1; i < near->n; i++) {
        if (compare(near->tokens[i], near->tokens[n - 1]) != 0)
            memmove(near->tokens[n++], near->tokens[i], TG_TOKEN_LEN);
    }
    near->n = n;
}

enum tg_status tg_near_tokens(struct tg_near *near, const struct tg_plan_token *token,
                              struct tg_error *err)
{
    size_t combinations;
    near->n = 0;
    enum tg_status status = cut_parts(near, token, &combinations, err);
    if (!status)
        status = reserve(near, token, combinations, err);
    if (status)
        return status;
    do {
        add_token(near, token);
    } while (turn(near, token->n_parts));
    sort_distinct(near);
    return TG_OK;
}

void tg_near_free(struct tg_near *near)
{
    free(near->tokens);
    if (near->parts)
        tg_wipe(near->parts, near->cap_parts * sizeof *near->parts);
    free(near->parts);
    free(near->cuts);
    tg_buf_free(&near->message);
    *near = (struct tg_near){0};
}
