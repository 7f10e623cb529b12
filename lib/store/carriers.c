/* SPDX-License-Identifier: Apache-2.0 */
#include "store/carriers.h"

#include "text/calendar.h"

#include <stdlib.h>
#include <string.h>

static enum tg_status add_heir(struct tg_reach *reach, int64_t person, int64_t member,
                               struct tg_error *err)
{
    enum tg_status status =
        tg_grow(&reach->heirs, &reach->cap_heirs, reach->n_heirs + 1, sizeof *reach->heirs, err);
    if (!status)
        reach->heirs[reach->n_heirs++] = (struct tg_heir){person, member};
    return status;
}

/* Equal birth month and sex side by side, those with rows first. */
static int by_facts(const void *a, const void *b)
{
    const struct tg_carrier *x = a, *y = b;
    if (x->birth_month != y->birth_month)
        return x->birth_month < y->birth_month ? -1 : 1;
    if (x->sex != y->sex)
        return x->sex < y->sex ? -1 : 1;
    if ((x->index == SIZE_MAX) != (y->index == SIZE_MAX))
        return x->index == SIZE_MAX ? 1 : -1;
    return (x->id > y->id) - (x->id < y->id);
}

static bool agree(const struct tg_carrier *a, const struct tg_carrier *b)
{
    return a->birth_month != TG_NO_MONTH && a->birth_month == b->birth_month && a->sex != 0 &&
           a->sex == b->sex;
}

/* Joins those who carry one token. An identity without rows joins nobody, but who agrees with it
 * may go on with its number. */
static enum tg_status join_group(struct tg_reach *reach, struct tg_carrier *group, size_t n,
                                 struct tg_error *err)
{
    enum tg_status status = TG_OK;
    const struct tg_carrier *first = NULL, *head = NULL;
    qsort(group, n, sizeof *group, by_facts);
    for (size_t i = 0; !status && i < n; i++) {
        const struct tg_carrier *c = &group[i];
        if (!head || !agree(head, c))
            head = c;
        if (c->index == SIZE_MAX) {
            if (head->index != SIZE_MAX)
                status = add_heir(reach, c->person, head->id, err);
            continue;
        }
        first = first ? first : c;
        tg_reach_join(reach, TG_COMPONENT, first->index, c->index);
        tg_reach_join(reach, TG_AGREEING, head->index, c->index);
    }
    return status;
}

static int by_side(const void *a, const void *b)
{
    const struct tg_carrier *x = a, *y = b;
    if (x->side != y->side)
        return x->side < y->side ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

/* The sides that somebody gave the carriers by hand; whoever came later is on one of their own. */
static enum tg_status find_sides(struct tg_reach *reach, unsigned token, const unsigned char *hash,
                                 size_t n, bool *parted, struct tg_error *err)
{
    bool row = false;
    *parted = false;
    if (!reach->has_parted)
        return TG_OK;
    enum tg_status status = tg_stride_token(&reach->apart, token, hash, &row, err);
    while (!status && row) {
        for (size_t i = 0; i < n; i++) {
            struct tg_carrier *c = &reach->group[i];
            if (!*parted)
                c->side = -c->id; /* until it is named */
            if (c->id == sqlite3_column_int64(reach->apart.stmt, 2))
                c->side = sqlite3_column_int64(reach->apart.stmt, 3);
        }
        *parted = true;
        status = tg_stride_again(&reach->apart, token, hash, &row, err);
    }
    return status;
}

static enum tg_status join_sides(struct tg_reach *reach, unsigned token, const unsigned char *hash,
                                 size_t n, struct tg_error *err)
{
    bool parted = false;
    enum tg_status status = find_sides(reach, token, hash, n, &parted, err);
    if (status || !parted)
        return status ? status : join_group(reach, reach->group, n, err);
    qsort(reach->group, n, sizeof *reach->group, by_side);
    for (size_t i = 0, len; !status && i < n; i += len) {
        for (len = 1; i + len < n && reach->group[i + len].side == reach->group[i].side;)
            len++;
        status = join_group(reach, &reach->group[i], len, err);
    }
    return status;
}

/* Those who carry a name are remembered: whether it joins them is decided when all are known. */
static enum tg_status keep_name(struct tg_reach *reach, unsigned token, const unsigned char *hash,
                                size_t n, struct tg_error *err)
{
    bool parted = false;
    enum tg_status status = find_sides(reach, token, hash, n, &parted, err);
    if (!status)
        status = tg_grow(&reach->names, &reach->cap_names, reach->n_names + 1, sizeof *reach->names,
                         err);
    if (!status)
        status = tg_grow(&reach->carries, &reach->cap_carries, reach->n_carries + n,
                         sizeof *reach->carries, err);
    if (status)
        return status;
    struct tg_name *name = &reach->names[reach->n_names++];
    *name = (struct tg_name){.token = token, .first = reach->n_carries};
    memcpy(name->hash, hash, TG_TOKEN_LEN);
    for (size_t i = 0; i < n; i++) {
        const struct tg_carrier *c = &reach->group[i];
        if (c->index != SIZE_MAX)
            reach->carries[reach->n_carries++] = (struct tg_carry){(uint32_t)c->index, c->side};
    }
    name->n = reach->n_carries - name->first;
    return TG_OK;
}

enum tg_status tg_carriers_join(struct tg_reach *reach, unsigned token,
                                const unsigned char hash[TG_TOKEN_LEN], size_t n, size_t n_alive,
                                struct tg_error *err)
{
    bool number = tg_numbers_has(&reach->numbers, token);
    if (number && n > 1)
        return join_sides(reach, token, hash, n, err);
    return !number && n_alive > 1 ? keep_name(reach, token, hash, n, err) : TG_OK;
}
