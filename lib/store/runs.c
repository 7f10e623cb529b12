/* SPDX-License-Identifier: Apache-2.0 */
#include "store/importing.h"
#include "store/pack.h"
#include "text/calendar.h"

#include <math.h>
#include <string.h>

/* A run is cut after so many rows, so that memory is bounded by the row and not by the file. */
enum { RUN_MAX = 4096 };

enum { EVENT_MONTH, EVENT_CODE, EVENT_AMOUNT };
enum { MEASURE_DAY };

enum tg_status tg_import_end_run(struct tg_importing *im, struct tg_error *err)
{
    struct tg_run *run = &im->run;
    if (!run->open || run->n == 0)
        return TG_OK;
    bool events = im->kind->kind == TG_KIND_EVENTS;
    const struct tg_arg args[] = {
        DB_INT(run->next_id),    DB_INT(run->identity),
        DB_INT((int64_t)run->n), DB_BLOB(run->packed.data, run->packed.len),
        DB_INT(run->first_day),
    };
    enum tg_status status = tg_import_add(im, args, events ? 4 : 5, err);
    if (status)
        return status;
    run->last_id = run->next_id++;
    if (run->first_id == 0)
        run->first_id = run->last_id;
    run->packed.len = 0;
    run->n = 0;
    run->first_day = 0;
    return TG_OK;
}

/* Ends the run when this row is somebody else's; equal tokens lie together in the file, so each
 * identity is looked up once. */
static enum tg_status continue_run(struct tg_importing *im, const struct tg_token_row *row,
                                   struct tg_error *err)
{
    const struct tg_identity_facts unknown = {.birth_month = TG_NO_MONTH};
    struct tg_run *run = &im->run;
    bool same = run->open && memcmp(run->digest, im->found->digest, TG_TOKEN_LEN) == 0;
    if (same && run->n < RUN_MAX)
        return TG_OK;
    enum tg_status status = tg_import_end_run(im, err);
    if (status || same)
        return status;
    memcpy(run->digest, im->found->digest, TG_TOKEN_LEN);
    run->open = true;
    return tg_intern(&im->interner, row, im->found, &unknown, &run->identity, err);
}

static void widen_months(struct tg_importing *im, int32_t month)
{
    if (im->first_month == TG_NO_MONTH || month < im->first_month)
        im->first_month = month;
    if (im->last_month == TG_NO_MONTH || month > im->last_month)
        im->last_month = month;
}

enum tg_status tg_import_event(struct tg_importing *im, const struct tg_token_row *row,
                               struct tg_error *err)
{
    struct tg_packed_event event;
    enum tg_status status = continue_run(im, row, err);
    if (!status)
        status = tg_cell_month(im, row, EVENT_MONTH, &event.month, err);
    if (!status && event.month == TG_NO_MONTH)
        status = tg_cell_malformed(im, row, EVENT_MONTH, "YYYY-MM", err);
    if (!status)
        status = tg_cell_word(im, row, EVENT_CODE, &event.code, err);
    if (!status)
        status = tg_cell_yen(im, row, EVENT_AMOUNT, &event.yen, err);
    if (!status)
        status = tg_cell_attributes(im, row, &event.attributes, err);
    if (!status)
        status = tg_pack_event(&im->run.packed, &event, err);
    if (status)
        return status;
    widen_months(im, event.month);
    im->run.n++;
    return TG_OK;
}

static enum tg_status pack_values(struct tg_importing *im, const struct tg_token_row *row,
                                  struct tg_error *err)
{
    struct tg_buf *packed = &im->run.packed;
    size_t filled = 0;
    for (size_t i = 0; i < im->n_measures; i++)
        filled += row->carried[im->measures[i].column].len > 0;
    enum tg_status status = tg_pack_number(packed, filled, err);
    for (size_t i = 0; !status && i < im->n_measures; i++) {
        const struct tg_extra *measure = &im->measures[i];
        double value;
        if (row->carried[measure->column].len == 0)
            continue;
        status = tg_cell_real(im, row, measure->column, &value, err);
        if (!status)
            status = tg_pack_number(packed, (uint64_t)measure->word, err);
        if (!status)
            status = tg_pack_real(packed, value, err);
    }
    return status;
}

enum tg_status tg_import_measure(struct tg_importing *im, const struct tg_token_row *row,
                                 struct tg_error *err)
{
    int64_t attributes = 0;
    uint32_t day = 0;
    enum tg_status status = continue_run(im, row, err);
    if (!status)
        status = tg_cell_day(im, row, MEASURE_DAY, &day, err);
    if (!status && day == TG_NO_DAY)
        status = tg_cell_malformed(im, row, MEASURE_DAY, "YYYY-MM-DD", err);
    if (!status)
        status = tg_cell_attributes(im, row, &attributes, err);
    if (!status)
        status = tg_pack_number(&im->run.packed, day, err);
    if (!status)
        status = tg_pack_number(&im->run.packed, (uint64_t)attributes, err);
    if (!status)
        status = pack_values(im, row, err);
    if (status)
        return status;
    if (im->run.first_day == 0 || day < im->run.first_day)
        im->run.first_day = day;
    im->run.n++;
    return TG_OK;
}
