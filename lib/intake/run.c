/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/run.h"

#include <stdlib.h>
#include <string.h>

/* Of one record on disk: bytes shared with the last one, own bytes, tail. */
struct head {
    uint32_t shared;
    uint32_t own;
    uint32_t tail;
};

void tg_run_begin(struct tg_run_writer *w, struct tg_scratch *scratch, uint64_t at)
{
    w->run = (struct tg_run){scratch, at, 0};
    w->block.len = 0;
    w->last.len = 0;
}

static enum tg_status flush(struct tg_run_writer *w, struct tg_error *err)
{
    enum tg_status status =
        tg_scratch_write(w->run.scratch, w->run.at + w->run.len, w->block.data, w->block.len, err);
    w->run.len += w->block.len;
    w->block.len = 0;
    return status;
}

static uint32_t shared_bytes(const struct tg_buf *last, const struct tg_record *record)
{
    size_t limit = last->len < record->len ? last->len : record->len;
    size_t n = 0;
    for (; n + 8 <= limit && !memcmp(last->data + n, record->bytes + n, 8);)
        n += 8;
    while (n < limit && (unsigned char)last->data[n] == record->bytes[n])
        n++;
    return (uint32_t)n;
}

enum tg_status tg_run_put(struct tg_run_writer *w, const struct tg_record *record,
                          struct tg_error *err)
{
    struct head head = {.shared = shared_bytes(&w->last, record), .tail = record->tail_len};
    head.own = record->len - head.shared;
    const unsigned char *own = record->bytes + head.shared;
    enum tg_status status = tg_buf_add(&w->block, &head, sizeof head, err);
    if (!status)
        status = tg_buf_add(&w->block, own, (size_t)head.own + head.tail, err);
    w->last.len = head.shared;
    if (!status)
        status = tg_buf_add(&w->last, own, head.own, err);
    if (!status && w->block.len >= TG_RUN_BLOCK)
        status = flush(w, err);
    return status;
}

enum tg_status tg_run_finish(struct tg_run_writer *w, struct tg_error *err)
{
    return w->block.len ? flush(w, err) : TG_OK;
}

void tg_run_writer_free(struct tg_run_writer *w)
{
    tg_buf_free(&w->block);
    tg_buf_free(&w->last);
}

/* Makes `need` bytes of the run lie in the block behind `at`. */
static enum tg_status fill(struct tg_run_reader *r, size_t need, struct tg_error *err)
{
    size_t have = r->block.len - r->at;
    if (have >= need)
        return TG_OK;
    if (have)
        memmove(r->block.data, r->block.data + r->at, have);
    r->block.len = have;
    r->at = 0;
    size_t want = need > TG_RUN_BLOCK ? need : TG_RUN_BLOCK;
    if (want - have > r->left.len)
        want = have + (size_t)r->left.len;
    if (want < need)
        return TG_FAIL(err, TG_MSG_BUG, .rule = "a run ends with a whole record");
    enum tg_status status = tg_buf_reserve(&r->block, want - have, err);
    if (!status)
        status =
            tg_scratch_read(r->left.scratch, r->left.at, r->block.data + have, want - have, err);
    if (status)
        return status;
    r->block.len = want;
    r->left.at += want - have;
    r->left.len -= want - have;
    return TG_OK;
}

enum tg_status tg_run_next(struct tg_run_reader *r, const struct tg_record **record,
                           struct tg_error *err)
{
    *record = NULL;
    if (r->at == r->block.len && r->left.len == 0)
        return TG_OK;
    struct head head;
    enum tg_status status = fill(r, sizeof head, err);
    if (status)
        return status;
    memcpy(&head, r->block.data + r->at, sizeof head);
    r->at += sizeof head;
    size_t own = (size_t)head.own + head.tail;
    status = fill(r, own, err);
    if (status)
        return status;
    r->record.len = r->record.data ? sizeof(struct tg_record) + head.shared : 0;
    status = tg_buf_reserve(&r->record, sizeof(struct tg_record) + own, err);
    if (status)
        return status;
    struct tg_record *to = (struct tg_record *)(void *)r->record.data;
    to->len = head.shared + head.own;
    to->tail_len = head.tail;
    memcpy(to->bytes + head.shared, r->block.data + r->at, own);
    r->at += own;
    *record = to;
    return TG_OK;
}

void tg_run_reader_free(struct tg_run_reader *r)
{
    tg_buf_free(&r->block);
    tg_buf_free(&r->record);
}
