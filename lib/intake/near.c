/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/near.h"

#include "crypto/message.h"
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

/* As tg_message_put(), without a copy of the shorter value. */
static char *put_part(char *to, const struct tg_near_part *part, const struct tg_near_cut *cut)
{
    size_t len = part->len - cut->len;
    to = tg_message_put_len(to, len);
    memcpy(to, part->value, cut->at);
    memcpy(to + cut->at, part->value + cut->at + cut->len, len - cut->at);
    return to + len;
}

static enum tg_status add_message(const struct tg_near *near, const struct tg_plan_token *token,
                                  size_t longest, struct tg_token_batch *batch,
                                  struct tg_error *err)
{
    char *message = tg_token_batch_room(batch, longest, err), *to = message;
    if (!message)
        return TG_NO_MEMORY;
    for (size_t i = 0; i < token->n_parts; i++) {
        const struct tg_near_part *part = &near->parts[i];
        to = put_part(to, part, &near->cuts[part->first + part->now]);
    }
    tg_token_batch_put(batch, token->key, (size_t)(to - message));
    return TG_OK;
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
static void insertion_sort(unsigned char (*tokens)[TG_TOKEN_LEN], size_t n)
{
    unsigned char moved[TG_TOKEN_LEN];
    uint64_t prefixes[FEW];
    for (size_t i = 0; i < n; i++) {
        uint64_t prefix = tg_prefix_of(tokens[i], TG_TOKEN_LEN, 0);
        size_t j = i;
        memcpy(moved, tokens[i], sizeof moved);
        for (; j > 0 && prefixes[j - 1] >= prefix; j--) {
            if (prefixes[j - 1] == prefix && compare(tokens[j - 1], moved) <= 0)
                break;
            prefixes[j] = prefixes[j - 1];
            memcpy(tokens[j], tokens[j - 1], sizeof moved);
        }
        prefixes[j] = prefix;
        memcpy(tokens[j], moved, sizeof moved);
    }
}

size_t tg_near_distinct(unsigned char (*tokens)[TG_TOKEN_LEN], size_t n)
{
    if (n <= FEW)
        insertion_sort(tokens, n);
    else
        qsort(tokens, n, sizeof *tokens, compare);
    size_t distinct = n > 0;
    for (size_t i = 1; i < n; i++) {
        if (compare(tokens[i], tokens[distinct - 1]) != 0)
            memmove(tokens[distinct++], tokens[i], TG_TOKEN_LEN);
    }
    return distinct;
}

enum tg_status tg_near_messages(struct tg_near *near, const struct tg_plan_token *token,
                                struct tg_token_batch *batch, struct tg_error *err)
{
    size_t combinations, longest = 0;
    enum tg_status status = cut_parts(near, token, &combinations, err);
    for (size_t i = 0; i < token->n_parts; i++)
        longest += 4 + near->parts[i].len;
    for (bool more = true; more && !status; more = turn(near, token->n_parts))
        status = add_message(near, token, longest, batch, err);
    return status;
}

void tg_near_free(struct tg_near *near)
{
    if (near->parts)
        tg_wipe(near->parts, near->cap_parts * sizeof *near->parts);
    free(near->parts);
    free(near->cuts);
    *near = (struct tg_near){0};
}
