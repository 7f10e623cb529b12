/* SPDX-License-Identifier: Apache-2.0 */
#include "generate/file.h"

#include <string.h>

static void keep_failure(struct tg_gen_file *f, enum tg_status status)
{
    if (!f->failed)
        f->failed = status;
}

static void add(struct tg_gen_file *f, const char *text, size_t len)
{
    if (!f->failed)
        keep_failure(f, tg_buf_add(&f->row, text, len, &f->why));
}

void tg_gen_cell(struct tg_gen_file *f, const char *text)
{
    if (f->cells++)
        add(f, ",", 1);
    if (f->manners->quoted)
        add(f, "\"", 1);
    add(f, text, strlen(text));
    if (f->manners->quoted)
        add(f, "\"", 1);
}

void tg_gen_cell_number(struct tg_gen_file *f, uint64_t number)
{
    char digits[21];
    char *p = digits + sizeof digits - 1;
    *p = '\0';
    do {
        *--p = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    tg_gen_cell(f, p);
}

static enum tg_status encode(struct tg_gen_file *f, struct tg_error *err)
{
    bool ok;
    f->encoded.len = 0;
    enum tg_status status = tg_encode(f->encoder, f->row.data, f->row.len, &f->encoded, &ok, err);
    if (!status && !ok)
        return TG_FAIL(err, TG_MSG_BUG, .rule = "names of the generator can be encoded",
                       .line = f->line);
    return status;
}

enum tg_status tg_gen_row_end(struct tg_gen_file *f, struct tg_error *err)
{
    if (f->manners->crlf)
        add(f, "\r\n", 2);
    else
        add(f, "\n", 1);
    f->line++;
    if (f->failed) {
        if (err)
            *err = f->why;
        return f->failed;
    }
    enum tg_status status = encode(f, err);
    if (!status)
        status = tg_output_write(f->output, f->encoded.data, f->encoded.len, err);
    f->row.len = 0;
    f->cells = 0;
    return status;
}

static enum tg_status put_line(struct tg_gen_file *f, const char *text, struct tg_error *err)
{
    add(f, text, strlen(text));
    return tg_gen_row_end(f, err);
}

static enum tg_status put_header(struct tg_gen_file *f, const char *header, struct tg_error *err)
{
    if (!f->manners->quoted)
        return put_line(f, header, err);
    add(f, "\"", 1);
    for (const char *p = header; *p; p++)
        add(f, *p == ',' ? "\",\"" : p, *p == ',' ? 3 : 1);
    add(f, "\"", 1);
    return tg_gen_row_end(f, err);
}

enum tg_status tg_gen_file_begin(struct tg_gen_file *f, const char *path,
                                 const struct tg_gen_manners *manners, struct tg_error *err)
{
    f->manners = manners;
    f->line = 0;
    f->row.len = 0;
    f->failed = TG_OK;
    enum tg_status status = tg_encoder_new(manners->encoding, &f->encoder, err);
    if (!status)
        status = tg_output_begin(path, 0, &f->output, err);
    if (!status && manners->bom)
        status = tg_output_write(f->output, "\xef\xbb\xbf", 3, err);
    for (size_t i = 0; !status && manners->preamble && manners->preamble[i]; i++)
        status = put_line(f, manners->preamble[i], err);
    return status ? status : put_header(f, manners->header, err);
}

enum tg_status tg_gen_file_commit(struct tg_gen_file *f, struct tg_error *err)
{
    tg_encoder_free(&f->encoder);
    return tg_output_commit(&f->output, err);
}

void tg_gen_file_free(struct tg_gen_file *f)
{
    tg_output_discard(&f->output);
    tg_encoder_free(&f->encoder);
    tg_buf_free(&f->row);
    tg_buf_free(&f->encoded);
}
