/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MY_NUMBERS_SURE = 20 /* so many by chance, one in eleven each, do not happen */ };

static const char *const reject_names[TG_N_REJECTS] = {
    [TG_REJECT_NONE] = "",
    [TG_REJECT_RAGGED] = "ragged",
    [TG_REJECT_ENCODING] = "encoding",
    [TG_REJECT_MONTH] = "month",
    [TG_REJECT_AMOUNT] = "amount",
    [TG_REJECT_DATE] = "date",
    [TG_REJECT_GRANTED_ON] = "granted_on",
    [TG_REJECT_WITHDRAWN_ON] = "withdrawn_on",
};

const char *tg_reject_name(enum tg_reject reject)
{
    return reject_names[reject];
}

enum tg_reject tg_reject_of(const char *name)
{
    int i = TG_N_REJECTS - 1;
    while (i > TG_REJECT_NONE && strcmp(reject_names[i], name) != 0)
        i--;
    return (enum tg_reject)i;
}

enum tg_status tg_tally_init(struct tg_tally *t, const struct tg_plan *plan, struct tg_error *err)
{
    *t = (struct tg_tally){.n_columns = plan->n_columns, .n_tokens = plan->n_tokens};
    t->filled = tg_calloc(t->n_columns, sizeof *t->filled, err);
    t->unreadable = tg_calloc(t->n_columns, sizeof *t->unreadable, err);
    t->my_numbers = tg_calloc(t->n_columns, sizeof *t->my_numbers, err);
    t->unreadable_at = tg_calloc(t->n_columns, sizeof *t->unreadable_at, err);
    t->empty = tg_calloc(t->n_tokens, sizeof *t->empty, err);
    bool all = t->filled && t->unreadable && t->my_numbers && t->unreadable_at && t->empty;
    return all ? TG_OK : TG_NO_MEMORY;
}

static void keep_first(uint64_t *first, uint64_t line)
{
    if (line && (!*first || line < *first))
        *first = line;
}

void tg_tally_reject(struct tg_tally *t, enum tg_reject reject, uint64_t line)
{
    t->rejected++;
    t->rejects[reject]++;
    keep_first(&t->rejected_at[reject], line);
}

void tg_tally_unreadable_here(struct tg_tally *t, size_t column)
{
    keep_first(&t->unreadable_at[column], t->line);
}

void tg_tally_notes(struct tg_tally *t, size_t column, unsigned notes, uint64_t uses)
{
    if (notes & TG_NOTE_MY_NUMBER)
        t->my_numbers[column] += uses;
    for (unsigned i = 0; i < TG_N_NOTES; i++) {
        if (notes & 1u << i)
            t->notes[i] += uses;
    }
}

void tg_tally_add(struct tg_tally *to, const struct tg_tally *from)
{
    to->rows += from->rows;
    to->rejected += from->rejected;
    to->no_token += from->no_token;
    for (size_t i = 0; i < TG_N_REJECTS; i++) {
        to->rejects[i] += from->rejects[i];
        keep_first(&to->rejected_at[i], from->rejected_at[i]);
    }
    for (size_t i = 0; i < TG_N_NOTES; i++)
        to->notes[i] += from->notes[i];
    for (size_t i = 0; i < to->n_columns; i++) {
        to->filled[i] += from->filled[i];
        to->unreadable[i] += from->unreadable[i];
        to->my_numbers[i] += from->my_numbers[i];
        keep_first(&to->unreadable_at[i], from->unreadable_at[i]);
    }
    for (size_t i = 0; i < to->n_tokens; i++)
        to->empty[i] += from->empty[i];
}

/* More than half of the rows; or of what is filled, when that is no accident. */
static bool is_my_number_column(const struct tg_tally *t, size_t column)
{
    uint64_t n = t->my_numbers[column];
    return n > t->rows / 2 || (n >= MY_NUMBERS_SURE && n > t->filled[column] / 2);
}

static bool above(uint64_t n, uint64_t of, double limit)
{
    return n > 0 && (double)n > limit * (double)of;
}

/* `where` lacks the rule. */
static enum tg_status refuse(enum tg_message message, struct tg_where where, uint64_t n,
                             uint64_t of, struct tg_error *err)
{
    char rule[64];
    (void)snprintf(rule, sizeof rule, "%llu / %llu", (unsigned long long)n, (unsigned long long)of);
    where.rule = rule;
    return tg_error_set(err, message, &where);
}

static uint64_t first_reject(const struct tg_tally *t)
{
    uint64_t first = 0;
    for (size_t i = 0; i < TG_N_REJECTS; i++)
        keep_first(&first, t->rejected_at[i]);
    return first;
}

enum tg_status tg_tally_judge(const struct tg_tally *t, const struct tg_plan *plan,
                              const char *file, bool one_file, struct tg_error *err)
{
    for (size_t i = 0; i < t->n_columns; i++) {
        if (is_my_number_column(t, i))
            return TG_FAIL(err, TG_MSG_INPUT_MY_NUMBER, .file = file,
                           .column = plan->columns[i].header);
    }
    uint64_t all = t->rows + t->rejected;
    if (above(t->rejected, all, plan->study->max_rejects))
        return refuse(TG_MSG_INPUT_REJECTS,
                      (struct tg_where){.file = file, .line = one_file ? first_reject(t) : 0},
                      t->rejected, all, err);
    for (size_t i = 0; i < plan->n_identity; i++) {
        if (above(t->unreadable[i], t->filled[i], plan->study->max_unreadable))
            return refuse(TG_MSG_INPUT_UNREADABLE,
                          (struct tg_where){.file = file,
                                            .line = one_file ? t->unreadable_at[i] : 0,
                                            .column = plan->columns[i].header},
                          t->unreadable[i], t->filled[i], err);
    }
    return TG_OK;
}

void tg_tally_free(struct tg_tally *t)
{
    free(t->filled);
    free(t->unreadable);
    free(t->my_numbers);
    free(t->unreadable_at);
    free(t->empty);
    *t = (struct tg_tally){0};
}
